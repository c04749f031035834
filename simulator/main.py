"""Runs a world that a file describes, and writes the truth about it, and what its bank says."""

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from simulator.devices.camera import CameraFailed
from simulator.link import LinkFailed
from simulator.plan import BadWorld, WorldPlan, load
from simulator.progress import Lines
from simulator.world import World


def main(world: Path, *, progress: bool) -> int:
    """Run the world of the file; `progress` reports as JSON. 0: it lived to its end and the truth is written; 1: it
    could not; 2: bad file."""
    try:
        plan = load(world)
    except BadWorld as error:
        return _refuse(str(error), 2)
    lines = Lines(_say, as_json=progress)
    try:
        asyncio.run(_run(plan, lines))
    except (LinkFailed, CameraFailed) as error:
        return _refuse(str(error), 1)
    except OSError as error:
        return _refuse(f"{error.filename or plan.truth}: {error.strerror}", 1)
    return 0


async def _run(plan: WorldPlan, lines: Lines) -> None:
    world = World(plan, lines.tell)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):  # not the main thread
            loop.add_signal_handler(number, world.stop)
    truth = await world.run()
    truth.write(Path(plan.truth))
    world.bank.write_statements(Path(plan.truth).parent / "statements")


def _refuse(why: str, code: int) -> int:
    _say(why)
    return code


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
