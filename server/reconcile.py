"""A site's day out of the books, for `gate.reconcile`. Days are local: a charge belongs to the date of its exit.

Every query is bounded by the day but one: what stands on the accounts is summed over the site's ledger.
"""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, Select, and_, func, or_
from sqlmodel import Session, col, select

from gate.findings import Code
from gate.ledger import EntryKind, LedgerAccount
from gate.messages import Direction, OpeningReason
from gate.reconcile import Anomaly, Day, Opening, Passage, Payment, Report, Visit, reconcile
from gate.vehicle import VehicleClass
from server.clocks import CORRECTED, correction_of
from server.derived import VisitRow
from server.facts import AnomalyRow, ChargeRow, EntryRow, ExplainedRow, OpeningRow, PassageRow, PaymentRow, PostingRow
from server.register import SiteRow

ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
COUNTERPART: Final = timedelta(hours=1)
"""An opening and its passage are at most this far apart, also across midnight."""


class NoSuchSite(LookupError):
    """Nobody registered a site of this code."""


class Totals(NamedTuple):
    """What stands on the site's accounts: money that no statement has shown, and the sum of everything, nothing."""

    clearing: int
    ledger_sum: int


def bounds(on: date) -> tuple[datetime, datetime]:
    """From when until before when a local date lasts."""
    start = datetime.combine(on, time(), ZONE)
    return start.astimezone(UTC), datetime.combine(on + timedelta(days=1), time(), ZONE).astimezone(UTC)


def local_date(at: datetime) -> date:
    """The local date of a moment."""
    return at.astimezone(ZONE).date()


def report(session: Session, site: str, on: date, now: datetime) -> Report:
    """What the day comes to as of `now`. Raises NoSuchSite."""
    return reconcile(day(session, site, on, now))


def day(session: Session, site: str, on: date, now: datetime, totals: Totals | None = None) -> Day:
    """All facts about the site's local date and their counterparts. Raises NoSuchSite.

    Trouble that belongs to no site, such as money for an account that is none of ours, is everybody's.
    """
    if session.get(SiteRow, site) is None:
        raise NoSuchSite(f"no site {site}")
    start, end = bounds(on)
    clearing, ledger_sum = totals or balances(session, site)
    visits = _visits(session, site, start, end)
    return Day(
        site=site,
        start=start,
        end=end,
        now=now,
        openings=_openings(session, site, start, end),
        passages=_passages(session, site, start, end),
        visits=visits,
        payments=_payments(session, site, start, end, {visit.visit for visit in visits}),
        anomalies=_anomalies(session, site, start, end),
        clearing=clearing,
        ledger_sum=ledger_sum,
    )


def balances(session: Session, site: str) -> Totals:
    """The site's totals now."""
    by_account = (
        select(PostingRow.account, func.sum(PostingRow.amount))
        .join(EntryRow, col(EntryRow.key) == col(PostingRow.key))
        .where(EntryRow.site == site)
        .group_by(col(PostingRow.account))
    )
    sums = {account: int(amount) for account, amount in session.exec(by_account)}
    return Totals(clearing=sums.get(LedgerAccount.CLEARING, 0), ledger_sum=sum(sums.values()))


def _openings(session: Session, site: str, start: datetime, end: datetime) -> tuple[Opening, ...]:
    """Those of the day, and those of before under which somebody passed on it: an arm may be held up for days."""
    passed = select(PassageRow.opening).where(
        PassageRow.site == site, _between(col(PassageRow.happened_at), start, end), col(PassageRow.opening).is_not(None)
    )
    today = _between(col(OpeningRow.happened_at), start - COUNTERPART, end)
    near = or_(today, col(OpeningRow.opening).in_(passed))
    order = (col(OpeningRow.happened_at), col(OpeningRow.opening))
    return tuple(
        Opening(
            opening=row.opening,
            lane=row.lane,
            reason=OpeningReason(row.reason),
            by=row.by,
            note=row.note,
            visit=row.visit,
            at=row.happened_at,
        )
        for row in session.exec(select(OpeningRow).where(OpeningRow.site == site, near).order_by(*order))
    )


def _passages(session: Session, site: str, start: datetime, end: datetime) -> tuple[Passage, ...]:
    near = _between(col(PassageRow.happened_at), start, end + COUNTERPART)
    order = (col(PassageRow.happened_at), col(PassageRow.passage))
    found = (
        select(PassageRow, ExplainedRow.visit)
        .join(ExplainedRow, col(ExplainedRow.passage) == col(PassageRow.passage), isouter=True)
        .where(PassageRow.site == site, near)
        .order_by(*order)
    )
    return tuple(
        Passage(
            passage=row.passage,
            lane=row.lane,
            direction=Direction(row.direction),
            visit=row.visit or explained,
            opening=row.opening,
            tailgate=row.tailgate,
            at=row.happened_at,
        )
        for row, explained in session.exec(found)
    )


