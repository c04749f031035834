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
HOUR: Final = timedelta(hours=1)

UNEXPLAINED: Final = frozenset({OpeningReason.BY_HAND, OpeningReason.FIRE, OpeningReason.BUTTON})


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
    """Money that a provider says came. `applied` is what reached the visit's debt.

    `reference` is what the transfer said, `visit` the known visit of that name.
    """

    payment: str
    visit: str | None
    amount: int
    applied: int
    at: datetime
    received_at: datetime
    reference: str = ""


class Anomaly(Contract):
    """Trouble that was recorded when it happened: a refused notice, a foreign message, a device fault."""

    code: Code
    subject: str
    amount: int
    at: datetime
    evidence: dict[str, str]


class Day(Contract):
    """All facts about one site's local day, as of `now`.

    Counterparts come along though they lie outside the day: the opening before midnight of a passage after it,
    the visits that a payment of the day settles, all payments of a visit of the day. Only what happened
    from `start` until before `end` is counted and found fault with.
    """

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


class Hour(Contract):
    """An hour of the day: passages each way, what was charged to those who left, what money came."""

    hour: int
    entries: int
    exits: int
    charged: int
    paid: int


OF_A_VISIT: Final = frozenset(
    {
        Code.UNREAD,
        Code.LEFT_NOT_PAID,
        Code.LEFT_NOT_PRICED,
        Code.PAID_NOT_LEFT,
        Code.PAID_TWICE,
        Code.PAID_LATE,
        Code.AMOUNT_DIFFERS,
        Code.PRICE_DIFFERS,
        Code.ENTRY_WITHOUT_EXIT,
    }
)
"""What a visit and its payments show by themselves: every day that knows the visit finds the same."""


class Report(Contract):
    """What the day comes to. `counts` and `money` are plain figures; `in_transit` is explained and not yet due."""

    counts: dict[str, int]
    money: dict[str, int]
    in_transit: tuple[Finding, ...]
    findings: tuple[Finding, ...]
    hours: tuple[Hour, ...]


def reconcile(day: Day) -> Report:
    """The report of a day. Findings are ordered by money, then by time."""
    every = [*_openings(day), *_passages(day), *_visits(day), *_payments(day), *_whole(day)]
    every.extend(_finding(a.code, a.subject, a.at, a.amount, None, a.evidence) for a in day.anomalies)
    due = [finding for finding in every if finding.due <= day.now]
    later = [finding for finding in every if finding.due > day.now]
    counts, money = _counts(day), _money(day)
    return Report(counts=counts, money=money, in_transit=_ordered(later), findings=_ordered(due), hours=_hours(day))


def charged_on(visit: Visit) -> datetime | None:
    """When a visit's charge counts: when it left, or when it was charged while it is still inside."""
    return (visit.left_at or visit.charged_at) if visit.charged is not None else None


def _openings(day: Day) -> Iterator[Finding]:
    used = {passage.opening for passage in day.passages}
    for opening in day.openings:
        if not _today(day, opening.at):
            continue
        evidence = {"lane": opening.lane, "reason": opening.reason.value, "by": opening.by}
        if opening.reason in UNEXPLAINED and not opening.note:
            yield _finding(Code.OPENING_UNEXPLAINED, opening.opening, opening.at, 0, opening.visit, evidence)
        elif opening.opening not in used and opening.reason is not OpeningReason.MODE:  # held up, come who may
            due = opening.at + PASSAGE_DUE
            yield _finding(Code.OPENING_UNUSED, opening.opening, due, 0, opening.visit, evidence)


def _passages(day: Day) -> Iterator[Finding]:
    opened = {opening.opening for opening in day.openings}
    seen = set[tuple[str, Direction]]()
    for passage in sorted(day.passages, key=lambda passage: (passage.at, passage.passage)):
        again = passage.visit is not None and (passage.visit, passage.direction) in seen
        seen.add((passage.visit or "", passage.direction))
        if _today(day, passage.at):
            yield from _passage(passage, opened, again=again)


