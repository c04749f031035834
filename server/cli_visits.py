"""`barie visits`: stays that people put right, from the command line. What is looked at and decided is recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlmodel import Session

from gate.money import dong
from gate.vehicle import VehicleClass
from server import cli_visit_changes, cli_visit_erase, cli_visit_search, first_day, lost_entries, stays
from server.cli import AsJson, Config, Database, Site, _say_json, word
from server.cli_desk import person
from server.corrections import NoSuchPairing, accept, dismiss
from server.lost_entries import NoSuchVehicle
from server.roles import POWERS, Power
from server.sites import known
from server.told import lines
from server.typed_by import By, may

app = typer.Typer(
    no_args_is_help=True,
    help="Stays: search, look at one, correct, void, merge, split, erase, take its file; proposals, lost entries.",
)
app.command("search")(cli_visit_search.search)
for _do in (cli_visit_changes.correct, cli_visit_changes.void, cli_visit_changes.merge, cli_visit_changes.split):
    app.command(_do.__name__)(_do)
app.command("pack")(cli_visit_search.pack)
app.command("erase")(cli_visit_erase.erase)

Reference = Annotated[str, typer.Argument(help="The visit's reference, such as SPS7K2M9QX4.")]
Passage = Annotated[str, typer.Argument(help="The passage, as `visits proposals` names it.")]
Approach = Annotated[str, typer.Argument(help="The vehicle at the exit, as its lane names it.")]
Note = Annotated[str, typer.Option("--note", help="Why, in 3 to 200 characters. Kept for ever.")]

HELPING: Final = (Power.HELP_DRIVERS,)
LOOKING: Final = (Power.HELP_DRIVERS, Power.SEE_BOOKS)
CORRECTING: Final = (Power.CORRECT_STAYS,)
_SITE: Final = 3
"""The name of a visit begins with its site."""
_BY_APPROACH: Final = frozenset({"candidates", "lost"})
"""Commands that name their site beside a vehicle."""


@app.command("show")
def show(visit: Reference, *, by: By, json: AsJson = False, config: Config = None, database: Database = None) -> None:
    """All that the books know of a stay, with its plates for who may see plates."""
    with _word("show", by, visit, LOOKING, config, database) as (session, now):
        plates = Power.SEE_PLATES in POWERS[may(session, by, *LOOKING).role]
        found = stays.shown(session, visit, by, now, plates=plates)
        if found is None:
            raise ValueError(f"there is no visit {visit}")
    if json:
        _say_json(found)
    else:
        for line in lines(found):
            typer.echo(line)


@app.command("proposals")
def proposals(site: Site, *, by: By, json: AsJson = False, config: Config = None, database: Database = None) -> None:
    """Exits that the centre takes for open stays, waiting for a word: accept or dismiss."""
    with _word("proposals", by, site, HELPING, config, database) as (session, now):
        found = stays.proposals(session, site, by, now, plates=True)
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
    by: By,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """The passage ended this stay. It is priced and charged if it was not; a posted charge stays as it is."""
    with _word("accept", by, visit, CORRECTING, config, database) as (session, now):
        row = accept(session, passage, visit, by, note, now)
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
    by: By,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """They are not one vehicle; the pair is not proposed again."""
    with _word("dismiss", by, visit, CORRECTING, config, database) as (session, now):
        dismiss(session, passage, visit, by, note, now)
    if json:
        _say_json({"visit": visit, "passage": passage})
    else:
        typer.echo(f"{visit}: dismissed")


@app.command("candidates")
def candidates(
    approach: Approach, site: Site, *, by: By, json: AsJson = False, config: Config = None, database: Database = None
) -> None:
    """Which visits the vehicle at an exit may be, with their pictures' hashes. Needed before a lost entry."""
    with _word("candidates", by, approach, HELPING, config, database) as (session, now):
        known(session, person(session, by), site)
        found = lost_entries.show(session, site, approach, by, now, plates=True)
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
    by: By,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """An exit without an entry: a visit of its own at the tariff's price. Ask `visits candidates` first."""
    with _word("lost", by, approach, HELPING, config, database) as (session, now):
        known(session, person(session, by), site)
        row = lost_entries.make(session, site, approach, kind, by, note, now)
    if json:
        _say_json({"visit": row.visit, "total": row.total, "vat": row.vat, "payload": row.payload})
    else:
        typer.echo(f"{row.visit}: {dong(row.total)}")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV or workbook: plate, class, since, and if known lane or zone.")],
    site: Site,
    *,
    by: By,
    check: Annotated[bool, typer.Option("--check", help="Read and check alone; nothing is taken.")] = False,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Vehicles that were inside before the first day become open visits: all of the file or nothing of it.

    The same file twice is harmless. Whatever is wrong is named by row and column, all at once.
    """
    with _word("import", by, f"{site} {file.name}", CORRECTING, config, database) as (session, now):
        raw = file.read_bytes()
        if check:
            said = {"vehicles": len(first_day.read(session, site, str(file), raw, now)), "taken": False}
        else:
            taken = first_day.take(session, site, str(file), raw, by, now)
            said = {"vehicles": len(taken.visits), "taken": not taken.again, "again": taken.again}
    if json:
        _say_json({"site": site, "file": file.name, **said})
    else:
        words = "checked, nothing taken" if check else "taken" if said["taken"] else "taken before, nothing done"
        typer.echo(f"{file.name}: {said['vehicles']} vehicles, {words}")


@contextmanager
def _word(
    command: str, by: str, about: str, powers: tuple[Power, ...], config: Path | None, database: str | None
) -> Iterator[tuple[Session, datetime]]:
    """A transaction in which a user who may do so looks or decides; what is foreseen is one line and exit 1."""
    with word(f"visits {command}", by, about, powers, config, database) as given:
        try:
            if command not in _BY_APPROACH:
                known(given[0], person(given[0], by), about[:_SITE])
            yield given
        except (NoSuchPairing, NoSuchVehicle) as error:
            raise ValueError(str(error)) from error
