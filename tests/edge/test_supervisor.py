"""A hung agent is stopped in time, another one serves, and what happened is recorded once. Real processes."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from edge.watch.supervisor import HANG_S, Life, Pauses
from gate.messages import DeviceFault, Envelope
from gate.wire import decode
from simulator.stage.processes import ROOT, Process

pytestmark = pytest.mark.slow
PATIENCE_S = 15.0
LIMIT_S = 1.0
HANGS = {
    "stopped": signal.SIGSTOP,
    "busy": signal.SIGUSR1,
    "deadlocked": signal.SIGUSR2,
    "drowned in work": signal.SIGHUP,
}


class Watched:
    """A supervisor as a process, with its small agent."""

    def __init__(self, folder: Path, *, hang_s: float = LIMIT_S, start_s: float = 5.0, **options: object) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        environment = {"PYTHONPATH": str(ROOT), **options.pop("env", {})}  # type: ignore[dict-item]
        limits = (str(limit) for limit in (hang_s, start_s, 0.1))
        words = [sys.executable, "-P", "-m", "tests.edge.supervised", str(folder), *limits]
        self.process = Process("supervisor", words, env=environment, **options)

    def lives(self) -> list[int]:
        """Process ids of all agents so far."""
        file = self.folder / "lives"
        return [int(line.split()[0]) for line in file.read_text().splitlines()] if file.exists() else []

    def serves(self, life: int = 1) -> int:
        """Wait until this many agents decided; the process id of the newest."""
        until(lambda: self.process.log.count("the agent decides") >= life, f"{life} in service\n{self.process.log}")
        return self.lives()[-1]

    def faults(self) -> list[str]:
        """What was recorded about agents."""
        with sqlite3.connect(f"file:{self.folder / 'box.db'}?mode=ro", uri=True) as books:
            rows = books.execute("SELECT payload FROM outbox ORDER BY sequence").fetchall()
        books.close()
        bodies = [decode(row[0], Envelope).body for row in rows]
        assert all(isinstance(body, DeviceFault) and body.device == "agent" and body.lane == "" for body in bodies)
        return [body.what for body in bodies if isinstance(body, DeviceFault)]


def until(holds: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S) -> None:
    """Wait for something in another process."""
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end, f"{what}: not within {timeout_s} s"
        time.sleep(0.005)


def alive(pid: int) -> bool:
    """Whether the process could still do something: a zombie cannot."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Supervisors that end with the test, and their agents."""
    with ExitStack() as ends:
        yield ends


def watched(stack: ExitStack, folder: Path, **options: object) -> Watched:
    made = Watched(folder, **options)  # type: ignore[arg-type]

    def end() -> None:
        made.process.stop(5)
        for pid in made.lives():
            if alive(pid):
                os.kill(pid, signal.SIGKILL)

    stack.callback(end)
    return made


def test_every_kind_of_hang_is_ended_in_time_and_another_agent_serves(tmp_path: Path, stack: ExitStack) -> None:
    """The limit here is 1 s, so that all four take one: killed within it and half a second more."""
    boxes = {kind: watched(stack, tmp_path / kind) for kind in HANGS}
    hung = {kind: box.serves() for kind, box in boxes.items()}
    helpers = [int((box.folder / "helper").read_text()) for box in boxes.values()]
    began = time.monotonic()
    for kind, number in HANGS.items():
        os.kill(hung[kind], number)
    until(lambda: not any(alive(pid) for pid in hung.values()), "all are killed")
    assert 0.4 < time.monotonic() - began < LIMIT_S + 0.5
    until(lambda: not any(alive(pid) for pid in helpers), "and all that they started")
    for kind, box in boxes.items():
        second = box.serves(2)
        assert second != hung[kind]
        assert time.monotonic() - began < 5
    for kind, box in boxes.items():
        until(lambda box=box: len(box.faults()) == 1, f"{kind}: recorded")  # type: ignore[misc]
        (what,) = box.faults()
        assert what.startswith("stood still for 1."), kind
        assert what.endswith(" s; stopped by the supervisor; lanes: in-1 stay")


def test_with_the_limit_of_the_product_a_stopped_agent_is_killed_within_three_seconds(
    tmp_path: Path, stack: ExitStack
) -> None:
    box = watched(stack, tmp_path / "box", hang_s=HANG_S)
    pid = box.serves()
    began = time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    until(lambda: not alive(pid), "killed")
    assert time.monotonic() - began < 3.0
    box.serves(2)
    assert time.monotonic() - began < 15.0


def test_a_crash_is_recorded_once_even_by_agents_that_do_not_live_to_say_so(tmp_path: Path, stack: ExitStack) -> None:
    box = watched(stack, tmp_path / "box")
    first = box.serves()
    (box.folder / "forgets").touch()
    os.kill(first, signal.SIGKILL)
    second = box.serves(2)
    assert box.faults() == ["was ended by signal 9; started again by the supervisor; lanes: in-1 stay"]
    (box.folder / "exit").write_text("7")  # the next ones are gone before they can record anything
    os.kill(second, signal.SIGTERM)
    until(lambda: len(box.lives()) >= 5, "three more")
    (box.folder / "exit").unlink()
    (box.folder / "forgets").unlink()
    box.serves(3)
    until(lambda: len(box.faults()) >= 3, "recorded")
    assert [what.partition(";")[0] for what in box.faults()] == [
        "was ended by signal 9",
        "ended by itself, exit 0",
        "ended by itself, exit 7",
    ], "each once, in order, and the same failure to start once"


