"""Payments against the visits that they name."""

from collections.abc import Iterator
from datetime import timedelta

from gate.findings import Code, Finding
from gate.reconcile.facts import Day, Payment, Visit
from gate.reconcile.rules import PAYMENT_DUE, finding, moment


def of_payments(day: Day) -> Iterator[Finding]:
    """Money for nobody, twice, too much, too early or too late."""
    known = {visit.visit: visit for visit in day.visits}
    paid_before = set[str]()
    for payment in sorted(day.payments, key=lambda payment: (payment.received_at, payment.payment)):
        visit = known.get(payment.visit or "")
        yield from _payment(payment, visit, again=payment.visit in paid_before)
        if visit and visit.left_at and payment.received_at > visit.left_at:
            evidence = {"payment": payment.payment, "amount": str(payment.amount), "left": moment(visit.left_at)}
            yield finding(Code.PAID_LATE, payment.payment, payment.received_at, 0, payment.visit, evidence)
        paid_before.add(payment.visit or "")


def _payment(payment: Payment, visit: Visit | None, *, again: bool) -> Iterator[Finding]:
    """What is over: nobody's, a second time for a visit, too much, or early and waiting for its price. What went back
    twice is awaited by whoever knows that."""
    over = payment.amount - payment.applied - payment.returned
    if over <= 0:
        return
    evidence = {"payment": payment.payment, "amount": str(payment.amount), "applied": str(payment.applied)}
    if visit is None:
        words = {**evidence, "reference": payment.reference}
        yield finding(Code.PAYMENT_UNKNOWN, payment.payment, payment.received_at, over, None, words)
        return
    early = visit.charged is None and visit.left_at is None
    due = payment.received_at + (PAYMENT_DUE if early else timedelta(0))
    code = Code.PAID_TWICE if again else Code.AMOUNT_DIFFERS
    yield finding(code, payment.payment, due, over, visit.visit, evidence)
