"""How people work findings off: whose a finding is, and when a word of theirs settles it.

A reason settles an opening without one. A dismissal settles what only looking can settle; where money is in it, two
different persons must dismiss it. What is settled covers the amount it was about: one dong more opens it again.
`reopen` takes back whatever was said before it. To accept what was proposed is told of here; what it does is the
proposal's own affair, and ends the finding by ending its cause.
"""

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from gate.findings import Code


class What(StrEnum):
    """What a person did about a finding."""

    TAKE = "take"
    GIVE_BACK = "give_back"
    EXPLAIN = "explain"
    DISMISS = "dismiss"
    REOPEN = "reopen"
    ACCEPT = "accept"


DISMISSABLE: Final = frozenset(
    {
        Code.UNREAD,
        Code.ENTRY_WITHOUT_EXIT,
        Code.EXIT_WITHOUT_ENTRY,
        Code.TAILGATE,
        Code.OPENING_UNUSED,
        Code.PASSAGE_WITHOUT_OPENING,
        Code.PAID_NOT_LEFT,
        Code.LEFT_NOT_PRICED,
        Code.PAID_LATE,
        Code.PRICE_DIFFERS,
        Code.COUNT_DRIFT,
        Code.WITNESS_MISSING,
        Code.DEVICE_FAULT,
        Code.MESSAGE_MALFORMED,
        Code.MESSAGE_FOREIGN,
        Code.MESSAGE_REUSED,
        Code.NOTICE_REFUSED,
        Code.NOTICE_REUSED,
        Code.PICTURE_REFUSED,
        Code.CLOCK_UNSURE,
        Code.DUPLICATE_READ,
        Code.FEE_DIFFERS,
        Code.SETTLEMENT_DIFFERS,
        Code.TILL_DIFFERS,
        Code.EVENT_NOT_APPROVED,
        Code.EVENT_UNDERSTAFFED,
    }
)
"""The rest ends with its cause alone: a debt with its money, a bank line with what it is for."""


class Word(NamedTuple):
    """What somebody did; `amount` is what the finding was worth then, in dong."""

    code: Code
    subject: str
    what: What
    by: str
    amount: int


class Standing(NamedTuple):
    """Where a finding stands: who took it, who dismissed it so far and for how much, and up to what amount it is
    settled."""

    taken_by: str = ""
    dismissed_by: tuple[str, ...] = ()
    settled: int | None = None
    dismissed_for: int = 0


def standings(words: Iterable[Word]) -> dict[tuple[Code, str], Standing]:
    """By code and subject, of words in the order they were said."""
    found: dict[tuple[Code, str], Standing] = defaultdict(Standing)
    for word in words:
        key = (word.code, word.subject)
        found[key] = after(found[key], word)
    return dict(found)


def after(before: Standing, word: Word) -> Standing:
    """Where the finding stands after one more word."""
    if word.what is What.TAKE:
        return before._replace(taken_by=word.by)
    if word.what is What.GIVE_BACK:
        return before._replace(taken_by="")
    if word.what is What.ACCEPT:
        return before
    if word.what is What.REOPEN:
        return Standing(taken_by=before.taken_by)
    if word.what is What.EXPLAIN:
        return before._replace(settled=word.amount) if word.code is Code.OPENING_UNEXPLAINED else before
    earlier = before.dismissed_by if word.amount <= before.dismissed_for else ()  # nobody's word is about more
    said = tuple(sorted({*earlier, word.by}))
    enough = word.amount == 0 or len(said) > 1
    settled = word.amount if enough else before.settled
    return before._replace(dismissed_by=said, settled=settled, dismissed_for=word.amount)
