"""A driver looks for the own car by its plate, and learns what its stay costs, whether that is paid, and until when to
leave. Whoever guesses plates learns nothing of what is not the plate itself, or one slip from it.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec
from sqlmodel import Session, col, or_, select

from gate.messages import BillLine
from gate.plate import distance, normalise
from gate.tariff import BadTariff, leave_until
from gate.vehicle import VehicleClass
from server import ledger
from server.derived import StayMoneyRow, VisitRow
from server.facts import ChargeRow, PaymentRow
from server.plate_parts import folded
from server.plate_search import approaches_of, plates_like, visits_of
from server.pricing import NoTariff, Priced, stay_price, tariff_at
from server.register import SiteRow
from server.supplements import newest, prices
from server.vault_plates import plates as plates_of

WHOLE: Final = 6
"""Characters of a whole plate: fewer are a part, and parts find nobody's car."""
SLIP: Final = 1.0
"""The distance of one character."""
FOUND_MAX: Final = 3
SINCE: Final = timedelta(hours=24)
"""How long after it left a car is still found: for its receipt and its debt."""
LOOKED_AHEAD: Final = timedelta(hours=2)
_STEP: Final = timedelta(minutes=1)


class Stand(StrEnum):
    """How a stay stands, for its driver."""

    OWES = "owes"
    PAID = "paid"
    FREE = "free"  # nothing to pay so far
    LEFT = "left"  # and owes nothing
    UNKNOWN = "unknown"  # no price can be told: the exit will


class Bill(NamedTuple):
    """A stay for its driver. `total` is its price with its `vat` and lines, `paid` what came for it, `owes` the rest.

    `until`: up to when what was paid is enough to leave, or the price stays as it is; None where nothing ends it.
    """

    visit: VisitRow
    site: SiteRow
    plate: str
    stand: Stand
    total: int = 0
    vat: int = 0
    paid: int = 0
    owes: int = 0
    lines: tuple[BillLine, ...] = ()
    until: datetime | None = None


def find(session: Session, site: str, typed: str, now: datetime, *, slips: bool = True) -> list[VisitRow]:
    """The stays at this site that may be meant, none where too many are: the plate itself, else what looks alike (O
    and 0), else, with `slips`, what is one slip away."""
    asked = normalise(typed)
    if len(asked) < WHOLE:
        return []
    near = [plate for plate in plates_like(session, asked).plates if distance(plate, asked) <= SLIP]
    exact = tuple(plate for plate in near if normalise(plate) == asked)
    twins = tuple(plate for plate in near if folded(plate) == folded(asked))
    found = _stays(session, site, exact, now)[:1] or _stays(session, site, twins, now)
    if slips:
        found = found or _stays(session, site, tuple(near), now)
    return found if len(found) <= FOUND_MAX else []


def _stays(session: Session, site: str, plates: tuple[str, ...], now: datetime) -> list[VisitRow]:
    """Those inside first, then those that left last. A plate that a person corrected finds its stay no more: whoever
    typed it has another car."""
    known = plates_of(session, approaches_of(session, plates))
    names = sorted(visits_of(session, [approach for approach, plate in known.items() if plate in plates]))
    lately = or_(col(VisitRow.left_at).is_(None), col(VisitRow.left_at) >= now - SINCE)
    rows = select(VisitRow).where(VisitRow.site == site, col(VisitRow.visit).in_(names), lately)
    stays = session.exec(rows.where(col(VisitRow.voided).is_(False), col(VisitRow.entered_at).is_not(None))).all()
    return sorted(stays, key=lambda row: (row.left_at is not None, -(row.left_at or row.opened_at).timestamp()))


def bill(session: Session, name: str, now: datetime) -> Bill | None:
    """How the stay stands; None where there is none any more."""
    stay = session.get(VisitRow, name)
    if stay is None or stay.voided or stay.entered_at is None:
        return None
    approaches = [stay.entry_approach, stay.exit_approach or ""]
    known = plates_of(session, approaches)
    plate = next((known[each] for each in approaches if each in known), "")
    shown = Bill(stay, session.get_one(SiteRow, stay.site), plate, Stand.UNKNOWN)
    if session.get(ChargeRow, name) is not None:
        return _charged(session, shown, now)
    return _open(session, shown, now)


