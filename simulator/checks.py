"""What can be seen of a world from outside, and of the machine that a demo runs on."""

import http.client
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gate.check import Check, well, wrong
from simulator.plan import BadWorld, load
from simulator.stage.mosquitto import program

ROOT: Final = Path(__file__).resolve().parents[1]
ANSWER_S: Final = 5.0
DISK_BYTES_MIN: Final = 1_000_000_000


def running(path: Path) -> Iterator[Check]:
    """Whether every camera of this world answers with a picture, but those that are meant to be dead."""
    for site in load(path).sites:
        for lane in site.lanes:
            what = f"camera {site.site}/{lane.lane}"
            status = _looked(site.camera_port, lane.lane)
            wanted = 503 if lane.camera_dead else 200
            yield Check(what, status == wanted, f"answers {status}" if status else "does not answer")


def installed(path: Path | None) -> Iterator[Check]:
    """Whether a demo could run here; with a world file, whether that can be lived."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Check("python", sys.version_info >= (3, 11), f"{version}; 3.11 or newer is needed")
    yield _mosquitto()
    yield _writable(ROOT / ".barie")
    free = shutil.disk_usage(ROOT).free
    yield Check("disk", free >= DISK_BYTES_MIN, f"{free / 1e9:.1f} GB free; below 1 GB evidence is soon dropped")
    yield _clock()
    if path is None:
        return
    try:
        plan = load(path)
    except BadWorld as error:
        yield wrong("world file", str(error))
        return
    yield well("world file", f"{path}: {len(plan.sites)} sites")


def _looked(port: int, lane: str) -> int:
    """The HTTP status of a look through the camera, 0 where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)
    try:
        connection.request("GET", f"/{lane}/snapshot.jpg")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _mosquitto() -> Check:
    try:
        said = subprocess.run([program("mosquitto"), "-h"], capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired) as error:
        return wrong("mosquitto", str(error))
    version = (said.stdout.splitlines() or ["it says nothing"])[0]
    return Check("mosquitto", version.startswith("mosquitto version 2"), f"{version}; version 2 is needed")


def _writable(folder: Path) -> Check:
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    may = os.access(nearest, os.W_OK | os.X_OK)
    return Check("folder", may, f"{nearest} {'can' if may else 'cannot'} be written")


def _clock() -> Check:
    """A clock behind this very file is wrong; a wrong clock puts stays on the wrong day."""
    behind_s = Path(__file__).stat().st_mtime - time.time()
    now = datetime.now(UTC)
    if behind_s > 0:
        return wrong("clock", f"says {now:%Y-%m-%d %H:%M} UTC, which is before this program was installed")
    return well("clock", f"says {now:%Y-%m-%d %H:%M} UTC")
