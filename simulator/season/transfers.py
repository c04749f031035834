"""What a driver sends to the lot's account on account of a turn, and what the feed tells of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Final, NamedTuple

from gate.reference import ALPHABET
from simulator.season.lanes import Served
from simulator.season.stories import BY_MOMO, BY_VNPAY, UNPAID, Story

TELLS_S: Final = 1.5
OVER: Final = 20_000
SHORT: Final = 5_000


class Sending(NamedTuple):
    """One transfer: when, how much, with which note. `told_s` after it: each telling of its notice, none when the
    feed lost it. `line_late`: the bank books it a day later."""

    at: datetime
    amount: int
    note: str
    told_s: tuple[float, ...] = (TELLS_S,)
    line_late: bool = False


def sendings(served: Served, rng: Random) -> tuple[Sending, ...]:
    """All transfers on account of the turn."""
    story = served.turn.story
    if story in UNPAID | BY_VNPAY | BY_MOMO | {Story.CASH, Story.LOST_ENTRY}:
        return ()
    plain = Sending(served.at_out + timedelta(seconds=served.paid_s - 3), served.turn.price, served.turn.visit)
    return _SPECIAL[story](plain, rng) if story in _SPECIAL else (plain,)


def _late(plain: Sending, rng: Random) -> tuple[Sending, ...]:
    return (plain._replace(at=plain.at + timedelta(hours=rng.uniform(12, 60))),)


def _twice(plain: Sending, rng: Random) -> tuple[Sending, ...]:
    return plain, plain._replace(at=plain.at + timedelta(seconds=rng.uniform(20, 90)))


def _under(plain: Sending, rng: Random) -> tuple[Sending, ...]:
    rest = plain._replace(at=plain.at + timedelta(hours=rng.uniform(2, 20)), amount=SHORT)
    return plain._replace(amount=plain.amount - SHORT), rest


def _over(plain: Sending, _: Random) -> tuple[Sending, ...]:
    return (plain._replace(amount=plain.amount + OVER),)


def _typed(plain: Sending, rng: Random) -> tuple[Sending, ...]:
    place = rng.randrange(3, len(plain.note))
    other = rng.choice(ALPHABET.replace(plain.note[place], ""))
    return (plain._replace(note=f"{plain.note[:place]}{other}{plain.note[place + 1 :]}"),)


def _repeated(plain: Sending, _: Random) -> tuple[Sending, ...]:
    return (plain._replace(told_s=(TELLS_S, 61.5, 121.5, 241.5)),)


def _lost(plain: Sending, _: Random) -> tuple[Sending, ...]:
    return (plain._replace(told_s=()),)


def _line_late(plain: Sending, _: Random) -> tuple[Sending, ...]:
    return (plain._replace(line_late=True),)


def _claimed(plain: Sending, rng: Random) -> tuple[Sending, ...]:
    return (plain._replace(at=plain.at + timedelta(hours=rng.uniform(3, 9))),)


_SPECIAL: Final[dict[Story, Callable[[Sending, Random], tuple[Sending, ...]]]] = {
    Story.LATE: _late,
    Story.TWICE: _twice,
    Story.UNDER: _under,
    Story.OVER: _over,
    Story.TYPED: _typed,
    Story.REPEATED: _repeated,
    Story.LOST_NOTICE: _lost,
    Story.LATE_LINE: _line_late,
    Story.CLAIMED: _claimed,
}
