"""The parts of a day's figures: each passage, opening, stay, payment and ledger line that a figure was made of.

A figure's parts are chosen by the conditions of `gate.reconcile.counting`, said in SQL over the visits that the day
knows (`server.days.spans.NAMES`), so that they come to exactly what the report says. Nothing is loaded but one leaf.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, bindparam, cast, func, literal
from sqlmodel import Session, col, select

from gate.ledger import EntryKind, LedgerAccount
from gate.messages import Direction, OpeningReason
from gate.reconcile.facts import HOUR
from server.days.items import visit_of_passage, with_words
from server.days.money import CASH, ONWARDS, SHOWN
from server.days.spans import NAMES, SITE, HourKey, between, bounds, hours_of, values
from server.derived import InClearingRow, StayMoneyRow, VisitRow
from server.facts import EntryRow, OpeningRow, PassageRow, PaymentRow, PostingRow
from server.types import UtcDateTime

A = LedgerAccount
picked: Final[Any] = select
"""Columns chosen at run time have no types of their own."""
SINCE: Final = bindparam("since", type_=UtcDateTime())
UNTIL: Final = bindparam("until", type_=UtcDateTime())
"""The part of the day that is asked for: an hour of it, or all."""
_NONE: Final = literal(0, BigInteger)


class Shape(StrEnum):
    """What a part is."""

    PASSAGE = "passage"
    OPENING = "opening"
    STAY = "stay"
    PAYMENT = "payment"
    LINE = "line"


class Figure(NamedTuple):
    """A figure of a day: what its parts are, the statement for them, and which of their columns adds up to it; empty
    where they are counted. Every statement has the columns `at` and `name`; `name` is one part's own."""

    shape: Shape
    statement: Any
    adds: str = ""

    @property
    def keys(self) -> tuple[Any, Any]:
        """The columns by which its parts are in order."""
        chosen = self.statement.selected_columns
        return chosen["at"], chosen["name"]


class Sum(NamedTuple):
    """How many parts, and what they add up to: dong, or their number where they are only counted."""

    parts: int
    comes_to: int


def _today(column: Any) -> ColumnElement[bool]:
    return between(column, SINCE, UNTIL)


# --- lanes -----------------------------------------------------------------------------------------------------


def _passages(*conditions: Any) -> Figure:
    at = col(PassageRow.happened_at)
    columns = (PassageRow.lane, PassageRow.direction, PassageRow.opening, PassageRow.tailgate)
    found = picked(at.label("at"), col(PassageRow.passage).label("name"), *columns, visit_of_passage().label("visit"))
    return Figure(Shape.PASSAGE, with_words(found).where(col(PassageRow.site) == SITE, _today(at), *conditions))


def _openings(*conditions: Any) -> Figure:
    at = col(OpeningRow.happened_at)
    columns = (OpeningRow.lane, OpeningRow.reason, OpeningRow.by, OpeningRow.note, OpeningRow.visit)
    found = picked(at.label("at"), col(OpeningRow.opening).label("name"), *columns)
    return Figure(Shape.OPENING, found.where(col(OpeningRow.site) == SITE, _today(at), *conditions))


# --- stays -----------------------------------------------------------------------------------------------------


def _stood(visit: Any, *accounts: LedgerAccount) -> Any:
    """What stands on a visit in these accounts."""
    total = picked(func.coalesce(cast(func.sum(PostingRow.amount), BigInteger), 0))
    its = total.where(col(PostingRow.visit) == visit, col(PostingRow.account).in_(accounts))
    return its.correlate(VisitRow).scalar_subquery()


def _stays(at: Any, *conditions: Any, adds: str = "", voided: bool = False) -> Figure:
    """Stays of the day. `paid` is what is neither owed nor waived of the charge: its own money and that of others."""
    visit, charged = col(VisitRow.visit), func.coalesce(StayMoneyRow.charged, _NONE)
    owed, waived = _stood(visit, A.RECEIVABLE), _stood(visit, A.WAIVED, A.WRITTEN_OFF)
    money = (charged.label("charged"), (charged - owed - waived).label("paid"), waived.label("waived"))
    columns = (VisitRow.vehicle_class, VisitRow.entered_at, VisitRow.left_at, StayMoneyRow.charged_at, VisitRow.read)
    found = picked(at.label("at"), visit.label("name"), *columns, *money, owed.label("outstanding"))
    found = found.join_from(VisitRow, StayMoneyRow, col(StayMoneyRow.visit) == visit, isouter=True)
    real = () if adds else (col(VisitRow.voided).is_(voided),)
    return Figure(Shape.STAY, found.where(visit.in_(NAMES), _today(at), *real, *conditions), adds)


_CHARGED_ON: Final = func.coalesce(VisitRow.left_at, StayMoneyRow.charged_at)
_HAS_CHARGE: Final = col(StayMoneyRow.charged).is_not(None)


# --- money that came -------------------------------------------------------------------------------------------

_PAYMENT: Final[Any] = col(PaymentRow.provider) + ":" + col(PaymentRow.provider_id)


def _stands(account: LedgerAccount) -> Any:
    """What stands on a payment in an account."""
    total = picked(func.coalesce(cast(func.sum(PostingRow.amount), BigInteger), 0))
    its = total.join(EntryRow, col(EntryRow.key) == col(PostingRow.key)).where(EntryRow.payment == _PAYMENT)
    return its.where(col(PostingRow.account) == account).correlate(PaymentRow).scalar_subquery()


