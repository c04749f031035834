"""Camera and reader of a lane: whatever they do, the lane gets one answer, soon."""

import base64
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

import pytest

from edge.config import Engine, ReaderConfig
from edge.devices.camera_config import HttpConfig, Maker, PushConfig
from edge.devices.push import PushCamera
from edge.devices.snapshot import BYTES_MAX, SnapshotCamera
from edge.lanes.approach import Look
from edge.lanes.eyes import BACKLOG, CAMERA, LaneEyes
from edge.reader.frames import ReadResult
from gate.devices import digest
from gate.devices.board import DeviceFailed
from gate.devices.digest import Login, Proof
from gate.reading import PlateReading
from simulator.devices.camera import CameraTwins, View
from simulator.devices.push import hikvision_xml, multipart

PICTURE = b"\xff\xd8 a picture"
JPEG = b"\xff\xd8\xff a picture"
READING = PlateReading("24A12378", 0.9, (("2", 0.9),), (0, 0, 9, 9), 1, "white")


class FakeReader:
    """Answers from a thread of its own, as the reader's process does."""

    def __init__(self, result: ReadResult) -> None:
        self.result, self.pictures = result, list[bytes]()

    def submit(
        self,
        image: bytes,
        done: Callable[[ReadResult], None],
        *,
        deadline_s: float,
        roi: tuple[int, int, int, int] | None = None,
    ) -> None:
        assert deadline_s > 0
        assert roi is None, "no lane here says so"
        self.pictures.append(image)
        threading.Thread(target=done, args=(self.result,)).start()


class FakeCamera:
    """Gives a picture or raises."""

    def __init__(self, gives: bytes | Exception) -> None:
        self._gives = gives
        self.stopped = False

    def snapshot(self, deadline_s: float) -> bytes:
        assert deadline_s > 0
        if isinstance(self._gives, Exception):
            raise self._gives
        return self._gives

    def stop(self) -> None:
        self.stopped = True


def looked(camera: FakeCamera, result: ReadResult) -> Look:
    """What the deciding thread gets to hear, once."""
    answers: queue.Queue[Look] = queue.Queue()
    eyes = LaneEyes({"in-1": camera}, FakeReader(result), ReaderConfig(), lambda work: work())
    eyes.look("in-1", answers.put)
    answer = answers.get(timeout=5)
    eyes.close()
    assert answers.empty()
    assert camera.stopped
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


def test_without_a_reader_there_is_evidence_all_the_same() -> None:
    answers: queue.Queue[Look] = queue.Queue()
    cameras = {"in-1": FakeCamera(PICTURE), "in-2": FakeCamera(DeviceFailed("camera: answered 503"))}
    eyes = LaneEyes(cameras, None, ReaderConfig(engine=Engine.NONE), lambda work: work())
    eyes.look("in-1", answers.put)
    assert answers.get(timeout=5) == Look(None, PICTURE, "none", 0)
    eyes.look("in-2", answers.put)
    assert answers.get(timeout=5) == Look(None, b"", "none", 0, "camera: answered 503")
    eyes.close()


