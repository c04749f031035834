"""When each vehicle is served: a lane takes one at a time, the next one waits behind it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from gate.vehicle import VehicleClass
from simulator.season.stories import LET_OUT, Story
from simulator.season.turns import Turn

IN_CARS: Final = ("in-1",)
IN_MOTORBIKES: Final = ("in-2",)
OUT_CARS: Final = ("out-1", "out-2", "out-3")
OUT_MOTORBIKES: Final = ("out-4", "out-5")
ENTRY_S: Final = 9.0
FOLLOWS_S: Final = 5.5
"""How far behind its leader's arrival a tailgater is over the exit loop; the arm is still up."""


@dataclass(slots=True)
class Served:
    """A turn with its lanes and moments. `paid_s` after it came to the exit its money is known; `leader` is whose
    opening a tailgater used."""

    turn: Turn
    lane_in: str
    at_in: datetime
    lane_out: str
    at_out: datetime
    paid_s: float
    leader: Turn | None = None

    @property
    def passed_in(self) -> datetime:
        """When it was in."""
        return self.at_in + timedelta(seconds=FOLLOWS_S if self.leader else 4)

    @property
    def paid_at(self) -> datetime:
        """When it may go."""
        return self.at_out + timedelta(seconds=self.paid_s)

    @property
    def left(self) -> datetime:
        """When it was out."""
        return self.at_out + timedelta(seconds=self.paid_s + 4)


def serve(found: list[Turn], rng: Random) -> list[Served]:
    """Every turn of a lot, which come in the order of their arrival, with its lanes and times."""
    free: dict[str, datetime] = defaultdict(lambda: found[0].came)
    served = [_in(turn, found[place - 1], free) for place, turn in enumerate(found)]
    for each in sorted(served, key=lambda each: each.turn.left):
        _out(each, free, rng)
    return served


def _in(turn: Turn, before: Turn, free: dict[str, datetime]) -> Served:
    lane = _soonest(IN_MOTORBIKES if turn.kind is VehicleClass.MOTO else IN_CARS, free)
    leader = before if turn.story is Story.TAILGATE else None
    at = free[lane] - timedelta(seconds=ENTRY_S) if leader else max(turn.came, free[lane])
    free[lane] = at + timedelta(seconds=ENTRY_S)
    return Served(turn, lane, at, "", turn.left, 0, leader)


def _out(each: Served, free: dict[str, datetime], rng: Random) -> None:
    turn = each.turn
    lane = each.lane_out = _soonest(OUT_MOTORBIKES if turn.kind is VehicleClass.MOTO else OUT_CARS, free)
    each.at_out = max(turn.left, free[lane])
    at_once = turn.story in LET_OUT
    each.paid_s = 2.0 if at_once else rng.randint(7_000, 24_000) / 1000
    free[lane] = each.left + timedelta(seconds=3)


def _soonest(lanes: tuple[str, ...], free: dict[str, datetime]) -> str:
    return min(lanes, key=lambda lane: free[lane])
