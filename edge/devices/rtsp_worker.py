"""The process that decodes one camera's stream: `edge.devices.rtsp` starts it, and it may die without harm.

It decodes all the time, so that nothing waits in a buffer, and keeps nothing: who asks gets the next whole picture.
"""

import os
import resource
import signal
import sys
import threading
import time
import zlib
from collections.abc import Callable
from typing import Any, Final

from edge.devices.rtsp_frames import PAYLOAD_MAX, Kind, Packet, Watch, pack
from gate.wire import decode

OPEN_S: Final = 5.0
QUALITIES: Final = (90, 75, 55)
PIXELS_MAX: Final = 25_000_000
STATE_EVERY_S: Final = 1.0
LOOK_EVERY_S: Final = 0.25
BACKOFF_S: Final = (0.1, 3.0)
# One thread: each more adds a frame of delay. TCP alone: a picture of which packets are lost is a wrong picture.
# Guessing the frame rate would cost the first second, and nobody asks for it.
OPTIONS: Final = "rtsp_transport;tcp|allowed_media_types;video|fflags;nobuffer|flags;low_delay|fpsprobesize;0"


def main() -> int:
    """Watch until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch = decode(sys.stdin.buffer.readline(), Watch)
    os.environ |= {
        "OPENCV_FFMPEG_CAPTURE_OPTIONS": OPTIONS,
        "OPENCV_FFMPEG_THREADS": "1",
        "OPENCV_FFMPEG_LOGLEVEL": "-8",  # it would print the address, password and all
        "OPENCV_LOG_LEVEL": "OFF",
    }
    answers = os.dup(1)
    os.dup2(2, 1)  # a library's print breaks no packet
    resource.setrlimit(resource.RLIMIT_AS, (watch.memory_bytes, watch.memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asked = _Asked()
    threading.Thread(target=asked.listen, daemon=True).start()
    _Worker(watch, asked, lambda packet: _send(answers, packet)).run()
    return 0


def _send(answers: int, packet: Packet) -> None:
    data = memoryview(pack(packet))
    while data:
        data = data[os.write(answers, data) :]


class _Asked:
    """The newest request."""

    def __init__(self) -> None:
        self._number = 0

    def listen(self) -> None:
        """Take requests until the input ends, and the process with it, whatever it is doing then."""
        for line in sys.stdin.buffer:
            self._number = int(line)
        os._exit(0)

    def take(self) -> int:
        """Its number, once; 0 where nobody asks."""
        number, self._number = self._number, 0
        return number


class _Worker:
    """Watches one stream, again and again."""

    def __init__(self, watch: Watch, asked: _Asked, send: Callable[[Packet], None]) -> None:
        # behind the memory limit, which must hold for the libraries too
        import cv2  # noqa: PLC0415

        from edge.devices.frozen import Frozen  # noqa: PLC0415

        cv2.setNumThreads(1)
        self._cv2: Any = cv2
        self._watch, self._asked, self._send = watch, asked, send
        self._frozen = Frozen(watch.frozen_s)
        self._said_at = self._looked_at = 0.0

    def run(self) -> None:
        """Watch for ever."""
        wait_s = BACKOFF_S[0]
        while True:
            began = time.monotonic()
            why = self._stream()
            self._state(f"away: {why}", at_once=True)
            if time.monotonic() - began > 10:
                wait_s = BACKOFF_S[0]
            time.sleep(wait_s)  # nothing else is to be done in this process
            wait_s = min(wait_s * 2, BACKOFF_S[1])

    def _stream(self) -> str:
        """Watch until it ends. Says why it did."""
        from edge.devices.rtsp_relay import Relay  # noqa: PLC0415

        watch, cv2 = self._watch, self._cv2
        self._state("away: connecting", at_once=True)
        relay = Relay(watch.url, watch.user, watch.password, watch.ca_file)
        times = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(OPEN_S * 1000), cv2.CAP_PROP_READ_TIMEOUT_MSEC]
        capture = cv2.VideoCapture(relay.url, cv2.CAP_FFMPEG, [*times, int(max(watch.stale_s, 1.0) * 1000)])
        try:
            if not capture.isOpened():
                return relay.why or "no stream that can be decoded"
            return self._watch_over(capture) or relay.why or "the stream ended"
        except (cv2.error, MemoryError) as error:
            return f"not decoded: {type(error).__name__}"
        finally:
            capture.release()
            relay.close()

    def _watch_over(self, capture: Any) -> str:
        from edge.devices.rtsp_lag import Lag  # noqa: PLC0415

        lag = Lag()
        while capture.grab():
            now = time.monotonic()
            late_s = lag.of(capture.get(self._cv2.CAP_PROP_POS_MSEC) / 1000, now)
            number = self._asked.take()
            if late_s > self._watch.stale_s:
                self._answer(number, Kind.REFUSED, f"stale: pictures come {late_s:.1f} s late".encode())
                return f"stale: pictures come {late_s:.1f} s late"
            if number or now - self._looked_at >= LOOK_EVERY_S:
                self._look(capture, number, now)
            self._state("")
        return ""

    def _look(self, capture: Any, number: int, now: float) -> None:
        from gate.devices.board import DeviceFailed  # noqa: PLC0415

        self._looked_at = now
        whole, picture = capture.retrieve()
        if not whole:
            self._answer(number, Kind.REFUSED, b"a picture that is not whole")
            return
        if picture.shape[0] * picture.shape[1] > PIXELS_MAX:
            self._answer(number, Kind.REFUSED, f"{picture.shape[1]} x {picture.shape[0]} pixels are too many".encode())
            return
        try:
            self._frozen.check(zlib.crc32(picture).to_bytes(4, "big"), now)
        except DeviceFailed as error:
            self._answer(number, Kind.REFUSED, str(error).removeprefix("camera: ").encode())
            return
        if number:
            self._give(number, picture)

    def _give(self, number: int, picture: Any) -> None:
        for quality in QUALITIES:
            made, data = self._cv2.imencode(".jpg", picture, [self._cv2.IMWRITE_JPEG_QUALITY, quality])
            if made and data.size <= PAYLOAD_MAX:
                self._answer(number, Kind.PICTURE, data.tobytes())
                return
        self._answer(number, Kind.REFUSED, f"a picture of more than {PAYLOAD_MAX} bytes".encode())

    def _answer(self, number: int, kind: Kind, payload: bytes) -> None:
        if number:
            self._send(Packet(kind, number, payload))

    def _state(self, text: str, *, at_once: bool = False) -> None:
        now = time.monotonic()
        if at_once or now - self._said_at >= STATE_EVERY_S:
            self._said_at = now
            self._send(Packet(Kind.STATE, 0, text.encode()[:400]))


if __name__ == "__main__":
    sys.exit(main())
