"""A reader of UHF tags that says a line a tag, over TCP or a serial line.

Readers repeat a tag many times a second while it is before them: it is told once, and again when it has been away.
"""

import re
import selectors
import socket
import termios
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final
from urllib.parse import parse_qs, urlsplit

import serial
import structlog

from gate.devices.tag import TagListener

LINE_MAX: Final = 512
TAGS_MAX: Final = 1_000
CONNECT_S: Final = 3.0
BACKOFF_S: Final = (0.25, 5.0)
WELL_S: Final = 5.0
GONE_S: Final = 3.0
BAUDS: Final = (9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600)
_PREFIX: Final = re.compile(r"[A-Z][A-Z0-9 _#-]{0,15}[:=]")
_EPC: Final = re.compile(r"(?:[0-9A-F]{4}){2,31}")  # Gen2: whole words of 16 bits, up to 496
log = structlog.get_logger()


def check(url: str) -> None:
    """Refuse an address that no reader can have. Raises ValueError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{error}: {url!r}") from error
    if parts.scheme == "tcp" and not (parts.hostname and port):
        raise ValueError(f"tcp://host:port, not {url!r}")
    if parts.scheme == "serial" and (parts.netloc or not parts.path.startswith("/dev/") or ".." in parts.path):
        raise ValueError(f"serial:///dev/NAME?baud=N, not {url!r}")
    if parts.scheme == "serial" and _baud(url) not in BAUDS:
        raise ValueError(f"baud: one of {', '.join(map(str, BAUDS))}: {url!r}")
    if parts.scheme not in {"tcp", "serial"}:
        raise ValueError(f"tcp:// or serial://, not {url!r}")


def _baud(url: str) -> int:
    said = parse_qs(urlsplit(url).query).get("baud", ["115200"])[0]
    return int(said) if said.isascii() and said.isdigit() else 0


def epc(line: str) -> str:
    """The tag's EPC in capital hexadecimal on a reader's line; empty where there is none.

    A name before it (`EPC:`, `TAG=`), white space inside, and what follows a comma or semicolon (signal strength,
    antenna, time) are let be.
    """
    for field in re.split(r"[,;\t|]", line.upper()):
        bare = re.sub(r"\s+", "", _PREFIX.sub("", field.strip())).removeprefix("0X")
        if _EPC.fullmatch(bare):
            return bare
    return ""


class Lines:
    """Cuts bytes into lines. What is longer than a line may be is thrown away up to its end."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that are whole now."""
        self._held += data.replace(b"\r", b"\n")
        while (end := self._held.find(b"\n")) >= 0:
            line, skipped = bytes(self._held[:end]), self._skipping
            del self._held[: end + 1]
            self._skipping = False
            if line.strip() and not skipped and end <= LINE_MAX:
                yield line.decode("ascii", "replace")
        if len(self._held) > LINE_MAX:
            self._held.clear()
            self._skipping = True


class Presence:
    """Which tags are before the reader now."""

    def __init__(self, gone_s: float = GONE_S) -> None:
        self._gone_s = gone_s
        self._seen: OrderedDict[str, float] = OrderedDict()

    def is_new(self, tag: str, now_s: float) -> bool:
        """Whether the tag came just now. It stays as long as it is not away for `gone_s`."""
        before = self._seen.pop(tag, None)
        self._seen[tag] = now_s
        while len(self._seen) > TAGS_MAX:
            self._seen.popitem(last=False)
        return before is None or now_s - before >= self._gone_s


class TagReader:
    """Reads one reader, again and again, until it is stopped."""

    def __init__(
        self,
        url: str,
        listener: TagListener,
        *,
        lost: Callable[[str], None] = lambda _why: None,
        gone_s: float = GONE_S,
    ) -> None:
        """`lost` is told once when the reader is away, on the reader's thread; again only after it was back."""
        check(url)
        self._url, self._listener, self._lost = url, listener, lost
        self._present = Presence(gone_s)
        self._told = False
        self.garbage = 0
        self._stopping = threading.Event()
        self._bell, self._ear = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="tag-reader", daemon=True)

    def start(self) -> None:
        """Read from now on; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more."""
        self._stopping.set()
        self._bell.close()
        if self._thread.is_alive():
            self._thread.join()
        self._ear.close()

    def _run(self) -> None:
        wait_s = BACKOFF_S[0]
        while not self._stopping.is_set():
            why, began = "", time.monotonic()
            try:
                why = self._once()
            except (OSError, serial.SerialException, termios.error) as error:
                why = str(error)
            except Exception as error:  # whatever a reader says, the next line is read
                log.exception("tag reader failed")
                why = type(error).__name__
            if self._stopping.is_set():
                return
            wait_s = BACKOFF_S[0] if time.monotonic() - began > WELL_S else wait_s
            self._tell(f"tag reader: {why}")
            self._stopping.wait(wait_s)
            wait_s = min(wait_s * 2, BACKOFF_S[1])

    def _tell(self, why: str) -> None:
        if not self._told:
            self._told = True
            log.warning("tag reader lost", why=why)
            self._guarded(lambda: self._lost(why))

    def _once(self) -> str:
        source = self._opened()
        try:
            return self._read(source)
        finally:
            with suppress(OSError):
                source.close()

    def _opened(self) -> socket.socket | serial.Serial:
        parts = urlsplit(self._url)
        if parts.scheme == "serial":
            return serial.Serial(parts.path, _baud(self._url), timeout=0, exclusive=True)
        line = socket.create_connection((parts.hostname or "", parts.port or 0), CONNECT_S)
        line.setsockopt(
            socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1
        )  # a reader that lost its power says nothing, as an idle one
        for option, value in ((socket.TCP_KEEPIDLE, 5), (socket.TCP_KEEPINTVL, 2), (socket.TCP_KEEPCNT, 3)):
            line.setsockopt(socket.IPPROTO_TCP, option, value)
        line.settimeout(0.0)
        return line

    def _read(self, source: socket.socket | serial.Serial) -> str:
        lines, began = Lines(), time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(source, selectors.EVENT_READ)
            selector.register(self._ear, selectors.EVENT_READ)
            while not self._stopping.is_set():
                ready = selector.select(None if not self._told else WELL_S)
                if self._told and time.monotonic() - began >= WELL_S:
                    self._told = False
                if any(key.fileobj is self._ear for key, _ in ready):
                    return "stopped"
                if not ready:
                    continue
                data = source.recv(4_096) if isinstance(source, socket.socket) else source.read(4_096)
                if not data:
                    return "hung up"
                self._told = False
                for line in lines.feed(data):
                    self._line(line)
        return "stopped"

    def _line(self, line: str) -> None:
        tag = epc(line)
        if not tag:
            self.garbage += 1
        elif self._present.is_new(tag, time.monotonic()):
            self._guarded(lambda: self._listener.tag_read(tag))

    @staticmethod
    def _guarded(call: Callable[[], None]) -> None:
        try:
            call()
        except Exception:  # a listener's fault must not silence the reader
            log.exception("a listener of tags failed")