def names(site: str, start: datetime, end: datetime) -> Select[Any]:
    """The visits of a day: those that were there at any time of it, and those whose money came on it.

    One that was voided was there only on the day it was opened.
    """
    there = and_(
        col(VisitRow.opened_at) < end,
        or_(col(VisitRow.left_at).is_(None), col(VisitRow.left_at) >= start),
        or_(col(VisitRow.voided).is_(False), col(VisitRow.opened_at) >= start),
    )
    came = _between(col(PaymentRow.received_at), start, end)
    paid = select(PaymentRow.reference).where(PaymentRow.site == site, came, col(PaymentRow.reference).is_not(None))
    return select(VisitRow.visit).where(VisitRow.site == site, or_(there, col(VisitRow.visit).in_(paid)))


def _visits(session: Session, site: str, start: datetime, end: datetime) -> tuple[Visit, ...]:
    found = (
        select(VisitRow, ChargeRow.total, ChargeRow.happened_at)
        .join(ChargeRow, col(ChargeRow.visit) == col(VisitRow.visit), isouter=True)
        .where(col(VisitRow.visit).in_(names(site, start, end)))
        .order_by(col(VisitRow.opened_at), col(VisitRow.visit))
    )
    return tuple(_visit(row, total, charged_at) for row, total, charged_at in session.exec(found))


def _visit(row: VisitRow, charged: int | None, charged_at: datetime | None) -> Visit:
    return Visit(
        visit=row.visit,
        vehicle_class=VehicleClass(row.vehicle_class),
        read=row.read,
        opened_at=row.opened_at,
        entered_at=row.entered_at,
        left_at=row.left_at,
        voided=row.voided,
        quoted=row.quoted,
        recomputed=row.recomputed,
        charged=charged,
        charged_at=charged_at,
    )


def _payments(session: Session, site: str, start: datetime, end: datetime, known: set[str]) -> tuple[Payment, ...]:
    came = and_(col(PaymentRow.site) == site, _between(col(PaymentRow.received_at), start, end))
    theirs = col(PaymentRow.reference).in_(names(site, start, end))
    order = (col(PaymentRow.received_at), col(PaymentRow.provider), col(PaymentRow.provider_id))
    rows = list(session.exec(select(PaymentRow).where(or_(came, theirs)).order_by(*order)))
    direct, waiting = _applied(session, site, start, end)
    payments = []
    for row in rows:
        name = f"{row.provider}:{row.provider_id}"
        applied = direct.get(f"payment:{name}", 0)
        late = min(row.amount - applied, waiting.get(row.reference or "", 0))  # first come, first applied
        waiting[row.reference or ""] -= late
        payments.append(
            Payment(
                payment=name,
                visit=row.reference if row.reference in known else None,
                reference=row.reference or "",
                amount=row.amount,
                applied=applied + late,
                at=row.happened_at,
                received_at=row.received_at,
            )
        )
    return tuple(payments)


def _applied(session: Session, site: str, start: datetime, end: datetime) -> tuple[dict[str, int], dict[str, int]]:
    """What reached debts: by the payment's entry, and out of suspense by visit."""
    settled = (
        select(EntryRow.key, EntryRow.kind, EntryRow.visit, func.sum(-col(PostingRow.amount)))
        .join(PostingRow, col(PostingRow.key) == col(EntryRow.key))
        .where(PostingRow.account == LedgerAccount.RECEIVABLE, EntryRow.kind != EntryKind.CHARGE)
        .where(col(EntryRow.visit).in_(names(site, start, end)))
        .group_by(col(EntryRow.key), col(EntryRow.kind), col(EntryRow.visit))
    )
    direct: dict[str, int] = {}
    waiting: dict[str, int] = defaultdict(int)
    for key, kind, visit, amount in session.exec(settled):
        if kind == EntryKind.PAYMENT:
            direct[key] = int(amount)
        else:
            waiting[visit] += int(amount)
    return direct, waiting


def _anomalies(session: Session, site: str, start: datetime, end: datetime) -> tuple[Anomaly, ...]:
    here = col(AnomalyRow.site).in_((site, ""))
    today = _between(col(AnomalyRow.happened_at), start, end)
    whole = ~col(AnomalyRow.subject).endswith(CORRECTED, autoescape=True)
    order = (col(AnomalyRow.happened_at), col(AnomalyRow.code), col(AnomalyRow.subject))
    return tuple(
        Anomaly(
            code=Code(row.code),
            subject=row.subject,
            amount=row.amount,
            at=row.happened_at,
            evidence=_evidence(session, row),
        )
        for row in session.exec(select(AnomalyRow).where(here, today, whole).order_by(*order)).all()
    )


def _evidence(session: Session, row: AnomalyRow) -> dict[str, str]:
    said = msgspec.json.decode(row.evidence, type=dict[str, str])
    return {**said, **correction_of(session, row.subject)} if row.code == Code.CLOCK_UNSURE else said


def _between(column: Any, start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(column >= start, column < end)
