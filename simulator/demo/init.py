"""`barie init`: the files of an installation, once."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from simulator.demo.installation import install


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a folder that is not there yet, or is empty")],
) -> None:
    """Write the configuration of an installation with fresh secrets, for docker-compose.yml or for your own hands.

    Nothing is overwritten: exit 1 where the folder holds anything.
    """
    try:
        install(folder, datetime.now(UTC))
    except OSError as error:
        sys.stderr.write(f"barie init: {_why(error)}\n")
        raise typer.Exit(1) from error
    sys.stderr.write(
        f"barie init: wrote {folder}\n"
        f"  the first logins are in {folder}/logins.txt: read them, then delete the file\n"
        f"  start everything: docker compose --env-file {folder}/compose.env up --build --wait\n"
    )


def _why(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.strerror else str(error)
