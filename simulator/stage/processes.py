"""A part run as a process of its own, its words kept, its end certain."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

from simulator.stage.ports import listening

ROOT: Final = Path(__file__).resolve().parents[2]
PATIENCE_S: Final = 20.0
_TICK_S: Final = 0.02
_PASSES: Final = 20


class ProcessEnded(Exception):
    """The process ended, or said nothing of what was waited for, before its time."""


class Process:
    """A command running in a session of its own; its stdout and stderr are kept line by line, in order.

    `with Process("edge", [...]) as edge: edge.wait_for_line("ready")`. Leaving the block stops it and whatever it
    started. Extra arguments go to `subprocess.Popen`.
    """

    def __init__(
        self, name: str, command: Sequence[str], *, env: Mapping[str, str] | None = None, **options: Any
    ) -> None:
        self.name = name
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._ended = False
        self.popen: subprocess.Popen[str] = subprocess.Popen(
            list(command),
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            **options,
        )
        self._reader = threading.Thread(target=self._read, name=f"log of {name}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Its process id, and that of the process group it leads."""
        return self.popen.pid

    @property
    def log(self) -> str:
        """All it has said so far."""
        with self._changed:
            return "".join(self._lines)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self.popen.poll() is None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _read(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            self._say(line)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _say(self, line: str) -> None:
        with self._changed:
            self._lines.append(line)
            self._changed.notify_all()

    def newest(self, start: str) -> str | None:
        """The last line that begins so, without going through all that was said before."""
        with self._changed:
            return next((line.rstrip("\n") for line in reversed(self._lines) if line.startswith(start)), None)

    def wait_for_line(self, text: str, timeout_s: float = PATIENCE_S) -> str:
        """The first line that contains the text, waiting for it. Raises ProcessEnded with the log."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._line(text) is not None, timeout_s)
            found = self._line(text)
        if found is None:
            raise ProcessEnded(f"{self.name} did not say {text!r} within {timeout_s} s\n{self.log}")
        return found

    def _line(self, text: str) -> str | None:
        return next((line.rstrip("\n") for line in self._lines if text in line), None)

    def wait_for_port(self, port: int, timeout_s: float = PATIENCE_S) -> None:
        """Wait until something accepts connections at the port. Raises ProcessEnded with the log."""
        self.wait_until(lambda: listening(port), f"listen at {port}", timeout_s)

    def wait_until(self, holds: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S) -> None:
        """Wait, while it runs, until something holds that it does not say by itself."""
        for _ in range(round(timeout_s / _TICK_S)):
            if holds():
                return
            try:
                self.popen.wait(_TICK_S)
            except subprocess.TimeoutExpired:
                continue
            self._reader.join(1)  # its last words
            break
        raise ProcessEnded(f"{self.name} did not {what} (exit {self.popen.poll()})\n{self.log}")

    def wait(self, timeout_s: float = PATIENCE_S) -> int:
        """Wait for its own end; its exit status, negative for a signal. Its log is then whole."""
        code = self.popen.wait(timeout_s)
        self._reader.join(timeout_s)
        return code

    def stop(self, timeout_s: float = PATIENCE_S) -> int:
        """Ask it to end (SIGTERM), after a while make it; whatever it started and left ends too. Its exit status."""
        if self.running:
            self.popen.terminate()
        try:
            self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._say(f"[{self.name} did not end within {timeout_s} s of SIGTERM and was killed]\n")
        return self.kill()

    def kill(self) -> int:
        """End it and all that it started at once, as a power cut would. Its exit status."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        for _ in range(_PASSES):  # who was being started while the others ended is found in the next pass
            left = _in_session(self.pid)
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if not left:
                break
        code = self.wait()
        if self.popen.stdout is not None and not self._reader.is_alive():
            self.popen.stdout.close()
        return code


def _in_session(leader: int) -> list[int]:
    """The living processes of a session, whatever group they are in (proc(5): the fourth field behind the name)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _parent, _group, session = stat.read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state != "Z":
                found.append(int(stat.parent.name))
    return found


def barie(*arguments: str, **options: Any) -> Process:
    """A barie command as a process, without set-up: `barie("edge", "--config", str(path))`."""
    environment = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **options.pop("env", {})}
    command = [sys.executable, "-P", "-m", "barie_cli", *arguments]
    return Process(f"barie {arguments[0]}", command, env=environment, **options)
