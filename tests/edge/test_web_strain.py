"""What the box's web server suffers reaches no lane: slow and mute clients, a loop that hangs, a port that is taken."""

import socket
import threading
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edge.devices.camera_config import Maker, PushConfig
from edge.devices.push import PushCamera, push_routes
from edge.lanes import pages
from edge.web import listening
from edge.web.config import WebConfig
from edge.web.listening import Guest, Listener
from edge.web.server import BoxWeb
from edge.web.wall import Wall, WithScreens
from gate.devices.board import Relay
from gate.devices.screen import Face, Page
from simulator.stage.ports import free_port
from tests.edge.web_desk import LANES, PATIENCE_S, PAYLOAD, served, visitor


def test_show_does_not_wait_for_a_server_that_hangs(tmp_path: Path) -> None:
    go, hangs = threading.Event(), threading.Event()

    async def hang(_: Request) -> Response:
        hangs.set()
        assert go.wait(PATIENCE_S)  # holds the whole loop
        return Response()

    with (
        served(tmp_path, routes=[Route("/push/hang", hang)]) as (web, wall),
        visitor(web) as client,
        ExitStack() as after,
    ):
        after.callback(go.set)
        asking = threading.Thread(target=lambda: client.get("/push/hang"))
        asking.start()
        assert hangs.wait(PATIENCE_S)
        for number in range(1_000):
            wall.show("out-1", pages.come_in("out-1", f"24A{number:05}"))
        assert asking.is_alive(), "it hangs to this moment"
        go.set()
        asking.join(PATIENCE_S)
        assert "24A-009.99" in client.get("/screen/out-1").text


def test_a_hundred_clients_that_never_read_keep_nobody_from_the_newest_page(tmp_path: Path) -> None:
    big = Page(lane="out-1", face=Face.WAIT, vi="a", en="b", lines=("x" * 2_000,) * 5, payload=PAYLOAD)
    with served(tmp_path) as (web, wall), ExitStack() as lines, visitor(web) as client:
        for number in range(100):
            line = lines.enter_context(closing(socket.create_connection(("127.0.0.1", web.config.port))))
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            path = "/screen/out-1/events" if number % 2 else "/screen/out-1"
            line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode() + (b"\r\n" if number % 4 else b""))
        for number in range(300):
            wall.show("out-1", big if number % 2 else pages.welcome("out-1"))
        wall.show("out-1", pages.full("out-1"))
        assert "Bãi đã hết chỗ" in client.get("/screen/out-1").text


def test_bodies_of_strangers_take_no_room_from_a_cameras(tmp_path: Path) -> None:
    camera = PushCamera(PushConfig(maker=Maker.HIKVISION, secret="a-secret_of-more-than-16"))
    size = 7_900_000
    with served(tmp_path, routes=push_routes({"in-1": camera})) as (web, _), ExitStack() as lines:
        for _ in range(5):
            line = lines.enter_context(closing(socket.create_connection(("127.0.0.1", web.config.port))))
            line.sendall(f"POST /push/in-1/guess HTTP/1.1\r\nHost: box\r\nContent-Length: {size}\r\n\r\n".encode())
            line.sendall(b"x" * (size - 1))  # the last byte never comes
        with visitor(web) as client:
            answer = client.post("/push/in-1/a-secret_of-more-than-16", content=b"{}" + b" " * 1_000_000)
    assert answer.status_code == 200, answer.text


def test_who_says_nothing_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "SAY_S", 0.2)
    with served(tmp_path) as (web, _):
        for begun in (b"", b"GET /screen/out-1 HTTP/1.1\r\nHost: 127", b"POST /pair HTTP/1.1\r\nContent-Le"):
            with closing(socket.create_connection(("127.0.0.1", web.config.port), timeout=PATIENCE_S)) as line:
                line.sendall(begun)
                assert line.recv(100) == b""


def test_a_listener_takes_no_more_than_it_may() -> None:
    port = free_port()
    with Listener("127.0.0.1", port, most=3) as listener, ExitStack() as open_lines:
        lines = [open_lines.enter_context(closing(socket.create_connection(("127.0.0.1", port)))) for _ in range(4)]
        taken = [open_lines.enter_context(closing(listener.accept()[0])) for _ in range(3)]
        with pytest.raises(ConnectionAbortedError):
            listener.accept()
        assert lines[3].recv(1) == b""
        taken[0].close()
        open_lines.enter_context(closing(socket.create_connection(("127.0.0.1", port))))
        open_lines.enter_context(closing(listener.accept()[0]))


def test_one_address_cannot_take_the_places_of_all() -> None:
    with Listener("127.0.0.1", free_port(), most=9, each=2) as listener, ExitStack() as after:
        pairs = [socket.socketpair() for _ in range(2)]
        for one, other in pairs:
            after.enter_context(closing(one))
            after.enter_context(closing(other))
        listener.guests = {("10.0.0.9", port): Guest(pair[0], 0.0) for port, pair in enumerate(pairs)}
        assert listener.is_full("10.0.0.9")
        assert not listener.is_full("10.0.0.8")
        listener.sweep()
        assert pairs[0][1].recv(1) == b"", "its time was over"


def test_a_taken_port_is_tried_again_until_it_is_free(tmp_path: Path) -> None:
    port = free_port()
    wall = Wall(LANES, tmp_path)
    web = BoxWeb(WebConfig(port=port), tmp_path, wall, again_s=0.05)
    with closing(socket.create_server(("127.0.0.1", port))):
        web.start()
        assert not web.listening.wait(0.2)
        wall.show("out-1", pages.full("out-1"))
    try:
        assert web.listening.wait(PATIENCE_S)
        with visitor(web) as client:
            assert "Bãi đã hết chỗ" in client.get("/screen/out-1").text
    finally:
        web.stop()


def test_a_wall_outlives_its_server(tmp_path: Path) -> None:
    with served(tmp_path) as (_, wall):
        pass
    wall.show("out-1", pages.full("out-1"))
    wall.show("no such lane", pages.full("out-1"))
    assert wall.page("out-1").face is Face.CLOSED


class _Dark:
    """Devices whose screens fail."""

    def __init__(self) -> None:
        self.pulses: list[tuple[str, Relay]] = []

    def pulse(self, lane: str, relay: Relay) -> None:
        self.pulses.append((lane, relay))

    def show(self, lane: str, page: Page) -> None:
        raise OSError(f"{lane}: no screen for {page.face}")


def test_a_screen_that_fails_keeps_no_other_from_its_page(tmp_path: Path) -> None:
    wall, devices = Wall(LANES, tmp_path), _Dark()
    both = WithScreens(devices, wall)
    both.show("out-1", pages.full("out-1"))
    both.pulse("out-1", Relay.RAISE)
    assert wall.page("out-1").vi == "Bãi đã hết chỗ"
    assert devices.pulses == [("out-1", Relay.RAISE)]
