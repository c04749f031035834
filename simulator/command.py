"""The simulator's commands."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from simulator.demo.run import DemoFailed, demo, main_folder, seconds_of
from simulator.main import main


def simulate(scenario: Path, *, progress: bool) -> None:
    """Run the world that the file describes against running boxes and a centre, until it is over."""
    raise typer.Exit(main(scenario, progress=progress))


def run_demo(
    for_: Annotated[
        str | None, typer.Option("--for", help="vehicles arrive this long (60s, 2m), then the run drains and compares")
    ] = None,
    seed: Annotated[int, typer.Option(help="another seed is another day")] = 1,
    folder: Annotated[
        Path | None, typer.Option(help="where its files go; the demo before in the same folder is replaced")
    ] = None,
) -> None:
    """Run the whole system on this machine: brokers, centre, three sites, the simulated world, the console.

    With --for: one JSON object on stdout, exit 0 only when the books agree with what really happened, item by item.
    Without: until Ctrl-C.
    """
    try:
        seconds = seconds_of(for_) if for_ else None
    except ValueError as error:
        raise typer.BadParameter(f"--for {error}") from error
    try:
        result = demo((folder or main_folder()).resolve(), seconds=seconds, seed=seed, say=_Said())
    except (DemoFailed, OSError) as error:
        sys.stderr.write(f"barie demo: {error}\n")
        raise typer.Exit(1) from error
    if result is not None:
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        raise typer.Exit(1 if result["differences"] else 0)


class _Said:
    """Progress for people, on stderr: a live line where it is a terminal, else a line now and then."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._next = 0.0

    def __call__(self, words: str, *, live: bool = False) -> None:
        if live and self._live:
            sys.stderr.write(f"\r\033[K{words}")
        elif not live or time.monotonic() >= self._next:
            self._next = time.monotonic() + 5.0
            sys.stderr.write(f"{words}\n")
        sys.stderr.flush()
