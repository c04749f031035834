"""A stream's decoder: who it is led to, what it may cost, and that it is replaced when it dies or hangs."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil
import pytest

from edge.devices.camera_config import RtspConfig
from edge.devices.rtsp import RtspCamera
from edge.devices.rtsp_frames import HEAD, Kind, Nonsense, Packet, pack, unpack
from edge.devices.rtsp_lag import WINDOW_S, Lag
from edge.devices.rtsp_relay import HEADER_MAX, Refused, Sieve
from gate.devices.board import DeviceFailed
from gate.devices.digest import Login
from simulator.devices.rtsp import RtspTwin, taken_apart
from tests.architecture.sources import ROOT
from tests.edge.test_camera_conformance import drawn, level

PASSWORD = "p@ss:w/rd?#%41"


@contextmanager
def streaming(login: Login | None = None, stale_s: float = 2.0) -> Iterator[tuple[RtspTwin, Callable[..., RtspCamera]]]:
    """A twin, and how a camera is pointed at it."""
    twin = RtspTwin(lambda number: drawn(100, number), login=login)
    made: list[RtspCamera] = []

    def camera(user: str = "", password: str = "", **more: float) -> RtspCamera:
        config = RtspConfig(url=twin.url, user=user, password=password, stale_s=stale_s, frozen_s=0)
        made.append(RtspCamera(config, **more))  # type: ignore[arg-type]
        return made[-1]

    try:
        yield twin, camera
    finally:
        for one in made:
            one.stop()
        twin.stop()


def picture(camera: RtspCamera, within_s: float = 15.0) -> bytes:
    """The first picture."""
    until = time.monotonic() + within_s
    while True:
        try:
            return camera.snapshot(2.0)
        except DeviceFailed:
            assert time.monotonic() < until


def never(camera: RtspCamera, word: str) -> None:
    """No picture ever comes, and after a while the reason has this word."""
    until, why = time.monotonic() + 20, ""
    while word not in why:
        assert time.monotonic() < until, why
        with pytest.raises(DeviceFailed) as failed:
            camera.snapshot(0.2)
        why = str(failed.value)


def test_a_user_and_a_password_with_every_awkward_sign() -> None:
    with streaming(Login("admin", PASSWORD)) as (_, camera):
        one = camera("admin", PASSWORD)
        assert picture(one)
        told = " ".join(psutil.Process(one.pid).cmdline())
        assert PASSWORD not in told, "everybody on the box may read a command line"
        assert "rtsp:" not in told


def test_a_wrong_password_is_no_picture() -> None:
    with streaming(Login("admin", PASSWORD)) as (_, camera):
        never(camera("admin", "wrong"), "no stream that can be decoded")


def test_a_redirect_leads_nowhere() -> None:
    with socket.create_server(("127.0.0.1", 0)) as canary, streaming() as (twin, camera):
        twin.redirects_to = f"rtsp://127.0.0.1:{canary.getsockname()[1]}/live"
        never(camera(), "redirect")
        canary.settimeout(0.0)
        with pytest.raises(BlockingIOError):
            canary.accept()


def test_a_killed_decoder_is_replaced() -> None:
    with streaming() as (_, camera):
        one = camera()
        picture(one)
        before = one.pid
        assert before
        os.kill(before, signal.SIGKILL)
        assert picture(one)
        assert one.pid != before
        assert one.restarts == 1


def test_a_hung_decoder_is_killed_and_replaced() -> None:
    with streaming() as (_, camera):
        one = camera(hang_s=1.5)
        picture(one)
        before = one.pid
        assert before
        os.kill(before, signal.SIGSTOP)
        with pytest.raises(DeviceFailed):
            one.snapshot(0.3)
        assert picture(one)
        assert one.pid != before
        assert not psutil.pid_exists(before)


def test_a_decoder_does_not_outlive_a_killed_box() -> None:
    code = (
        "import os, signal, time\nfrom edge.devices.camera_config import RtspConfig\n"
        "from edge.devices.rtsp import RtspCamera\ncamera = RtspCamera(RtspConfig(url='rtsp://127.0.0.1:9/'))\n"
        "while camera.pid is None: time.sleep(0.01)\n"
        "print(camera.pid, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    pid, until = int(done.stdout), time.monotonic() + 15
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_pictures_that_come_late_are_stale() -> None:
    with streaming(stale_s=0.4) as (twin, camera):
        one = camera()
        picture(one)
        twin.lag_s = 0.7
        until, why = time.monotonic() + 10, ""
        while "late" not in why:
            assert time.monotonic() < until
            try:
                one.snapshot(1.0)
            except DeviceFailed as failed:
                why = str(failed)
        assert "stale" in why
        twin.lag_s = 0.0
        assert picture(one), "it dials again, and what waited in a buffer is gone"


HOSTILE = {
    "nonsense": "sys.stdout.buffer.write(b'\\xff' * 64); sys.stdout.flush(); time.sleep(60)",
    "far too much": "sys.stdout.buffer.write(b'\\x7f\\0\\0\\0\\x01' + bytes(99)); sys.stdout.flush(); time.sleep(60)",
    "dies at once": "raise SystemExit(3)",
    "deaf": "time.sleep(60)",
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_decoder_that_somebody_took_over_costs_pictures_only(name: str) -> None:
    before = set(psutil.Process().children(recursive=True))
    command = [sys.executable, "-c", f"import sys, time\n{HOSTILE[name]}"]
    camera = RtspCamera(RtspConfig(url="rtsp://127.0.0.1:9/"), command=command, hang_s=0.3)
    with pytest.raises(DeviceFailed):
        camera.snapshot(0.9)
    assert 0 <= camera.restarts <= 3, "it waits longer each time"
    camera.stop()
    assert set(psutil.Process().children(recursive=True)) <= before


def test_the_decoder_is_held_to_its_memory() -> None:
    with streaming() as (twin, camera):
        one = camera(memory_bytes=200 << 20)
        never(one, "its decoder ended")
        assert twin.dials == 0, "it could not even begin"


# --- what passes the relay ------------------------------------------------------------------------------------

OK = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 4\r\n\r\nv=0\n"
PACKET = b"$\x00\x00\x03abc"


def test_whole_messages_and_packets_pass_byte_by_byte() -> None:
    sieve, passed = Sieve(), b""
    for byte in OK + PACKET + OK + PACKET:
        passed += sieve.feed(bytes([byte]))
    assert passed == OK + PACKET + OK + PACKET


@pytest.mark.parametrize(
    "bad",
    [
        b"RTSP/1.0 302 Found\r\nLocation: rtsp://elsewhere/\r\n\r\n",
        b"RTSP/1.0  301 Moved\r\n\r\n",
        b"\r\nRTSP/1.0 305 Use Proxy\r\n\r\n",
        b"REDIRECT rtsp://here/ RTSP/1.0\r\nLocation: rtsp://elsewhere/\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n",
        b"x" * (HEADER_MAX + 1),
    ],
)
def test_what_does_not_pass_the_relay(bad: bytes) -> None:
    sieve = Sieve()
    assert sieve.feed(OK + PACKET) == OK + PACKET
    with pytest.raises(Refused):
        sieve.feed(bad)


def test_a_redirect_inside_a_packet_is_picture_data() -> None:
    inner = b"RTSP/1.0 302 Found\r\n\r\n"
    data = b"$\x00" + len(inner).to_bytes(2, "big") + inner
    assert Sieve().feed(data) == data


# --- small parts ------------------------------------------------------------------------------------------------


def test_packets_there_and_back() -> None:
    sent = [Packet(Kind.STATE, 0, b""), Packet(Kind.PICTURE, 7, b"\xff\xd8"), Packet(Kind.REFUSED, 8, b"stale")]
    received = bytearray(b"".join(map(pack, sent)) + HEAD.pack(5, 1, 9) + b"half")
    assert list(unpack(received)) == sent
    assert len(received) == HEAD.size + 4
    with pytest.raises(Nonsense):
        list(unpack(bytearray(HEAD.pack(1, 77, 0) + b"x")))


def test_lag_is_measured_from_the_promptest_picture() -> None:
    lag = Lag()
    assert lag.of(10.0, 100.0) == 0
    assert lag.of(10.1, 100.05) == 0, "what waited at the start catches up"
    assert lag.of(11.0, 103.0) == pytest.approx(2.05)
    assert lag.of(3.0, 104.0) == 0, "the camera began anew"


def test_a_clock_that_runs_slow_is_no_lag() -> None:
    lag, worst = Lag(), 0.0
    for second in range(3_000):
        worst = max(worst, lag.of(second * (1 - 100e-6) + 1, second))
    assert worst <= WINDOW_S * 110e-6


def test_a_stream_without_times_has_no_lag() -> None:
    lag = Lag()
    assert [lag.of(0.0, float(second)) for second in range(5)] == [0.0] * 5


def test_the_twin_refuses_what_rfc_2435_cannot_carry() -> None:
    assert taken_apart(drawn(1, 1))[:2] == (64, 64)
    with pytest.raises(ValueError, match="no scan"):
        taken_apart(b"\xff\xd8")


def test_nonsense_in_the_stream_costs_pictures_only() -> None:
    chance = random.Random(5)

    def spoilt(number: int) -> bytes:
        good = drawn(100, number)
        scan = good.index(b"\xff\xda") + 14
        return good[:scan] + chance.randbytes(chance.randrange(1, 3_000)).replace(b"\xff", b"") + b"\xff\xd9"

    with streaming() as (twin, camera):
        one = camera()
        picture(one)
        twin.draw = spoilt
        for _ in range(10):
            with suppress(DeviceFailed):
                one.snapshot(0.2)
        twin.draw = lambda number: drawn(200, number)
        until = time.monotonic() + 10
        while abs(level(picture(one)) - 200) > 4:
            assert time.monotonic() < until


def test_two_who_ask_at_once_both_get_a_picture() -> None:
    with streaming() as (_, camera):
        one = camera()
        picture(one)
        got: list[bytes] = []
        threads = [threading.Thread(target=lambda: got.append(one.snapshot(3.0))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert len(got) == 4
