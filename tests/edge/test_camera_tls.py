"""Cameras behind TLS: whose certificate is believed, and that a handshake is no way to hold a lane up."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.devices.camera_config import HttpConfig, RtspConfig
from edge.devices.rtsp import RtspCamera
from edge.devices.snapshot import SnapshotCamera
from gate.devices.board import DeviceFailed
from simulator.demo.certificates import Authority
from simulator.devices.camera import CameraTwins, View
from simulator.devices.rtsp import RtspTwin
from tests.edge.test_camera_conformance import drawn

PICTURE = drawn(100, 1)


class Front:
    """TLS before a twin that speaks none."""

    def __init__(self, folder: Path, behind: int, name: str = "127.0.0.1") -> None:
        authority = Authority(datetime.now(UTC))
        certified = authority.certify([name])
        self.ca_file, server = str(folder / "ca.pem"), folder / "server.pem"
        Path(self.ca_file).write_text(authority.certificate)
        server.write_text(certified.certificate + certified.key)
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(server)
        self._behind = behind
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._ends: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        """Hang up."""
        for end in [self._listening, *self._ends]:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._thread.join()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                raw, _ = self._listening.accept()
                with suppress(OSError):
                    outer = self._context.wrap_socket(raw, server_side=True)
                    inner = socket.create_connection(("127.0.0.1", self._behind))
                    self._ends += [outer, inner]
                    for pair in ((outer, inner), (inner, outer)):
                        threading.Thread(target=_pump, args=pair, daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def ends() -> Iterator[ExitStack]:
    """What must be let go, last first."""
    with ExitStack() as stack:
        yield stack


def snapshots(ends: ExitStack, folder: Path, name: str = "127.0.0.1") -> Front:
    """A camera that gives pictures over HTTPS."""
    twins = CameraTwins(0, {"in-1": View("one", None, lambda: PICTURE)})
    twins.start()
    ends.callback(twins.stop)
    front = Front(folder, twins.port, name)
    ends.callback(front.stop)
    return front


def snapshot(front: Front, ca_file: str) -> bytes:
    """One picture."""
    url = f"https://127.0.0.1:{front.port}/in-1/snapshot.jpg"
    return SnapshotCamera(HttpConfig(url=url, ca_file=ca_file)).snapshot(3)


def test_a_snapshot_from_a_camera_whose_certificate_is_known(ends: ExitStack, tmp_path: Path) -> None:
    front = snapshots(ends, tmp_path)
    assert snapshot(front, front.ca_file) == PICTURE


def test_another_authority_or_another_name_is_nobody(ends: ExitStack, tmp_path: Path) -> None:
    front = snapshots(ends, tmp_path)
    with pytest.raises(DeviceFailed, match="CERTIFICATE_VERIFY_FAILED"):
        snapshot(front, "")
    other = snapshots(ends, tmp_path, "camera.example")
    with pytest.raises(DeviceFailed, match="CERTIFICATE_VERIFY_FAILED"):
        snapshot(other, other.ca_file)


def test_a_handshake_that_dribbles_is_given_up_in_time(ends: ExitStack) -> None:
    listening = ends.enter_context(socket.create_server(("127.0.0.1", 0)))
    done = threading.Event()

    def dribble() -> None:
        line, _ = listening.accept()
        with suppress(OSError), line:
            line.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")  # the head of a long hello
            while not done.wait(0.05):
                line.sendall(b"\x03")

    thread = threading.Thread(target=dribble)
    thread.start()
    began = time.monotonic()
    with pytest.raises(DeviceFailed, match=r"nothing whole within 0\.4 s"):
        SnapshotCamera(f"https://127.0.0.1:{listening.getsockname()[1]}/").snapshot(0.4)
    assert time.monotonic() - began < 1.5
    done.set()
    thread.join()


def test_a_stream_over_tls_and_one_of_a_stranger(ends: ExitStack, tmp_path: Path) -> None:
    twin = RtspTwin(lambda number: drawn(100, number))
    ends.callback(twin.stop)
    front = Front(tmp_path, twin.port)
    ends.callback(front.stop)
    url, got, why = f"rtsps://127.0.0.1:{front.port}/live", b"", ""
    good, bad = RtspCamera(RtspConfig(url=url, ca_file=front.ca_file)), RtspCamera(RtspConfig(url=url))
    ends.callback(good.stop)
    ends.callback(bad.stop)
    until = time.monotonic() + 20
    while not got or "CERTIFICATE_VERIFY_FAILED" not in why:
        assert time.monotonic() < until, why
        with suppress(DeviceFailed):
            got = good.snapshot(0.5)
        with pytest.raises(DeviceFailed) as failed:
            bad.snapshot(0.1)
        why = str(failed.value)