def test_an_agent_that_gives_no_first_sign_is_replaced(tmp_path: Path, stack: ExitStack) -> None:
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "silent").touch()
    box = watched(stack, tmp_path / "box", start_s=1.0)
    box.process.wait_for_line("gave no sign: killed")
    (box.folder / "silent").unlink()
    box.serves()
    until(lambda: len(box.faults()) == 1, "recorded")
    assert "gave no sign for 1." in box.faults()[0]


def test_what_cannot_be_used_ends_the_supervisor_only_when_it_never_could(tmp_path: Path, stack: ExitStack) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "exit").write_text("2")
    bad = watched(stack, tmp_path / "bad")
    assert bad.process.wait(PATIENCE_S) == 2
    assert len(bad.lives()) == 1
    box = watched(stack, tmp_path / "box")
    pid = box.serves()
    (box.folder / "exit").write_text("2")  # a disk that is full for a while looks so too
    os.kill(pid, signal.SIGKILL)
    until(lambda: len(box.lives()) >= 3, "it tries again")
    (box.folder / "exit").unlink()
    box.serves(2)
    assert box.process.running


def test_tries_come_slower_and_never_end() -> None:
    pauses, failed = Pauses(), Life("ended by itself")
    assert [pauses.after(failed) for _ in range(9)] == [0, 1, 2, 4, 8, 16, 30, 30, 30]
    assert {pauses.after(failed) for _ in range(3_000)} == {30}, "a day of failures"
    assert pauses.after(Life("stood still", served_s=30.0)) == 30
    assert [pauses.after(Life("stood still", served_s=90.0)), pauses.after(failed)] == [0, 1]


def test_told_to_stop_it_ends_in_order_and_a_hung_agent_does_not_hold_it_up(tmp_path: Path, stack: ExitStack) -> None:
    box, stuck = watched(stack, tmp_path / "box"), watched(stack, tmp_path / "stuck")
    pid, hung = box.serves(), stuck.serves()
    assert box.process.stop() == 0
    assert (box.folder / "left").read_text() == f"{pid}\n"
    os.kill(hung, signal.SIGUSR2)
    began = time.monotonic()
    stuck.process.popen.terminate()
    assert stuck.process.wait() == 0
    assert time.monotonic() - began < LIMIT_S + 1
    assert not alive(hung)
    assert not (stuck.folder / "left").exists()


def test_an_agent_whose_supervisor_is_killed_ends_too(tmp_path: Path, stack: ExitStack) -> None:
    box, stuck = watched(stack, tmp_path / "box"), watched(stack, tmp_path / "stuck")
    pid, hung = box.serves(), stuck.serves()
    os.kill(hung, signal.SIGUSR1)
    began = time.monotonic()
    for each in (box, stuck):
        os.kill(each.process.pid, signal.SIGKILL)
    until(lambda: not alive(pid), "ends in order", 3.0)
    assert (box.folder / "left").exists()
    until(lambda: not alive(hung), "ends all the same", 4.0)
    assert time.monotonic() - began < 3.0
    assert not (stuck.folder / "left").exists()


def test_time_in_which_both_were_stopped_is_held_against_nobody(tmp_path: Path, stack: ExitStack) -> None:
    """A container that is paused, a machine that is moved."""
    box = watched(stack, tmp_path / "box")
    pid = box.serves()
    for each in (box.process.pid, pid):
        os.kill(each, signal.SIGSTOP)
    time.sleep(LIMIT_S + 1)  # what is tested is that time
    os.kill(box.process.pid, signal.SIGCONT)
    time.sleep(0.2)
    os.kill(pid, signal.SIGCONT)
    time.sleep(LIMIT_S / 2)
    assert box.lives() == [pid]
    assert alive(pid)


def test_a_log_that_nobody_takes_does_not_hold_it_up(tmp_path: Path, stack: ExitStack) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x" * 4_096)
    except BlockingIOError:
        os.set_blocking(writing, True)
    (tmp_path / "box").mkdir()
    words = [sys.executable, "-P", "-m", "tests.edge.supervised", str(tmp_path / "box"), "1", "5", "0.1"]
    told = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(words, stderr=writing, env=told) as process:
        stack.callback(os.close, reading)
        stack.callback(os.close, writing)
        stack.callback(process.wait, PATIENCE_S)
        stack.callback(process.terminate)
        lives = tmp_path / "box" / "lives"
        until((tmp_path / "box" / "alive").exists, "in service")
        os.kill(int(lives.read_text().split()[0]), signal.SIGSTOP)
        until(lambda: len(lives.read_text().splitlines()) == 2, "another one")
        process.terminate()


def test_systemd_hears_when_it_serves_that_it_lives_and_that_it_stops(tmp_path: Path, stack: ExitStack) -> None:
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    stack.callback(ear.close)
    ear.bind(str(tmp_path / "notify"))
    ear.settimeout(PATIENCE_S)
    box = watched(stack, tmp_path / "box", env={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "10000000"})
    said = ""
    while "READY=1" not in said:
        assert not said or "WATCHDOG=1" in said
        said = ear.recv(4_096).decode()
    assert box.lives()
    last = time.monotonic()
    for _ in range(5):
        while ear.recv(4_096) != b"WATCHDOG=1":
            pass
        assert time.monotonic() - last < 2
        last = time.monotonic()
    box.process.popen.terminate()
    while ear.recv(4_096) != b"STOPPING=1":
        pass
    box.process.wait()
    assert "False" in (box.folder / "lives").read_text(), "the agent cannot speak to systemd in its place"
