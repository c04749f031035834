"""The log of a box's processes: every line to whoever reads it, and no waiting for who does not."""

import json
import os
import subprocess
import sys
import threading

LINES = 3_000
PROGRAM = f"""
import structlog
from edge import log
log.set_up()
for number in range({LINES}):
    structlog.get_logger().warning("paper refused", number=number, why="x" * 100)
print("through", flush=True)
"""


def test_a_log_that_nobody_reads_keeps_nobody_waiting() -> None:
    ear, mouth = os.pipe()
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=mouth) as box:
        try:
            assert box.stdout is not None
            said: list[bytes] = []
            waits = threading.Thread(target=lambda: said.append(box.stdout.readline() if box.stdout else b""))
            waits.start()
            waits.join(15)
            assert said == [b"through\n"], "it waits for a reader"
        finally:
            box.kill()
            os.close(mouth)
            os.close(ear)


def test_a_log_that_is_read_has_every_line() -> None:
    box = subprocess.run([sys.executable, "-c", PROGRAM.replace(str(LINES), "50")], capture_output=True, check=True)
    lines = [json.loads(line) for line in box.stderr.splitlines()]
    assert [line["number"] for line in lines] == list(range(50))
