"""The plate reader in a process of its own, seen from the agent.

The networks need hundreds of megabytes and may die on a hostile picture; the agent stays small and does not die with
them. One thread here owns the reading process: it feeds it, gives each picture its result, and starts another when it
dies or hangs. A deadline that passes gives an error at once and does not kill a reader that is merely slow.
"""

import logging
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from edge.reader.child import Child, ChildGone, worker_command
from edge.reader.frames import FRAME_MAX, Answer, ReadResult, Request

MEMORY_BYTES: Final = 2 << 30
BACKLOG: Final = 8  # pictures that may wait; a lane wants an answer about now, not about a minute ago
_WINDOW_S: Final = 60.0
_IDLE_S: Final = 3600.0
_OVERHEAD: Final = 128  # bytes of a frame that are not the picture
_SHARE: Final = 0.8  # of the time left that the reading may plan with; a step may take longer than it was planned
Box = tuple[int, int, int, int]  # x, y, width, height in pixels

Done = Callable[[ReadResult], None]
_log = logging.getLogger(__name__)


@dataclass
class _Job:
    number: int
    image: bytes
    deadline: float
    done: Done
    roi: Box | None = None
    answered: bool = False

    def answer(self, result: ReadResult) -> None:
        """Hand the result over, once."""
        if self.answered:
            return
        self.answered, self.image = True, b""
        try:
            self.done(result)
        except Exception:  # noqa: BLE001 - whatever a receiver does, the next picture is read
            _log.exception("a receiver of a plate reading failed")


