"""A site's day: passages against visits against money, item by item.

Three independent witnesses. Each item must have its counterparts; what is not due yet is in transit, what is due
and missing is a finding, unless a person has explained it. The same facts always give the same report.
"""

from collections.abc import Iterator

from gate.findings import Code, Finding
from gate.reconcile.counting import Figures, Hour, charged_on, figures
from gate.reconcile.expected import of_expected
from gate.reconcile.facts import Anomaly, Day, Opening, Passage, Payment, Settled, Visit
from gate.reconcile.flow import Flow, Stream
from gate.reconcile.leakage import Leak, Leakage, leakage
from gate.reconcile.openings import of_openings
from gate.reconcile.passages import missed, of_passages
from gate.reconcile.payments import of_payments
from gate.reconcile.report import Report
from gate.reconcile.rules import LEAVE_DUE, OF_A_VISIT, PASSAGE_DUE, PAYMENT_DUE, STAY_LONG, finding, ordered
from gate.reconcile.variance import Tolerance, Unexplained, Variance, variance
from gate.reconcile.variance import unexplained as _unexplained
from gate.reconcile.visits import of_visits

__all__ = [
    "LEAVE_DUE",
    "OF_A_VISIT",
    "PASSAGE_DUE",
    "PAYMENT_DUE",
    "STAY_LONG",
    "Anomaly",
    "Day",
    "Figures",
    "Flow",
    "Hour",
    "Leak",
    "Leakage",
    "Opening",
    "Passage",
    "Payment",
    "Report",
    "Settled",
    "Stream",
    "Tolerance",
    "Unexplained",
    "Variance",
    "Visit",
    "charged_on",
    "figures",
    "put_together",
    "reconcile",
    "unexplained",
    "within",
]


def reconcile(day: Day) -> Report:
    """The report of a day. Findings are ordered by money, then by time."""
    return put_together(day, figures(day))


def put_together(day: Day, known: Figures) -> Report:
    """The report of a day whose figures are known. `day` need have no more items than those that may be amiss, each
    with all of its counterparts."""
    settled = {(each.code, each.subject): each.amount for each in day.settled}
    every = list(_every(day))
    due = [each for each in every if each.due <= day.now]
    explained = [each for each in due if each.amount <= settled.get((each.code, each.subject), -1)]
    left = [each for each in due if each.amount > settled.get((each.code, each.subject), -1)]
    counts, money = known.counts, known.money
    return Report(
        counts=counts,
        money=money,
        in_transit=ordered(each for each in every if each.due > day.now),
        findings=ordered(left),
        hours=known.hours,
        explained=ordered(explained),
        leakage=leakage(day, left, counts, money),
        variance=variance(left, money["charged"], counts["passages"], day.tolerance),
    )


def unexplained(report: Report) -> Unexplained:
    """Dong and items of a day that nobody has explained."""
    return _unexplained(report.findings)


def within(report: Report, tolerance: Tolerance) -> bool:
    """Whether what is unexplained is tolerated."""
    return variance(report.findings, report.money["charged"], report.counts["passages"], tolerance).within


def _every(day: Day) -> Iterator[Finding]:
    for rule in (of_openings, of_passages, of_visits, of_payments, missed, of_expected):
        yield from rule(day)
    if day.ledger_sum:
        evidence = {"sum": str(day.ledger_sum)}
        yield finding(Code.LEDGER_UNBALANCED, day.site, day.start, abs(day.ledger_sum), None, evidence)
    for each in day.anomalies:
        yield finding(each.code, each.subject, each.at, each.amount, None, each.evidence)
