"""Cameras and reader of all lanes: pictures are taken and read beside the deciding thread, which only gets answers."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

from edge.approach import Look
from edge.config import ReaderConfig
from edge.devices.site_bus import Post
from edge.reader.frames import ReadResult
from gate.devices.board import DeviceFailed
from gate.devices.camera import Camera

SNAPSHOT_S: Final = 2.0


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
            look = Look(None, b"", self._config.engine, 0, str(error))
            self._post(lambda: done(look))
            return
        reader.submit(picture, lambda result: self._read(picture, result, done), deadline_s=self._config.deadline_s)

    def _read(self, picture: bytes, result: ReadResult, done: Callable[[Look], None]) -> None:
        best = result.plates[0] if result.plates else None
        look = Look(best, picture, self._config.engine, int(result.ms), result.error or "")
        self._post(lambda: done(look))
