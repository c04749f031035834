"""`barie simulate`: run a world that a file describes, and write the truth about it."""

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from simulator.devices.camera import CameraFailed
from simulator.link import LinkFailed
from simulator.plan import BadWorld, WorldPlan, load
from simulator.progress import Lines
from simulator.world import World


def main(argv: Sequence[str] | None = None) -> int:
    """Run the world of `--world`. 0: it lived to its end and the truth is written; 1: it could not; 2: bad file."""
    given = _parser().parse_args(argv)
    try:
        plan = load(given.world)
    except BadWorld as error:
        return _refuse(str(error), 2)
    lines = Lines(_say, as_json=given.progress)
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="barie simulate",
        description="Run the simulated world: vehicles, arms, loops, cameras, a bank and an attendant, in real time. "
        "It ends by itself when its drain is over, or on SIGTERM or Ctrl-C, and then writes the truth.",
    )
    parser.add_argument("--world", type=Path, required=True, help="the JSON file that describes the world")
    parser.add_argument("--progress", action="store_true", help="report every second as a JSON line on stderr")
    return parser


def _refuse(why: str, code: int) -> int:
    _say(why)
    return code


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
