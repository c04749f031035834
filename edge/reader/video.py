"""A video file: its frames at intervals, and the plates that they agree on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np
from msgspec.structs import replace

from edge.reader.contract import Reader
from edge.reader.image import PIXELS_MAX, UnreadableImage
from edge.reader.networks import Image
from edge.reader.track import Track, follow
from edge.reader.vote import vote
from gate.reading import PlateReading

SUFFIXES: Final = frozenset({".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".ts", ".3gp"})
FRAMES_MAX: Final = 100_000  # decoded; a file that claims more, or has no end, ends here


class Frame(NamedTuple):
    """One picture of a video and when it was taken, in seconds from its beginning."""

    at_s: float
    image: Image


class Vehicle(NamedTuple):
    """A plate that passed: the consensus of its frames, from when to when (seconds), in how many, and which way."""

    reading: PlateReading
    first_s: float
    last_s: float
    frames: int
    travel: str


def frames(path: Path, every_s: float) -> Iterator[Frame]:
    """Frames at least so far apart. Raises `UnreadableImage` for a file without any."""
    cv2.utils.logging.setLogLevel(0)  # what is wrong with a file is said here, once
    video = cv2.VideoCapture(str(path))
    try:
        width, height = (int(video.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        if not video.isOpened() or not 0 < width * height <= PIXELS_MAX:
            raise UnreadableImage("not a video that can be decoded")
        rate = video.get(cv2.CAP_PROP_FPS)
        yield from _sampled(video, max(1, round(every_s * rate)) if 0 < rate < 1000 else 1, rate or 1.0)
    finally:
        video.release()


def _sampled(video: cv2.VideoCapture, step: int, rate: float) -> Iterator[Frame]:
    for number in range(FRAMES_MAX):
        if not video.grab():
            if number == 0:
                raise UnreadableImage("broken: no frame can be decoded")
            return
        if number % step == 0:
            good, image = video.retrieve()
            if good:
                yield Frame(number / rate, np.asarray(image, np.uint8))


def vehicles(reader: Reader, path: Path, *, every_s: float, deadline_ms: float | None) -> list[Vehicle]:
    """The plates of a video in the order in which they came, the frames of each voting. Raises `UnreadableImage`."""
    tracks: tuple[Track, ...] = ()
    for number, frame in enumerate(frames(path, every_s)):
        plates = reader.read(frame.image, deadline_ms=deadline_ms)
        tracks = follow(tracks, plates, number, frame.at_s)
    return [*filter(None, map(_vehicle, tracks))]


def _vehicle(track: Track) -> Vehicle | None:
    agreed = vote(track.readings)
    if agreed is None:
        return None
    like = [each for each in track.readings if each.text == agreed.text] or track.readings
    best = max(like, key=lambda each: each.confidence)
    reading = replace(
        best,
        text=agreed.text,
        confidence=round(agreed.confidence, 4),
        characters=tuple((sign, round(sure, 4)) for sign, sure in agreed.characters),
        alternatives=tuple((text, round(p, 4)) for text, p in agreed.alternatives),
    )
    return Vehicle(reading, track.sights[0].at_s, track.last.at_s, len(track.sights), track.travel)
