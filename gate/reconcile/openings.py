"""Openings against passages: each has a reason, and somebody passed."""

from collections.abc import Iterator

from gate.findings import Code, Finding
from gate.messages import OpeningReason
from gate.reconcile.facts import Day
from gate.reconcile.rules import PASSAGE_DUE, UNEXPLAINED, finding


def of_openings(day: Day) -> Iterator[Finding]:
    """Openings without a reason, and those that nobody used."""
    used = {passage.opening for passage in day.passages}
    for opening in day.openings:
        if not day.has(opening.at):
            continue
        evidence = {"lane": opening.lane, "reason": opening.reason.value, "by": opening.by}
        if opening.reason in UNEXPLAINED and not opening.note:
            yield finding(Code.OPENING_UNEXPLAINED, opening.opening, opening.at, 0, opening.visit, evidence)
        elif opening.opening not in used and opening.reason is not OpeningReason.MODE:  # held up, come who may
            due = opening.at + PASSAGE_DUE
            yield finding(Code.OPENING_UNUSED, opening.opening, due, 0, opening.visit, evidence)
