"""Passages against openings and visits."""

from collections.abc import Iterator

from gate.findings import Code, Finding
from gate.messages import Direction
from gate.reconcile.facts import Day, Passage
from gate.reconcile.rules import finding, moment


def of_passages(day: Day) -> Iterator[Finding]:
    """Passages under no opening, of nobody, or a second time."""
    opened = {opening.opening for opening in day.openings}
    seen = set[tuple[str, Direction]]()
    for passage in sorted(day.passages, key=lambda passage: (passage.at, passage.passage)):
        again = passage.visit is not None and (passage.visit, passage.direction) in seen
        seen.add((passage.visit or "", passage.direction))
        if day.has(passage.at):
            yield from _passage(passage, opened, again=again)


def _passage(passage: Passage, opened: set[str], *, again: bool) -> Iterator[Finding]:
    evidence = {"lane": passage.lane, "direction": passage.direction.value}
    if passage.opening is None or passage.opening not in opened:
        yield finding(Code.PASSAGE_WITHOUT_OPENING, passage.passage, passage.at, 0, passage.visit, evidence)
    if passage.tailgate:
        yield finding(Code.TAILGATE, passage.passage, passage.at, 0, passage.visit, evidence)
    elif passage.visit is None and passage.direction is Direction.OUT:
        yield finding(Code.EXIT_WITHOUT_ENTRY, passage.passage, passage.at, 0, None, evidence)
    elif passage.visit is None:
        words = {**evidence, "why": "a passage in without a visit"}
        yield finding(Code.COUNT_DRIFT, passage.passage, passage.at, 0, None, words)
    if again:
        words = {**evidence, "why": "this visit passed this way before"}
        yield finding(Code.COUNT_DRIFT, passage.passage, passage.at, 0, passage.visit, words)


def missed(day: Day) -> Iterator[Finding]:
    """Visits that went in or out, and no passage shows it."""
    seen = {(passage.visit, passage.direction) for passage in day.passages if passage.visit}
    for visit in day.visits:
        for at, direction in ((visit.entered_at, Direction.IN), (visit.left_at, Direction.OUT)):
            if at is not None and day.has(at) and (visit.visit, direction) not in seen:
                words = {"why": f"a visit went {direction} without a passage", "at": moment(at)}
                yield finding(Code.COUNT_DRIFT, f"{visit.visit}:{direction}", at, 0, visit.visit, words)
