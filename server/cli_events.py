"""`barie events`: matches and festivals that drive a site's prices, lanes and people."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from server import asked_events
from server.cli import AsJson, Config, Database, Site
from server.cli_desk import Books, Request, Yes, desk, say, unless_done
from server.days.spans import local_date
from server.local_dates import typed_date
from server.once import Answer
from server.told import moment
from server.typed_by import By

app = typer.Typer(no_args_is_help=True, help="Planned events of a site: list, show, plan, cancel.")
Name = Annotated[str, typer.Argument(help="The event, such as SPS-E00001.")]
Day = Annotated[datetime | None, typer.Option(parser=typed_date, metavar="DATE", help="A local date, included.")]


@app.command("list")
def listed(
    site: Site,
    *,
    by: By,
    since: Day = None,
    until: Day = None,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Those that touch these dates; without them from today on, for 31 days.

    Such as: barie events list --site SPS --since 2026-12-01 --until 2026-12-31 --by minh
    """
    books = Books(by, config, database, json)
    first: date = since.date() if since else local_date(datetime.now(UTC))
    with desk("events list", books, site) as at:
        answer = asked_events.of_site(at, site, first, until.date() if until else first + timedelta(days=31))
    say(books, answer, lambda: _table(answer))


@app.command("show")
def show(name: Name, *, by: By, json: AsJson = False, config: Config = None, database: Database = None) -> None:
    """One whole: its hours, prices, lanes and people. Such as: barie events show SPS-E00001 --by minh"""
    books = Books(by, config, database, json)
    with desk("events show", books, name) as at:
        answer = asked_events.one(at, name)
    say(books, answer)


@app.command("plan")
def plan(
    file: Annotated[Path, typer.Argument(help="JSON: name, since, until, prices, lanes, staff (docs/handbook.md).")],
    site: Site,
    *,
    by: By,
    yes: Yes = False,
    request: Request = "",
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """What the event in the file would change, and with --yes it is kept; its prices wait for a second person.

    Such as: barie events plan match.json --site SPS --by minh, then again with --yes
    """
    books = Books(by, config, database, json)
    with desk("events plan", books, site, request) as at:
        try:
            wanted = asked_events.read(file.read_bytes())
        except asked_events.BadPlan as error:
            raise ValueError(f"{file}: {error}") from error
        answer = (
            {**asked_events.plan(at, site, wanted), "done": True}
            if yes
            else {**asked_events.effect(at, site, wanted), "done": False}
        )
    say(books, answer)
    if not yes:
        unless_done(books)


@app.command("cancel")
def cancel(
    name: Name,
    why: Annotated[str, typer.Option("--why", help="3 to 80 characters. Kept for ever.")],
    *,
    by: By,
    request: Request = "",
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Take an event back before it begins, its prices with it.

    Such as: barie events cancel SPS-E00001 --why "hoãn vì mưa · rain" --by minh
    """
    books = Books(by, config, database, json)
    with desk("events cancel", books, name, request) as at:
        answer = asked_events.cancel(at, name, why)
    say(books, answer)


def _table(answer: Answer) -> None:
    table = Table(
        "Sự kiện · event", "Tên · name", "Từ · from", "Đến · until", "Trạng thái · state", title=answer["site"]
    )
    for each in answer["events"]:
        ends = (moment(each[name].isoformat()) for name in ("since", "until"))
        table.add_row(*map(Text, (each["event"], each["name"], *ends, each["state"])))
    Console().print(table)
