"""`barie carry`: a box that only carries devices, as a process."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from edge import log
from edge.carry.carrier import Carrier
from edge.carry.carrier_config import load
from edge.config import BadConfig


def carry(
    config: Annotated[Path, typer.Option(help="the JSON file; docs/devices.md explains every key")],
) -> None:
    """Drive wired boards for another box, which decides. Runs until it is told to stop.

    Exit 2 for a configuration that cannot be used; the message names file and key.
    """
    try:
        carrier = Carrier(load(config))
    except (BadConfig, ValueError) as error:
        typer.echo(f"barie carry: {error}", err=True)
        raise typer.Exit(2) from error
    log.set_up()
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    carrier.start()
    end.wait()
    carrier.stop()
