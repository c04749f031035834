"""`barie findings`: what is due and missing, and what people do about it, from the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlmodel import Session

from gate.findings import Code, Owner
from gate.money import dong
from server import occupancy, work
from server.cli import AsJson, Config, Database, Site, _books, _reasons, _say_json, word
from server.db import reading, transaction
from server.language import Language
from server.reconcile import ZONE, NoSuchSite
from server.register import SiteRow
from server.roles import Power
from server.told import lines
from server.typed_by import By, may, typed

Its = Annotated[Code, typer.Argument(help="The finding's code, such as opening_unexplained.")]
Subject = Annotated[str, typer.Argument(help="What it is about, as `findings list` shows it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why. Kept for ever.")]
Tongue = Annotated[Language, typer.Option("--lang", help="Of the table.")]

app = typer.Typer(
    no_args_is_help=True, help="Findings: list, take, give back, explain, dismiss, reopen; and how many are inside."
)


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
    if found["needs_second"]:
        typer.echo(f"{'':12} {_second(found, Language.VI)} · {_second(found, Language.EN)}")
    for line in lines(found):
        typer.echo(line)


@app.command("take")
def take(
    code: Its, subject: Subject, by: By, *, json: AsJson = False, config: Config = None, database: Database = None
) -> None:
    """From now on it is yours."""
    with _word("take", by, code, subject, config, database) as (session, now):
        work.take(session, code, subject, by, now)
    _done(json, {"taken_by": by}, f"{code} {subject}: {by}")


@app.command("give-back")
def give_back(
    code: Its, subject: Subject, by: By, *, json: AsJson = False, config: Config = None, database: Database = None
) -> None:
    """It was yours and is nobody's again."""
    with _word("give-back", by, code, subject, config, database) as (session, now):
        work.give_back(session, code, subject, by, now)
    _done(json, {"taken_by": ""}, f"{code} {subject}: -")


@app.command("explain")
def explain(
    code: Its,
    subject: Subject,
    reason: Reason,
    by: By,
    *,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Say why. An opening without a reason is settled by one."""
    with _word("explain", by, code, subject, config, database) as (session, now):
        settled = work.explain(session, code, subject, by, reason, now)
    _done(json, {"settled": settled}, "settled" if settled else "noted; it stays open until its cause is gone")


@app.command("dismiss")
def dismiss(
    code: Its,
    subject: Subject,
    reason: Reason,
    by: By,
    *,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Nothing more is to be done about it. With money in it a second person must say so too."""
    with _word("dismiss", by, code, subject, config, database) as (session, now):
        settled = work.dismiss(session, code, subject, by, reason, now)
    _done(json, {"settled": settled}, "settled" if settled else "a second person must dismiss it too")


@app.command("reopen")
def reopen(
    code: Its,
    subject: Subject,
    reason: Reason,
    by: By,
    *,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Take back what was explained or dismissed."""
    with _word("reopen", by, code, subject, config, database) as (session, now):
        work.reopen(session, code, subject, by, reason, now)
    _done(json, {"settled": False}, "open again")


@app.command("count")
def count(
    site: Site,
    vehicles: Annotated[int, typer.Argument(min=0, help="How many were counted inside, just now.")],
    *,
    off: Annotated[int, typer.Option("--off", min=0, help="How far the count may be off.")] = 0,
    note: Annotated[str, typer.Option("--note", help="Who counted, and how.")] = "",
    by: By,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Somebody counted the vehicles inside: the estimate starts from here."""
    with _reasons("findings count"), _books(config, database) as engine, transaction(engine) as session:
        now = datetime.now(UTC)
        may(session, by, Power.DECIDE_MONEY, Power.HELP_DRIVERS)
        occupancy.anchor(session, site, vehicles, off, by, note, now)
        typed(session, by, "counted the vehicles inside", site, now)
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
        following = _second(row, language) or following
        about = Text(f"{row['code']} {row['subject']}")  # what strangers wrote is never markup
        table.add_row(what, about, dong(row["amount"]), due, Text(whose), following)
    Console().print(table)


def _second(row: dict[str, Any], language: Language) -> str:
    """What to say of a dismissal that waits for a second person."""
    names = ", ".join(row["dismissed_by"])
    words = {Language.VI: f"{names} đã bỏ qua; chờ người thứ hai", Language.EN: f"{names} dismissed it; a second must"}
    return words[language] if row["needs_second"] else ""


@contextmanager
def _word(
    command: str, by: str, code: Code, subject: str, config: Path | None, database: str | None
) -> Iterator[tuple[Session, datetime]]:
    """A transaction in which a user who may do so says something; what is foreseen is one line on stderr and exit 1.

    Whose the finding is by its code may take, give back and explain it; whoever sees the books may say anything.
    """
    own = command in {"take", "give-back", "explain"} and work.owner_of(code) is Owner.ATTENDANT
    powers = (Power.DECIDE_MONEY, *((Power.HELP_DRIVERS,) if own else ()))
    about, recorded = f"{code} {subject}", f"finding {command}"
    with word(f"findings {command}", by, about, powers, config, database, recorded=recorded) as given:
        yield given


_ENGLISH = ("Finding", "About", "₫", "Due", "Whose", "Next step")
