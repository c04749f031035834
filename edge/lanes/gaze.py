"""One vehicle looked at frame by frame: who it is of those on the frames, and when enough was seen.

No clock and no camera: `edge.lanes.eyes` takes the pictures, the reader's process reads them.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from msgspec.structs import replace

from edge.lanes.approach import Look
from edge.reader.frames import ReadResult
from edge.reader.track import Sight, Track, follow
from edge.reader.vote import Vote, vote
from gate.messages import FrameRead
from gate.plate import classes
from gate.reading import COLOURS, TEXT_MAX, PlateReading

BLIND_MAX: Final = 3
"""Frames on which no plate was found at all: there is none."""
SETTLED: Final = 3
"""Frames of a vehicle that stands still and reads the same: the next would say it once more."""
_ONE_VIEW: Final = 1.07  # what they are worth together
LITTLE_S: Final = 0.1
UNREADABLE: Final = "unreadable picture"
"""How an error begins that is the picture's, not the reader's."""
PLATE_MIN: Final = 0.3
"""What is read with less may be a sign or a sticker."""


class _Frame(NamedTuple):
    at_s: float
    picture: bytes
    result: ReadResult


class _Voted(NamedTuple):
    track: Track
    vote: Vote


class Gaze:
    """One vehicle. Frames come in order; `sure`, `most` and `look_s` are the configuration's."""

    def __init__(self, began_s: float, *, sure: float, most: int, look_s: float) -> None:
        self._began_s, self._sure, self._most, self._look_s = began_s, sure, most, look_s
        self._frames: list[_Frame] = []
        self._tracks: tuple[Track, ...] = ()
        self._refused = False

    @property
    def is_fresh(self) -> bool:
        """Whether there is no frame yet."""
        return not self._frames

    def left(self, now_s: float, deadline_s: float) -> float:
        """Seconds that a further frame may take; a little, where the time is over."""
        return max(LITTLE_S, self._began_s + deadline_s - now_s)

    def since(self, now_s: float) -> float:
        """Seconds since the last frame was taken."""
        return now_s - self._frames[-1].at_s

    def shows_more(self, picture: bytes) -> bool:
        """Whether this picture is another than the last: the same bytes again say nothing."""
        return not self._frames or self._frames[-1].picture != picture

    def saw(self, picture: bytes, result: ReadResult, at_s: float) -> None:
        """A frame was read, or could not be."""
        sane = tuple(plate for plate in result.plates if is_sane(plate))
        self._refused |= len(sane) < len(result.plates)
        self._tracks = follow(self._tracks, sane, len(self._frames), at_s)
        self._frames.append(_Frame(at_s, picture, result))

    def is_enough(self, now_s: float) -> bool:
        """Whether to decide by what there is. A broken picture is one more frame without a plate; a reader that cannot
        read is not asked again."""
        late = len(self._frames) >= self._most or now_s - self._began_s >= self._look_s
        error = self._frames[-1].result.error
        if late or (error and not error.startswith(UNREADABLE)):
            return True
        best = self._best()
        if best is None:
            return len(self._frames) >= BLIND_MAX
        return best.vote.confidence >= self._sure or _has_settled(best.track)

    def look(self, engine: str) -> Look:
        """What came of it: the vote of the vehicle's own frames, with the best of them as the picture."""
        best = self._best()
        took_ms = max(0, int(sum(frame.result.ms for frame in self._frames)))
        if best is None:
            frame = self._frames[0]
            why = "reader: an answer that cannot be" if self._refused else frame.result.error
            return Look(None, frame.picture, engine, took_ms, why, self._told(None), brightness=frame.result.brightness)
        sight = _clearest(best)
        frame = self._frames[sight.frame]
        return Look(
            reading=_together(best, sight),
            picture=frame.picture,
            engine=engine,
            took_ms=took_ms,
            frames=self._told(best),
            travel=best.track.travel,
            sharpness=frame.result.sharpness if frame.result.plates[0] is sight.reading else 0.0,
            brightness=frame.result.brightness,
        )

    def _best(self) -> _Voted | None:
        """The vehicle: of the plates that were there first the one that was seen most and best, of a single frame the
        one that its reader put first. Who comes into the picture later is another, unless nothing before was a plate.
        """
        voted = [_Voted(track, said) for track in self._tracks if (said := vote(track.readings))]
        first = min((each.track.sights[0].frame for each in voted), default=0)
        here = [each for each in voted if each.track.sights[0].frame == first and each.vote.confidence >= PLATE_MIN]
        return max(here or voted, key=lambda each: self._presence(each.track), default=None)

    def _presence(self, track: Track) -> float:
        return sum(sight.reading.confidence / (1 + self._rank(sight)) for sight in track.sights)

    def _rank(self, sight: Sight) -> int:
        plates = self._frames[sight.frame].result.plates
        return next(place for place, plate in enumerate(plates) if plate is sight.reading)

    def _told(self, best: _Voted | None) -> tuple[FrameRead, ...]:
        """The frames as evidence; one alone needs no words."""
        if len(self._frames) < 2:
            return ()
        sights = {sight.frame: sight.reading for sight in best.track.sights} if best else {}
        kept = _clearest(best).frame if best else 0
        return tuple(
            FrameRead(
                after_ms=max(0, round((frame.at_s - self._frames[0].at_s) * 1000)),
                confidence=sights[number].confidence if number in sights else 0.0,
                voted=number in sights,
                agreed=best is not None and number in sights and sights[number].text == best.vote.text,
                kept=number == kept,
            )
            for number, frame in enumerate(self._frames)
        )


def _has_settled(track: Track) -> bool:
    last = track.readings[-SETTLED:]
    if len(last) < SETTLED or len({each.text for each in last}) > 1:
        return False
    said = vote(last)
    return said is not None and said.worth <= _ONE_VIEW


def _clearest(voted: _Voted) -> Sight:
    """The frame that shows best what was decided."""
    own = [sight for sight in voted.track.sights if sight.reading.text == voted.vote.text]
    return max(own or voted.track.sights, key=lambda sight: sight.reading.confidence)


def _together(voted: _Voted, sight: Sight) -> PlateReading:
    """The reading of all frames; one alone is as it was read."""
    if voted.vote.frames < 2:
        return sight.reading
    allowed = classes(voted.vote.text)
    return replace(
        sight.reading,
        text=voted.vote.text,
        confidence=round(voted.vote.confidence, 4),
        characters=_rounded(voted.vote.characters),
        kinds=tuple(kind for kind in sight.reading.kinds if kind in allowed),
        alternatives=_rounded(each for each in voted.vote.alternatives if each[0] != voted.vote.text),
    )


def _rounded(shares: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    return tuple((sign, round(share, 4)) for sign, share in shares)


def is_sane(reading: PlateReading) -> bool:
    """Whether a fact may carry this reading; the wire refuses any other, and all facts behind it would wait."""
    shares = (reading.confidence, *(share for _, share in (*reading.characters, *reading.alternatives)))
    signs = all(len(sign) <= 2 for sign, _ in reading.characters)
    sure = all(0.0 <= share <= 1.0 for share in shares)
    short = len(reading.text) <= TEXT_MAX
    return short and signs and sure and 0 <= reading.lines <= 2 and reading.colour in COLOURS
