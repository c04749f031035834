"""Whether a vehicle that left and a stay that never ended are the same one: evidence in nats, for and against.

Each part is a log likelihood ratio: how much likelier what was seen is if both are one vehicle than if they have
nothing to do with each other. What is usual at the site is learned from the stays that nobody doubts.
"""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple, TypeVar

from gate.likeness import Read, unlikeness, versions
from gate.vehicle import VehicleClass

T = TypeVar("T")

BELONGS: Final = 0.8
"""How many of the exits in question have their stay among those that are open."""
_RETURNED: Final = 0.1
"""How many of the others wear a plate that came and left in order today: clones, and who was let in again unseen."""
_SAME_CLASS: Final = 0.95
_BOTH_UNREAD, _ONE_UNREAD = 1.5, -0.5  # a plate that is dirty at the entry is dirty at the exit
_SAME_TAG, _OTHER_TAG = 10.0, -4.0
_LANE_MOST: Final = 1.5
_SPAN_H: Final = 12.0
"""Hours in which an exit that has nothing to do with the stay falls anywhere."""
_EDGES_MIN: Final = (0, 2, 5, 10, 20, 40, 80, 160, 320, 640, 1_440, 2_880, 10_080, 43_200)
_USUAL_SHARES: Final = (1, 2, 3, 5, 9, 16, 22, 20, 12, 6, 3, 1, 0.5)
"""Percent of stays by the minutes above, before the site has shown its own."""
_HEAD: Final = 3
"""Characters of province and series."""
_USUAL_HEAD: Final = 0.02
_UNSHOWN: Final = 20
"""How common a series is where so few plates were seen that nobody knows; it counts as much as so many plates."""


class Seen(NamedTuple):
    """A vehicle at a lane: what its reader, its profiler and its tag said. `name`: a passage, or a visit at its entry.

    `read` has no text where the plate was not read; `tag` is a digest, empty for none.
    """

    name: str
    at: datetime
    lane: str
    read: Read
    kind: VehicleClass | None
    tag: str = ""


class Clean(NamedTuple):
    """A stay that nobody doubts."""

    plate: str
    kind: VehicleClass
    entered: datetime
    left: datetime
    entry_lane: str
    exit_lane: str


class Habits(NamedTuple):
    """What is usual at a site. `stays`: -log of the density per hour, by the minutes of `_EDGES_MIN`."""

    heads: Mapping[str, float]
    known: frozenset[str]
    kinds: Mapping[VehicleClass, float]
    stays: tuple[float, ...]
    lanes: Mapping[tuple[str, str], float]


class Evidence(NamedTuple):
    """The parts, in nats; above zero speaks for one vehicle."""

    plate: float
    kind: float
    time: float
    lane: float
    tag: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.plate + self.kind + self.time + self.lane + self.tag


# --- what is usual ----------------------------------------------------------------------------------------


def learned(stays: Iterable[Clean]) -> Habits:
    """The habits of a site, the usual ones where it has shown none."""
    clean = list(stays)
    return Habits(
        heads=_shares(Counter(each.plate[:_HEAD] for each in clean if each.plate)),
        known=frozenset(each.plate for each in clean if each.plate),
        kinds=_shares(Counter(dict.fromkeys(VehicleClass, 1)) + Counter(each.kind for each in clean)),
        stays=_stays([each.left - each.entered for each in clean]),
        lanes=_lanes(clean),
    )


def _shares(counts: Mapping[T, int]) -> dict[T, float]:
    whole = sum(counts.values())
    return {name: count / whole for name, count in counts.items()}


def _stays(lengths: Sequence[timedelta]) -> tuple[float, ...]:
    counts = Counter(_place(length) for length in lengths)
    shares = [usual + counts[place] for place, usual in enumerate(_USUAL_SHARES)]
    hours = [(b - a) / 60 for a, b in pairwise(_EDGES_MIN)]
    return tuple(-math.log(share / sum(shares) / width) for share, width in zip(shares, hours, strict=True))


def _place(length: timedelta) -> int:
    return min(bisect_right(_EDGES_MIN, length.total_seconds() / 60) - 1, len(_USUAL_SHARES) - 1)


def _lanes(clean: Sequence[Clean]) -> dict[tuple[str, str], float]:
    """How much likelier each exit is behind each entry than at all."""
    pairs = Counter((each.entry_lane, each.exit_lane) for each in clean)
    entries, exits = Counter(each.entry_lane for each in clean), Counter(each.exit_lane for each in clean)
    found = {}
    for entry, exit_ in ((a, b) for a in entries for b in exits):
        usual = exits[exit_] / len(clean)
        lift = math.log((pairs[entry, exit_] + 10 * usual) / (entries[entry] + 10) / usual)
        found[entry, exit_] = max(-_LANE_MOST, min(_LANE_MOST, lift))
    return found


# --- one exit and one stay --------------------------------------------------------------------------------


def evidence(habits: Habits, out: Seen, stay: Seen) -> Evidence | None:
    """What speaks for and against their being one vehicle; None where it cannot be: it left before it came."""
    if out.at <= stay.at:
        return None
    return Evidence(
        plate=_plate(habits, out.read, stay.read),
        kind=_kind(habits, out.kind, stay.kind),
        time=math.log(_SPAN_H) - habits.stays[_place(out.at - stay.at)],
        lane=habits.lanes.get((stay.lane, out.lane), 0.0),
        tag=_tag(out.tag, stay.tag),
    )


def prior(open_stays: int) -> float:
    """Log odds that an exit is one certain of so many open stays', before anything is looked at."""
    return math.log(BELONGS / (1 - BELONGS) / max(1, open_stays))


def _plate(habits: Habits, out: Read, stay: Read) -> float:
    if not out.text or not stay.text:
        return _BOTH_UNREAD if out.text == stay.text else _ONE_UNREAD
    ours, theirs = versions(out), versions(stay)
    same = math.fsum(
        mine.share * other.share * math.exp(-unlikeness(both(mine.read, other.read), other.read.text))
        for mine in ours
        for other in theirs
    )
    anybody = math.fsum(each.share * math.exp(rarity(habits, each.read.text)) for each in ours)
    return math.log(same) - math.log(anybody)


def both(out: Read, stay: Read) -> Read:
    """The read at the exit, each character as sure as both readers together are that it is the stay's."""
    if len(out.text) == len(stay.text):
        return Read(out.text, tuple(a * b for a, b in zip(out.sure, stay.sure, strict=True)))
    mean = sum(stay.sure) / len(stay.sure)
    return Read(out.text, tuple(a * mean for a in out.sure))


def rarity(habits: Habits, text: str) -> float:
    """Log of how many vehicles of this site's wear just this plate, the wearer being no open stay's."""
    shown, head = len(habits.known), habits.heads.get(text[:_HEAD], 0.0)
    head = (shown * (0.9 * head + 0.1 * 10.0**-_HEAD) + _UNSHOWN * _USUAL_HEAD) / (shown + _UNSHOWN)
    share = head * 10.0 ** -max(1, len(text) - _HEAD)
    if text in habits.known:
        share += _RETURNED / len(habits.known)
    return math.log(share)


def _kind(habits: Habits, out: VehicleClass | None, stay: VehicleClass | None) -> float:
    if out is None or stay is None:
        return 0.0
    seen = _SAME_CLASS if out is stay else (1 - _SAME_CLASS) / (len(VehicleClass) - 1)
    return math.log(seen / habits.kinds[out])


def _tag(out: str, stay: str) -> float:
    if not out or not stay:
        return 0.0
    return _SAME_TAG if out == stay else _OTHER_TAG
