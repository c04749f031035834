"""Visits against their price and their payments."""

from collections import Counter
from collections.abc import Iterator

from gate.findings import Code, Finding
from gate.reconcile.facts import Day, Visit
from gate.reconcile.rules import LEAVE_DUE, PAYMENT_DUE, STAY_LONG, finding, moment


def paid_by_visit(day: Day) -> Counter[str]:
    """What reached each visit's debt, waivers aside."""
    paid = Counter[str]({visit.visit: visit.credited for visit in day.visits if visit.credited})
    for payment in day.payments:
        paid[payment.visit or ""] += payment.applied
    return paid


def of_visits(day: Day) -> Iterator[Finding]:
    """Stays unread, unpriced, unpaid, not left, or priced otherwise."""
    paid = paid_by_visit(day)
    for visit in day.visits:
        if visit.voided:
            continue
        evidence = {
            "class": visit.vehicle_class.value,
            "entered": moment(visit.entered_at),
            "left": moment(visit.left_at),
        }
        if not visit.read:
            yield finding(Code.UNREAD, visit.visit, visit.opened_at, 0, visit.visit, evidence)
        yield from _left(visit, paid[visit.visit], evidence)
        yield from _inside(visit, paid[visit.visit], evidence)
        if visit.quoted is not None and visit.recomputed is not None and visit.quoted != visit.recomputed:
            words = {**evidence, "quoted": str(visit.quoted), "recomputed": str(visit.recomputed)}
            difference = abs(visit.quoted - visit.recomputed)
            yield finding(Code.PRICE_DIFFERS, visit.visit, visit.opened_at, difference, visit.visit, words)


def _left(visit: Visit, paid: int, evidence: dict[str, str]) -> Iterator[Finding]:
    if visit.left_at is None:
        return
    if visit.charged is None:
        yield finding(Code.LEFT_NOT_PRICED, visit.visit, visit.left_at, visit.quoted or 0, visit.visit, evidence)
        return
    owing = visit.charged - paid - visit.waived
    if owing > 0 and not visit.claimed:
        money = {**evidence, "charged": str(visit.charged), "paid": str(paid)}
        yield finding(Code.LEFT_NOT_PAID, visit.visit, visit.left_at + PAYMENT_DUE, owing, visit.visit, money)


def _inside(visit: Visit, paid: int, evidence: dict[str, str]) -> Iterator[Finding]:
    if visit.left_at is not None:
        return
    if visit.charged is not None and visit.charged_at is not None:
        owing, since = visit.charged - paid - visit.waived, visit.asked_at or visit.charged_at
        money = {**evidence, "charged": str(visit.charged), "paid": str(paid)}
        if owing > 0:  # it stands at the arm with less than the price
            due = since + PAYMENT_DUE
            yield finding(Code.AMOUNT_DIFFERS, visit.visit, due, owing, visit.visit, money)
        else:
            yield finding(Code.PAID_NOT_LEFT, visit.visit, since + LEAVE_DUE, 0, visit.visit, money)
    if visit.entered_at is not None:
        due = visit.entered_at + STAY_LONG
        yield finding(Code.ENTRY_WITHOUT_EXIT, visit.visit, due, visit.quoted or 0, visit.visit, evidence)
