"""The search of visits as pages and programs have it: whose plates somebody sees, and that they looked."""

from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlmodel import Session

from server import visit_list
from server.auth import Person, audit
from server.derived import StayMoneyRow, VisitRow
from server.leaves import LEAF, Leaf, leaf
from server.sites import names_of
from server.stays import state_of
from server.vault import VaultReadRow
from server.visit_list import Asked, Found, State, Vehicle

TYPED_MAX: Final = 40
"""Characters of what somebody types that are looked at."""


class Wanted(NamedTuple):
    """What somebody looks for: what they remember of a plate, or a site's visits of some days in a state.

    `near`: plates with a slip as well; `after`: where the leaf before ended.
    """

    plate: str = ""
    site: str = ""
    state: State = State.ALL
    since: date | None = None
    until: date | None = None
    near: bool = False
    after: str = ""

    @property
    def typed(self) -> str:
        """What was typed of a plate."""
        return self.plate.strip()[:TYPED_MAX]


class Listed(NamedTuple):
    """A leaf of visits, each with its money; what a plate led to, None where none was typed; the vehicles by visit;
    and the site that is listed, empty for all of a person's."""

    leaf: Leaf[tuple[VisitRow, StayMoneyRow | None]]
    found: Found | None
    vehicles: dict[str, Vehicle]
    site: str


def reference(session: Session, typed: str, person: Person) -> str | None:
    """The visit of this name, where somebody typed one that is theirs to see."""
    row = session.get(VisitRow, typed.upper()) if typed else None
    return row.visit if row is not None and person.sees(row.site) else None


def search(session: Session, wanted: Wanted, person: Person, *, size: int = LEAF) -> Listed:
    """The newest visits of a plate at all of the person's sites, or of one site: the one that is named, else their
    first. Raises BadPlace."""
    mine, typed = names_of(session, person), wanted.typed
    here = wanted.site if wanted.site in mine else "" if typed else next(iter(mine), "")
    asked = Asked(mine, here, wanted.state, wanted.since, wanted.until)
    found = visit_list.find(session, typed, asked.sites, near=wanted.near) if typed else None
    query = visit_list.rows(asked._replace(named=found.visits if found else None))
    shown = leaf(session, query, visit_list.KEYS, wanted.after, size=size)
    rows = tuple((visit, money) for _, _, visit, money in shown.rows)
    return Listed(Leaf(rows, shown.after), found, visit_list.vehicles(session, [visit for visit, _ in rows]), here)


def looked(session: Session, by: str, listed: Listed, now: datetime) -> None:
    """Record whose plates were shown, by their visits; never what was typed."""
    what = "looked at visits" if listed.found is None else "searched for a plate"
    audit(session, by, what, "", now, {"visits": " ".join(visit.visit for visit, _ in listed.leaf.rows)})


def told(listed: Listed) -> dict[str, Any]:
    """For programs: `visits`, `strays` (reads at an exit that are no visit's), `after`; of a plate what it led to."""
    found = listed.found
    said: dict[str, Any] = {
        "visits": [_visit(visit, money, listed.vehicles[visit.visit]) for visit, money in listed.leaf.rows],
        "strays": [_stray(row) for row in (found.strays if found else ())],
        "after": listed.leaf.after,
    }
    if found is None:
        return {"site": listed.site, **said}
    plates = found.plates
    return {**said, "short": plates.short, "more": plates.more, "similar": len(plates.plates) - plates.close}


def _visit(visit: VisitRow, money: StayMoneyRow | None, vehicle: Vehicle) -> dict[str, Any]:
    return {
        "visit": visit.visit,
        "site": visit.site,
        "class": visit.vehicle_class,
        "state": state_of(visit),
        "plate": vehicle.plate,
        "corrected": vehicle.corrected,
        "certainty": 1.0 if vehicle.corrected or vehicle.read is None else vehicle.read.confidence,
        "entry_lane": visit.entry_lane,
        "entered_at": visit.entered_at,
        "exit_lane": visit.exit_lane,
        "left_at": visit.left_at,
        "charged": money.charged if money else None,
        "owed": money.owed if money else 0,
    }


def _stray(row: VaultReadRow) -> dict[str, Any]:
    return {"site": row.site, "lane": row.lane, "at": row.happened_at, "approach": row.approach, "plate": row.plate}
