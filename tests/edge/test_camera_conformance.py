"""What every camera's driver must do, each with its twin: a new driver is a new stage here, and nothing else."""

import io
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import psutil
import pytest
from PIL import Image

from edge.devices.camera_config import FolderConfig, HttpConfig, RtspConfig
from edge.devices.folder import FolderCamera
from edge.devices.rtsp import RtspCamera
from edge.devices.snapshot import BYTES_MAX, SnapshotCamera
from gate.devices.board import DeviceFailed
from gate.devices.camera import Camera
from simulator.devices.camera import CameraTwins, View
from simulator.devices.folder import FolderTwin
from simulator.devices.rtsp import RtspTwin

DEADLINE_S = 4.0
GRACE_S = 0.7
SOON_S = 2.0


def drawn(level: int, number: int, side: int = 64) -> bytes:
    """A JPEG that shows a level of grey, and in a corner which it is: no two pictures are the same."""
    picture = Image.new("RGB", (side, side), (level, level, level))
    for bit in range(16):
        shade = 255 if number >> bit & 1 else 0
        picture.paste((shade, shade, shade), (16 * (bit % 4), 16 * (bit // 16), 16 * (bit % 4) + 4, 4))
    picture.putpixel((side - 1, side - 1), (number % 251, number // 251 % 251, 0))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=95, subsampling=2)
    return out.getvalue()


def level(picture: bytes) -> int:
    """The level that a picture shows; decoding here is the test's business."""
    with Image.open(io.BytesIO(picture)) as opened:
        middle = opened.convert("L").getpixel((32, 40))
    assert isinstance(middle, int)
    return middle


def noise(seed: int) -> bytes:
    """A JPEG that is larger than a picture may be."""
    out = io.BytesIO()
    chance = random.Random(seed).randbytes(1600 * 1600 * 3)
    Image.frombytes("RGB", (1600, 1600), chance).save(out, "JPEG", quality=95, subsampling=2)
    assert len(out.getvalue()) > BYTES_MAX
    return out.getvalue()


class Stage(Protocol):
    """A driver with its twin."""

    camera: Camera

    def show(self, grey: int) -> None:
        """From now on this stands before the camera."""

    def freeze(self) -> None:
        """The camera shows for ever what it shows now."""

    def die(self) -> None:
        """The camera is gone."""

    def revive(self) -> None:
        """It is back."""

    def swell(self) -> None:
        """It gives more than a picture may be."""

    def end(self) -> None:
        """The twin is over."""


class HttpStage:
    """GET of a snapshot."""

    def __init__(self, _folder: Path) -> None:
        self._shown = 0
        self._twins = CameraTwins(0, {"in-1": View("0", None, lambda: drawn(0, 0))})
        self._twins.start()
        url = f"http://127.0.0.1:{self._twins.port}/in-1/snapshot.jpg"
        self.camera: Camera = SnapshotCamera(HttpConfig(url=url, frozen_s=0.5))

    def show(self, grey: int) -> None:
        self._shown += 1
        number = self._shown
        self._twins.show("in-1", View(f"{number}", None, lambda: drawn(grey, number)))

    def freeze(self) -> None:
        """It gives what it gave, until it is shown something else."""

    def die(self) -> None:
        self._twins.die("in-1")

    def revive(self) -> None:
        self._twins.die("in-1", dead=False)

    def swell(self) -> None:
        self._twins.show("in-1", View("huge", None, lambda: b"\xff\xd8\xff" + bytes(BYTES_MAX)))

    def end(self) -> None:
        self._twins.stop()


class RtspStage:
    """A stream."""

    def __init__(self, _folder: Path) -> None:
        self._twin = RtspTwin(lambda number: drawn(0, number))
        self.camera: Camera = RtspCamera(RtspConfig(url=self._twin.url, stale_s=1.0, frozen_s=0.5))

    def show(self, grey: int) -> None:
        self._twin.frozen = False
        self._twin.draw = lambda number: drawn(grey, number)

    def freeze(self) -> None:
        self._twin.frozen = True

    def die(self) -> None:
        self._twin.die()

    def revive(self) -> None:
        self._twin.revive()

    def swell(self) -> None:
        huge = [noise(1), noise(2)]
        self._twin.draw = lambda number: huge[number % 2]
        self._twin.rate_hz = 4

    def end(self) -> None:
        self._twin.stop()


class FolderStage:
    """Uploads."""

    def __init__(self, folder: Path) -> None:
        self._twin = FolderTwin(folder / "in-1", lambda number: drawn(0, number), every_s=0.06)
        self.camera: Camera = FolderCamera(FolderConfig(path=str(folder / "in-1"), fresh_s=0.3))
        self._twin.start()

    def show(self, grey: int) -> None:
        self._twin.frozen = False
        self._twin.draw = lambda number: drawn(grey, number)

    def freeze(self) -> None:
        self._twin.frozen = True

    def die(self) -> None:
        self._twin.frozen = True

    def revive(self) -> None:
        self._twin.frozen = False

    def swell(self) -> None:
        self._twin.draw = lambda _number: b"\xff\xd8\xff" + bytes(BYTES_MAX) + b"\xff\xd9"

    def end(self) -> None:
        self._twin.stop()


STAGES: dict[str, Callable[[Path], Stage]] = {"http": HttpStage, "rtsp": RtspStage, "folder": FolderStage}


@pytest.fixture(params=list(STAGES))
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    """A driver at work with its twin; afterwards nothing of the driver is left."""
    before, children = set(threading.enumerate()), set(psutil.Process().children(recursive=True))
    made = STAGES[request.param](tmp_path)
    try:
        yield made
    finally:
        made.camera.stop()
        made.camera.stop()
        made.end()
    left = {thread.name for thread in set(threading.enumerate()) - before if thread.name.startswith("camera")}
    assert not left
    assert not set(psutil.Process().children(recursive=True)) - children


def shows(camera: Camera, grey: int) -> bool:
    """Whether pictures soon show this level: what was exposed just before may still be on its way."""
    until = time.monotonic() + SOON_S
    while time.monotonic() < until:
        with suppress(DeviceFailed):
            if abs(level(camera.snapshot(DEADLINE_S)) - grey) <= 4:
                return True
    return False


def fails(camera: Camera, deadline_s: float) -> str:
    """Why there is no picture; said in time."""
    began = time.monotonic()
    with pytest.raises(DeviceFailed) as failed:
        camera.snapshot(deadline_s)
    assert time.monotonic() - began < deadline_s + GRACE_S
    return str(failed.value)


def settle(stage: Stage) -> None:
    """Wait for the first picture: a stream needs a moment to begin."""
    until = time.monotonic() + 20
    while True:
        try:
            stage.camera.snapshot(DEADLINE_S)
        except DeviceFailed:
            assert time.monotonic() < until
        else:
            return


def refused(stage: Stage, word: str) -> None:
    """Ask until the camera is found out, which takes as long as its configuration says, and no more."""
    until = time.monotonic() + 8
    while True:
        try:
            stage.camera.snapshot(0.4)
        except DeviceFailed as failed:
            if word in str(failed):
                return
        assert time.monotonic() < until, f"never {word}"


def test_a_picture_is_of_now(stage: Stage) -> None:
    settle(stage)
    for grey in (40, 200, 120):
        stage.show(grey)
        assert shows(stage.camera, grey)


def test_a_dead_camera_is_said_in_time_and_comes_back_by_itself(stage: Stage) -> None:
    settle(stage)
    stage.die()
    time.sleep(0.35)  # the last pictures from before are of now for so long
    assert fails(stage.camera, 0.3).startswith("camera: ")
    stage.show(80)
    stage.revive()
    settle(stage)
    assert shows(stage.camera, 80)


def test_a_frozen_camera_is_stale(stage: Stage) -> None:
    settle(stage)
    stage.show(90)
    assert shows(stage.camera, 90)
    stage.freeze()
    refused(stage, "stale")
    stage.show(150)
    settle(stage)
    assert shows(stage.camera, 150)


def test_more_than_a_picture_may_be_is_refused_or_made_smaller(stage: Stage) -> None:
    settle(stage)
    stage.swell()
    if not isinstance(stage, RtspStage):
        refused(stage, "bytes")
        return
    until = time.monotonic() + 10
    picture = drawn(0, 0)
    while Image.open(io.BytesIO(picture)).width < 1600:
        assert time.monotonic() < until
        with suppress(DeviceFailed):
            picture = stage.camera.snapshot(DEADLINE_S)
    assert len(picture) <= BYTES_MAX, "what is decoded anyway is given again, smaller"


def test_stop_ends_who_waits(stage: Stage) -> None:
    settle(stage)
    stage.die()
    time.sleep(0.35)
    why: list[str] = []
    waits = threading.Thread(target=lambda: why.append(fails(stage.camera, 30.0)))
    waits.start()
    stage.camera.stop()
    waits.join(3)
    assert why
