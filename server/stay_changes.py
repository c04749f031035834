"""A person voids a visit that was no stay, merges two that are one, or splits one that is two vehicles.

What was charged is never touched: a stay on which money stands is not voided, and of two that are merged the charged
one goes on.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from sqlmodel import Session, col, or_, select

from gate.ids import uuid7
from gate.ledger import LedgerAccount, unpend
from gate.tariff import BadTariff
from gate.vehicle import VehicleClass
from server import ledger, proposals, vault_plates
from server.auth import audit
from server.corrections import NOTE_MAX, NOTE_MIN, NotPossible
from server.db import hold_all, insert_once
from server.derived import VisitRow
from server.facts import ChargeRow, PostingRow
from server.facts_stays import StayChangeRow
from server.lost_entries import references
from server.pricing import NoTariff, Priced, stay_price
from server.stay_ends import entry_of, exit_of, split_off, take_ends
from server.supplements import prices
from server.turning import TURNS, turns

_GIVEN_UP: Final = (LedgerAccount.WAIVED, LedgerAccount.WRITTEN_OFF)


class Change(StrEnum):
    """What a person may do to a whole stay."""

    VOID = "void"
    MERGE = "merge"
    SPLIT = "split"


class Plan(NamedTuple):
    """What a change comes to. `keep` goes on, `drop` is voided (empty: none). `charged`: what `keep` was charged, None
    before; `will_cost`: the price of the whole stay, in dong, None while it goes on or where no list prices it.

    `cost` is the charge that is made with it, None where there is one or the stay has not ended.
    """

    keep: str
    drop: str
    charged: int | None
    will_cost: int | None
    cost: Priced | None


def planned(session: Session, kind: Change, visit: str, other: str = "") -> Plan:
    """What the change comes to; nothing is done. Raises NotPossible."""
    stay = _real(session, visit)
    if kind is Change.VOID:
        _nothing_stands(session, visit)
        return Plan("", visit, None, None, None)
    if kind is Change.SPLIT:
        if stay.left_at is None or not stay.exit_approach or stay.exit_approach == stay.entry_approach:
            raise NotPossible(f"visit {visit} has not both an entry and an exit to split")
        charge = session.get(ChargeRow, visit)
        return Plan(visit, "", charge.total if charge else None, None, None)
    return _merged(session, stay, _real(session, other))


def make(session: Session, kind: Change, visit: str, other: str, *, by: str, note: str, now: datetime) -> StayChangeRow:
    """Do it, with what follows from it. Raises NotPossible."""
    if turns(note):
        raise NotPossible(TURNS)
    if not NOTE_MIN <= len(note.strip()) <= NOTE_MAX:
        raise NotPossible(f"note: {NOTE_MIN} to {NOTE_MAX} characters say why")
    held = [name for name in (visit, other) if name]
    hold_all(session, held)
    now = ledger.later(session, held, now)
    plan = planned(session, kind, visit, other)
    fresh = references(session, visit[:3], 1)[0] if kind is Change.SPLIT else ""
    row = StayChangeRow(
        change=str(uuid7(now, os.urandom(10))),
        kind=kind,
        site=visit[:3],
        visit=plan.keep or visit,
        other=fresh or (plan.drop if plan.keep else ""),
        **(plan.cost._asdict() if plan.cost else {}),
        by=by,
        note=note.strip(),
        made_at=now,
    )
    insert_once(session, row)
    replay(session, row)
    for name in (row.visit, row.other):
        proposals.give_back_over(session, name, now)
    audit(session, by, f"stay: {kind}", row.visit, now, {"other": row.other, "note": row.note})
    return row


# --- whether it can be done -------------------------------------------------------------------------------


def _real(session: Session, visit: str) -> VisitRow:
    stay = session.get(VisitRow, visit, populate_existing=True)
    if stay is None:
        raise NotPossible(f"there is no visit {visit}")
    if stay.voided:
        raise NotPossible(f"visit {visit} was voided")
    return stay


def _nothing_stands(session: Session, visit: str) -> None:
    """What was charged was waived or written off, all of it. Raises NotPossible."""
    price = prices(session, [visit]).get(visit)
    owed = ledger.owed(session, visit)
    if owed > 0:
        raise NotPossible(f"visit {visit} owes {owed}: waive it first")
    given_up = sum(
        ledger.standing(session, col(PostingRow.visit), [visit], account).get(visit, 0) for account in _GIVEN_UP
    )
    paid = (price.total if price else 0) - given_up - owed
    if paid > 0:
        raise NotPossible(f"visit {visit} was paid {paid}: give it back first")


def _merged(session: Session, one: VisitRow, two: VisitRow) -> Plan:
    if one.visit == two.visit or one.site != two.site:
        raise NotPossible(f"{one.visit} and {two.visit} are not two visits of one site")
    first, last = sorted((one, two), key=lambda row: (row.opened_at, row.visit))
    if first.left_at is not None and first.left_at <= last.opened_at:
        raise NotPossible(f"visit {first.visit} left before {last.visit} came: they are two stays")
    charged = {row.visit: charge for row in (first, last) if (charge := session.get(ChargeRow, row.visit))}
    keep = last if last.visit in charged and first.visit not in charged else first
    drop = first if keep is last else last
    _nothing_stands(session, drop.visit)
    whole = _whole_price(session, first, last)
    had = charged.get(keep.visit)
    cost = whole if had is None else None
    return Plan(keep.visit, drop.visit, had.total if had else None, whole.total if whole else None, cost)


def _whole_price(session: Session, first: VisitRow, last: VisitRow) -> Priced | None:
    """From the first entry to the last exit; None while the vehicle is inside, or where no list prices it."""
    came, left = entry_of(first, last), exit_of(first, last)
    if left is None or left.left_at is None:
        return None
    known = vault_plates.plates(session, [came.entry_approach, left.exit_approach or ""])
    kind, entered = VehicleClass(came.vehicle_class), came.entered_at or came.opened_at
    try:
        return stay_price(session, came.site, kind, entered, left.left_at, known.values())
    except (NoTariff, BadTariff) as error:
        raise NotPossible(f"{came.site} has no price for the whole stay: {error}") from error


# --- what follows, now and in a rebuild -------------------------------------------------------------------


def replay(session: Session, row: StayChangeRow) -> None:
    """Make what follows, at the moment at which it was told."""
    stay = session.get_one(VisitRow, row.visit, populate_existing=True)
    if row.kind == Change.VOID:
        _void(session, stay, row.made_at)
    elif row.kind == Change.SPLIT:
        session.add(split_off(stay, row.other))
        session.add(stay)
        session.flush()
    else:
        other = session.get_one(VisitRow, row.other, populate_existing=True)
        take_ends(stay, *sorted((stay, other), key=lambda each: (each.opened_at, each.visit)))
        _void(session, other, row.made_at)
        _charge(session, stay, row)


def _void(session: Session, stay: VisitRow, now: datetime) -> None:
    """A quote that was not charged will never be."""
    stay.voided = True
    session.add(stay)
    session.flush()
    pended = ledger.standing(session, col(PostingRow.visit), [stay.visit], LedgerAccount.PENDED).get(stay.visit, 0)
    if pended:
        ledger.post(session, unpend(site=stay.site, visit=stay.visit, pended=pended, happened_at=now), now)


def _charge(session: Session, stay: VisitRow, row: StayChangeRow) -> None:
    if row.tariff:
        stay.quoted, stay.quoted_vat, stay.recomputed = row.total, row.vat, row.total
        stay.quoted_tariff, stay.quoted_lines = row.tariff, row.lines
    session.add(stay)
    session.flush()
    if row.tariff and stay.left_at is not None:
        ledger.charge(session, stay, stay.left_at, row.made_at)
        ledger.apply_waiting(session, stay, stay.left_at, row.made_at)


def history(session: Session) -> Iterator[tuple[datetime, str]]:
    """When each was told: a rebuild replays them between events and notices."""
    yield from session.exec(select(StayChangeRow.made_at, StayChangeRow.change))


def again(session: Session, name: str, at: datetime) -> None:  # noqa: ARG001 - the fact knows its moment
    """What follows from the change of this name, once more."""
    replay(session, session.get_one(StayChangeRow, name))


def of_visit(session: Session, visit: str) -> list[StayChangeRow]:
    """What was done to this stay, the oldest first."""
    about = or_(col(StayChangeRow.visit) == visit, col(StayChangeRow.other) == visit)
    return list(session.exec(select(StayChangeRow).where(about).order_by(col(StayChangeRow.made_at))))
