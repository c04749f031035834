"""`barie pair`: let a screen in, see which are in, put one out."""

import sqlite3
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from edge.config import BadConfig, BoxConfig, load
from edge.web.pairs import CODE_LIFE_S, Pairs, TooManyScreens


def pair(
    config: Annotated[Path, typer.Option(help="the box's JSON file")],
    lane: Annotated[str, typer.Option(help="make a code for a screen of this lane")] = "",
    *,
    show: Annotated[bool, typer.Option("--list", help="the screens that are paired")] = False,
    revoke: Annotated[str, typer.Option(help="a screen of the list that is let in no more")] = "",
) -> None:
    """Pair a lane's screen with the box by a code that holds for ten minutes and once.

    Run it on the box, as whoever runs the box. Exit 2 for what cannot be done; the message says why.
    """
    if (bool(lane), show, bool(revoke)).count(True) != 1:
        _refuse("say one of --lane, --list and --revoke")
    try:
        box = load(config)
        pairs = Pairs(Path(box.data))
        if show:
            _list(pairs)
        elif revoke:
            _revoke(pairs, revoke)
        else:
            _invite(pairs, box, lane)
    except (BadConfig, TooManyScreens) as error:
        _refuse(str(error))
    except (OSError, sqlite3.Error) as error:
        _refuse(f"{box.data}: {error}")


def _invite(pairs: Pairs, box: BoxConfig, lane: str) -> None:
    names = [each.lane for each in box.lanes]
    if lane not in names:
        _refuse(f"no lane {lane!r}; there are {', '.join(names)}")
    if box.web is None or not box.web.tls_cert:
        _refuse("web: this box serves screens on loopback only, which need no code; see web.host and web.tls_cert")
    code = pairs.invite(lane)
    sys.stdout.write(
        f"{code}\nOpen https://BOX:{box.web.port}/pair on the screen of {lane} within {CODE_LIFE_S / 60:.0f} minutes.\n"
    )


def _list(pairs: Pairs) -> None:
    for screen in pairs.listed():
        sys.stdout.write(f"{screen.screen}  {screen.lane:12}  paired {screen.paired_at}\n")


def _revoke(pairs: Pairs, screen: str) -> None:
    if not pairs.revoke(screen):
        _refuse(f"no screen {screen!r}; see --list")
    sys.stdout.write(f"{screen} is let in no more\n")


def _refuse(why: str) -> NoReturn:
    sys.stderr.write(f"barie pair: {why}\n")
    raise typer.Exit(2)