def _passage(passage: Passage, opened: set[str], *, again: bool) -> Iterator[Finding]:
    evidence = {"lane": passage.lane, "direction": passage.direction.value}
    if passage.opening is None or passage.opening not in opened:
        yield _finding(Code.PASSAGE_WITHOUT_OPENING, passage.passage, passage.at, 0, passage.visit, evidence)
    if passage.tailgate:
        yield _finding(Code.TAILGATE, passage.passage, passage.at, 0, passage.visit, evidence)
    elif passage.visit is None and passage.direction is Direction.OUT:
        yield _finding(Code.EXIT_WITHOUT_ENTRY, passage.passage, passage.at, 0, None, evidence)
    elif passage.visit is None:
        words = {**evidence, "why": "a passage in without a visit"}
        yield _finding(Code.COUNT_DRIFT, passage.passage, passage.at, 0, None, words)
    if again:
        words = {**evidence, "why": "this visit passed this way before"}
        yield _finding(Code.COUNT_DRIFT, passage.passage, passage.at, 0, passage.visit, words)


def _visits(day: Day) -> Iterator[Finding]:
    paid = Counter[str]()
    for payment in day.payments:
        paid[payment.visit or ""] += payment.applied
    for visit in day.visits:
        if visit.voided:
            continue
        evidence = {
            "class": visit.vehicle_class.value,
            "entered": _moment(visit.entered_at),
            "left": _moment(visit.left_at),
        }
        if not visit.read:
            yield _finding(Code.UNREAD, visit.visit, visit.opened_at, 0, visit.visit, evidence)
        yield from _left(visit, paid[visit.visit], evidence)
        yield from _inside(visit, paid[visit.visit], evidence)
        if visit.quoted is not None and visit.recomputed is not None and visit.quoted != visit.recomputed:
            words = {**evidence, "quoted": str(visit.quoted), "recomputed": str(visit.recomputed)}
            difference = abs(visit.quoted - visit.recomputed)
            yield _finding(Code.PRICE_DIFFERS, visit.visit, visit.opened_at, difference, visit.visit, words)


def _left(visit: Visit, paid: int, evidence: dict[str, str]) -> Iterator[Finding]:
    if visit.left_at is None:
        return
    if visit.charged is None:
        yield _finding(Code.LEFT_NOT_PRICED, visit.visit, visit.left_at, visit.quoted or 0, visit.visit, evidence)
        return
    owing = visit.charged - paid
    if owing > 0:
        money = {**evidence, "charged": str(visit.charged), "paid": str(paid)}
        yield _finding(Code.LEFT_NOT_PAID, visit.visit, visit.left_at + PAYMENT_DUE, owing, visit.visit, money)


def _inside(visit: Visit, paid: int, evidence: dict[str, str]) -> Iterator[Finding]:
    if visit.left_at is not None:
        return
    if visit.charged is not None and visit.charged_at is not None:
        owing = visit.charged - paid
        money = {**evidence, "charged": str(visit.charged), "paid": str(paid)}
        if owing > 0:  # it stands at the arm with less than the price
            due = visit.charged_at + PAYMENT_DUE
            yield _finding(Code.AMOUNT_DIFFERS, visit.visit, due, owing, visit.visit, money)
        else:
            yield _finding(Code.PAID_NOT_LEFT, visit.visit, visit.charged_at + LEAVE_DUE, 0, visit.visit, money)
    if visit.entered_at is not None:
        due = visit.entered_at + STAY_LONG
        yield _finding(Code.ENTRY_WITHOUT_EXIT, visit.visit, due, visit.quoted or 0, visit.visit, evidence)


def _payments(day: Day) -> Iterator[Finding]:
    known = {visit.visit: visit for visit in day.visits}
    paid_before = set[str]()
    for payment in sorted(day.payments, key=lambda payment: (payment.received_at, payment.payment)):
        visit = known.get(payment.visit or "")
        yield from _payment(payment, visit, again=payment.visit in paid_before)
        if visit and visit.left_at and payment.received_at > visit.left_at:
            evidence = {"payment": payment.payment, "amount": str(payment.amount), "left": _moment(visit.left_at)}
            yield _finding(Code.PAID_LATE, payment.payment, payment.received_at, 0, payment.visit, evidence)
        paid_before.add(payment.visit or "")


def _payment(payment: Payment, visit: Visit | None, *, again: bool) -> Iterator[Finding]:
    """What is over: nobody's, a second time for a visit, too much, or early and waiting for its price."""
    over = payment.amount - payment.applied
    if not over:
        return
    evidence = {"payment": payment.payment, "amount": str(payment.amount), "applied": str(payment.applied)}
    if visit is None:
        words = {**evidence, "reference": payment.reference}
        yield _finding(Code.PAYMENT_UNKNOWN, payment.payment, payment.received_at, over, None, words)
        return
    early = visit.charged is None and visit.left_at is None
    due = payment.received_at + (PAYMENT_DUE if early else timedelta(0))
    code = Code.PAID_TWICE if again else Code.AMOUNT_DIFFERS
    yield _finding(code, payment.payment, due, over, visit.visit, evidence)


