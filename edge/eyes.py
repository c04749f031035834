"""Cameras and reader of all lanes: pictures are taken and read beside the deciding thread, which only gets answers."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

import structlog

from edge.approach import Look
from edge.config import ReaderConfig
from edge.devices.site_bus import Post
from edge.reader.frames import ReadResult
from gate.devices.board import DeviceFailed
from gate.devices.camera import Camera
from gate.reading import COLOURS, PlateReading

SNAPSHOT_S: Final = 2.0
TEXT_MAX: Final = 16
log = structlog.get_logger()


class ReaderPort(Protocol):
    """A reader that answers later."""

    def submit(self, image: bytes, done: Callable[[ReadResult], None], *, deadline_s: float) -> None:
        """Read; `done` is called on some thread, whatever happens."""


class LaneEyes:
    """Looks on behalf of lanes."""

    def __init__(
        self, cameras: Mapping[str, Camera], reader: ReaderPort | None, config: ReaderConfig, post: Post
    ) -> None:
        self._cameras, self._reader, self._config, self._post = cameras, reader, config, post
        self._pool = ThreadPoolExecutor(max_workers=max(1, len(cameras)), thread_name_prefix="camera")

    def look(self, lane: str, done: Callable[[Look], None]) -> None:
        """Take a picture and read it; `done` is called on the deciding thread."""
        if self._reader is None:
            done(Look(None, b"", "none", 0))
            return
        self._pool.submit(self._look, self._cameras[lane], self._reader, done)

    def close(self) -> None:
        """Let the last picture finish."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _look(self, camera: Camera, reader: ReaderPort, done: Callable[[Look], None]) -> None:
        try:
            picture = camera.snapshot(SNAPSHOT_S)
        except DeviceFailed as error:
            self._saw(Look(None, b"", self._config.engine, 0, str(error)), done)
            return
        except Exception as error:  # whatever a camera does, the driver gets an answer
            log.exception("camera failed")
            self._saw(Look(None, b"", self._config.engine, 0, f"camera: {type(error).__name__}"), done)
            return
        reader.submit(picture, lambda result: self._read(picture, result, done), deadline_s=self._config.deadline_s)

    def _read(self, picture: bytes, result: ReadResult, done: Callable[[Look], None]) -> None:
        best = result.plates[0] if result.plates else None
        error = result.error
        if best is not None and not _is_sane(best):
            best, error = None, "reader: an answer that cannot be"
        self._saw(Look(best, picture, self._config.engine, max(0, int(result.ms)), error), done)

    def _saw(self, look: Look, done: Callable[[Look], None]) -> None:
        self._post(lambda: done(look))


def _is_sane(reading: PlateReading) -> bool:
    """Whether a fact may carry this reading; the wire refuses any other, and all facts behind it would wait."""
    shares = (reading.confidence, *(share for _, share in reading.characters))
    signs = all(len(sign) <= 2 for sign, _ in reading.characters)
    sure = all(0.0 <= share <= 1.0 for share in shares)
    short = len(reading.text) <= TEXT_MAX
    return short and signs and sure and 0 <= reading.lines <= 2 and reading.colour in COLOURS
