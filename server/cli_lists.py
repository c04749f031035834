"""`barie lists`: a site's passes, exemptions and denials from the command line.

A running centre tells its boxes by itself, seconds later: what is entered here needs no restart.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine

from gate.lease import Standing
from gate.vehicle import VehicleClass
from server import list_files, lists
from server.auth import audit
from server.cli import AsJson, Config, Database, Site, _books, _moment, _reasons, _say_json
from server.db import reading, transaction
from server.reconcile import ZONE, NoSuchSite
from server.register import SiteRow
from server.roles import Power
from server.typed_by import By, may, typed

COLUMNS: Final = ("entry", "standing", "plate", "tag", "vehicle_class", "until", "owner", "reason", "uses")

app = typer.Typer(no_args_is_help=True, help="A site's lists: monthly passes, exemptions, denials.")


@app.command("add")
def add(  # noqa: PLR0913 - one an option
    site: Site,
    standing: Annotated[Standing, typer.Option("--standing", help="What the row means for its vehicle.")],
    until: Annotated[
        str,
        typer.Option(
            "--until", help="Its last day, such as 2026-12-31, or the moment at which it is over (ISO 8601, local)."
        ),
    ],
    owner: Annotated[str, typer.Option("--owner", help="Whose vehicle it is.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is listed.")],
    *,
    by: By,
    plate: Annotated[str, typer.Option("--plate", help="As it is written; separators do not matter.")] = "",
    tag: Annotated[str, typer.Option("--tag", help="8 to 64 hexadecimal digits.")] = "",
    since: Annotated[str | None, typer.Option("--since", help="From when it counts; usually now.")] = None,
    kind: Annotated[VehicleClass | None, typer.Option("--class", help="For this class alone.")] = None,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Enter a row; its name is printed."""
    now = datetime.now(UTC)
    with _reasons("lists add"), _books(config, database) as engine:
        listing = lists.Listing(
            standing=standing,
            since=_moment("--since", since) if since else now,
            until=_end("--until", until),
            owner=owner,
            reason=reason,
            plate=plate,
            tag=tag,
            vehicle_class=kind,
        )
        _known(engine, site)
        with transaction(engine) as session:
            may(session, by, Power.MANAGE_LISTS)
            entry = lists.add(session, site, listing, by, now)
            typed(session, by, "lists add", entry, now)
    if json:
        _say_json({"entry": entry})
    else:
        typer.echo(entry)


@app.command("import")
def take(
    file: Annotated[Path, typer.Argument(help="A CSV whose first line names the columns (docs/handbook.md).")],
    site: Site,
    *,
    by: By,
    check: Annotated[bool, typer.Option("--check", help="Only say what is wrong with it.")] = False,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Enter the rows of a file: all of them, or none, with every fault by its line and exit 1."""
    now = datetime.now(UTC)
    with _reasons("lists import"), _books(config, database) as engine:
        try:
            data = file.read_bytes()
        except OSError as error:
            raise OSError(f"{file}: {error.strerror}") from error
        _known(engine, site)
        with transaction(engine) as session:
            may(session, by, Power.MANAGE_LISTS)
            found = list_files.checked(session, site, data, now)
            entered = [] if check or found.faults else list_files.enter(session, site, data, by, now)
            if entered:
                typed(session, by, "lists import", site, now)
    if json:
        _say_json({"entered": entered, "rows": len(found.rows), "faults": [each._asdict() for each in found.faults]})
    else:
        for each in found.faults:
            typer.echo(f"{file}:{each.line}: {each.column or '-'}: {each.code} {each.value}".rstrip(), err=True)
        typer.echo(f"{len(entered)} rows entered, {len(found.rows)} sound, {len(found.faults)} faults")
    if found.faults:
        raise typer.Exit(1)


@app.command("export")
def give(
    site: Site,
    file: Annotated[Path, typer.Option("--output", "-o", help="Where the CSV goes.")],
    *,
    by: By,
    config: Config = None,
    database: Database = None,
) -> None:
    """Write the rows that count now or later as a CSV that `import` reads, plates included. Recorded."""
    now = datetime.now(UTC)
    with _reasons("lists export"), _books(config, database) as engine:
        _known(engine, site)
        with transaction(engine) as session:
            may(session, by, Power.SEE_PLATES)
            audit(session, by, "exported the lists", site, now, {})
            typed(session, by, "lists export", site, now)
            data = list_files.written(lists.shown(session, site, now))
        try:
            file.write_bytes(data)
        except OSError as error:
            raise OSError(f"{file}: {error.strerror}") from error
    typer.echo(str(file))


@app.command("end")
def end(
    entry: Annotated[str, typer.Argument(help="The row's name.")],
    site: Site,
    reason: Annotated[str, typer.Option("--reason", help="Why it is ended.")],
    *,
    by: By,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """End a row before its time."""
    with _reasons("lists end"), _books(config, database) as engine, transaction(engine) as session:
        now = datetime.now(UTC)
        may(session, by, Power.MANAGE_LISTS)
        ended = lists.end(session, site, entry, reason, by, now)
        typed(session, by, "lists end", entry, now)
    if json:
        _say_json({"ended": ended})
    else:
        typer.echo(f"{entry} {'is ended' if ended else 'was ended before'}")


@app.command("show")
def show(site: Site, *, by: By, json: AsJson = False, config: Config = None, database: Database = None) -> None:
    """The rows that count now or later, plates included. Recorded."""
    now = datetime.now(UTC)
    with _reasons("lists show"), _books(config, database) as engine:
        _known(engine, site)
        with transaction(engine) as session:
            may(session, by, Power.SEE_PLATES)
            audit(session, by, "looked at the lists", site, now, {})
            typed(session, by, "lists show", site, now)
            rows = lists.shown(session, site, now)
    if json:
        _say_json({"site": site, "lists": rows})
        return
    table = Table(title=f"{site} · {now.astimezone(ZONE):%d/%m/%Y %H:%M}")
    for name in COLUMNS:
        table.add_column(name.replace("_", " "), no_wrap=name in {"entry", "standing", "plate"})
    for row in rows:
        until = datetime.fromisoformat(row["until"]).astimezone(ZONE)
        shown = {**row, "until": f"{until:%d/%m/%Y %H:%M}", "vehicle_class": row["vehicle_class"] or ""}
        table.add_row(*(Text(str(shown[name])) for name in COLUMNS))  # what people wrote is never markup
    Console().print(table)


def _known(engine: Engine, site: str) -> None:
    with reading(engine) as session:
        if session.get(SiteRow, site) is None:
            raise NoSuchSite(f"there is no site {site}")


def _end(option: str, said: str) -> datetime:
    """A moment; a date by itself means to the end of that day, as people mean it who pay until then."""
    at = _moment(option, said)
    return at + timedelta(days=1) if len(said) == len("2026-12-31") else at
