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

from edge import handover, notify, signs
from edge.handover import KEPT, Handover, Stopped
from edge.safe_state import SafeStates

HANG_S: Final = 2.5
START_S: Final = 10.0
START_MAX_S: Final = 120.0  # a box that is slow to start gets more time with every try
STOP_S: Final = 20.0
PAUSE_MAX_S: Final = 30.0
TURN_S: Final = 1.0
GONE_S: Final = 5.0
UNUSABLE: Final = 2


class Life(NamedTuple):
    """How an agent ended. why: in words, for people; code: exit status, None while it is not gone yet."""

    why: str
    code: int | None
    served: bool


class Supervisor:
    """Runs an agent for as long as it is not told to stop."""

    def __init__(
        self,
        command: Sequence[str],
        safe: SafeStates,
        *,
        hang_s: float = HANG_S,
        start_s: float = START_S,
        systemd: notify.Notify | None = None,
    ) -> None:
        self._command, self._safe, self._hang_s, self._start_s = command, safe, hang_s, start_s
        self._systemd = systemd or notify.Notify()
        self._untold: deque[Stopped] = deque(maxlen=KEPT)
        self._raised: set[str] = set()
        self._stopping = False
        self._failures = 0
        self._exits: dict[int, int] = {}
        self._child = 0
        self._ear, self._bell = socket.socketpair()

    def run(self) -> int:
        """The exit code: 0 when it was told to stop, 2 when the agent cannot use what it was given."""
        self._listen_to_signals()
        ever_served = False
        while True:
            life = self._one_life()
            ever_served |= life.served
            if self._stopping:
                return 0
            if life.code == UNUSABLE and not ever_served:
                return UNUSABLE
            self._make_safe(life)
            self._failures = 0 if life.served else self._failures + 1
            self._systemd.say(notify.READY)
            self._pause(min(PAUSE_MAX_S, 2.0 ** (self._failures - 1)) if self._failures else 0.0)
            if self._stopping:
                return 0

    # --- one agent ----------------------------------------------------------------------------------------

    def _one_life(self) -> Life:
        try:
            line = self._start()
        except OSError as error:
            return Life(f"could not be started: {error.strerror}", None, served=False)
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
        self._child = started.pid
        started.returncode = 0  # its end is seen here, with those of all that it leaves behind
        return ours

    def _watch(self, line: socket.socket) -> Life:
        began = time.monotonic()
        beat, allowed = began, min(START_MAX_S, self._start_s * 2.0**self._failures)
        served = told = leaving = False
        while True:
            if self._stopping and not told:
                told = self._ask_to_stop()
            self._turn(line, beat + allowed - time.monotonic())
            said = _heard(line)
            if said:
                beat = time.monotonic()
            if self._stopping and signs.LEAVES in said and not leaving:
                leaving, allowed = True, STOP_S
            elif said and not served:
                served, allowed = True, self._hang_s
                self._say("the agent decides", after_s=round(beat - began, 2))
                self._systemd.say(notify.READY, "STATUS=the agent decides")
            self._took(said)
            if self._child in self._exits:
                return Life(_ended(self._exits[self._child]), self._exits.pop(self._child), served)
            still = time.monotonic() - beat
            if still >= allowed:
                self._kill()
                why = f"stood still for {still:.1f} s" if served else f"gave no sign for {still:.1f} s"
                self._say("the agent stands still: killed", still_s=round(still, 2))
                return Life(f"{why}; stopped by the supervisor", None, served)

    def _took(self, said: bytes) -> None:
        if signs.TOOK in said:
            self._untold.clear()
        if signs.HEARS in said:
            self._raised.clear()

    def _ask_to_stop(self) -> bool:
        self._systemd.say(notify.STOPPING)
        with suppress(ProcessLookupError):
            os.kill(self._child, signal.SIGTERM)
        return True

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
        what = f"{life.why}; {safe.words}"[: handover.WHAT_MAX]
        if not life.served and self._untold and self._untold[-1].what == what:
            return  # it cannot have told of the one before: the same once is enough
        self._untold.append(Stopped(name=f"{datetime.now(UTC).isoformat()} {os.urandom(4).hex()}", what=what))
        self._say("lanes are safe", why=life.why, lanes=safe.words, took_s=round(time.monotonic() - began, 2))

    def _pause(self, seconds: float) -> None:
        """Wait before the next try, and for the end of the one before, which holds the folder."""
        end = time.monotonic() + seconds
        last = time.monotonic() + GONE_S
        while not self._stopping:
            now = time.monotonic()
            if now >= end and (now >= last or self._gone()):
                return
            self._turn(None, min(0.05 if now >= end else end - now, TURN_S))

    def _gone(self) -> bool:
        self._reap()
        try:
            os.kill(self._child, 0)
        except OSError:
            return True
        return False

    # --- waiting ------------------------------------------------------------------------------------------

    def _turn(self, line: socket.socket | None, seconds: float) -> None:
        """Wait for a sign, a signal or the moment."""
        with suppress(InterruptedError):
            lines = [self._ear, line] if line else [self._ear]
            select.select(lines, [], [], max(0.0, min(seconds, TURN_S)))
        with suppress(BlockingIOError):
            self._ear.recv(1_024)
        self._tick()

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
                    self._exits[pid] = os.waitstatus_to_exitcode(status)

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
