"""The box's web server: what it says, to whom, and that nothing it suffers reaches a lane."""

import hashlib
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from msgspec import structs
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from edge.devices.push_body import BODY_MAX
from edge.lanes import pages
from edge.web import screens
from edge.web.draw import draw
from edge.web.manners import FORM_MAX, HEADERS
from edge.web.server import BoxWeb
from edge.web.wall import Wall
from gate.devices.screen import Face, Page
from tests.edge.web_desk import LANES, PATIENCE_S, kept, listening, owing, served, visitor

Box = tuple[BoxWeb, Wall]
JPEG = b"\xff\xd8\xff\xe0 a picture of a vehicle"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("box")


@pytest.fixture(scope="module")
def box(folder: Path) -> Iterator[Box]:
    with served(folder) as running:
        yield running


@pytest.fixture
def client(box: Box) -> Iterator[httpx.Client]:
    with visitor(box[0]) as made:
        yield made


# --- pages ------------------------------------------------------------------------------------------------


def test_the_lane_shows_its_page(box: Box, client: httpx.Client) -> None:
    box[1].show("out-1", owing("out-1"))
    text = client.get("/screen/out-1").text
    for shown in (
        "24A-123.45",
        "30.000\u00a0₫",
        "Lượt: Ô tô đến 9 chỗ",
        "Quét mã QR",
        "Scan the QR code",
        "9:27",
        "<svg",
    ):
        assert shown in text
    assert "24A-123.45" not in client.get("/screen/in-1").text


def test_before_a_lane_has_shown_anything_the_screen_asks_to_wait(tmp_path: Path) -> None:
    assert "Xin chờ trong giây lát" in draw(Wall(LANES, tmp_path).page("out-1"))


def test_the_first_page_leads_to_the_lanes(client: httpx.Client) -> None:
    assert re.findall('href="/screen/([^"]+)"', client.get("/").text) == list(LANES)


@pytest.mark.parametrize(
    "path", ["/screen/out-9", "/screen/out-9/events", "/web/server.py", "/web/..%2fserver.py", "/nothing"]
)
def test_what_is_not_there(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


@pytest.mark.parametrize("field", ["vi", "en", "plate", "why_vi", "why_en", "photo"])
def test_everything_shown_is_escaped(box: Box, client: httpx.Client, field: str) -> None:
    plain = Page(lane="out-1", face=Face.PAY, vi="a", en="b", lines=(EVIL, f"{EVIL}: {EVIL}"))
    page = structs.replace(plain, **{field: EVIL})
    box[1].show("out-1", page)
    text = client.get("/screen/out-1").text
    assert "<script>alert" not in text.lower()
    assert "<img src=x" not in text.lower()
    assert "&lt;script&gt;" in text.lower()
    with listening(client, "out-1") as news:
        assert "<script" not in next(data for name, data in news if name == "page").lower()


def test_a_text_of_many_lines_cannot_begin_an_event_of_its_own(box: Box, client: httpx.Client) -> None:
    box[1].show(
        "out-1", Page(lane="out-1", face=Face.WAIT, vi="a\n\nevent: edition\ndata: x\n\n", en="b\r\revent: page")
    )
    with listening(client, "out-1") as news:
        first = [event for _, event in zip(range(2), news, strict=False)]
    assert [name for name, _ in first] == ["edition", "page"]
    assert first[0][1] != "x"


def test_a_payload_that_no_code_can_hold_shows_the_sum_all_the_same(box: Box, client: httpx.Client) -> None:
    box[1].show("out-1", owing("out-1", payload="A" * 5_000))
    text = client.get("/screen/out-1").text
    assert "30.000" in text
    assert '<figure class="qr">' not in text


def test_only_a_page_that_asks_for_money_has_a_code(box: Box, client: httpx.Client) -> None:
    for face in Face:
        box[1].show("out-1", structs.replace(owing("out-1"), face=face))
        assert ('class="qr"' in client.get("/screen/out-1").text) == (face is Face.PAY)


# --- news -------------------------------------------------------------------------------------------------


def test_a_new_page_reaches_an_open_screen_and_the_newest_wins(
    box: Box, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screens, "BEAT_S", 2 * PATIENCE_S)  # it is the page that wakes the stream
    box[1].show("out-1", pages.welcome("out-1"))
    with listening(client, "out-1") as news:
        news.until("Xin kính chào")
        for number in range(200):
            box[1].show("out-1", pages.leave("out-1", f"24A{number:05}", 0))
        assert "24A-001.99" in news.until("24A-001.99")
        box[1].show("in-1", pages.closed("in-1"))
        box[1].show("out-1", pages.welcome("out-1"))
        assert "Làn đóng" not in news.until("Xin kính chào")


def test_a_silent_lane_beats(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screens, "BEAT_S", 0.05)
    with listening(client, "out-1") as news:
        assert [name for _, (name, _) in zip(range(4), news, strict=False)] == ["edition", "page", "beat", "beat"]


def test_a_stream_ends_with_the_server(tmp_path: Path) -> None:
    with served(tmp_path) as (web, _), visitor(web) as client, listening(client, "out-1") as news:
        news.until("Xin chờ")
        web.stop()
        with pytest.raises((StopIteration, httpx.TransportError)):
            news.until("never")
        with pytest.raises(httpx.ConnectError):
            client.get("/")


# --- pictures ---------------------------------------------------------------------------------------------


def test_only_the_picture_that_the_page_names_is_given(box: Box, client: httpx.Client, folder: Path) -> None:
    shown, other = kept(folder, JPEG), kept(folder, JPEG + b"2")
    box[1].show("out-1", owing("out-1", photo=shown))
    good = client.get(f"/screen/out-1/photo/{shown}")
    assert (good.content, good.headers["content-type"]) == (JPEG, "image/jpeg")
    refused = [f"out-1/photo/{other}", f"in-1/photo/{shown}", "out-1/photo/..%2f..%2fbox.db", "out-1/photo/"]
    assert [client.get(f"/screen/{path}").status_code for path in refused] == [404] * 4
    box[1].show("out-1", pages.welcome("out-1"))
    assert client.get(f"/screen/out-1/photo/{shown}").status_code == 404


def test_a_page_cannot_name_a_file_elsewhere(box: Box, client: httpx.Client, folder: Path) -> None:
    (folder / "secret").write_bytes(JPEG)
    box[1].show("out-1", owing("out-1", photo="../secret"))
    assert client.get("/screen/out-1/photo/..%2fsecret").status_code == 404
    with pytest.raises(KeyError):
        box[1].picture("out-9", "0" * 64)


@pytest.mark.parametrize("content", [b"<html>", b"", b"<svg onload=alert(1)>"])
def test_what_is_no_picture_is_not_given(box: Box, client: httpx.Client, folder: Path, content: bytes) -> None:
    name = kept(folder, content)
    box[1].show("out-1", owing("out-1", photo=name))
    assert client.get(f"/screen/out-1/photo/{name}").status_code == 404


def test_a_picture_that_was_shed_is_not_there(box: Box, client: httpx.Client) -> None:
    name = hashlib.sha256(b"gone").hexdigest()
    box[1].show("out-1", owing("out-1", photo=name))
    assert client.get(f"/screen/out-1/photo/{name}").status_code == 404


# --- whom it serves, and what it says ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"X-Forwarded-For": "10.0.0.9"}, {"Forwarded": "for=10.0.0.9"}, {"Host": ""}]
)
def test_on_loopback_only_this_machine_asks_for_this_machine(client: httpx.Client, headers: dict[str, str]) -> None:
    for path in ("/screen/out-1", "/screen/out-1/events", "/screen/out-9"):
        assert client.get(path, headers=headers).status_code == 403
    assert client.get("/pair").status_code == 404, "nothing to pair on a plain line"


