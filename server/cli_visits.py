"""`barie visits`: stays that people put right, from the command line. What is looked at and decided is recorded."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine

from gate.money import dong
from gate.vehicle import VehicleClass
from server import first_day, lost_entries, stays
from server.cli import AsJson, Config, Database, Site, _books, _reasons, _say_json
from server.corrections import NoSuchPairing, accept, dismiss
from server.db import reading, transaction
from server.lost_entries import NoSuchVehicle
from server.reconcile import NoSuchSite
from server.register import SiteRow
from server.told import lines

app = typer.Typer(no_args_is_help=True, help="Stays: look at one, answer proposals, lost entries, the first day.")

Reference = Annotated[str, typer.Argument(help="The visit's reference, such as SPS7K2M9QX4.")]
Passage = Annotated[str, typer.Argument(help="The passage, as `visits proposals` names it.")]
Approach = Annotated[str, typer.Argument(help="The vehicle at the exit, as its lane names it.")]
Note = Annotated[str, typer.Option("--note", help="Why, in 3 to 200 characters. Kept for ever.")]


@app.command("show")
def show(visit: Reference, *, json: AsJson = False, config: Config = None, database: Database = None) -> None:
    """All that the books know of a stay, plates included."""
    with _opened("visits show", config, database) as engine, transaction(engine) as session:
        found = stays.shown(session, visit, _who(), datetime.now(UTC), plates=True)
        if found is None:
            raise ValueError(f"there is no visit {visit}")
    if json:
        _say_json(found)
    else:
        for line in lines(found):
            typer.echo(line)


@app.command("proposals")
def proposals(site: Site, *, json: AsJson = False, config: Config = None, database: Database = None) -> None:
    """Exits that the centre takes for open stays, waiting for a word: accept or dismiss."""
    with _opened("visits proposals", config, database) as engine:
        _known(engine, site)
        with transaction(engine) as session:
            found = stays.proposals(session, site, _who(), datetime.now(UTC), plates=True)
    if json:
        _say_json({"site": site, "pairings": found})
        return
    table = Table("Lượt ra · passage", "Lượt · visit", "%", "₫", "vào · in", "ra · out", title=site)
    for row in found:
        share, plates = f"{row['probability']:.1%}", (row["entry"].get("plate", ""), row["exit"].get("plate", ""))
        table.add_row(*map(Text, (row["passage"], row["visit"], share, dong(row["difference"]), *plates)))
    Console().print(table)


@app.command("accept")
def accept_(
    passage: Passage,
    visit: Reference,
    note: Note,
    *,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """The passage ended this stay. It is priced and charged if it was not; a posted charge stays as it is."""
    with _opened("visits accept", config, database) as engine, transaction(engine) as session:
        row = accept(session, passage, visit, _who(), note, datetime.now(UTC))
    charged = row.total if row.tariff else None
    if json:
        _say_json({"visit": visit, "passage": passage, "left_at": row.left_at, "charged": charged})
    else:
        typer.echo(f"{visit}: {'nothing was charged' if charged is None else dong(charged)}")


@app.command("dismiss")
def dismiss_(
    passage: Passage,
    visit: Reference,
    note: Note,
    *,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """They are not one vehicle; the pair is not proposed again."""
    with _opened("visits dismiss", config, database) as engine, transaction(engine) as session:
        dismiss(session, passage, visit, _who(), note, datetime.now(UTC))
    if json:
        _say_json({"visit": visit, "passage": passage})
    else:
        typer.echo(f"{visit}: dismissed")


@app.command("candidates")
def candidates(
    approach: Approach, site: Site, *, json: AsJson = False, config: Config = None, database: Database = None
) -> None:
    """Which visits the vehicle at an exit may be, with their pictures' hashes. Needed before a lost entry."""
    with _opened("visits candidates", config, database) as engine, transaction(engine) as session:
        found = lost_entries.show(session, site, approach, _who(), datetime.now(UTC), plates=True)
    if json:
        _say_json(found)
        return
    table = Table("Lượt · visit", "%", "Biển số · plate", "Loại · class", "Vào · in", title=approach)
    for row in found["candidates"]:
        table.add_row(
            *map(Text, (row["visit"], f"{row['probability']:.1%}", row["plate"], row["class"], row["entered_at"]))
        )
    Console().print(table)


@app.command("lost")
def lost(
    approach: Approach,
    site: Site,
    kind: Annotated[VehicleClass, typer.Option("--class", help="The class that a person sees.")],
    note: Note,
    *,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """An exit without an entry: a visit of its own at the tariff's price. Ask `visits candidates` first."""
    with _opened("visits lost", config, database) as engine, transaction(engine) as session:
        row = lost_entries.make(session, site, approach, kind, _who(), note, datetime.now(UTC))
    if json:
        _say_json({"visit": row.visit, "total": row.total, "vat": row.vat, "payload": row.payload})
    else:
        typer.echo(f"{row.visit}: {dong(row.total)}")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV or workbook: plate, class, since, and if known lane or zone.")],
    site: Site,
    *,
    check: Annotated[bool, typer.Option("--check", help="Read and check alone; nothing is taken.")] = False,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Vehicles that were inside before the first day become open visits: all of the file or nothing of it.

    The same file twice is harmless. Whatever is wrong is named by row and column, all at once.
    """
    now = datetime.now(UTC)
    with _opened("visits import", config, database) as engine:
        _known(engine, site)
        raw = file.read_bytes()
        if check:
            with reading(engine) as session:
                said = {"vehicles": len(first_day.read(session, site, str(file), raw, now)), "taken": False}
        else:
            with transaction(engine) as session:
                taken = first_day.take(session, site, str(file), raw, _who(), now)
            said = {"vehicles": len(taken.visits), "taken": not taken.again, "again": taken.again}
    if json:
        _say_json({"site": site, "file": file.name, **said})
    else:
        words = "checked, nothing taken" if check else "taken" if said["taken"] else "taken before, nothing done"
        typer.echo(f"{file.name}: {said['vehicles']} vehicles, {words}")


@contextmanager
def _opened(command: str, config: Path | None, database: str | None) -> Iterator[Engine]:
    with _reasons(command), _books(config, database) as engine:
        try:
            yield engine
        except (NoSuchPairing, NoSuchVehicle) as error:
            raise ValueError(str(error)) from error


def _known(engine: Engine, site: str) -> None:
    with reading(engine) as session:
        if session.get(SiteRow, site) is None:
            raise NoSuchSite(f"there is no site {site}")


def _who() -> str:
    return f"{getpass.getuser()} (command line)"
