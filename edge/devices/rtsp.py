"""A camera's stream: decoded in a process of its own with limits, which is killed and replaced when it hangs."""

import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from edge.devices.camera_config import RtspConfig
from edge.devices.rtsp_frames import Kind, Nonsense, Packet, Watch, unpack
from gate.devices.board import DeviceFailed
from gate.wire import encode

MEMORY_BYTES: Final = 3 << 29
HANG_S: Final = 12.0  # longer than it takes to find out that a camera does not answer
BACKOFF_S: Final = (0.5, 8.0)
WELL_S: Final = 30.0
COMMAND: Final = (sys.executable, "-m", "edge.devices.rtsp_worker")
_ROOT: Final = Path(__file__).resolve().parents[2]
_CHUNK: Final = 1 << 16
log = structlog.get_logger()


class RtspCamera:
    """Watches from the moment it is made."""

    def __init__(
        self,
        config: RtspConfig,
        *,
        command: Sequence[str] = COMMAND,
        hang_s: float = HANG_S,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self._command, self._hang_s = list(command), hang_s
        self._watch = Watch(
            url=config.url,
            user=config.user,
            password=config.password,
            ca_file=config.ca_file,
            stale_s=config.stale_s,
            frozen_s=config.frozen_s,
            memory_bytes=memory_bytes,
        )
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._number = 0
        self._answer: Packet | None = None
        self._why = "starting"
        self.restarts = -1
        self._thread = threading.Thread(target=self._run, name="camera-rtsp", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """Of the decoding process; None while there is none."""
        child = self._child
        return child.pid if child else None

    def snapshot(self, deadline_s: float) -> bytes:
        """The next whole picture. Raises DeviceFailed."""
        until = time.monotonic() + deadline_s
        asked: subprocess.Popen[bytes] | None = None
        with self._changed:
            self._number += 1
            number = self._number
            while not self._stopping.is_set():
                if self._answer and self._answer.number >= number:
                    return _picture(self._answer)
                if self._child and self._child is not asked:
                    asked = self._child
                    _ask(asked, number)
                if not self._changed.wait(max(0.0, until - time.monotonic())) and time.monotonic() >= until:
                    raise DeviceFailed(f"camera: {self._why or 'stale: no new picture'} (waited {deadline_s:g} s)")
        raise DeviceFailed("camera: stopped")

    def stop(self) -> None:
        """End the decoding process."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
            if self._child:
                self._child.kill()
        self._thread.join()

    # --- the thread that owns the process -------------------------------------------------------------------

    def _run(self) -> None:
        wait_s = BACKOFF_S[0]
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self._one_life()
            except Exception:  # whatever a process does, the next one is started
                log.exception("a camera's decoder failed")
            wait_s = BACKOFF_S[0] if time.monotonic() - began > WELL_S else min(wait_s * 2, BACKOFF_S[1])
            self._stopping.wait(wait_s)

    def _one_life(self) -> None:
        self.restarts += 1
        path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        pipe, own = subprocess.PIPE, {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        with subprocess.Popen(
            self._command, stdin=pipe, stdout=pipe, env={**os.environ, **own}, start_new_session=True, bufsize=0
        ) as child:
            try:
                with suppress(OSError):
                    os.write(_input(child), encode(self._watch) + b"\n")
                    os.set_blocking(_input(child), False)
                self._become(child)
                self._hear(child)
            except (Nonsense, TimeoutError) as error:
                log.warning("a camera's decoder was killed", why=str(error))
            finally:
                self._become(None)
                child.kill()

    def _become(self, child: subprocess.Popen[bytes] | None) -> None:
        with self._changed:
            self._child = child
            self._why = "starting" if child else "its decoder ended"
            self._changed.notify_all()
            if child and self._stopping.is_set():
                child.kill()

    def _hear(self, child: subprocess.Popen[bytes]) -> None:
        received = bytearray()
        output = child.stdout.fileno() if child.stdout else -1
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while not self._stopping.is_set():
                if not selector.select(self._hang_s):
                    raise TimeoutError(f"silent for {self._hang_s:g} s")
                data = os.read(output, _CHUNK)
                if not data:
                    return
                received += data
                for packet in unpack(received):
                    self._heard(packet)

    def _heard(self, packet: Packet) -> None:
        with self._changed:
            if packet.kind is Kind.STATE:
                self._why = packet.payload.decode("utf-8", "replace")
            else:
                self._answer = packet
                self._changed.notify_all()


def _input(child: subprocess.Popen[bytes]) -> int:
    return child.stdin.fileno() if child.stdin else -1


def _ask(child: subprocess.Popen[bytes], number: int) -> None:
    with suppress(OSError):  # it is dying, or hangs: the next one is asked again
        os.write(_input(child), b"%d\n" % number)


def _picture(answer: Packet) -> bytes:
    if answer.kind is Kind.PICTURE:
        return answer.payload
    raise DeviceFailed(f"camera: {answer.payload.decode('utf-8', 'replace')}")