def _payments(adds: str, *conditions: Any) -> Figure:
    """Payments by when they were received; what waits is what stands in suspense, the rest went back."""
    at, amount = col(PaymentRow.received_at), col(PaymentRow.amount)
    settles, waits = _stands(A.RECEIVABLE), _stands(A.SUSPENSE)
    money = ((-settles).label("applied"), (amount + settles + waits).label("returned"), (-waits).label("unapplied"))
    columns: Any = (
        PaymentRow.provider,
        PaymentRow.account,
        PaymentRow.reference,
        PaymentRow.happened_at,
    )
    found = picked(at.label("at"), _PAYMENT.label("name"), amount.label("amount"), *columns, *money)
    return Figure(Shape.PAYMENT, found.where(col(PaymentRow.site) == SITE, _today(at), *conditions), adds)


def _awaiting() -> Figure:
    proven = picked(EntryRow.key).where(EntryRow.payment == _PAYMENT, col(EntryRow.kind).in_(SHOWN))
    number = InClearingRow.provider_id == PaymentRow.provider_id
    here = picked(InClearingRow.provider).where(InClearingRow.provider == PaymentRow.provider, number)
    here = here.where(InClearingRow.site == SITE).exists()
    return _payments("amount", here, PaymentRow.provider != CASH, ~proven.correlate(PaymentRow).exists())


# --- money on its way to the bank ------------------------------------------------------------------------------


def _lines(account: LedgerAccount, *kinds: EntryKind, sign: int = 1) -> Figure:
    """Lines of entries that move money onwards."""
    at = col(EntryRow.happened_at)
    name = col(EntryRow.key) + "#" + cast(PostingRow.line, type_=EntryRow.__table__.c.key.type)  # type: ignore[attr-defined]
    columns = (EntryRow.key, EntryRow.kind, EntryRow.visit, EntryRow.payment, EntryRow.party)
    found = picked(at.label("at"), name.label("name"), *columns, (col(PostingRow.amount) * sign).label("amount"))
    found = found.join(PostingRow, col(PostingRow.key) == col(EntryRow.key))
    here = (EntryRow.site == SITE, col(EntryRow.kind).in_(kinds or ONWARDS), _today(at))
    return Figure(Shape.LINE, found.where(*here, PostingRow.account == account), "amount")


FIGURES: Final[Mapping[str, Figure]] = {
    "entries": _passages(PassageRow.direction == Direction.IN),
    "exits": _passages(PassageRow.direction == Direction.OUT),
    "passages": _passages(),
    "openings": _openings(),
    **{f"openings_{reason}": _openings(OpeningRow.reason == reason) for reason in OpeningReason},
    "visits": _stays(col(VisitRow.opened_at)),
    "voided": _stays(col(VisitRow.opened_at), voided=True),
    "unread": _stays(col(VisitRow.opened_at), col(VisitRow.read).is_(False)),
    "visits_in": _stays(col(VisitRow.entered_at)),
    "visits_out": _stays(col(VisitRow.left_at)),
    "visits_out_charged": _stays(col(VisitRow.left_at), _HAS_CHARGE),
    "charges": _stays(_CHARGED_ON, _HAS_CHARGE),
    **{name: _stays(_CHARGED_ON, _HAS_CHARGE, adds=name) for name in ("charged", "paid", "waived", "outstanding")},
    "payments": _payments(""),
    "received": _payments("amount"),
    **{name: _payments(name) for name in ("returned", "unapplied")},
    "awaiting_bank": _awaiting(),
    "settled": _lines(A.CLEARING, EntryKind.SETTLED, sign=-1),
    "fees": _lines(A.FEES),
    "fee_vat": _lines(A.FEE_VAT),
    "on_statement": _lines(A.BANK),
    "unknown_on_statement": _lines(A.BANK, EntryKind.BANK_UNKNOWN),
}
"""By the names that `gate.reconcile` gives its figures. `inside`, `in_transit` and `unbalanced` have no parts here:
the first is a stand and not of any hour, the others are findings."""


def given(site: str, on: date, hour: int | None = None) -> dict[str, Any]:
    """The parameters of the statements: a site's day, or an hour of it. Raises BadDate."""
    start, end = bounds(on)
    since, until = (start, end) if hour is None else (start + hour * HOUR, start + (hour + 1) * HOUR)
    return values(site, start, end) | {"since": since, "until": until}


def parts_of(figure: Figure, site: str, on: date, hour: int | None = None) -> Any:
    """The statement for a figure's parts on a day, or in an hour of it."""
    return figure.statement.params(given(site, on, hour))


def by_hour(session: Session, figure: Figure, site: str, on: date) -> dict[int, Sum]:
    """What the parts come to in each hour of the day; hours without any are left out."""
    found = parts_of(figure, site, on).subquery()
    adds = func.coalesce(func.sum(found.c[figure.adds]), 0) if figure.adds else func.count()
    hour = HourKey(found.c.at)
    rows = session.connection().execute(picked(hour, func.count(), adds).group_by(hour)).all()
    numbers = hours_of(*bounds(on))
    return dict(sorted((numbers[key], Sum(int(count), int(comes))) for key, count, comes in rows))


def whole(hours: Mapping[int, Sum]) -> Sum:
    """All hours together."""
    return Sum(sum(each.parts for each in hours.values()), sum(each.comes_to for each in hours.values()))
