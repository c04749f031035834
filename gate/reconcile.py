"""A site's day: passages against visits against money, item by item.

Three independent witnesses. Each item must have its counterparts; what is not due yet is in transit, what is due
and missing is a finding. The same facts always give the same report.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from gate.findings import Code, Finding
from gate.messages import Direction, OpeningReason
from gate.vehicle import VehicleClass
from gate.wire import Contract

PAYMENT_DUE: Final = timedelta(minutes=1)
"""A notice follows its transfer by seconds; a minute after the car left, money is missing."""
LEAVE_DUE: Final = timedelta(minutes=30)
STAY_LONG: Final = timedelta(hours=24)
PASSAGE_DUE: Final = timedelta(minutes=1)

UNEXPLAINED: Final = frozenset({OpeningReason.BY_HAND, OpeningReason.FIRE})


class Opening(Contract):
    """An arm seen up."""

    opening: str
    lane: str
    reason: OpeningReason
    by: str
    note: str
    visit: str | None
    at: datetime


class Passage(Contract):
    """A vehicle seen past the arm."""

    passage: str
    lane: str
    direction: Direction
    visit: str | None
    opening: str | None
    tailgate: bool
    at: datetime


class Visit(Contract):
    """A stay by its plates. Voided visits never were."""

    visit: str
    vehicle_class: VehicleClass
    read: bool
    opened_at: datetime
    entered_at: datetime | None
    left_at: datetime | None
    voided: bool
    quoted: int | None
    recomputed: int | None
    charged: int | None
    charged_at: datetime | None


class Payment(Contract):
    """Money that a provider says came. `applied` is what reached the visit's debt."""

    payment: str
    visit: str | None
    amount: int
    applied: int
    at: datetime
    received_at: datetime


class Anomaly(Contract):
    """Trouble that was recorded when it happened: a refused notice, a foreign message, a device fault."""

    code: Code
    subject: str
    amount: int
    at: datetime
    evidence: dict[str, str]


class Day(Contract):
    """All facts about one site's local day, as of `now`."""

    site: str
    start: datetime
    end: datetime
    now: datetime
    openings: tuple[Opening, ...]
    passages: tuple[Passage, ...]
    visits: tuple[Visit, ...]
    payments: tuple[Payment, ...]
    anomalies: tuple[Anomaly, ...]
    clearing: int
    ledger_sum: int


class Report(Contract):
    """What the day comes to. `counts` and `money` are plain figures; `in_transit` is explained and not yet due."""

    counts: dict[str, int]
    money: dict[str, int]
    in_transit: tuple[Finding, ...]
    findings: tuple[Finding, ...]


def reconcile(day: Day) -> Report:
    """The report of a day. Findings are ordered by money, then by time."""
    every = [*_openings(day), *_passages(day), *_visits(day), *_payments(day), *_whole(day)]
    every.extend(_finding(a.code, a.subject, a.at, a.amount, None, a.evidence) for a in day.anomalies)
    due = [finding for finding in every if finding.due <= day.now]
    later = [finding for finding in every if finding.due > day.now]
    return Report(counts=_counts(day), money=_money(day), in_transit=_ordered(later), findings=_ordered(due))


def _openings(day: Day) -> Iterator[Finding]:
    used = {passage.opening for passage in day.passages}
    for opening in day.openings:
        evidence = {"lane": opening.lane, "reason": opening.reason, "by": opening.by}
        if opening.reason in UNEXPLAINED and not opening.note:
            yield _finding(Code.OPENING_UNEXPLAINED, opening.opening, opening.at, 0, opening.visit, evidence)
        elif opening.opening not in used:
            due = opening.at + PASSAGE_DUE
            yield _finding(Code.OPENING_UNUSED, opening.opening, due, 0, opening.visit, evidence)


def _passages(day: Day) -> Iterator[Finding]:
    opened = {opening.opening for opening in day.openings}
    for passage in day.passages:
        evidence = {"lane": passage.lane, "direction": passage.direction}
        if passage.opening is None or passage.opening not in opened:
            yield _finding(Code.PASSAGE_WITHOUT_OPENING, passage.passage, passage.at, 0, passage.visit, evidence)
        if passage.tailgate:
            yield _finding(Code.TAILGATE, passage.passage, passage.at, 0, passage.visit, evidence)
        elif passage.visit is None and passage.direction is Direction.OUT:
            yield _finding(Code.EXIT_WITHOUT_ENTRY, passage.passage, passage.at, 0, None, evidence)


