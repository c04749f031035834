"""Cameras and reader of all lanes: pictures are taken and read beside the deciding thread, which only gets answers."""

import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

import structlog

from edge.config import ReaderConfig
from edge.devices.push import PushCamera
from edge.devices.site_bus import Post
from edge.lanes.approach import Look
from edge.reader.frames import ReadResult
from gate import plate
from gate.devices.board import DeviceFailed
from gate.devices.camera import Camera, CameraRead
from gate.reading import COLOURS, PlateReading

SNAPSHOT_S: Final = 2.0
EVIDENCE_S: Final = 0.5  # nobody reads the picture, so nobody waits long for it
BACKLOG: Final = 6  # looks of one lane; a seventh would be about a vehicle that is long through
TEXT_MAX: Final = 16
CAMERA: Final = "camera"  # the engine of a reading that the camera itself made
_PLATE: Final = re.compile(r"[0-9A-Z\u4e00-\u9fff]{1,16}")
log = structlog.get_logger()


class ReaderPort(Protocol):
    """A reader that answers later."""

    def submit(self, image: bytes, done: Callable[[ReadResult], None], *, deadline_s: float) -> None:
        """Read; `done` is called on some thread, whatever happens."""


class LaneEyes:
    """Looks on behalf of lanes."""

    def __init__(
        self, cameras: Mapping[str, Camera | PushCamera], reader: ReaderPort | None, config: ReaderConfig, post: Post
    ) -> None:
        self._cameras, self._reader, self._config, self._post = cameras, reader, config, post
        # a thread for each lane: a camera that hangs holds up its own lane's looks, and nobody else's
        self._pools = {lane: ThreadPoolExecutor(1, thread_name_prefix=f"camera-{lane}") for lane in cameras}
        self._lock = threading.Lock()
        self._waiting = Counter[str]()
        self._lines: dict[str, Callable[[], None]] = {}
        for lane, camera in cameras.items():
            if isinstance(camera, PushCamera):
                camera.listen(_Heard(lane, self))

    def look(self, lane: str, done: Callable[[Look], None]) -> None:
        """Take a picture and read it; `done` is called on the deciding thread, whatever happens."""
        with self._lock:
            busy = self._waiting[lane] >= BACKLOG
            self._waiting[lane] += not busy
        if busy:
            self._saw(Look(None, b"", self._engine(lane), 0, f"camera: busy: {BACKLOG} looks wait already"), done)
        else:
            self._pools[lane].submit(self._one, lane, done)

    def on_line(self, lane: str, call: Callable[[], None]) -> None:
        """Call on the deciding thread whenever the lane's camera says that a vehicle crossed its counting line."""
        self._lines[lane] = call

    def line_crossed(self, lane: str) -> None:
        """A lane's camera says so, on any thread."""
        if call := self._lines.get(lane):
            self._post(call)

    def close(self) -> None:
        """Let the cameras go, and the last picture finish."""
        for camera in self._cameras.values():
            camera.stop()
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)

    def _engine(self, lane: str) -> str:
        return CAMERA if isinstance(self._cameras[lane], PushCamera) else self._config.engine

    def _one(self, lane: str, done: Callable[[Look], None]) -> None:
        camera, why = self._cameras[lane], ""
        try:
            if isinstance(camera, PushCamera):
                self._saw(_as_look(camera.read(SNAPSHOT_S)), done)
            else:
                self._take(camera, done)
        except DeviceFailed as error:
            why = str(error)
        except Exception as error:  # whatever a camera does, the driver gets an answer
            log.exception("camera failed", lane=lane)
            why = f"camera: {type(error).__name__}"
        finally:
            with self._lock:
                self._waiting[lane] -= 1
        if why:
            self._saw(Look(None, b"", self._engine(lane), 0, why), done)

    def _take(self, camera: Camera, done: Callable[[Look], None]) -> None:
        if self._reader is None:
            self._saw(Look(None, camera.snapshot(EVIDENCE_S), self._config.engine, 0), done)
            return
        picture = camera.snapshot(SNAPSHOT_S)
        self._reader.submit(picture, lambda said: self._read(picture, said, done), deadline_s=self._config.deadline_s)

    def _read(self, picture: bytes, result: ReadResult, done: Callable[[Look], None]) -> None:
        best = result.plates[0] if result.plates else None
        error = result.error
        if best is not None and not _is_sane(best):
            best, error = None, "reader: an answer that cannot be"
        self._saw(Look(best, picture, self._config.engine, max(0, int(result.ms)), error), done)

    def _saw(self, look: Look, done: Callable[[Look], None]) -> None:
        self._post(lambda: done(look))


class _Heard:
    """Listens to one lane's camera."""

    def __init__(self, lane: str, eyes: LaneEyes) -> None:
        self._lane, self._eyes = lane, eyes

    def camera_read(self, read: CameraRead) -> None:
        """It waits in the camera until the lane asks."""

    def line_crossed(self) -> None:
        """A passage, where the lane counts so."""
        self._eyes.line_crossed(self._lane)


def _as_look(read: CameraRead) -> Look:
    """What a camera read by itself; a text that no plate can be is unread, and the picture stays."""
    if not read.plate:
        return Look(None, read.picture, CAMERA, 0)
    text = plate.normalise(read.plate)
    characters = tuple((sign, read.confidence) for sign in text)
    reading = PlateReading(text, read.confidence, characters, (0, 0, 0, 0), 0, read.colour, text)
    if not _PLATE.fullmatch(text) or not _is_sane(reading):
        return Look(None, read.picture, CAMERA, 0, "camera: a plate that cannot be")
    return Look(reading, read.picture, CAMERA, 0)


def _is_sane(reading: PlateReading) -> bool:
    """Whether a fact may carry this reading; the wire refuses any other, and all facts behind it would wait."""
    shares = (reading.confidence, *(share for _, share in reading.characters))
    signs = all(len(sign) <= 2 for sign, _ in reading.characters)
    sure = all(0.0 <= share <= 1.0 for share in shares)
    short = len(reading.text) <= TEXT_MAX
    return short and signs and sure and 0 <= reading.lines <= 2 and reading.colour in COLOURS
