"""What commands and programs ask about visits: the search, a corrected plate, a stay voided, merged or split."""

from typing import Any, NamedTuple

from gate.messages import Direction
from server import plate_corrections, stay_asked, stay_changes, visit_search
from server.desk import Desk
from server.once import Answer
from server.plate_corrections import Effect
from server.roles import Power
from server.stay_changes import Change
from server.visit_search import Wanted


class Correction(NamedTuple):
    """The plate of one end of a visit as a person has it; `waive`: ask for a waiver of what was charged too much."""

    visit: str
    side: Direction
    plate: str
    note: str
    waive: bool = False


def search(desk: Desk, wanted: Wanted, *, size: int) -> Answer:
    """Visits of a plate or of a site, newest first. Who looks is recorded. Raises NoSuchSite, BadPlace."""
    desk.needs(Power.SEE_PLATES)
    if wanted.site:
        desk.site(wanted.site)
    straight = visit_search.reference(desk.session, wanted.typed, desk.person)
    if straight:
        return {"reference": straight, "visits": [], "strays": [], "after": ""}
    found = visit_search.search(desk.session, wanted, desk.person, size=size)
    visit_search.looked(desk.session, desk.by, found, desk.now)
    return {"reference": "", **visit_search.told(found)}


def plate_effect(desk: Desk, visit: str, side: Direction, plate: str) -> Answer:
    """What the plate would do to the money; nothing is kept. Raises NotPossible, NoSuch."""
    _may_correct(desk, visit)
    return _effect(plate_corrections.effect(desk.session, visit, side, plate, desk.now))


def correct_plate(desk: Desk, it: Correction, seen: int | None) -> Answer:
    """Keep the plate. `seen`: the difference in dong that was shown, None to take it as it is; another one is refused.

    Raises NotPossible, Impossible, NotYours, NoSuch; nothing is kept then.
    """
    _may_correct(desk, it.visit)

    def work() -> Answer:
        known = seen
        if known is None:
            known = plate_corrections.effect(desk.session, it.visit, it.side, it.plate, desk.now).difference
        done = plate_corrections.save(
            desk.session,
            it.visit,
            it.side,
            it.plate,
            seen=known,
            waive=it.waive,
            who=desk.speaker,
            rules=desk.rules,
            note=it.note,
            now=desk.now,
        )
        waiver = done.waiver
        told = {"decision": waiver.decision, "missing": waiver.missing} if waiver else None
        return {"visit": it.visit, **_effect(done.effect), "waiver": told}

    return desk.once("visit plate", [*it, seen], work)


def change_effect(desk: Desk, kind: Change, visit: str, other: str = "") -> Answer:
    """What a change comes to; nothing is done. `cost`: the charge that is made with it, null for none.

    Raises NotPossible, NoSuch.
    """
    _may_change(desk, visit, other)
    plan = stay_changes.planned(desk.session, kind, visit, other)
    cost = plan.cost.total if plan.cost else None
    return {"kind": kind.value, **plan._asdict(), "cost": cost}


def change(desk: Desk, kind: Change, visit: str, other: str, note: str, cost: int | None) -> Answer:
    """Void, merge or split. `cost`: the charge that was shown, None for none. Raises NotPossible, NoSuch."""
    _may_change(desk, visit, other)

    def work() -> Answer:
        asked = stay_asked.Asked(kind, visit, other, note, "" if cost is None else str(cost))
        row = stay_asked.make(desk.session, asked, desk.by, desk.now)
        return {"change": row.change, "kind": kind.value, "visit": row.visit, "other": row.other, "cost": cost}

    return desk.once("visit change", [kind.value, visit, other, note, cost], work)


def _effect(found: Effect) -> dict[str, Any]:
    return {**found._asdict(), "same": list(found.same), "difference": found.difference}


def _may_correct(desk: Desk, visit: str) -> None:
    desk.needs(Power.CORRECT_STAYS, Power.SEE_PLATES)
    desk.visit(visit)


def _may_change(desk: Desk, visit: str, other: str) -> None:
    _may_correct(desk, visit)
    if other:
        desk.visit(other)
