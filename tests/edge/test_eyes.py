"""Camera and reader of a lane: whatever they do, the lane gets one answer, soon."""

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from edge.approach import Look
from edge.config import ReaderConfig
from edge.devices.camera import BYTES_MAX, SnapshotCamera
from edge.eyes import LaneEyes
from edge.reader.frames import ReadResult
from gate.devices.board import DeviceFailed
from gate.reading import PlateReading
from simulator.devices.camera import CameraTwins, View

PICTURE = b"\xff\xd8 a picture"
READING = PlateReading("24A12378", 0.9, (("2", 0.9),), (0, 0, 9, 9), 1, "white")


class FakeReader:
    """Answers from a thread of its own, as the reader's process does."""

    def __init__(self, result: ReadResult) -> None:
        self.result, self.pictures = result, list[bytes]()

    def submit(self, image: bytes, done: Callable[[ReadResult], None], *, deadline_s: float) -> None:
        assert deadline_s > 0
        self.pictures.append(image)
        threading.Thread(target=done, args=(self.result,)).start()


class FakeCamera:
    """Gives a picture or raises."""

    def __init__(self, gives: bytes | Exception) -> None:
        self._gives = gives

    def snapshot(self, deadline_s: float) -> bytes:
        assert deadline_s > 0
        if isinstance(self._gives, Exception):
            raise self._gives
        return self._gives


def looked(camera: FakeCamera, result: ReadResult) -> Look:
    """What the deciding thread gets to hear, once."""
    answers: queue.Queue[Look] = queue.Queue()
    eyes = LaneEyes({"in-1": camera}, FakeReader(result), ReaderConfig(), lambda work: work())
    eyes.look("in-1", answers.put)
    answer = answers.get(timeout=5)
    eyes.close()
    assert answers.empty()
    return answer


def test_a_plate_with_its_picture() -> None:
    look = looked(FakeCamera(PICTURE), ReadResult((READING,), "", 81.7))
    assert (look.reading, look.picture, look.took_ms, look.error) == (READING, PICTURE, 81, "")


def test_a_dead_camera_is_an_answer() -> None:
    look = looked(FakeCamera(DeviceFailed("camera: answered 503")), ReadResult())
    assert (look.reading, look.picture, look.error) == (None, b"", "camera: answered 503")


def test_a_camera_that_breaks_in_a_way_nobody_thought_of_is_an_answer() -> None:
    look = looked(FakeCamera(ZeroDivisionError("a bug")), ReadResult())
    assert (look.reading, look.error) == (None, "camera: ZeroDivisionError")


@pytest.mark.parametrize(
    "reading",
    [
        PlateReading("2" * 17, 0.9, (), (0, 0, 9, 9), 1, "white"),
        PlateReading("24A1", 1.01, (), (0, 0, 9, 9), 1, "white"),
        PlateReading("24A1", float("nan"), (), (0, 0, 9, 9), 1, "white"),
        PlateReading("24A1", 0.9, (("2", -0.1),), (0, 0, 9, 9), 1, "white"),
        PlateReading("24A1", 0.9, (("222", 0.1),), (0, 0, 9, 9), 1, "white"),
        PlateReading("24A1", 0.9, (), (0, 0, 9, 9), 3, "white"),
        PlateReading("24A1", 0.9, (), (0, 0, 9, 9), 1, "infrared-ish"),
    ],
)
def test_a_reading_that_no_fact_may_carry_is_unread(reading: PlateReading) -> None:
    look = looked(FakeCamera(PICTURE), ReadResult((reading,)))
    assert (look.reading, look.picture) == (None, PICTURE)
    assert look.error.startswith("reader:")


# --- the camera itself --------------------------------------------------------------------------------------


def test_a_snapshot_of_the_twin() -> None:
    twins = CameraTwins(0, {"in-1": View("in-1/", None, lambda: PICTURE)})
    twins.start()
    try:
        assert SnapshotCamera(f"http://127.0.0.1:{twins.port}/in-1/snapshot.jpg").snapshot(2) == PICTURE
        with pytest.raises(DeviceFailed, match="404"):
            SnapshotCamera(f"http://127.0.0.1:{twins.port}/in-9/snapshot.jpg").snapshot(2)
    finally:
        twins.stop()


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A camera with manners of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _dribble(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(200):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        return


def _redirect(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "http://127.0.0.1:1/secrets")
    handler.end_headers()


def _empty(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def _huge(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(BYTES_MAX // 65_536 + 4):
            handler.wfile.write(b"x" * 65_536)
    except OSError:
        return


def _junk(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x00\x01 no HTTP at all\r\n\r\n")


@pytest.mark.parametrize(
    ("answer", "why"), [(_redirect, "302"), (_empty, "0 bytes"), (_huge, "bytes"), (_junk, "BadStatusLine")]
)
def test_a_camera_without_manners(answer: Callable[[BaseHTTPRequestHandler], None], why: str) -> None:
    with serving(answer) as url, pytest.raises(DeviceFailed, match=why):
        SnapshotCamera(url).snapshot(2)


def test_a_camera_that_dribbles_is_given_up_in_time() -> None:
    with serving(_dribble) as url:
        began = time.monotonic()
        with pytest.raises(DeviceFailed, match=r"nothing whole within 0\.3 s"):
            SnapshotCamera(url).snapshot(0.3)
        assert time.monotonic() - began < 2, "its own time-out begins anew with each byte"


def test_a_camera_that_accepts_and_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf, pytest.raises(DeviceFailed):
        SnapshotCamera(f"http://127.0.0.1:{deaf.getsockname()[1]}/").snapshot(0.2)


def test_no_camera_there() -> None:
    with pytest.raises(DeviceFailed, match="refused"):
        SnapshotCamera("http://127.0.0.1:9/").snapshot(1)
