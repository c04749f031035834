"""Notices of a bank's feed that come together, in a few statements: the books are as if each had come alone, in order.

Only what cannot touch one another goes together: different numbers, different stays, nothing that a statement may have
told of before. Whatever else is among them is kept one by one afterwards.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import bindparam, func, tuple_, union_all
from sqlmodel import Session, col, select

from gate.resolving import Outcome, Resolved, Stay, Told, resolve
from server import ledger
from server.db import columns, hold_all, insert_many, insert_new
from server.derived import VisitRow
from server.facts import ChargeRow, EntryRow, NoticeRow, PaymentRow
from server.money_rules import policy_of
from server.notices import Kept, keep, row_of
from server.providers.contract import Received, Verdict
from server.providers.notice import Kind, Notice
from server.proving.already import BANK, may_be_on_statement
from server.receiving import Named, entry_of, freed, named_by, payment_of, priced, propose, sites_of, stays_of

_KNOWN: Final = select(NoticeRow.provider, NoticeRow.provider_id).where(
    tuple_(col(NoticeRow.provider), col(NoticeRow.provider_id)).in_(bindparam("numbers", expanding=True))
)
_RECORDED: Final = union_all(
    *(
        select(col(each.visit).label("visit"), col(each.recorded_at).label("recorded_at")).where(
            col(each.visit).in_(bindparam("visits", expanding=True))
        )
        for each in (EntryRow, ChargeRow)  # a charge of nothing has no entry
    )
).subquery()
_LAST: Final = select(_RECORDED.c.visit, func.max(_RECORDED.c.recorded_at)).group_by(_RECORDED.c.visit)
_VISITS: Final = (
    select(VisitRow)
    .where(col(VisitRow.visit).in_(bindparam("visits", expanding=True)))
    .execution_options(populate_existing=True)
)
_CHARGED: Final = select(ChargeRow.visit).where(col(ChargeRow.visit).in_(bindparam("visits", expanding=True)))
_STEP: Final = timedelta(microseconds=1)


class Proven(NamedTuple):
    """A notice that proved itself, and what it says."""

    received: Received
    notice: Notice
    fingerprint: str


class _Case(NamedTuple):
    """A notice that is kept with others: its place among all, and what it names."""

    place: int
    proven: Proven
    named: Named


class _Money(NamedTuple):
    """Its money, and as of when it is booked."""

    case: _Case
    payment: PaymentRow
    now: datetime

    @property
    def reference(self) -> str:
        """The stay that it names, if any."""
        return self.case.named.reference or ""


def keep_all(session: Session, told: Sequence[Proven]) -> list[Kept]:
    """`keep` for each, in order."""
    if len(told) < 2 or any(each.notice.order or each.notice.kind is not Kind.PAID for each in told):
        return [keep(session, *each) for each in told]  # an order is held before its account: one at a time
    named = _held(session, told)
    some = [_Case(place, told[place], named[place]) for place in _apart(session, told, named)]
    kept = _kept(session, some)
    return [kept[n] if n in kept else keep(session, *each) for n, each in enumerate(told)]


def _held(session: Session, told: Sequence[Proven]) -> list[Named]:
    """What each names; accounts are held before stays, as by everybody."""
    hold_all(session, {f"account:{each.notice.account}" for each in told})
    named = [named_by(session, each.notice, sites_of(session, each.notice)) for each in told]
    hold_all(session, {each.reference for each in named if each.reference})
    return named


def _apart(session: Session, told: Sequence[Proven], named: Sequence[Named]) -> list[int]:
    """The places of those that have nothing to do with another or with what is in the books of theirs."""
    numbers = [(each.notice.provider, each.notice.provider_id) for each in told]
    seen: set[object] = {tuple(row) for row in session.connection().execute(_KNOWN, {"numbers": numbers})}
    doubtful = may_be_on_statement(session, [each.notice for each in told])
    found = []
    for place, (each, number, name) in enumerate(zip(told, numbers, named, strict=True)):
        mine = {number, name.reference} - {None}
        plain = not name.pieces and not each.notice.provider.startswith(BANK) and bool(sites_of(session, each.notice))
        if plain and not mine & seen and ":".join(number) not in doubtful:
            found.append(place)
        seen |= mine
    return found


def _kept(session: Session, cases: Sequence[_Case]) -> dict[int, Kept]:
    """What became of each place; those are left out whose number another process took meanwhile."""
    moneys = list(_moneys(session, cases))
    new = insert_new(session, NoticeRow, [columns(_row(each)) for each in moneys])
    moneys = [each for each in moneys if (each.payment.provider, each.payment.provider_id) in new]
    insert_many(session, PaymentRow, [columns(each.payment) for each in moneys])
    visits = _priced(session, moneys)
    stays = stays_of(session, list(visits.values()))
    found, entries = {}, []
    for each in moneys:
        visit = visits.get(each.reference)
        end = _ends(session, each, stays[visit.visit] if visit else None)
        entries.append((entry_of(each.payment, end), each.now))
        found[each.case.place] = Kept(Verdict.TAKEN, freed(each.payment, visit, end))
    ledger.post_each(session, entries)
    return found


def _row(each: _Money) -> NoticeRow:
    received, notice, fingerprint = each.case.proven
    return row_of(notice, received._replace(at=each.now), fingerprint)


def _moneys(session: Session, cases: Sequence[_Case]) -> Iterator[_Money]:
    """Each after all that is recorded of its stay."""
    names = [each.named.reference for each in cases if each.named.reference]
    last: dict[str, datetime] = dict(session.connection().execute(_LAST, {"visits": names}).all())
    for case in cases:
        received, notice, _ = case.proven
        before = last.get(case.named.reference or "")
        now = max(received.at, before + _STEP) if before else received.at
        yield _Money(case, payment_of(notice, case.named, sites_of(session, notice), now), now)


def _priced(session: Session, moneys: Sequence[_Money]) -> dict[str, VisitRow]:
    """The stays; each that has a price is charged it."""
    names = [each.reference for each in moneys if each.reference]
    visits = {row.visit: row for row in session.execute(_VISITS, {"visits": names}).scalars()}
    some = [name for name, row in visits.items() if priced(row)]
    charged = set(session.connection().execute(_CHARGED, {"visits": some}).scalars()) if some else set()
    for each in moneys:
        visit = visits.get(each.reference)
        if visit and priced(visit) and visit.visit not in charged:
            ledger.charge(session, visit, each.payment.happened_at, each.now)
    return visits


def _ends(session: Session, each: _Money, stay: Stay | None) -> Resolved:
    named = each.case.named
    told = Told(each.payment.amount, each.payment.happened_at, each.now, named.naming, named.at_home)
    end = resolve(told, stay, policy_of(session))
    if end.outcome is Outcome.REFUND:
        propose(session, each.payment, end, each.now)
    return end