def _whole(day: Day) -> Iterator[Finding]:
    if day.ledger_sum:
        evidence = {"sum": str(day.ledger_sum)}
        yield _finding(Code.LEDGER_UNBALANCED, day.site, day.start, abs(day.ledger_sum), None, evidence)
    seen = {(passage.visit, passage.direction) for passage in day.passages if passage.visit}
    for visit in day.visits:
        for at, direction in ((visit.entered_at, Direction.IN), (visit.left_at, Direction.OUT)):
            if at is not None and _today(day, at) and (visit.visit, direction) not in seen:
                words = {"why": f"a visit went {direction} without a passage", "at": _moment(at)}
                yield _finding(Code.COUNT_DRIFT, f"{visit.visit}:{direction}", at, 0, visit.visit, words)


def _counts(day: Day) -> dict[str, int]:
    openings = [opening for opening in day.openings if _today(day, opening.at)]
    directions = Counter(passage.direction for passage in day.passages if _today(day, passage.at))
    reasons = Counter(opening.reason for opening in openings)
    visits = [visit for visit in day.visits if not visit.voided]
    opened = [visit for visit in visits if _today(day, visit.opened_at)]
    return {
        "openings": len(openings),
        "passages": directions.total(),
        "entries": directions[Direction.IN],
        "exits": directions[Direction.OUT],
        "visits": len(opened),
        "inside": sum(_is_inside(visit, day.end) for visit in visits),
        "charges": sum(_today(day, charged_on(visit)) for visit in visits),
        "payments": sum(_today(day, payment.received_at) for payment in day.payments),
        "unread": sum(not visit.read for visit in opened),
        "voided": sum(visit.voided and _today(day, visit.opened_at) for visit in day.visits),
        **{f"openings_{reason}": reasons[reason] for reason in OpeningReason},
    }


def _money(day: Day) -> dict[str, int]:
    """`charged` to those who left or were charged on the day, `paid` of exactly that, on whatever day it came;
    `received` on the day for whatever day, and `unapplied` of that."""
    of_day = {visit.visit: visit.charged or 0 for visit in day.visits if _today(day, charged_on(visit))}
    charged = sum(of_day.values())
    paid = sum(payment.applied for payment in day.payments if payment.visit in of_day)
    came = [payment for payment in day.payments if _today(day, payment.received_at)]
    received = sum(payment.amount for payment in came)
    return {
        "charged": charged,
        "paid": paid,
        "outstanding": charged - paid,
        "received": received,
        "unapplied": received - sum(payment.applied for payment in came),
        "awaiting_bank": day.clearing,
    }


def _hours(day: Day) -> tuple[Hour, ...]:
    ways, charged, paid = Counter[tuple[int, Direction]](), Counter[int](), Counter[int]()
    for passage in day.passages:
        if _today(day, passage.at):
            ways[_hour(day, passage.at), passage.direction] += 1
    for visit in day.visits:
        at = charged_on(visit)
        if at is not None and _today(day, at):
            charged[_hour(day, at)] += visit.charged or 0
    for payment in day.payments:
        if _today(day, payment.received_at):
            paid[_hour(day, payment.received_at)] += payment.amount
    return tuple(
        Hour(hour=n, entries=ways[n, Direction.IN], exits=ways[n, Direction.OUT], charged=charged[n], paid=paid[n])
        for n in range((day.end - day.start) // HOUR)
    )


def _today(day: Day, at: datetime | None) -> bool:
    return at is not None and day.start <= at < day.end


def _hour(day: Day, at: datetime) -> int:
    return (at - day.start) // HOUR


def _is_inside(visit: Visit, at: datetime) -> bool:
    return visit.entered_at is not None and visit.entered_at < at and (visit.left_at is None or visit.left_at >= at)


def _finding(
    code: Code, subject: str, due: datetime, amount: int, visit: str | None, evidence: dict[str, str]
) -> Finding:
    return Finding(code=code, subject=subject, visit=visit, amount=amount, due=due, evidence=evidence)


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: (-finding.amount, finding.due, finding.code, finding.subject)))


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at else ""
