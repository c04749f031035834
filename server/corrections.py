"""A passage belongs to a visit by somebody's word: what follows from it. A posted charge is never touched."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, select

from gate.vehicle import VehicleClass
from server import ledger, vault_plates
from server.auth import audit
from server.db import hold_all, insert_once
from server.derived import VisitRow
from server.facts import ChargeRow, ExplainedRow, PassageRow
from server.facts_visits import CorrectionRow, InsideRow, LostEntryRow, PairingRow, PairingWordRow
from server.pricing import Priced, stay_price
from server.turning import TURNS, turns

NOTE_MIN: Final = 3
NOTE_MAX: Final = 200
RULE: Final = "rule"
DOUBTED: Final = 0.97
"""A match by a box below this probability is looked at again by the centre."""

Told = CorrectionRow | LostEntryRow | InsideRow
"""Facts of people from which visits follow."""


class NoSuchPairing(LookupError):
    """Nobody proposed this pair."""


class NotPossible(ValueError):
    """The correction contradicts what the books have by now; the message says what."""


# --- what a person says to a proposal ---------------------------------------------------------------------


def accept(session: Session, passage: str, visit: str, by: str, note: str, now: datetime) -> CorrectionRow:
    """The passage ended this stay. Raises NoSuchPairing, NotPossible, NoTariff or BadTariff; nothing is done then."""
    pairing = _pairing(session, passage, visit)
    hold_all(session, [passage, visit])
    row = made(session, pairing.site, passage, visit, pairing.approach, by, note, now)
    _answer(session, pairing, "accepted", by, note, now)
    audit(session, by, "accepted a match", visit, now, {"passage": passage, "note": note, "charged": str(row.total)})
    return row


def dismiss(session: Session, passage: str, visit: str, by: str, note: str, now: datetime) -> None:
    """They are not one vehicle. Raises NoSuchPairing or NotPossible."""
    if turns(note):
        raise NotPossible(TURNS)
    if not NOTE_MIN <= len(note.strip()) <= NOTE_MAX:
        raise NotPossible(f"note: {NOTE_MIN} to {NOTE_MAX} characters say why")
    pairing = _pairing(session, passage, visit)
    _answer(session, pairing, "dismissed", by, note, now)
    audit(session, by, "dismissed a match", visit, now, {"passage": passage, "note": note})


def _pairing(session: Session, passage: str, visit: str) -> PairingRow:
    row = session.get(PairingRow, (passage, visit))
    if row is None:
        raise NoSuchPairing(f"nobody proposed that passage {passage} is visit {visit}")
    return row


def _answer(session: Session, pairing: PairingRow, word: str, by: str, note: str, now: datetime) -> None:
    names = {"passage": pairing.passage, "visit": pairing.visit, "site": pairing.site}
    row = PairingWordRow(**names, word=word, by=by, note=note, at=now)
    if not insert_once(session, row):
        before = session.get_one(PairingWordRow, (pairing.passage, pairing.visit))
        raise NotPossible(f"{before.by} has {before.word} this match at {before.at.isoformat()}")


# --- a correction -----------------------------------------------------------------------------------------


def made(
    session: Session, site: str, passage: str, visit: str, approach: str, by: str, note: str, now: datetime
) -> CorrectionRow:
    """Write the correction and what follows from it. Raises NotPossible, NoTariff or BadTariff.

    Call it with passage and visit held.
    """
    gone, stay = session.get(PassageRow, passage), session.get(VisitRow, visit)
    if gone is None or stay is None or gone.site != site or stay.site != site:
        raise NotPossible(f"{site} has no passage {passage} and visit {visit}")
    _check(session, gone, stay)
    cost = _price(session, stay, gone, approach)
    row = CorrectionRow(
        passage=passage,
        site=site,
        visit=visit,
        before=gone.visit or "",
        approach=approach,
        lane=gone.lane,
        left_at=gone.happened_at,
        tariff=cost.tariff if cost else "",
        total=cost.total if cost else 0,
        vat=cost.vat if cost else 0,
        lines=cost.lines if cost else "[]",
        by=by,
        note=note,
        made_at=now,
    )
    if not insert_once(session, row):
        other = session.get_one(CorrectionRow, passage)
        raise NotPossible(f"passage {passage} is visit {other.visit} by {other.by}'s word")
    replay(session, row)
    return row


def _check(session: Session, gone: PassageRow, stay: VisitRow) -> None:
    explained = session.get(ExplainedRow, gone.passage)
    if explained is not None:
        raise NotPossible(f"passage {gone.passage} is visit {explained.visit} already")
    if stay.voided:
        raise NotPossible(f"visit {stay.visit} was voided")
    if stay.left_at is not None and not in_doubt(stay):
        raise NotPossible(f"visit {stay.visit} left at {stay.left_at.isoformat()}")
    if gone.happened_at < (stay.entered_at or stay.opened_at):
        raise NotPossible(f"visit {stay.visit} came in after passage {gone.passage}")


def in_doubt(stay: VisitRow) -> bool:
    """Whether the visit was matched by the box alone, and not as surely as most are."""
    return stay.matched_by == RULE and (stay.match_probability or 0.0) < DOUBTED


def _price(session: Session, stay: VisitRow, gone: PassageRow, approach: str) -> Priced | None:
    """What the stay is charged now; None where it was charged before, or this exit was, as a lost entry."""
    lost = session.exec(select(LostEntryRow.visit).where(LostEntryRow.approach == approach)).first()
    if session.get(ChargeRow, stay.visit) is not None or (lost is not None and lost != stay.visit):
        return None
    plates = vault_plates.plates(session, (stay.entry_approach, approach)).values()
    came = stay.entered_at or stay.opened_at
    return stay_price(session, stay.site, VehicleClass(stay.vehicle_class), came, gone.happened_at, plates)


# --- what follows, now and in a rebuild -------------------------------------------------------------------


def replay(session: Session, row: Told) -> None:
    """Make what follows from a fact of a person, at the moment at which it was told."""
    match row:
        case CorrectionRow():
            _corrected(session, row)
        case LostEntryRow():
            _lost(session, row)
        case InsideRow():
            _inside(session, row)


def history(session: Session) -> Iterator[tuple[datetime, str]]:
    """When each such fact was told, with its name: a rebuild replays them between events and notices."""
    for table, (key, moment) in _TOLD.items():
        for name, at in session.exec(select(key, moment)):
            yield at, f"{table.__tablename__}:{name}"


def again(session: Session, name: str, at: datetime) -> None:  # noqa: ARG001 - the fact knows its moment
    """What follows from the fact of this name, once more."""
    kind, _, key = name.partition(":")
    table = next(each for each in _TOLD if each.__tablename__ == kind)
    row: Told = session.get_one(table, key)  # type: ignore[assignment] # one of the three
    replay(session, row)


_TOLD: Final[dict[type[Told], tuple[Any, Any]]] = {
    InsideRow: (InsideRow.visit, InsideRow.taken_at),
    LostEntryRow: (LostEntryRow.visit, LostEntryRow.made_at),
    CorrectionRow: (CorrectionRow.passage, CorrectionRow.made_at),
}


def _corrected(session: Session, row: CorrectionRow) -> None:
    names = {"passage": row.passage, "site": row.site, "visit": row.visit, "approach": row.approach}
    if not row.before:
        insert_once(session, ExplainedRow(**names, happened_at=row.made_at))
    before = session.get(VisitRow, row.before) if row.before else None
    if before is not None and before.exit_passage == row.passage:
        before.left_at = before.exit_passage = None
        session.add(before)
    stay = session.get(VisitRow, row.visit)
    if stay is None:
        return
    stay.left_at, stay.exit_passage, stay.exit_lane = row.left_at, row.passage, row.lane
    stay.exit_approach, stay.matched_by, stay.match_probability = row.approach or None, row.by, 1.0
    if row.tariff:
        stay.quoted, stay.quoted_vat, stay.recomputed = row.total, row.vat, row.total
        stay.quoted_tariff, stay.quoted_lines = row.tariff, row.lines
    session.add(stay)
    session.flush()
    if row.tariff:
        ledger.charge(session, stay, row.left_at, row.made_at)
        ledger.apply_waiting(session, stay, row.left_at, row.made_at)


def _lost(session: Session, row: LostEntryRow) -> None:
    stay = VisitRow(
        visit=row.visit,
        site=row.site,
        vehicle_class=row.vehicle_class,
        read=False,
        entry_lane=row.lane,
        entry_approach=row.approach,
        opened_at=row.came_at,
        entered_at=row.came_at,
        exit_lane=row.lane,
        exit_approach=row.approach,
        matched_by=row.by,
        match_probability=1.0,
        quoted=row.total,
        quoted_vat=row.vat,
        quoted_tariff=row.tariff,
        quoted_lines=row.lines,
        recomputed=row.total,
        payload=row.payload,
    )
    session.add(stay)
    session.flush()
    ledger.charge(session, stay, row.made_at, row.made_at)
    ledger.apply_waiting(session, stay, row.made_at, row.made_at)


def _inside(session: Session, row: InsideRow) -> None:
    stay = VisitRow(
        visit=row.visit,
        site=row.site,
        vehicle_class=row.vehicle_class,
        read=True,
        entry_lane=row.lane,
        entry_approach=row.approach,
        opened_at=row.since,
        entered_at=row.since,
        entry_passage=None,
    )
    session.add(stay)
    session.flush()
