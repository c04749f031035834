import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from simulator.stage.ports import free_port, listening
from simulator.stage.processes import Process, ProcessEnded, barie


def python(code: str) -> list[str]:
    return [sys.executable, "-u", "-c", code]


def test_a_line_is_waited_for_and_kept() -> None:
    with Process("talker", python("print('one'); print('two'); input()")) as talker:
        assert talker.wait_for_line("two") == "two"
    assert talker.log.startswith("one\ntwo\n")


def test_an_early_end_shows_the_log() -> None:
    with Process("short", python("print('why it ended')")) as short, pytest.raises(ProcessEnded, match="why it ended"):
        short.wait_for_line("ready")


def test_a_port_nobody_opens_is_not_waited_for_after_the_end() -> None:
    with Process("short", python("raise SystemExit(3)")) as short, pytest.raises(ProcessEnded, match="exit 3"):
        short.wait_for_port(free_port())


def test_stopping_ends_what_was_started_too() -> None:
    code = """
import subprocess, sys, signal
child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])
print(child.pid, 'started')
signal.pause()
"""
    with Process("parent", python(code)) as parent:
        child = int(parent.wait_for_line("started").split()[0])
        assert psutil.pid_exists(child)
    assert not psutil.pid_exists(parent.pid)
    _gone, alive = psutil.wait_procs([psutil.Process(child)] if psutil.pid_exists(child) else [], timeout=5)
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def test_one_that_ignores_sigterm_is_killed_and_its_log_says_so() -> None:
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf')\nwhile True: signal.pause()"
    with Process("deaf", python(code)) as deaf:
        deaf.wait_for_line("deaf")
        assert deaf.stop(timeout_s=0.2) == -9
    assert "was killed" in deaf.log


def test_ports_are_given_once() -> None:
    ports = [free_port() for _ in range(50)]
    assert len(set(ports)) == 50
    assert not any(listening(port) for port in ports)


def test_ports_are_kept_from_other_processes() -> None:
    port = free_port()
    code = f"from simulator.stage.ports import _reserve; print(_reserve({port}), _reserve({free_port()}))"
    done = subprocess.run(python(code), capture_output=True, text=True, check=True, cwd=Path.cwd(), env=_environment())
    assert done.stdout.split() == ["False", "False"]


def test_the_command_runs_as_a_process() -> None:
    with barie("test", "--help") as command:
        assert command.wait() == 0
    assert "real PostgreSQL" in " ".join(command.log.split())


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
