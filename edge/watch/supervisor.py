"""The parent of the agent: stops one whose deciding thread stands still, makes the lanes safe, starts another.

It decides nothing, reads no disk while it runs and waits for nobody but its child, so that it cannot hang with it.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from edge.watch import notify, signs
from edge.watch.handover import KEPT, Handover, Stopped
from edge.watch.safe_state import SafeStates
from gate.messages import NOTE_MAX

HANG_S: Final = 2.5
START_S: Final = 10.0
SLOWER_MAX: Final = 4  # a box that is slow to start gets twice the time with every try, so often
STOP_S: Final = 20.0
PAUSE_S: Final = 1.0
PAUSE_MAX_S: Final = 30.0
STEADY_S: Final = 60.0  # an agent that decided for so long failed for another reason than the one before
TURN_S: Final = 1.0
LATE_S: Final = 0.5  # a busy machine wakes us so late; one that was stopped as a whole later
GONE_S: Final = 5.0
UNUSABLE: Final = 2


class Life(NamedTuple):
    """How an agent ended. why: in words, for people; code: exit status, None for one that was killed here.

    served_s: how long it decided; None when it never did.
    """

    why: str
    code: int | None = None
    served_s: float | None = None


class Pauses:
    """How long to wait before the next try: not at all after a first failure, then longer and longer, for ever."""

    def __init__(self, first_s: float = PAUSE_S) -> None:
        self._first_s = first_s
        self.failures = 0

    def after(self, life: Life) -> float:
        """Seconds to wait after this one ended."""
        if (life.served_s or 0.0) >= STEADY_S:
            self.failures = 0
        self.failures = min(self.failures + 1, 16)
        return min(PAUSE_MAX_S, self._first_s * 2.0 ** (self.failures - 2)) if self.failures > 1 else 0.0


class Supervisor:
    """Runs an agent for as long as it is not told to stop."""

    def __init__(
        self,
        command: Sequence[str],
        safe: SafeStates,
        *,
        hang_s: float = HANG_S,
        start_s: float = START_S,
        pause_s: float = PAUSE_S,
        systemd: notify.Notify | None = None,
    ) -> None:
        """`hang_s`: a beat must come as often; `start_s`: the first; `pause_s`: before the second try in a row."""
        self._command, self._safe = command, safe
        self._hang_s, self._start_s, self._pauses = hang_s, start_s, Pauses(pause_s)
        self._systemd = systemd or notify.Notify()
        self._untold: deque[Stopped] = deque(maxlen=KEPT)
        self._raised: set[str] = set()
        self._stopping = self._asked = False
        self._child = 0
        self._code: int | None = 0  # of that child, once its end was seen
        self._ear, self._bell = socket.socketpair()

    def run(self) -> int:
        """The exit code: 0 when it was told to stop, 2 when the agent cannot use what it was given."""
        self._listen_to_signals()
        ever_served = False
        while True:
            life = self._one_life()
            ever_served |= life.served_s is not None
            if self._stopping:
                return 0
            if life.code == UNUSABLE and not ever_served:
                return UNUSABLE
            self._make_safe(life)
            self._systemd.say(notify.READY)
            self._pause(self._pauses.after(life))
            if self._stopping:
                return 0

    # --- one agent ----------------------------------------------------------------------------------------

    def _one_life(self) -> Life:
        try:
            line = self._start()
        except OSError as error:
            return Life(f"could not be started: {error.strerror}")
        with line:
            life = self._watch(line)
        self._kill()
        return life

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)  # noqa: FBT003 - the socket's own call
        news = Handover(stopped=tuple(self._untold), raised=tuple(sorted(self._raised)))
        kept = {name: value for name, value in os.environ.items() if name not in notify.VARIABLES}
        told = {**kept, signs.VARIABLE: str(theirs.fileno()), **news.environment()}
        try:
            with theirs:
                started = subprocess.Popen(
                    self._command, env=told, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, process_group=0
                )
        except OSError:
            ours.close()
            raise
        self._child, self._code = started.pid, None
        started.returncode = 0  # its end is seen here, with those of all that it leaves behind
        return ours

    def _watch(self, line: socket.socket) -> Life:
        """Until it ends or stands still."""
        began = beat = time.monotonic()
        allowed = self._start_s * 2.0 ** min(self._pauses.failures, SLOWER_MAX)
        served_at: float | None = None
        while True:
            late_s = self._turn(line, beat + allowed - time.monotonic())
            said, now = _heard(line), time.monotonic()
            beats = signs.TURNS in said or signs.HEARS in said
            if late_s > LATE_S:  # we did not run ourselves: a beat may be on its way
                beat = max(beat, now - allowed + 2 * signs.BEAT_S)
            beat = now if beats else beat
            self._took(said)
            if signs.LEAVES in said:
                beat, allowed = now, STOP_S
            elif beats and served_at is None:
                served_at, allowed = now, self._hang_s
                self._say("the agent decides", after_s=round(now - began, 2))
                self._systemd.say(notify.READY, "STATUS=the agent decides")
            served_s = None if served_at is None else now - served_at
            if self._code is not None:
                return Life(_ended(self._code), self._code, served_s)
            if now - beat >= allowed:
                self._kill()
                return Life(self._stood(now - beat, served_s), None, served_s)

    def _stood(self, seconds: float, served_s: float | None) -> str:
        did = "gave no sign" if served_s is None else "stood still"
        self._say(f"the agent {did}: killed", seconds=round(seconds, 2))
        return f"{did} for {seconds:.1f} s; stopped by the supervisor"

    def _took(self, said: bytes) -> None:
        if signs.TOOK in said:
            self._untold.clear()
        if signs.HEARS in said:
            self._raised.clear()

    def _kill(self) -> None:
        """SIGKILL ends what is stopped, too; whatever it waits for in the kernel, it never runs again."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child, signal.SIGKILL)

    # --- between two agents -------------------------------------------------------------------------------

    def _make_safe(self, life: Life) -> None:
        began = time.monotonic()
        self._systemd.say(f"STATUS=the agent {life.why}")
        safe = self._safe.enter(self._tick)
        self._raised |= set(safe.raised)
        what = f"{life.why}; {safe.words}"[:NOTE_MAX]
        if life.served_s is None and self._untold and self._untold[-1].what == what:
            return  # it cannot have told of the one before: the same once is enough
        self._untold.append(Stopped(name=f"{datetime.now(UTC).isoformat()} {os.urandom(4).hex()}", what=what))
        self._say("lanes are safe", why=life.why, lanes=safe.words, took_s=round(time.monotonic() - began, 2))

    def _pause(self, seconds: float) -> None:
        """Wait before the next try, and for the end of the one before, which holds the folder."""
        end = time.monotonic() + seconds
        last = time.monotonic() + GONE_S
        while not self._stopping:
            now = time.monotonic()
            gone = self._code is not None or now >= last
            if gone and now >= end:
                return
            self._turn(None, end - now if gone else last - now)

    # --- waiting ------------------------------------------------------------------------------------------

    def _turn(self, line: socket.socket | None, seconds: float) -> float:
        """Wait for a sign, a signal or the moment, one second at most. Says how late after the moment that was over."""
        lines = [self._ear, line] if line else [self._ear]
        until = time.monotonic() + max(0.0, min(seconds, TURN_S))
        with suppress(InterruptedError):
            select.select(lines, [], [], max(0.0, until - time.monotonic()))
        late_s = time.monotonic() - until
        with suppress(BlockingIOError):
            self._ear.recv(1_024)
        self._tick()
        if self._stopping and not self._asked:
            self._asked = True
            self._systemd.say(notify.STOPPING)
            if self._code is None:
                os.kill(self._child, signal.SIGTERM)
        return late_s

    def _tick(self) -> None:
        self._systemd.say(notify.ALIVE)
        self._reap()

    def _reap(self) -> None:
        """See who ended. In a container that is also whoever the agent left behind."""
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                if pid == self._child:
                    self._code = os.waitstatus_to_exitcode(status)

    def _listen_to_signals(self) -> None:
        for end in (self._ear, self._bell):
            end.setblocking(False)  # noqa: FBT003 - the socket's own call
        signal.set_wakeup_fd(self._bell.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _say(self, event: str, **more: Any) -> None:
        """A line of the log, as the agent writes them; none where nobody takes it, for that must not hold us up."""
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        line = json.dumps({**more, "event": event, "level": "warning", "timestamp": now}, ensure_ascii=False)
        with suppress(OSError, ValueError):
            if select.select([], [sys.stderr], [], 0)[1]:
                os.write(sys.stderr.fileno(), f"{line}\n".encode()[: select.PIPE_BUF])


def _heard(line: socket.socket) -> bytes:
    try:
        return line.recv(4_096)
    except OSError:  # nothing new, or the line broke: then the end of the agent tells
        return b""


def _ended(code: int) -> str:
    how = f"was ended by signal {-code}" if code < 0 else f"ended by itself, exit {code}"
    return f"{how}; started again by the supervisor"
