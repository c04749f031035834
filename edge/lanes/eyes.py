"""Cameras and reader of all lanes: pictures are taken and read beside the deciding thread, which only gets answers."""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

import structlog

from edge.config import ReaderConfig
from edge.devices.push import PushCamera
from edge.devices.site_bus import Post
from edge.lanes.approach import Look
from edge.lanes.gaze import Gaze, is_sane
from edge.reader.frames import ReadResult
from gate import plate
from gate.devices.board import DeviceFailed
from gate.devices.camera import Camera, CameraRead
from gate.reading import PlateReading

SNAPSHOT_S: Final = 2.0
EVIDENCE_S: Final = 0.5  # nobody reads the picture, so nobody waits long for it
BACKLOG: Final = 6  # looks of one lane; a seventh would be about a vehicle that is long through
SPACING_S: Final = 0.1
"""Between two frames of a vehicle: the same view twice says little."""
CAMERA: Final = "camera"  # the engine of a reading that the camera itself made
_PLATE: Final = re.compile(r"[0-9A-Z\u4e00-\u9fff]{1,16}")
Done = Callable[[Look], None]
Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""
log = structlog.get_logger()


class ReaderPort(Protocol):
    """A reader that answers later."""

    def submit(
        self, image: bytes, done: Callable[[ReadResult], None], *, deadline_s: float, roi: Box | None = None
    ) -> None:
        """Read, in this part of the picture alone; `done` is called on some thread, whatever happens."""


class _Looking(NamedTuple):
    """One look under way: whose, the lane's how-manieth, what was seen, and who is to hear of it."""

    lane: str
    number: int
    gaze: Gaze
    done: Done


class LaneEyes:
    """Looks on behalf of lanes. `rois`: where each lane's plates are, for those that say so."""

    def __init__(
        self,
        cameras: Mapping[str, Camera | PushCamera],
        reader: ReaderPort | None,
        config: ReaderConfig,
        post: Post,
        rois: Mapping[str, Box | None] = MappingProxyType({}),
    ) -> None:
        self._cameras, self._reader, self._config, self._post, self._rois = cameras, reader, config, post, rois
        # a thread for each lane: a camera that hangs holds up its own lane's looks, and nobody else's
        self._pools = {lane: ThreadPoolExecutor(1, thread_name_prefix=f"camera-{lane}") for lane in cameras}
        self._lock = threading.Lock()
        self._waiting = Counter[str]()
        self._asked = Counter[str]()
        self._closing = threading.Event()
        self._lines: dict[str, Callable[[], None]] = {}
        for lane, camera in cameras.items():
            if isinstance(camera, PushCamera):
                camera.listen(_Heard(lane, self))

    def look(self, lane: str, done: Done) -> None:
        """Read the vehicle there, frame by frame until that is sure or its time is over; `done` is called once, on the
        deciding thread, whatever happens. The next look at the lane ends this one: two vehicles never mix."""
        with self._lock:
            busy = self._waiting[lane] >= BACKLOG
            self._waiting[lane] += not busy
            number = self._asked[lane] = self._asked[lane] + (not busy)
        if busy:
            self._saw(Look(None, b"", self._engine(lane), 0, f"camera: busy: {BACKLOG} looks wait already"), done)
        else:
            self._pools[lane].submit(self._one, lane, number, done)

    def on_line(self, lane: str, call: Callable[[], None]) -> None:
        """Call on the deciding thread whenever the lane's camera says that a vehicle crossed its counting line."""
        self._lines[lane] = call

    def line_crossed(self, lane: str) -> None:
        """A lane's camera says so, on any thread."""
        if call := self._lines.get(lane):
            self._post(call)

    def close(self) -> None:
        """Let the cameras go, and the last picture finish."""
        self._closing.set()
        for camera in self._cameras.values():
            camera.stop()
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)

    def _engine(self, lane: str) -> str:
        return CAMERA if isinstance(self._cameras[lane], PushCamera) else self._config.engine

    def _one(self, lane: str, number: int, done: Done) -> None:
        camera, why = self._cameras[lane], ""
        try:
            if isinstance(camera, PushCamera):
                self._saw(_as_look(camera.read(SNAPSHOT_S)), done)
            elif self._reader is None:
                self._saw(Look(None, camera.snapshot(EVIDENCE_S), self._config.engine, 0), done)
            else:
                self._frame(_Looking(lane, number, self._gaze(), done), camera, self._reader)
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

    def _gaze(self) -> Gaze:
        config = self._config
        return Gaze(time.monotonic(), sure=config.sure, most=config.frames, look_s=config.look_s)

    def _frame(self, looking: _Looking, camera: Camera, reader: ReaderPort) -> None:
        """Take one frame and have it read. Raises what the camera raises."""
        gaze = looking.gaze
        left_s = self._config.deadline_s if gaze.is_fresh else gaze.left(time.monotonic(), self._config.deadline_s)
        picture, taken_s = camera.snapshot(min(SNAPSHOT_S, left_s)), time.monotonic()
        if not gaze.shows_more(picture):
            self._looked(looking)
            return

        def read(result: ReadResult) -> None:
            if self._is_over(gaze, picture, result, taken_s) or not self._goes_on(looking, camera, reader):
                self._looked(looking)

        reader.submit(picture, read, deadline_s=left_s, roi=self._rois.get(looking.lane))

    def _is_over(self, gaze: Gaze, picture: bytes, result: ReadResult, taken_s: float) -> bool:
        """Whether this frame was the last that is needed."""
        try:
            gaze.saw(picture, result, taken_s)
            return gaze.is_enough(time.monotonic())
        except Exception:  # as in `_looked`
            log.exception("a frame cannot be taken in")
            return True

    def _goes_on(self, looking: _Looking, camera: Camera, reader: ReaderPort) -> bool:
        """Have another frame taken on the lane's own thread; False where the next vehicle is asked about already."""
        with self._lock:
            if self._closing.is_set() or looking.number != self._asked[looking.lane]:
                return False
            try:
                self._pools[looking.lane].submit(self._further, looking, camera, reader)
            except RuntimeError:  # closed meanwhile
                return False
        return True

    def _further(self, looking: _Looking, camera: Camera, reader: ReaderPort) -> None:
        """One more frame of the same vehicle; where none comes, what was seen decides."""
        self._closing.wait(max(0.0, SPACING_S - looking.gaze.since(time.monotonic())))
        try:
            if looking.number == self._asked[looking.lane]:
                self._frame(looking, camera, reader)
                return
        except Exception as error:  # noqa: BLE001 - a camera raises what it likes, and there is a frame already
            log.warning("no further frame", lane=looking.lane, why=str(error))
        self._looked(looking)

    def _looked(self, looking: _Looking) -> None:
        try:
            look = looking.gaze.look(self._config.engine)
        except Exception as error:  # whatever was read, the driver gets an answer
            log.exception("frames cannot be put together", lane=looking.lane)
            look = Look(None, b"", self._config.engine, 0, f"reader: {type(error).__name__}")
        self._saw(look, looking.done)

    def _saw(self, look: Look, done: Done) -> None:
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
    if not _PLATE.fullmatch(text) or not is_sane(reading):
        return Look(None, read.picture, CAMERA, 0, "camera: a plate that cannot be")
    return Look(reading, read.picture, CAMERA, 0)