class ReaderProcess:
    """Reads pictures one after another in a process of its own. Safe to call from any thread."""

    def __init__(
        self,
        *,
        engine: str = "barie",
        threads: int = 1,
        memory_bytes: int = MEMORY_BYTES,
        effort_ms: float = 1500.0,
        hang_s: float = 15.0,
        start_s: float = 60.0,
        deaths_per_minute: int = 5,
        command: Sequence[str] | None = None,
    ) -> None:
        """Starts at once. `effort_ms`: what a picture is worth at most, whatever its deadline allows; `hang_s`: one
        that takes longer ends the process; `start_s`: likewise its start; `deaths_per_minute`: after so many no new one
        is started until a minute has passed since the first of them."""
        self._command = list(command or worker_command(engine, threads, memory_bytes))
        self._effort_ms, self._hang_s, self._start_s, self._deaths_max = effort_ms, hang_s, start_s, deaths_per_minute
        self._lock = threading.Lock()
        self._waiting: deque[_Job] = deque()
        self._numbers = 0
        self._closing = False
        self._ready = threading.Event()
        self._child: Child | None = None
        self._active: _Job | None = None
        self._busy_until = 0.0
        self._deaths: deque[float] = deque()
        self._starts = 0
        self._selector = selectors.DefaultSelector()
        self._bell, self._ear = socket.socketpair()
        self._bell.settimeout(0.0)
        self._ear.settimeout(0.0)
        self._selector.register(self._ear, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="plate-reader", daemon=True)
        self._thread.start()

    @property
    def restarts(self) -> int:
        """How often a dead or hung process was replaced."""
        return max(0, self._starts - 1)

    @property
    def pid(self) -> int | None:
        """Of the reading process; None while there is none."""
        child = self._child
        return child.pid if child else None

    def wait_ready(self, timeout_s: float) -> bool:
        """Whether the networks are loaded and warm, now or within this time."""
        return self._ready.wait(timeout_s)

    def read(self, image: bytes, deadline_s: float, roi: Box | None = None) -> ReadResult:
        """The plates on one picture (bytes of an image file), within `deadline_s` of the call or an error."""
        results: list[ReadResult] = []
        came = threading.Event()

        def keep(result: ReadResult) -> None:
            results.append(result)
            came.set()

        self.submit(image, keep, deadline_s=deadline_s, roi=roi)
        came.wait()
        return results[0]

    def submit(self, image: bytes, done: Done, *, deadline_s: float = 10.0, roi: Box | None = None) -> None:
        """Ask for a picture, or the part of it in `roi`, to be read. `done` is called exactly once, from the reader's
        own thread (after `close`: from this one), in the order of submission; only what is late or too much is refused
        ahead of its turn."""
        with self._lock:
            if not self._closing:
                self._numbers += 1
                self._waiting.append(_Job(self._numbers, bytes(image), time.monotonic() + deadline_s, done, roi))
                self._ring()
                return
        done(ReadResult(error="the plate reader is closed"))

    def close(self) -> None:
        """End the reading process. Pictures still waiting get an error. May be called twice."""
        with self._lock:
            self._closing = True
            self._ring()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _ring(self) -> None:
        try:
            self._bell.send(b"!")
        except OSError:
            return  # full: it is awake already; or closed

    # From here on: the reader's own thread.

    def _run(self) -> None:
        while not self._closing:
            now = time.monotonic()
            self._refuse_overdue(now)
            self._watch_over_child(now)
            self._feed(now)
            self._wait(self._until(now))
        self._end()

    def _refuse_overdue(self, now: float) -> None:
        """Answer what is late, and what is too much: the newest beyond the backlog."""
        with self._lock:
            late = [job for job in self._waiting if job.deadline <= now]
            kept = [job for job in self._waiting if job.deadline > now]
            self._waiting = deque(kept[:BACKLOG])
        for job in late:
            job.answer(ReadResult(error="not read in time: the plate reader was busy or starting"))
        for job in kept[BACKLOG:]:
            job.answer(ReadResult(error=f"the plate reader is busy: {BACKLOG} pictures wait already"))
        if self._active and self._active.deadline <= now:
            self._active.answer(ReadResult(error="not read in time"))

    def _watch_over_child(self, now: float) -> None:
        if self._child is None:
            if self._may_start(now):
                self._start(now)
        elif (self._active or not self._ready.is_set()) and now >= self._busy_until:
            self._lose(f"the reading process {'hung' if self._active else 'did not start'} and was killed")

    def _may_start(self, now: float) -> bool:
        while self._deaths and self._deaths[0] + _WINDOW_S <= now:
            self._deaths.popleft()
        if len(self._deaths) < self._deaths_max:
            return True
        with self._lock:
            refused, self._waiting = self._waiting, deque()
        for job in refused:
            job.answer(ReadResult(error=f"the plate reader is down: it died {len(self._deaths)} times within a minute"))
        return False

    def _start(self, now: float) -> None:
        self._starts += 1
        try:
            self._child = Child(self._command)
        except OSError as error:
            self._deaths.append(now)
            _log.warning("the reading process cannot be started: %s", error)
            return
        self._selector.register(self._child.output, selectors.EVENT_READ)
        self._busy_until = now + self._start_s

    def _feed(self, now: float) -> None:
        if self._child is None or self._active or not self._ready.is_set():
            return
        with self._lock:
            if not self._waiting:
                return
            job = self._waiting.popleft()
        if len(job.image) > FRAME_MAX - _OVERHEAD:
            job.answer(ReadResult(error=f"unreadable picture: too large: {len(job.image):,} bytes"))
            self._ring()
            return
        self._active, self._busy_until = job, now + self._hang_s
        left_ms = max(0.0, job.deadline - now) * 1000 * _SHARE
        self._child.send(Request(job.number, job.image, job.roi, min(left_ms, self._effort_ms)))
        if self._child.sending:
            self._selector.register(self._child.input, selectors.EVENT_WRITE)

    def _until(self, now: float) -> float:
        """Seconds until something here is due by itself."""
        with self._lock:
            due = [job.deadline for job in self._waiting]
        if self._child is None:
            due.append(self._deaths[0] + _WINDOW_S if len(self._deaths) >= self._deaths_max else now)
        elif self._active or not self._ready.is_set():
            due.append(self._busy_until)
        if self._active and not self._active.answered:
            due.append(self._active.deadline)
        return max(0.0, min(due, default=now + _IDLE_S) - now)

    def _wait(self, timeout_s: float) -> None:
        for key, _ in self._selector.select(timeout_s):
            if key.fileobj is self._ear:
                self._ear.recv(4096)
            elif self._child and key.fd == self._child.output:
                self._hear(self._child)
            elif self._child and key.fd == self._child.input:
                self._child.flush()
                if not self._child.sending:
                    self._selector.unregister(key.fd)

    def _hear(self, child: Child) -> None:
        try:
            for answer in child.receive():
                self._take(answer)
        except ChildGone as reason:
            self._lose(str(reason))

    def _take(self, answer: Answer) -> None:
        if answer.number == 0:
            self._ready.set()
        elif self._active and answer.number == self._active.number:
            job, self._active = self._active, None
            figures = answer.sharpness, answer.brightness
            job.answer(ReadResult(answer.plates, answer.error, answer.ms, *figures))

    def _lose(self, reason: str) -> None:
        """The process is dead or as good as dead: its picture gets an error, the others wait for the next process."""
        child, self._child = self._child, None
        job, self._active = self._active, None
        self._ready.clear()
        self._deaths.append(time.monotonic())
        _log.warning("%s", reason)
        if child:
            self._forget(child)
            child.end(patience_s=0.0)
        if job:
            job.answer(ReadResult(error=reason))

    def _forget(self, child: Child) -> None:
        watched = self._selector.get_map()
        for descriptor in (child.input, child.output):
            if descriptor in watched:
                self._selector.unregister(descriptor)

    def _end(self) -> None:
        self._ready.clear()
        child, self._child = self._child, None
        if child:
            self._forget(child)
            child.end(patience_s=0.0 if self._active else 2.0)
        with self._lock:
            jobs = [*filter(None, [self._active]), *self._waiting]
            self._active, self._waiting = None, deque()
        for job in jobs:
            job.answer(ReadResult(error="the plate reader is closed"))
        self._selector.close()
        self._bell.close()
        self._ear.close()
