"""`barie findings`: what is due and missing, and what people do about it, from the command line."""

import getpass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gate.findings import Code
from gate.money import dong
from server import occupancy, work
from server.cli import AsJson, Config, Database, Site, _books, _reasons, _say_json
from server.db import reading, transaction
from server.language import Language
from server.reconcile import ZONE, NoSuchSite
from server.register import SiteRow

Its = Annotated[Code, typer.Argument(help="The finding's code, such as opening_unexplained.")]
Subject = Annotated[str, typer.Argument(help="What it is about, as `findings list` shows it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why. Kept for ever.")]
Tongue = Annotated[Language, typer.Option("--lang", help="Of the table.")]

app = typer.Typer(no_args_is_help=True, help="Findings: list, take, explain, dismiss, reopen; and how many are inside.")


@app.command("list")
def listed(
    site: Site,
    *,
    every: Annotated[bool, typer.Option("--all", help="Also those that are closed.")] = False,
    language: Tongue = Language.VI,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """The site's findings, the dearest first: value, age, owner, next step."""
    with _reasons("findings list"), _books(config, database) as engine, reading(engine) as session:
        if session.get(SiteRow, site) is None:
            raise NoSuchSite(f"there is no site {site}")
        rows = work.shown(session, site, datetime.now(UTC), every=every)
    if json:
        _say_json({"site": site, "findings": rows})
    else:
        _show(site, rows, language)


@app.command("show")
def one(code: Its, subject: Subject, *, json: AsJson = False, config: Config = None, database: Database = None) -> None:
    """One finding with its evidence and what was done about it."""
    with _reasons("findings show"), _books(config, database) as engine, reading(engine) as session:
        found = work.one(session, code, subject, datetime.now(UTC))
    if json:
        _say_json(found)
        return
    for name, value in found.items():
        typer.echo(f"{name:12} {value}")


@app.command("take")
def take(
    code: Its, subject: Subject, *, json: AsJson = False, config: Config = None, database: Database = None
) -> None:
    """From now on it is yours."""
    with _reasons("findings take"), _books(config, database) as engine, transaction(engine) as session:
        work.take(session, code, subject, _who(), datetime.now(UTC))
    _done(json, {"taken_by": _who()}, f"{code} {subject}: {_who()}")


@app.command("explain")
def explain(
    code: Its,
    subject: Subject,
    reason: Reason,
    *,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Say why. An opening without a reason is settled by one."""
    with _reasons("findings explain"), _books(config, database) as engine, transaction(engine) as session:
        settled = work.explain(session, code, subject, _who(), reason, datetime.now(UTC))
    _done(json, {"settled": settled}, "settled" if settled else "noted; it stays open until its cause is gone")


@app.command("dismiss")
def dismiss(
    code: Its,
    subject: Subject,
    reason: Reason,
    *,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Nothing more is to be done about it. With money in it a second person must say so too."""
    with _reasons("findings dismiss"), _books(config, database) as engine, transaction(engine) as session:
        settled = work.dismiss(session, code, subject, _who(), reason, datetime.now(UTC))
    _done(json, {"settled": settled}, "settled" if settled else "a second person must dismiss it too")


@app.command("reopen")
def reopen(
    code: Its,
    subject: Subject,
    reason: Reason,
    *,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Take back what was explained or dismissed."""
    with _reasons("findings reopen"), _books(config, database) as engine, transaction(engine) as session:
        work.reopen(session, code, subject, _who(), reason, datetime.now(UTC))
    _done(json, {"settled": False}, "open again")


@app.command("count")
def count(
    site: Site,
    vehicles: Annotated[int, typer.Argument(min=0, help="How many were counted inside, just now.")],
    *,
    off: Annotated[int, typer.Option("--off", min=0, help="How far the count may be off.")] = 0,
    note: Annotated[str, typer.Option("--note", help="Who counted, and how.")] = "",
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Somebody counted the vehicles inside: the estimate starts from here."""
    with _reasons("findings count"), _books(config, database) as engine, transaction(engine) as session:
        occupancy.anchor(session, site, vehicles, off, _who(), note, datetime.now(UTC))
    _done(json, {"count": vehicles, "off": off}, f"{site}: {vehicles} ± {off}")


@app.command("inside")
def inside(site: Site, *, json: AsJson = False, config: Config = None, database: Database = None) -> None:
    """How many vehicles are inside: an estimate with its error bar, since the last count."""
    with _reasons("findings inside"), _books(config, database) as engine, reading(engine) as session:
        found = occupancy.estimate(session, site, datetime.now(UTC))
    if json:
        _say_json(found)
    else:
        typer.echo(f"{site}: {found.expected} ({found.low} … {found.high}) · {found.breach or 'ok'}")


def _done(json: bool, value: dict[str, Any], words: str) -> None:  # noqa: FBT001 - as the option is
    if json:
        _say_json(value)
    else:
        typer.echo(words)


def _show(site: str, rows: list[dict[str, Any]], language: Language) -> None:
    vi = language is Language.VI
    heads = ("Phát hiện", "Về", "₫", "Đến hạn", "Ai lo", "Việc cần làm") if vi else _ENGLISH
    table = Table(*heads, title=f"{site} · {len(rows)}")
    for row in rows:
        what, following = (row["what_vi"], row["next_vi"]) if vi else (row["what_en"], row["next_en"])
        due = f"{row['due'].astimezone(ZONE):%H:%M %d/%m}"
        whose = row["taken_by"] or row["owner"]
        about = Text(f"{row['code']} {row['subject']}")  # what strangers wrote is never markup
        table.add_row(what, about, dong(row["amount"]), due, Text(whose), following)
    Console().print(table)


_ENGLISH = ("Finding", "About", "₫", "Due", "Whose", "Next step")


def _who() -> str:
    return f"{getpass.getuser()} (command line)"
