"""The turns of a lot in a season: who comes when, for how long, with what story."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from random import Random
from typing import Final

from gate.reference import mint
from gate.vehicle import VehicleClass
from simulator.draw.plates import random_plate
from simulator.season.days import shared
from simulator.season.scenario import Lot, Season
from simulator.season.stories import Story, dealt

VIETNAM: Final = timezone(timedelta(hours=7))
_STAY_MIN: Final = {
    VehicleClass.MOTO: (15, 240),
    VehicleClass.CAR9: (20, 360),
    VehicleClass.VAN16: (40, 420),
    VehicleClass.MINI29: (45, 420),
    VehicleClass.BUS30: (60, 420),
}
_OVERNIGHT: Final = 0.01
_LAST: Final = time(23, 15)


@dataclass(slots=True)
class Turn:
    """One vehicle's stay. `came` and `left` are when it stands at the arms; the lanes may let it wait."""

    lot: Lot
    visit: str
    kind: VehicleClass
    plate: str
    came: datetime
    left: datetime
    story: Story

    @property
    def price(self) -> int:
        """What the price board says."""
        return self.lot.prices[self.kind]


def turns(season: Season, lot: Lot, seed: int, without: frozenset[Story] = frozenset()) -> list[Turn]:
    """All turns of the lot in the order in which they come. `without`: stories that this season does not have."""
    rng = Random(f"{seed}/{season.name}/{lot.site}")
    key = rng.randbytes(32)
    came = sorted(_arrivals(season, lot, rng), key=lambda each: each[0])
    found = [_turn(lot, mint(lot.site, n, key), at, kind, season.until, rng) for n, (at, kind) in enumerate(came, 1)]
    for turn, story in zip(found, dealt(len(found), without, rng), strict=True):
        turn.story = story
    _spread(found, rng)
    return found


def happened(found: list[Turn]) -> Counter[Story]:
    """How often each story happened."""
    return Counter(turn.story for turn in found)


def _arrivals(season: Season, lot: Lot, rng: Random) -> list[tuple[datetime, VehicleClass]]:
    weights = {day: season.weight(day) for day in season.days}
    return [
        (_moment(day, rng.triangular(6, 20, 10)), kind)
        for kind, total in lot.turns.items()
        for day, count in shared(total, weights).items()
        for _ in range(count)
    ]


def _turn(lot: Lot, visit: str, came: datetime, kind: VehicleClass, until: date, rng: Random) -> Turn:
    left = came + timedelta(minutes=rng.triangular(*_STAY_MIN[kind]))
    last = datetime.combine(came.date(), _LAST, VIETNAM)
    overnight = rng.random() < _OVERNIGHT
    if overnight and came.date() < until:
        left = _moment(came.date() + timedelta(days=1), rng.uniform(5.5, 6))  # before most others come: under 24 hours
    else:
        left = min(left, last + timedelta(seconds=rng.uniform(0, 600)))
    return Turn(lot, visit, kind, random_plate(rng, kind.value).key, came, left, Story.PLAIN)


def _moment(day: date, hour: float) -> datetime:
    at = datetime.combine(day, time(), VIETNAM) + timedelta(hours=hour)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _spread(found: list[Turn], rng: Random) -> None:
    """Move the stories that need their circumstances: a tailgater follows another car in on the same day; who is
    settled after days is not among the last; gateways and cash are for everybody."""
    tailgates = [turn for turn in found if turn.story is Story.TAILGATE]
    for turn in tailgates:
        turn.story = Story.PLAIN
    places = [place for place in range(1, len(found)) if _may_follow(found[place - 1], found[place])]
    rng.shuffle(places)
    taken = set[int]()
    for place in places:
        if len(taken) == len(tailgates):
            break
        if not {place - 1, place + 1} & taken:
            taken.add(place)
            found[place].story = Story.TAILGATE


def _may_follow(leader: Turn, turn: Turn) -> bool:
    both = (leader, turn)
    return leader.came.date() == turn.came.date() and all(
        each.story is Story.PLAIN and each.kind is not VehicleClass.MOTO for each in both
    )
