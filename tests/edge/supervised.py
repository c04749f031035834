"""A supervisor over the small agent: `python -m tests.edge.supervised FOLDER HANG_S START_S PAUSE_S`."""

import sys
from pathlib import Path

from edge.watch.safe_state import SafeStates
from edge.watch.supervisor import Supervisor
from tests.edge.desk import lane_config


def main(folder: Path, hang_s: float, start_s: float, pause_s: float) -> int:
    """Supervise."""
    command = [sys.executable, "-P", "-m", "tests.edge.hanging", str(folder)]
    safe = SafeStates((lane_config("in-1"),), None)
    return Supervisor(command, safe, hang_s=hang_s, start_s=start_s, pause_s=pause_s).run()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *map(float, sys.argv[2:])))