def payments(session: Session, name: str) -> list[PaymentRow]:
    """What came for the stay, oldest first."""
    rows = select(PaymentRow).where(PaymentRow.reference == name)
    return list(session.exec(rows.order_by(col(PaymentRow.received_at), col(PaymentRow.provider_id))))


def _charged(session: Session, shown: Bill, now: datetime) -> Bill:
    """By the books; and what it costs more by now, where it stayed on after its grace."""
    stay, price = shown.visit, prices(session, [shown.visit.visit])[shown.visit.visit]
    owes = max(0, ledger.owed(session, stay.visit))
    last = newest(session, stay.visit) or session.get_one(ChargeRow, stay.visit)
    shown = shown._replace(total=price.total, vat=price.vat, paid=price.total - owes, lines=_lines(last.lines))
    if owes:
        return shown._replace(stand=Stand.OWES, owes=owes)
    if stay.left_at is not None:
        return shown._replace(stand=Stand.LEFT)
    money = session.get(StayMoneyRow, stay.visit)
    since = (money.paid_at if money else None) or last.recorded_at
    try:
        until = leave_until(tariff_at(session, stay.site, now), since)
    except NoTariff:
        return shown._replace(stand=Stand.PAID)
    return shown._replace(stand=Stand.PAID, until=until) if now <= until else _late(session, shown, now)


def _late(session: Session, shown: Bill, now: datetime) -> Bill:
    """The grace to leave is over: the exit will ask for what the stay costs more."""
    priced = _priced(session, shown, now)
    more = priced.total - shown.total if priced else 0
    if priced is None or more <= 0:
        return shown._replace(stand=Stand.PAID, until=_until(session, shown, shown.total, now))
    grown = shown._replace(total=priced.total, vat=priced.vat, lines=_lines(priced.lines))
    return grown._replace(stand=Stand.OWES, owes=more, until=_until(session, shown, priced.total, now))


def _open(session: Session, shown: Bill, now: datetime) -> Bill:
    """Nothing is charged yet: by the quote of the exit, else by the price list at this moment."""
    stay = shown.visit
    paid = sum(ledger.waiting_for(session, stay.visit).values())
    if stay.quoted is not None:
        shown = shown._replace(total=stay.quoted, vat=stay.quoted_vat or 0, lines=_lines(stay.quoted_lines or "[]"))
        return _stands(shown, paid, None)
    priced = None if stay.left_at else _priced(session, shown, now)
    if priced is None:
        return shown
    shown = shown._replace(total=priced.total, vat=priced.vat, lines=_lines(priced.lines))
    return _stands(shown, paid, _until(session, shown, max(paid, priced.total), now))


def _stands(shown: Bill, paid: int, until: datetime | None) -> Bill:
    owes = max(0, shown.total - paid)
    stand = Stand.OWES if owes else Stand.PAID if paid else Stand.LEFT if shown.visit.left_at else Stand.FREE
    return shown._replace(stand=stand, paid=min(paid, shown.total), owes=owes, until=until)


def _priced(session: Session, shown: Bill, at: datetime) -> Priced | None:
    stay = shown.visit
    assert stay.entered_at is not None
    try:
        kind = VehicleClass(stay.vehicle_class)
        return stay_price(session, stay.site, kind, stay.entered_at, at, [shown.plate])
    except (NoTariff, BadTariff, ValueError):
        return None


def _until(session: Session, shown: Bill, most: int, now: datetime) -> datetime | None:
    """The last minute at which the stay costs at most that; None where it does for all of `LOOKED_AHEAD`."""

    start = now.replace(second=0, microsecond=0)  # whole minutes: who asks again is told the same

    def enough(minutes: int) -> bool:
        priced = _priced(session, shown, start + minutes * _STEP)
        return priced is not None and priced.total <= most

    last, first = int(LOOKED_AHEAD / _STEP), 0
    if enough(last):
        return None
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (middle, last) if enough(middle) else (first, middle)
    return start + first * _STEP


def _lines(stored: str) -> tuple[BillLine, ...]:
    return msgspec.json.decode(stored, type=tuple[BillLine, ...])
