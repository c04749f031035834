"""What a person should look at first: by money, and by how certain it is that it is as the finding says.

A record (a bank line, a settlement, the ledger, an arm that was up) either is there or is not: such a finding is
certain. What loops count may be miscounted, what a reader read may be misread. Where somebody worked out a probability,
as of a match, that is the certainty.
"""

from typing import Final

from gate.findings import Code

WHOLE: Final = 1_000
"""Certainty is in thousandths."""
COUNTED: Final = 900
"""Loops and beams said so."""
READ: Final = 700
"""A plate reader said so, or its silence."""

_COUNTED: Final = frozenset(
    {
        Code.TAILGATE,
        Code.PASSAGE_WITHOUT_OPENING,
        Code.OPENING_UNUSED,
        Code.COUNT_DRIFT,
        Code.CLOCK_UNSURE,
    }
)
_READ: Final = frozenset(
    {
        Code.UNREAD,
        Code.ENTRY_WITHOUT_EXIT,
        Code.EXIT_WITHOUT_ENTRY,
        Code.DUPLICATE_READ,
        Code.PAID_NOT_LEFT,
        Code.MATCH_PROPOSED,
    }
)
BY_MATCH: Final = frozenset({Code.LEFT_NOT_PAID, Code.LEFT_NOT_PRICED, Code.PRICE_DIFFERS, Code.AMOUNT_DIFFERS})
"""True as far as the exit was the stay's: as certain as its match."""


def certainty(code: Code) -> int:
    """Of a finding of this code of which nothing more is known, in thousandths."""
    return COUNTED if code in _COUNTED else READ if code in _READ else WHOLE


def weight(amount: int, sure: int) -> int:
    """The money that is likely at stake, in dong."""
    return amount * sure // WHOLE
