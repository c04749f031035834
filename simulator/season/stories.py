"""What can happen on a turn, and how often. A turn has one story, so that what follows from it can be told apart."""

from enum import StrEnum
from random import Random
from typing import Final


class Story(StrEnum):
    """What is not ordinary about a turn. Money comes by bank transfer unless the story says otherwise."""

    PLAIN = "plain"
    # at the lane
    UNREAD = "unread plate"
    TAILGATE = "tailgate"
    BY_HAND = "opened by hand, no reason"
    BY_PERSON = "opened by a person, with a reason"
    LOST_ENTRY = "entry lost"
    # how it is paid
    VNPAY = "paid by VNPAY"
    MOMO = "paid by MoMo"
    CASH = "paid in cash"
    # what goes wrong with the money
    LATE = "paid days late"
    TWICE = "paid twice"
    UNDER = "paid too little, then the rest"
    OVER = "paid too much"
    TYPED = "reference typed wrongly"
    REPEATED = "notice repeated"
    LOST_NOTICE = "notice lost"
    LATE_LINE = "bank line a day late"
    CLAIMED = "claimed paid, the money came at night"
    NEVER = "never paid"
    WAIVED = "waived"
    IPN_LOST = "gateway's notice lost"
    UNSETTLED = "settlement line missing at first"
    FEE_WRONG = "settlement fee wrong"


SHARES: Final[dict[Story, float]] = {
    Story.UNREAD: 0.010,
    Story.TAILGATE: 0.002,
    Story.BY_HAND: 0.002,
    Story.BY_PERSON: 0.005,
    Story.LOST_ENTRY: 0.001,
    Story.VNPAY: 0.020,
    Story.MOMO: 0.020,
    Story.CASH: 0.010,
    Story.LATE: 0.008,
    Story.TWICE: 0.002,
    Story.UNDER: 0.002,
    Story.OVER: 0.002,
    Story.TYPED: 0.003,
    Story.REPEATED: 0.010,
    Story.LOST_NOTICE: 0.002,
    Story.LATE_LINE: 0.002,
    Story.CLAIMED: 0.002,
    Story.NEVER: 0.004,
    Story.WAIVED: 0.001,
    Story.IPN_LOST: 0.001,
    Story.UNSETTLED: 0.001,
    Story.FEE_WRONG: 0.001,
}
"""The shares of turns. They are proposals: nobody has published such figures."""

LET_OUT: Final = frozenset({Story.LATE, Story.NEVER, Story.WAIVED})
"""Who drives out owing: the arm goes up and the stay is billed."""
BY_WORD: Final = frozenset({Story.TYPED, Story.LOST_NOTICE, Story.IPN_LOST, Story.CLAIMED, Story.UNDER})
"""Who shows a transfer that the centre has not seen, or not in full: the attendant lets out on the driver's word."""
BY_VNPAY: Final = frozenset({Story.VNPAY, Story.IPN_LOST, Story.UNSETTLED})
BY_MOMO: Final = frozenset({Story.MOMO, Story.FEE_WRONG})
UNPAID: Final = frozenset({Story.NEVER, Story.WAIVED})


def dealt(count: int, without: frozenset[Story], rng: Random) -> list[Story]:
    """A story for each of `count` turns, in no order; each at least once, as far as there are turns."""
    named = [story for story in SHARES if story not in without]
    stories = [story for story in named for _ in range(max(1, round(SHARES[story] * count)))][:count]
    stories += [Story.PLAIN] * (count - len(stories))
    rng.shuffle(stories)
    return stories
