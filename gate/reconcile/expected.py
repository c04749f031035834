"""Counterparts that must come from elsewhere: settlement lines, bank lines, the money of claims, debits of refunds."""

from collections.abc import Iterator

from gate.findings import Finding
from gate.reconcile.facts import Day
from gate.reconcile.rules import finding


def of_expected(day: Day) -> Iterator[Finding]:
    """What has not come. Whether it is in transit or a finding is a matter of its due time."""
    for each in day.expected:
        if each.met_at is None:
            yield finding(each.code, each.subject, each.due, each.amount, each.visit, each.evidence)
