"""The reading process from the agent's side: deaths, hangs, deadlines, order."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest

from edge.reader.frames import ReadResult
from edge.reader.process import BACKLOG, ReaderProcess

ROOT = Path(__file__).resolve().parents[2]

# A worker that speaks the real protocol and does what the picture says, so that no network is needed for the manners.
OBEDIENT = f"""
import os, sys, time
sys.path.insert(0, {str(ROOT)!r})
from edge.reader.frames import Answer, Request, LENGTH, length, pack, unpack
def send(data): os.write(1, data)
send(pack(Answer(0)))
source = sys.stdin.buffer
while prefix := source.read(LENGTH.size):
    request = unpack(source.read(length(prefix)), Request)
    order, _, rest = request.image.partition(b":")
    if order == b"die": os._exit(3)
    if order == b"nonsense": send(b"\\xff" * 64)
    if order == b"hang": time.sleep(3600)
    if order == b"slow": time.sleep(float(rest))
    send(pack(Answer(request.number, error=request.image[:64].decode(), ms=float(os.getpid()))))
"""


@pytest.fixture
def obedient() -> Iterator[ReaderProcess]:
    reader = ReaderProcess(command=[sys.executable, "-c", OBEDIENT], hang_s=2.0)
    assert reader.wait_ready(20)
    yield reader
    reader.close()


def test_results_come_in_order_and_once(obedient: ReaderProcess) -> None:
    results: list[str] = []
    threads: set[str] = set()
    came = threading.Semaphore(0)

    def keep(result: ReadResult) -> None:
        results.append(result.error)
        threads.add(threading.current_thread().name)
        came.release()

    for number in range(5):
        obedient.submit(f"slow:0.0{5 - number}".encode(), keep)
    assert all(came.acquire(timeout=20) for _ in range(5))
    assert results == [f"slow:0.0{5 - number}" for number in range(5)]
    assert threads == {"plate-reader"}


def test_a_picture_larger_than_the_pipe(obedient: ReaderProcess) -> None:
    assert obedient.read(b"echo:" + bytes(5_000_000), 20).error.startswith("echo:")


@pytest.mark.parametrize(("order", "reason"), [("die", "exit status 3"), ("nonsense", "nonsense"), ("hang", "hung")])
def test_a_lost_process_costs_one_picture(obedient: ReaderProcess, order: str, reason: str) -> None:
    first = obedient.read(b"echo", 20).ms
    assert reason in obedient.read(order.encode(), 20).error
    after = obedient.read(b"echo", 20)
    assert (after.error, obedient.restarts) == ("echo", 1)
    assert after.ms != first, "another process"


def test_a_late_answer_is_an_error_at_once_and_not_the_next_picture_s(obedient: ReaderProcess) -> None:
    began = time.monotonic()
    assert obedient.read(b"slow:0.8", 0.1).error == "not read in time"
    assert time.monotonic() - began < 0.6
    assert obedient.read(b"next", 20).error == "next"
    assert obedient.restarts == 0, "slow is not dead"


def test_a_waiting_picture_is_late_too(obedient: ReaderProcess) -> None:
    came = threading.Event()
    obedient.submit(b"slow:1.0", lambda _: came.set())
    assert "busy or starting" in obedient.read(b"waiting", 0.1).error
    assert not came.is_set()
    assert came.wait(20)


def test_too_many_pictures_are_refused_not_kept(obedient: ReaderProcess) -> None:
    results: list[str] = []
    came = threading.Semaphore(0)

    def keep(result: ReadResult) -> None:
        results.append(result.error)
        came.release()

    obedient.submit(b"slow:0.5", keep)
    for number in range(BACKLOG + 5):
        obedient.submit(f"{number}".encode(), keep)
    assert all(came.acquire(timeout=20) for _ in range(BACKLOG + 6))
    refused = [result for result in results if "busy" in result]
    assert len(refused) in {5, 6}  # 14 pictures; the first may have been taken up before the last came
    assert [result for result in results if "busy" not in result][1:] == [
        str(n) for n in range(BACKLOG + 5 - len(refused))
    ]


def test_a_process_that_cannot_live_is_not_started_for_ever() -> None:
    reader = ReaderProcess(command=[sys.executable, "-c", "raise SystemExit(7)"], deaths_per_minute=2)
    assert not reader.wait_ready(1.0)
    assert "died 2 times" in reader.read(b"picture", 20).error
    assert reader.restarts == 1
    reader.close()


def test_a_receiver_that_fails_does_not_stop_the_reader(
    obedient: ReaderProcess, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: ReadResult) -> None:
        raise KeyError("receiver")

    obedient.submit(b"echo", fail)
    assert obedient.read(b"next", 20).error == "next"
    assert "a receiver of a plate reading failed" in caplog.text


def test_close_answers_everything_and_leaves_no_process(obedient: ReaderProcess) -> None:
    results: list[str] = []
    pid = obedient.pid
    for order in (b"hang", b"waiting"):
        obedient.submit(order, lambda result: results.append(result.error))
    obedient.close()
    obedient.close()
    assert results == ["the plate reader is closed"] * 2
    assert obedient.read(b"after", 1).error == "the plate reader is closed"
    assert not psutil.pid_exists(pid or 0)


def test_the_agent_s_side_needs_no_networks() -> None:
    code = "import sys, edge.reader.process; print({'numpy', 'cv2', 'onnxruntime', 'PIL'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def drawn() -> bytes:
    picture = np.full((480, 640, 3), 110, np.uint8)
    cv2.rectangle(picture, (150, 160), (480, 230), (245, 245, 245), -1)
    cv2.putText(picture, "30A-123.45", (160, 213), cv2.FONT_HERSHEY_SIMPLEX, 1.7, (10, 10, 10), 4, cv2.LINE_AA)
    return cv2.imencode(".jpg", picture)[1].tobytes()


@pytest.mark.slow
def test_the_real_process_reads_within_its_memory_survives_a_kill_and_ignores_ctrl_c() -> None:
    reader = ReaderProcess()
    try:
        assert reader.wait_ready(60)
        pid = reader.pid
        assert pid is not None
        os.kill(pid, signal.SIGINT)
        result = reader.read(drawn(), 60)
        assert [plate.text for plate in result.plates] == ["30A12345"]
        assert reader.pid == pid
        assert psutil.Process(pid).memory_info().rss < 450e6
        assert reader.read(b"no picture", 60).error.startswith("unreadable picture: not a picture")
        came = threading.Event()
        reader.submit(drawn(), lambda _: came.set(), deadline_s=60)
        os.kill(pid, signal.SIGKILL)
        assert came.wait(60)
        assert [plate.text for plate in reader.read(drawn(), 60).plates] == ["30A12345"]
        assert reader.restarts == 1
    finally:
        reader.close()


@pytest.mark.slow
def test_too_little_memory_is_an_error_not_a_frozen_agent() -> None:
    reader = ReaderProcess(memory_bytes=300 << 20, deaths_per_minute=1)
    try:
        assert "the plate reader is down" in reader.read(drawn(), 60).error
    finally:
        reader.close()
