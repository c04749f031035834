"""What a time costs on a ladder of steps."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from gate.tariff.model import Step
from gate.tariff.plan import MINUTE

_FOR_EVER: Final = 1 << 62


class Piece(NamedTuple):
    """A line of a bill in the making; moments are ticks."""

    since: int
    until: int
    what: str
    amount: int


def climb(steps: Sequence[Step], since: int, until: int, what: str, used: int = 0) -> list[Piece]:
    """The lines of a time on a ladder of which `used` ticks were climbed before. No time at all begins the ladder."""
    found, foot, done = [], 0, used + until - since
    for step in steps:
        top = foot + step.minutes * MINUTE if step.minutes else _FOR_EVER
        low, high = max(foot, used), min(top, done)
        if low < high or (since == until and foot <= used < top):
            begun = _begun(step, low - foot, max(high, low + 1) - foot)
            words = f"{what} {begun}x{step.every}m" if step.every else what
            found.append(Piece(since + low - used, since + high - used, words, begun * step.price))
        foot = top
    return found


def _begun(step: Step, low: int, high: int) -> int:
    """How many times the step is charged for what of it lies between `low` and `high`: its blocks that begin there."""
    if step.every is None:
        return int(low == 0)
    block = step.every * MINUTE
    return -(-high // block) - -(-low // block)


def total(lines: Sequence[Piece]) -> int:
    """Their sum."""
    return sum(line.amount for line in lines)


def lessened(lines: Sequence[Piece], most: int, why: str) -> list[Piece]:
    """The lines with so much off the last ones that they add up to `most` at most."""
    over, found = total(lines) - most, []
    for line in reversed(lines):
        less = max(0, min(line.amount, over))
        over -= less
        found.append(line._replace(what=f"{line.what} {why}", amount=line.amount - less) if less else line)
    return found[::-1]
