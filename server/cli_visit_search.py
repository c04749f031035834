"""`barie visits search` and `pack`: find a stay by what somebody remembers, and take its file along."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gate.money import dong
from server import asked_visits
from server.cli import AsJson, Config, Database, _config, _replaced
from server.cli_desk import After, Books, Size, desk, person, rules_of, say, told
from server.config import load
from server.db import reading, transaction
from server.desk import Desk
from server.dispute_taken import take
from server.leaves import LEAF
from server.local_dates import typed_date
from server.roles import Power
from server.told import moment
from server.typed_by import By, typed
from server.visit_list import State
from server.visit_search import Wanted

Reference = Annotated[str, typer.Argument(help="The visit's reference, such as SPS7K2M9QX4.")]
Day = Annotated[datetime | None, typer.Option(parser=typed_date, metavar="DATE", help="A local date, included.")]


def search(  # noqa: PLR0913 - one an option
    plate: Annotated[
        str, typer.Argument(help="What is known of the plate, or a visit's reference; may be left out.")
    ] = "",
    *,
    by: By,
    site: Annotated[str, typer.Option("--site", help="Only of this site.")] = "",
    state: Annotated[State, typer.Option("--state", help="Only those.")] = State.ALL,
    since: Day = None,
    until: Day = None,
    near: Annotated[
        bool, typer.Option("--near", help="Also plates with a slip, where others have what was typed.")
    ] = False,
    after: After = "",
    size: Size = LEAF,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Visits of a plate, newest first; O for 0, a part of it, or one wrong character are forgiven. Recorded.

    Such as: barie visits search 24A-O56 --site SPS --since 2026-11-01 --by minh
    """
    books = Books(by, config, database, json)
    wanted = Wanted(plate, site, state, _date(since), _date(until), near, after)
    with desk("visits search", books, site or "all sites") as at:
        answer = asked_visits.search(at, wanted, size=size)
    say(books, answer, lambda: _table(answer))


def pack(
    visit: Reference,
    output: Annotated[Path, typer.Option("--output", "-o", help="The ZIP to write; replaced only as a whole.")],
    *,
    by: By,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """The dispute pack of a stay: pictures, reads, prices, money, bank lines, with the hash of each file. Recorded.

    Needs --config, which says where the pictures are.

    Such as: barie visits pack SPS7K2M9QX4 -o tranh-chap.zip --by minh
    """
    books = Books(by, config, database, json)
    now = datetime.now(UTC)
    with told("visits pack", books) as engine:
        vault = Path(load(_config(config)).vault)
        with reading(engine) as session:
            at = Desk(session, person(session, by), rules_of(books), now)
            at.needs(Power.EXPORT)
            at.visit(visit)
            plates = at.person.may(Power.SEE_PLATES)
        with _replaced(output) as file:
            found = take(engine, visit, vault, file, by=by, now=now, plates=plates)
        with transaction(engine) as session:
            typed(session, by, "visits pack", visit, now)
    answer = {"visit": visit, "path": str(output), "files": found.files, "missing": found.missing}
    say(books, answer, lambda: typer.echo(f"{output}: {len(found.files)} tệp · files"))


def _date(at: datetime | None) -> date | None:
    return at.date() if at else None


def _table(answer: dict[str, Any]) -> None:
    """What was found, and what else there is to say of it."""
    if answer["reference"]:
        typer.echo(f"{answer['reference']}: barie visits show {answer['reference']}")
        return
    table = Table("Lượt · visit", "Biển số · plate", "Trạng thái · state", "Vào · in", "Ra · out", "Nợ · owes")
    for row in answer["visits"]:
        ends = (moment(row[name].isoformat()) if row[name] else "" for name in ("entered_at", "left_at"))
        cells = (row["visit"], row["plate"], row["state"], *ends, dong(row["owed"]))
        table.add_row(*map(Text, cells))  # what was read is never markup
    Console().print(table)
    if answer.get("short"):
        typer.echo("gõ thêm biển số · type more of the plate")
    if answer.get("similar"):
        typer.echo(f"{answer['similar']} biển số gần giống: --near · similar plates: --near")
    if answer["after"]:
        typer.echo(f"còn nữa · more: --after {answer['after']}")
