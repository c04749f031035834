"""The supervisor as the process that `barie edge` becomes: `python -m edge.watch.supervisor_process FILE SECONDS`."""

import json
import os
import sys
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from edge.config import BadConfig, BoxConfig, load
from edge.watch.alone import alone
from edge.watch.notify import Notify
from edge.watch.safe_state import Factory, SafeStates, concerned
from edge.watch.supervisor import Supervisor

HELD_S: Final = 5.0
"""So long an agent whose supervisor was killed may hold its folder, and a little more."""


def run(path: Path, hang_s: float) -> int:
    """Supervise until told to stop. Exit 2 for what cannot be used."""
    try:
        config = load(path)
        lock = alone(Path(config.data) / "supervisor.lock", wait_s=1.0)
        os.close(alone(Path(config.data) / "box.lock", wait_s=HELD_S))
    except (BadConfig, OSError) as error:
        sys.stderr.write(f"barie edge: {error}\n")
        return 2
    systemd = Notify()
    os.ftruncate(lock, 0)
    os.pwrite(lock, json.dumps({"pid": os.getpid(), "watchdog_s": systemd.watchdog_s}).encode(), 0)  # for a doctor
    command = [sys.executable, "-P", "-m", "edge.agent_process", str(path)]
    safe = SafeStates(config.lanes, _devices(config))
    code = Supervisor(command, safe, hang_s=hang_s, systemd=systemd).run()
    os.close(lock)
    return code


def _devices(config: BoxConfig) -> Factory | None:
    """The boards of the lanes that are concerned, over connections of the supervisor's own; None where none is."""
    lanes = concerned(config.lanes)
    if not lanes:
        return None
    from edge.devices.site_devices import SiteDevices  # noqa: PLC0415 - not where it is not needed, and before it is

    return lambda post: SiteDevices(replace(config, lanes=lanes), post)


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), float(sys.argv[2])))
