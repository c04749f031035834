"""Plates followed over the frames of one camera: whose plate is whose, and which way a vehicle goes.

No clock: the moment of each frame is an argument, in seconds. A track is one vehicle's; two vehicles never share one:
in a frame each plate goes to one track, and what is read must fit as well as where it stands.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from gate.plate import distance
from gate.reading import PlateReading

GAP_S: Final = 2.0
"""A plate that was away for longer is another vehicle's, or a second visit."""
HERE_MAX: Final = 2.5
"""How differently (`gate.plate.distance`) a plate may be read on the spot where it was: two characters, and a twin."""
AWAY_MAX: Final = 0.3
"""The same where it went far between two frames: one that has the same shape but for a stroke."""
NEAR: Final = 1.5  # of its own width, and so much again for each second: a motorbike's plate is narrow
FAR: Final = 8.0
GROWTH_MAX: Final = 1.6
_PART_MIN: Final = 4  # characters that one line of a plate has at least
_STILL: Final = 0.25  # of its height
_GROWN: Final = 0.12  # natural logarithm; a finder draws the same plate up to a tenth larger or smaller


class Travel(StrEnum):
    """Which way a vehicle goes, as its camera sees it."""

    IN = "in"  # nearer to the camera
    OUT = "out"  # away from it
    STILL = "still"
    UNKNOWN = "unknown"


class Sight(NamedTuple):
    """A plate on one frame: the frame's number, its moment in seconds, and what was read."""

    frame: int
    at_s: float
    reading: PlateReading


@dataclass(frozen=True)
class Track:
    """The plate of one vehicle over some frames, in order; never empty."""

    sights: tuple[Sight, ...]

    @property
    def last(self) -> Sight:
        """Where it was seen last."""
        return self.sights[-1]

    @property
    def readings(self) -> list[PlateReading]:
        """What was read of it, one a frame."""
        return [sight.reading for sight in self.sights]

    @property
    def travel(self) -> Travel:
        """Which way it goes, from its first frame to its last that show it in the same number of lines."""
        last = self.last.reading
        first = next(sight.reading for sight in self.sights if sight.reading.lines == last.lines)
        return Travel.UNKNOWN if first is last else _way(first, last)


def follow(tracks: Sequence[Track], plates: Sequence[PlateReading], frame: int, at_s: float) -> tuple[Track, ...]:
    """The tracks with one more frame. What fits none begins one of its own; the order of the plates does not matter."""
    fits = sorted(
        (price, number, place)
        for number, track in enumerate(tracks)
        for place, plate in enumerate(plates)
        if (price := _misfit(track, plate, at_s)) is not None
    )
    grown, used = list(tracks), set[int]()
    taken: set[int] = set()
    for _, number, place in fits:
        if number not in taken and place not in used:
            taken.add(number)
            used.add(place)
            grown[number] = Track((*tracks[number].sights, Sight(frame, at_s, plates[place])))
    fresh = [plate for place, plate in enumerate(plates) if place not in used and plate.text]
    return (*grown, *(Track((Sight(frame, at_s, plate),)) for plate in fresh))


def _misfit(track: Track, plate: PlateReading, at_s: float) -> float | None:
    """How badly a plate continues a track; None: it is another vehicle's."""
    gone_s = at_s - track.last.at_s
    if not 0 <= gone_s <= GAP_S or not plate.text:
        return None
    before = track.last.reading
    apart = min(_apart(plate.text, sight.reading.text) for sight in track.sights)
    went, grew = _went(before, plate), _grew(before, plate)
    here = went <= NEAR * (1.0 + gone_s) and grew <= math.log(GROWTH_MAX)
    if apart > (HERE_MAX if here else AWAY_MAX) or went > FAR:
        return None
    return apart + went + grew


def _apart(one: str, other: str) -> float:
    """How differently two texts read; one line of a plate is no other plate than both."""
    short, long = sorted((one, other), key=len)
    part = len(short) >= _PART_MIN and len(short) < len(long) and short in long
    return min(HERE_MAX, distance(one, other)) if part else distance(one, other)


def _went(one: PlateReading, other: PlateReading) -> float:
    """Way of the middle, in widths of the plate."""
    across, down = _shift(one, other)
    return math.hypot(across, down) / max(one.box[2], other.box[2], 1)


def _grew(one: PlateReading, other: PlateReading) -> float:
    """Natural logarithm of how much wider or narrower it is; a missing line changes the height, not the width."""
    return abs(math.log(max(one.box[2], 1) / max(other.box[2], 1)))


def _shift(one: PlateReading, other: PlateReading) -> tuple[float, float]:
    (x, y, width, height), (u, v, wide, high) = one.box, other.box
    return u + wide / 2 - x - width / 2, v + high / 2 - y - height / 2


def _way(first: PlateReading, last: PlateReading) -> Travel:
    """Nearer is larger and lower in the picture, for a camera that looks down on a lane."""
    height = max(first.box[3], last.box[3], 1)
    area = (max(last.box[2], 1) * max(last.box[3], 1)) / (max(first.box[2], 1) * max(first.box[3], 1))
    grown = math.log(area) / 2
    across, down = _shift(first, last)
    if abs(grown) <= _GROWN and math.hypot(across, down) <= _STILL * height:
        return Travel.STILL
    if grown > _GROWN and down > -_STILL * height:
        return Travel.IN
    if grown < -_GROWN and down < _STILL * height:
        return Travel.OUT
    return Travel.UNKNOWN