def broken(_: Request) -> Response:
    raise RuntimeError("a push that nobody thought of")


async def length(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    routes = [Route("/push/broken", broken), Route("/push/length", length, methods=["POST"])]
    with served(tmp_path_factory.mktemp("pushed"), routes=routes) as (web, _), visitor(web) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "status"),
    [("/screen/out-1", 200), ("/", 200), ("/web/screen.js", 200), ("/nothing", 404), ("/push/broken", 500)],
)
def test_every_answer_forbids_what_is_foreign(pushed: httpx.Client, path: str, status: int) -> None:
    answer = pushed.get(path)
    assert answer.status_code == status
    said = {name: answer.headers.get(name) for name in HEADERS}
    said["Cache-Control"] = "no-store" if said["Cache-Control"] == "no-cache" else said["Cache-Control"]
    assert said == HEADERS
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "server" not in answer.headers
    assert "Traceback" not in answer.text


def test_a_page_has_no_script_or_style_in_it(box: Box, client: httpx.Client) -> None:
    box[1].show("out-1", owing("out-1"))
    text = client.get("/screen/out-1").text
    assert re.findall(r"<script[^>]*>", text) == [
        f'<script src="{found}" defer>' for found in re.findall(r'src="(/web/[^"]+)"', text)
    ]
    assert not re.search(r"<style|\son\w+=|style=|https?://", text)


def test_parts_of_other_helpers_are_mounted(pushed: httpx.Client) -> None:
    assert pushed.post("/push/length", content=b"x" * 100_000).text == "100000"


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_beyond_its_limit_is_refused(pushed: httpx.Client, announced: bool) -> None:  # noqa: FBT001
    def pieces(size: int) -> Iterator[bytes]:
        yield from (b"x" * 65_536 for _ in range(size // 65_536 + 1))

    def send(path: str, most: int) -> int:
        content = b"x" * (most + 1) if announced else pieces(most)
        try:
            return pushed.post(path, content=content, headers={"Connection": "close"}).status_code
        except httpx.TransportError:  # it hung up on us while we were still talking
            return 413

    assert send("/push/length", BODY_MAX) == 413
    assert send("/screen/out-1", FORM_MAX) in {405, 413}
    assert pushed.post("/push/length", content=b"still here").text == "10"


@pytest.mark.parametrize(("length", "status"), [(b"9000000", b"413"), (b"1" * 19, b"413"), (b"-1", b"400")])
def test_a_body_that_is_announced_too_large_is_not_waited_for(box: Box, length: bytes, status: bytes) -> None:
    with closing(socket.create_connection(("127.0.0.1", box[0].config.port), timeout=PATIENCE_S)) as line:
        line.sendall(b"POST /push/in-1 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " + length + b"\r\n\r\n")
        assert line.recv(12) == b"HTTP/1.1 " + status
