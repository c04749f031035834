"""A video file: its frames at intervals, and the plates that they agree on."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # what is wrong with a file is said here, once

import cv2
import numpy as np
from msgspec.structs import replace

from edge.reader.contract import Reader
from edge.reader.image import UnreadableImage
from edge.reader.motion import Motion
from edge.reader.networks import Image
from edge.reader.track import Track, follow
from edge.reader.vote import vote
from gate.reading import PlateReading

SUFFIXES: Final = frozenset({".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".ts", ".3gp"})
FORMATS: Final = "MP4, MOV, 3GP, AVI, MKV, WEBM, MPEG, TS"
# How files of these begin. FFmpeg knows many more, some of them lists of other files, which a stranger's file could
# have read in its place.
_BEGINS: Final = re.compile(
    rb"....(?:ftyp|moov|mdat|wide|free|skip|pnot)|RIFF....AVI |\x1a\x45\xdf\xa3|\x00\x00\x01[\xba\xb3]"
    rb"|(?:\x47.{187}){2}\x47|(?:.{4}\x47.{187}){2}",
    re.DOTALL,
)
_HEAD: Final = 1024  # bytes
PIXELS_MAX: Final = 10_000_000  # of a frame: 4096 x 2160 and a little more; a decoder holds several of them
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
    _known(path)
    cv2.utils.logging.setLogLevel(0)
    # One thread decodes: each further one holds frames of its own, of a large video a hundred megabytes.
    video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    try:
        width, height = (int(video.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        if not video.isOpened() or width * height <= 0:
            raise UnreadableImage("not a video that can be decoded")
        if width * height > PIXELS_MAX:
            raise UnreadableImage(f"too many pixels: {width:,} x {height:,}, at most {PIXELS_MAX:,}")
        rate = video.get(cv2.CAP_PROP_FPS)
        yield from _sampled(video, max(1, round(every_s * rate)) if 0 < rate < 1000 else 1, rate or 1.0)
    finally:
        video.release()


def _known(path: Path) -> None:
    """Raises `UnreadableImage` for a file that is missing, empty or none of `FORMATS`."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise UnreadableImage(error.strerror or str(error)) from error
    if not head:
        raise UnreadableImage("empty: 0 bytes")
    if not _BEGINS.match(head):
        raise UnreadableImage(f"not a video of a known format ({FORMATS})")


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
    """The plates of a video in the order in which they came, the frames of each voting. Raises `UnreadableImage`.

    A frame is read where something moved since the last one and where plates stood, and whole every second."""
    tracks: tuple[Track, ...] = ()
    plates: list[PlateReading] = []
    motion = Motion()
    for number, frame in enumerate(frames(path, every_s)):
        part = motion.part(frame.image, frame.at_s, [plate.box for plate in plates])
        plates = reader.read(frame.image, roi=part, deadline_ms=deadline_ms) if part else []
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
