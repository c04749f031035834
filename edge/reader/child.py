"""The agent's end of one reading process: started, spoken to without blocking, ended."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edge.reader.frames import LENGTH, Answer, Request, length, pack, unpack

_CHUNK: Final = 1 << 16
_ROOT: Final = Path(__file__).resolve().parents[2]  # where the package `edge` lies, installed or not


class ChildGone(Exception):
    """The process ended or does not speak the protocol; the message says which."""


def worker_command(engine: str, threads: int, memory_bytes: int) -> list[str]:
    """How a reading process is started."""
    options = ["--engine", engine, "--threads", str(threads), "--memory", str(memory_bytes)]
    return [sys.executable, "-m", "edge.reader.worker", *options]


def _environment() -> dict[str, str]:
    path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    # One thread for numpy's own library: it would reserve address space for each core and is not used for the networks.
    return {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class Child:
    """One reading process. Every method returns at once."""

    def __init__(self, command: Sequence[str]) -> None:
        pipe = subprocess.PIPE
        # A session of its own: a Ctrl-C at the terminal reaches the agent alone.
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=_environment(), start_new_session=True)
        if self._process.stdin is None or self._process.stdout is None:
            raise ChildGone("no pipes")
        self._input, self._output = self._process.stdin, self._process.stdout
        self.input, self.output = self._input.fileno(), self._output.fileno()
        os.set_blocking(self.input, False)
        os.set_blocking(self.output, False)
        self._unsent = b""
        self._received = bytearray()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def sending(self) -> bool:
        """Whether bytes wait until the pipe takes them."""
        return bool(self._unsent)

    def send(self, request: Request) -> None:
        """Queue one request; `flush` moves it on."""
        self._unsent += pack(request)
        self.flush()

    def flush(self) -> None:
        """Write what the pipe takes."""
        try:
            while self._unsent:
                self._unsent = self._unsent[os.write(self.input, self._unsent[:_CHUNK]) :]
        except BlockingIOError:
            return
        except OSError:
            self._unsent = b""  # it is dying; `receive` will say so

    def receive(self) -> list[Answer]:
        """Answers that have come in whole. Raises `ChildGone` when there will be no more."""
        try:
            while chunk := os.read(self.output, _CHUNK):
                self._received += chunk
        except BlockingIOError:
            return self._whole()
        raise ChildGone(f"the reading process ended ({self._status()})")

    def _whole(self) -> list[Answer]:
        answers = []
        try:
            while len(self._received) >= LENGTH.size:
                end = LENGTH.size + length(bytes(self._received[: LENGTH.size]))
                if len(self._received) < end:
                    break
                answers.append(unpack(bytes(self._received[LENGTH.size : end]), Answer))
                del self._received[:end]
        except ValueError as error:
            raise ChildGone(f"the reading process sent nonsense: {error}") from error
        return answers

    def _status(self) -> str:
        try:
            code = self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            return "closed its output"
        return f"signal {-code}" if code < 0 else f"exit status {code}"

    def end(self, patience_s: float) -> None:
        """Close its input and give it so long to finish; then kill it. Reaps it."""
        self._close(self._input)
        try:
            self._process.wait(timeout=patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close(self._output)

    @staticmethod
    def _close(pipe: object) -> None:
        try:
            pipe.close()  # type: ignore[attr-defined]
        except OSError:
            return  # a broken pipe is as closed as any
