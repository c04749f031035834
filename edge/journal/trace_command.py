"""`barie trace`: what a box's black box saw, line by line."""

import json
import re
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, NoReturn
from zoneinfo import ZoneInfo

import typer

from edge.config import BadConfig, load
from edge.journal.trace import Seen, read

ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_AGO: Final = re.compile(r"([1-9][0-9]{0,5})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def trace(
    config: Annotated[Path, typer.Option("--config", help="the box's JSON file")],
    *,
    lane: Annotated[str | None, typer.Option(help="only this lane")] = None,
    since: Annotated[str | None, typer.Option(help="2026-11-23T08:00 (local), or 90s, 15m, 2h, 3d ago")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
) -> None:
    """What each input said and which phases a lane went through, oldest first. Exit 2 for what cannot be read."""
    try:
        settings = load(config)
    except BadConfig as error:
        _refuse(str(error), error)
    lanes = [each.lane for each in settings.lanes]
    if lane is not None and lane not in lanes:
        _refuse(f"--lane {lane}: this box has {', '.join(lanes)}")
    file = Path(settings.data) / "trace.db"
    try:
        seen = read(file, lane, moment(since, datetime.now(UTC)) if since else None)
    except ValueError as error:
        _refuse(f"--since {since}: {error}", error)
    except (OSError, sqlite3.Error) as error:
        _refuse(f"{file}: {getattr(error, 'strerror', None) or error}", error)
    for each in seen:
        sys.stdout.write((_json(each) if as_json else _line(each)) + "\n")


def moment(said: str, now: datetime) -> datetime:
    """The moment that somebody means: a local time, or so long before `now`. Raises ValueError."""
    ago = _AGO.fullmatch(said)
    if ago:
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise ValueError("neither a time like 2026-11-23T08:00 nor one like 15m") from None
    return at if at.tzinfo else at.replace(tzinfo=ZONE)


def _line(seen: Seen) -> str:
    at = seen.at.astimezone(ZONE).isoformat(sep=" ", timespec="milliseconds")
    return f"{at}  {seen.lane:12} {seen.what:10} {seen.value:12} {'' if seen.edge else 'reported'}".rstrip()


def _json(seen: Seen) -> str:
    return json.dumps({**seen._asdict(), "at": seen.at.isoformat(timespec="milliseconds")})


def _refuse(why: str, error: Exception | None = None) -> NoReturn:
    sys.stderr.write(f"barie trace: {why}\n")
    raise typer.Exit(2) from error