class HungCamera(FakeCamera):
    """Gives nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__(PICTURE)
        self.free = threading.Event()

    def snapshot(self, deadline_s: float) -> bytes:
        self.free.wait(10)
        return super().snapshot(deadline_s)


def test_a_camera_that_hangs_holds_up_its_own_lane_only_and_not_without_end() -> None:
    hung, answers, others = HungCamera(), queue.Queue[Look](), queue.Queue[Look]()
    cameras = {"in-1": hung, "in-2": FakeCamera(PICTURE)}
    eyes = LaneEyes(cameras, FakeReader(ReadResult((READING,))), ReaderConfig(), lambda work: work())
    for _ in range(BACKLOG + 3):
        eyes.look("in-1", answers.put)
    assert [answers.get(timeout=5).error for _ in range(3)] == ["camera: busy: 6 looks wait already"] * 3
    eyes.look("in-2", others.put)
    assert others.get(timeout=5).reading == READING
    hung.free.set()
    assert [answers.get(timeout=5).reading for _ in range(BACKLOG)] == [READING] * BACKLOG
    eyes.look("in-1", answers.put)
    assert answers.get(timeout=5).reading == READING, "and it goes on"
    eyes.close()


# --- cameras that read by themselves ------------------------------------------------------------------------


class Site:
    """A lane with a camera that pushes; what it posts is done when the deciding thread comes to it."""

    def __init__(self) -> None:
        self.camera = PushCamera(PushConfig(maker=Maker.HIKVISION, secret="x" * 16))
        self.work: queue.Queue[Callable[[], None]] = queue.Queue()
        self.eyes = LaneEyes({"in-1": self.camera}, None, ReaderConfig(), self.work.put)

    def push(self, plate: str, confidence: str = "91") -> None:
        """The camera says so."""
        inner = f"<licensePlate>{escape(plate)}</licensePlate><confidenceLevel>{confidence}</confidenceLevel>"
        alert = hikvision_xml("ANPR", f"<ANPR>{inner}<plateColor>Yellow</plateColor></ANPR>")
        self.camera.hear(*multipart([("anpr.xml", "text/xml", alert), ("detectionPicture.jpg", "image/jpeg", JPEG)]))

    def looked(self) -> Look:
        """What the lane gets, on the deciding thread."""
        answers: list[Look] = []
        self.eyes.look("in-1", answers.append)
        self.work.get(timeout=5)()
        (look,) = answers
        return look


@pytest.fixture
def site() -> Iterator[Site]:
    """A site whose camera pushes."""
    made = Site()
    yield made
    made.eyes.close()


def test_a_read_of_the_camera_s_own(site: Site) -> None:
    site.push(" 24a-123.78 ")
    look = site.looked()
    assert look == Look(look.reading, JPEG, CAMERA, 0)
    assert look.reading
    assert (look.reading.text, look.reading.raw, look.reading.colour) == ("24A12378", "24A12378", "yellow")
    assert look.reading.characters == tuple((sign, 0.91) for sign in "24A12378")


def test_a_vehicle_without_a_plate_is_unread_with_its_picture(site: Site) -> None:
    site.push("unknown")
    assert site.looked() == Look(None, JPEG, CAMERA, 0)


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "24A\u202e123", "2" * 17, "' OR 1=1 --", "=1+1", "24A\n123 \x85 \u2028<", "ẞ" * 9],
)
def test_a_plate_that_cannot_be_is_unread_with_its_picture(site: Site, text: str) -> None:
    site.push(text)
    assert site.looked() == Look(None, JPEG, CAMERA, 0, "camera: a plate that cannot be")


def test_a_camera_that_pushes_nothing_is_an_answer_in_time(site: Site) -> None:
    began = time.monotonic()
    assert site.looked() == Look(None, b"", CAMERA, 0, "camera: pushed nothing within 2 s")
    assert time.monotonic() - began < 3


def test_a_crossed_line_is_told_on_the_deciding_thread(site: Site) -> None:
    crossed: list[str] = []
    site.camera.hear("text/xml", hikvision_xml("linedetection", ""))
    assert site.work.empty(), "nobody listens yet"
    site.eyes.on_line("in-1", lambda: crossed.append(threading.current_thread().name))
    threading.Thread(target=site.camera.hear, args=("text/xml", hikvision_xml("linedetection", ""))).start()
    call = site.work.get(timeout=5)
    assert not crossed
    call()
    assert crossed == [threading.current_thread().name]


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


# --- cameras that ask who one is ------------------------------------------------------------------------------

LOGIN = Login("admin", 'a "b" \\ c:d')


class Asking:
    """A camera that asks; it notes what it was told."""

    def __init__(self, *challenges: str) -> None:
        self.challenges, self.told = challenges, list[str]()

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        said = handler.headers.get("Authorization", "")
        self.told.append(said)
        handler.send_response(200 if self._is_right(said) else 401)
        for challenge in self.challenges:
            handler.send_header("WWW-Authenticate", challenge)
        handler.send_header("Content-Length", str(len(PICTURE)))
        handler.end_headers()
        handler.wfile.write(PICTURE)

    def _is_right(self, said: str) -> bool:
        if said.startswith("Basic "):
            return base64.b64decode(said[6:]).decode() == f"{LOGIN.user}:{LOGIN.password}"
        told = digest.fields(said)
        if not told:
            return False
        proof = Proof("r", "n", told.get("nc", ""), told.get("cnonce", ""))
        return told["response"] == digest.response(told["algorithm"], LOGIN, "GET", told["uri"], proof)


@pytest.mark.parametrize(
    ("challenges", "way"),
    [
        (('Basic realm="r"',), "Basic "),
        (('Digest realm="r", nonce="n", qop="auth"',), "algorithm=MD5"),
        (('Basic realm="r"', 'Digest realm="r", nonce="n", qop="auth-int, auth", algorithm=SHA-256'), "SHA-256"),
        (
            (
                'Digest realm="r", nonce="n", qop="auth", algorithm=MD5',
                'Digest realm="r",nonce="n",qop="auth",algorithm=SHA-256',
            ),
            "SHA-256",
        ),
    ],
)
def test_a_camera_that_asks_who_one_is(challenges: tuple[str, ...], way: str) -> None:
    asking = Asking(*challenges)
    with serving(asking) as url:
        camera = SnapshotCamera(HttpConfig(url=f"{url}snap?x=1", user=LOGIN.user, password=LOGIN.password))
        assert camera.snapshot(2) == PICTURE
        assert camera.snapshot(2) == PICTURE
    assert [bool(told) for told in asking.told] == [False, True, True], "the second picture needs one question"
    assert way in asking.told[1]
    assert "nc=00000002" in asking.told[2] or way == "Basic "


def test_a_wrong_password_is_said_and_not_tried_for_ever() -> None:
    asking = Asking('Digest realm="r", nonce="n", qop="auth"')
    with serving(asking) as url, pytest.raises(DeviceFailed, match="401"):
        SnapshotCamera(HttpConfig(url=url, user="admin", password="wrong")).snapshot(2)
    assert len(asking.told) == 2


def test_a_camera_without_a_login_tells_nothing() -> None:
    asking = Asking('Basic realm="r"')
    with serving(asking) as url, pytest.raises(DeviceFailed, match="401"):
        SnapshotCamera(url).snapshot(2)
    assert asking.told == [""]
