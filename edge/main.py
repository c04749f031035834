"""`barie edge`: a box as a process."""

import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from edge.config import BadConfig, load
from edge.watch.supervisor import HANG_S

_ROOT: Final = Path(__file__).resolve().parents[1]  # where the package `edge` lies, installed or not

Patience = Annotated[float, typer.Option(min=1.0, max=HANG_S, help="so many seconds the agent may stand still")]


def edge(
    config: Annotated[Path, typer.Option(help="the JSON file; docs/handbook.md explains every key")],
    hang_s: Patience = HANG_S,
) -> None:
    """The box of a site: an agent decides for all lanes, a supervisor watches it. Runs until it is told to stop.

    Exit 2 for a configuration that cannot be used; the message names file and key.
    """
    try:
        load(config)
    except BadConfig as error:
        print(f"barie edge: {error}", file=sys.stderr)  # noqa: T201
        raise typer.Exit(2) from error
    path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-P", "-m", "edge.watch.supervisor_process", str(config), str(hang_s)]
    os.execve(sys.executable, command, {**os.environ, "PYTHONPATH": path})  # noqa: S606 - leave the command line's libraries behind