def _visits(day: Day) -> Iterator[Finding]:
    paid = Counter[str]()
    for payment in day.payments:
        paid[payment.visit or ""] += payment.applied
    for visit in day.visits:
        if visit.voided:
            continue
        evidence = {"class": visit.vehicle_class, "entered": _moment(visit.entered_at), "left": _moment(visit.left_at)}
        if not visit.read:
            yield _finding(Code.UNREAD, visit.visit, visit.opened_at, 0, visit.visit, evidence)
        yield from _stay(visit, paid[visit.visit], evidence)
        if visit.quoted is not None and visit.recomputed is not None and visit.quoted != visit.recomputed:
            words = {**evidence, "quoted": str(visit.quoted), "recomputed": str(visit.recomputed)}
            difference = abs(visit.quoted - visit.recomputed)
            yield _finding(Code.PRICE_DIFFERS, visit.visit, visit.opened_at, difference, visit.visit, words)


def _stay(visit: Visit, paid: int, evidence: dict[str, str]) -> Iterator[Finding]:
    owing = (visit.charged or 0) - paid
    money = {**evidence, "charged": str(visit.charged or 0), "paid": str(paid)}
    if visit.left_at is not None and owing > 0:
        yield _finding(Code.LEFT_NOT_PAID, visit.visit, visit.left_at + PAYMENT_DUE, owing, visit.visit, money)
    if visit.left_at is None and visit.charged is not None and visit.charged_at is not None:
        yield _finding(Code.PAID_NOT_LEFT, visit.visit, visit.charged_at + LEAVE_DUE, 0, visit.visit, money)
    if visit.left_at is None and visit.entered_at is not None:
        yield _finding(
            Code.ENTRY_WITHOUT_EXIT, visit.visit, visit.entered_at + STAY_LONG, visit.quoted or 0, visit.visit, evidence
        )


def _payments(day: Day) -> Iterator[Finding]:
    charged = {visit.visit: visit for visit in day.visits}
    paid_before = set[str]()
    for payment in sorted(day.payments, key=lambda payment: (payment.received_at, payment.payment)):
        over = payment.amount - payment.applied
        visit = charged.get(payment.visit or "")
        evidence = {"payment": payment.payment, "amount": str(payment.amount), "applied": str(payment.applied)}
        if payment.visit is None:
            yield _finding(Code.PAYMENT_UNKNOWN, payment.payment, payment.received_at, over, None, evidence)
        elif over and payment.visit in paid_before:
            yield _finding(Code.PAID_TWICE, payment.payment, payment.received_at, over, payment.visit, evidence)
        elif over:
            yield _finding(Code.AMOUNT_DIFFERS, payment.payment, payment.received_at, over, payment.visit, evidence)
        if visit and visit.left_at and payment.received_at > visit.left_at:
            yield _finding(Code.PAID_LATE, payment.payment, payment.received_at, 0, payment.visit, evidence)
        paid_before.add(payment.visit or "")


def _whole(day: Day) -> Iterator[Finding]:
    if day.ledger_sum:
        evidence = {"sum": str(day.ledger_sum)}
        yield _finding(Code.LEDGER_UNBALANCED, day.site, day.now, abs(day.ledger_sum), None, evidence)
    seen = {passage.visit for passage in day.passages if passage.visit}
    for visit in day.visits:
        at = visit.left_at
        if at is not None and day.start <= at < day.end and visit.visit not in seen:
            words = {"left": _moment(at)}
            yield _finding(Code.COUNT_DRIFT, visit.visit, at, 0, visit.visit, words)


def _counts(day: Day) -> dict[str, int]:
    directions = Counter(passage.direction for passage in day.passages)
    reasons = Counter(opening.reason for opening in day.openings)
    return {
        "openings": len(day.openings),
        "passages": len(day.passages),
        "entries": directions[Direction.IN],
        "exits": directions[Direction.OUT],
        "visits": sum(not visit.voided for visit in day.visits),
        "inside": sum(visit.entered_at is not None and visit.left_at is None for visit in day.visits),
        "charges": sum(visit.charged is not None for visit in day.visits),
        "payments": len(day.payments),
        "unread": sum(not visit.read and not visit.voided for visit in day.visits),
        **{f"openings_{reason}": reasons[reason] for reason in OpeningReason},
    }


def _money(day: Day) -> dict[str, int]:
    charged = sum(visit.charged or 0 for visit in day.visits)
    applied = sum(payment.applied for payment in day.payments)
    received = sum(payment.amount for payment in day.payments)
    return {
        "charged": charged,
        "paid": applied,
        "outstanding": charged - applied,
        "received": received,
        "unapplied": received - applied,
        "awaiting_bank": day.clearing,
    }


def _finding(
    code: Code, subject: str, due: datetime, amount: int, visit: str | None, evidence: dict[str, str]
) -> Finding:
    return Finding(code=code, subject=subject, visit=visit, amount=amount, due=due, evidence=evidence)


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: (-finding.amount, finding.due, finding.code, finding.subject)))


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at else ""
