"""`barie close`: close a site's day, look at the chain of closes, and check that nobody changed what was closed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from gate.money import dong
from gate.signing import private_key, public_key
from server import close_check, closing
from server.cli import AsJson, Config, Database, Site, _books, _config, _reasons, _say_json
from server.config import BadConfig, load
from server.db import reading, transaction
from server.facts_day import CloseRow
from server.first_facts import no_beginning
from server.local_dates import typed_date
from server.reconcile import ZONE, NoSuchSite
from server.register import SiteRow
from server.roles import Power
from server.typed_by import By, may, typed

SHOWN_MAX: Final = 50
app = typer.Typer(
    invoke_without_command=True, help="Close a site's day once for ever: counted, signed, chained to the day before."
)
On = Annotated[datetime, typer.Option("--date", parser=typed_date, metavar="DATE", help="The local date.")]


@app.callback()
def close(  # noqa: PLR0913 - one an option
    context: typer.Context,
    site: Annotated[str, typer.Option("--site", help="The site's code, such as SPS.")] = "",
    on: Annotated[
        datetime | None,
        typer.Option(
            "--date", parser=typed_date, metavar="DATE", help="The local date; usually the next to be closed."
        ),
    ] = None,
    *,
    by: Annotated[str, typer.Option("--by", help="The user who closes it: one whose role may. Needed to close.")] = "",
    check: Annotated[bool, typer.Option("--check", help="Only say whether it could be closed, and why not.")] = False,
    first: Annotated[bool, typer.Option("--first", help="This is the first day that the site closes.")] = False,
    empty: Annotated[bool, typer.Option("--empty", help="With --first: also a day before anything happened.")] = False,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Close a day, or say everything that is in its way. Closing a closed day again changes nothing."""
    if context.invoked_subcommand:
        return
    with _reasons("close"):
        if not site:
            raise ValueError("which site? Name it with --site")
        with _books(config, database) as engine:
            now = datetime.now(UTC)
            day = on.date() if on else _next(engine, site, now)
            if check:
                _say_whether(engine, site, day, now, first=first, empty=empty, json=json)
                return
            key = _key(config)
            with reading(engine) as session:
                _known(session, site)
                may(session, by, Power.CLOSE_DAYS)
                why = "" if empty or not first else no_beginning(session, site, day, now)
            if why:
                raise closing.NotYet(site, day, [why])
            made = closing.close(engine, site, day, key, by=by, now=now, first=first)
            if made.fresh:
                with transaction(engine) as session:
                    typed(session, by, "close", f"{site} {day}", now)
    _say_made(made, json=json)


@app.command("verify")
def verify(
    site: Site,
    heads: Annotated[
        list[str] | None, typer.Option("--head", help="A hash that was written down when a day was closed. May repeat.")
    ] = None,
    *,
    public: Annotated[str, typer.Option("--public-key", help="In base64, in place of the key in --config.")] = "",
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Check every close and every fact of a closed day. Exit 1 when something is not as it was, with what and where."""
    with _reasons("close verify"):
        key = public_key(public) if public else _key(config).public_key()
        with _books(config, database) as engine, reading(engine) as session:
            _known(session, site)
            found = close_check.check(session, site, key, heads or ())
    if json:
        _say_json({**found._asdict(), "wrong": _plain(found.wrong), "late": _plain(found.late)})
    else:
        _show_check(found)
    raise typer.Exit(1 if found.wrong else 0)


@app.command("list")
def listed(site: Site, *, json: AsJson = False, config: Config = None, database: Database = None) -> None:
    """The closed days. Write the newest hash down elsewhere: it proves all before it."""
    with _reasons("close list"), _books(config, database) as engine, reading(engine) as session:
        _known(session, site)
        rows = list(session.exec(select(CloseRow).where(CloseRow.site == site).order_by(col(CloseRow.on))))
    if json:
        _say_json({"site": site, "closes": [_row(row) for row in rows]})
        return
    table = Table("Ngày · Date", "Phải thu · Charged", "Chốt lúc · Closed", "Người chốt · By", "Mã băm · Hash")
    for row in rows:
        gross = msgspec.json.decode(row.body)["money"]["gross"]
        at = f"{row.closed_at.astimezone(ZONE):%H:%M %d/%m/%Y}"
        table.add_row(f"{row.on:%d/%m/%Y}", dong(gross), at, Text(row.by), row.sha256)
    Console().print(table)


@app.command("head")
def head(
    site: Site,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Append it to this file.")] = None,
    *,
    config: Config = None,
    database: Database = None,
) -> None:
    """The newest close in one line: site, day, hash. For a place that whoever holds the database does not hold."""
    with _reasons("close head"), _books(config, database) as engine, reading(engine) as session:
        _known(session, site)
        newest = session.exec(
            select(CloseRow).where(CloseRow.site == site).order_by(col(CloseRow.on).desc()).limit(1)
        ).first()
        if newest is None:
            raise ValueError(f"{site}: no day was closed yet")
        line = f"{site} {newest.on} {newest.sha256}"
        if output:
            with output.open("a") as file:
                file.write(f"{line}\n")
    typer.echo(line)


@app.command("write-off")
def write_off(
    box: Annotated[str, typer.Argument(help="The box.")],
    on: On,
    reason: Annotated[str, typer.Option("--reason", help="Why nothing more of its day will come.")],
    *,
    by: By,
    config: Config = None,
    database: Database = None,
) -> None:
    """Say that nothing more of a box's day will come, so that the day can be closed without it."""
    with _reasons("close write-off"), _books(config, database) as engine, transaction(engine) as session:
        now = datetime.now(UTC)
        may(session, by, Power.CLOSE_DAYS)
        new = closing.write_off(session, box, on.date(), by=by, note=reason, now=now)
        typed(session, by, "write-off", f"{box} {on.date()}", now)
    typer.echo(f"{box} {on.date()} {'is written off' if new else 'was written off before'}")


def _next(engine: Engine, site: str, now: datetime) -> Any:
    with reading(engine) as session:
        _known(session, site)
        day = closing.due(session, site, now)
    if day is None:
        raise ValueError(f"{site}: no day is due; name one with --date")
    return day


def _say_whether(engine: Engine, site: str, day: Any, now: datetime, *, first: bool, empty: bool, json: bool) -> None:
    with closing.snapshot(engine) as session:
        done = session.get(CloseRow, (site, day)) is not None
        seen = closing.look(session, site, day, now, first=first)
        why = "" if done or empty or not first else no_beginning(session, site, day, now)
    reasons = [] if done else [*filter(None, [why]), *seen.reasons]
    if json:
        _say_json({"site": site, "date": str(day), "closed": done, "possible": not reasons, "reasons": reasons})
    elif done:
        typer.echo(f"{site} {day}: đã chốt · closed")
    elif not reasons:
        typer.echo(f"{site} {day}: chốt được · can be closed")
    for reason in [] if json else reasons:
        typer.echo(f"- {reason}")
    if reasons:
        raise typer.Exit(1)


def _say_made(made: closing.Made, *, json: bool) -> None:
    if json:
        _say_json({**_row(made.row), "fresh": made.fresh})
        return
    words = "đã chốt · closed" if made.fresh else "đã chốt từ trước · was closed before"
    typer.echo(f"{made.row.site} {made.row.on}: {words}\n{made.row.sha256}")


def _show_check(found: close_check.Checked) -> None:
    for each in found.wrong:
        typer.echo(f"SAI · WRONG  {each.on or ''} {each.where}: {each.what}")
    for each in found.late[:SHOWN_MAX]:
        typer.echo(f"muộn · late  {each.on} {each.where}: {each.what}")
    more = len(found.late) - SHOWN_MAX
    if more > 0:
        typer.echo(f"và {more} dòng khác · and {more} more that came late")
    verdict = f"{len(found.wrong)} điểm sai · wrong" if found.wrong else "nguyên vẹn · as they were"
    typer.echo(f"{found.closes} ngày · days, {found.facts} dữ kiện · facts: {verdict}")
    if found.head:
        typer.echo(f"head {found.head}")


def _plain(found: list[close_check.Wrong]) -> list[dict[str, Any]]:
    return [{"date": str(each.on or ""), "where": each.where, "what": each.what} for each in found]


def _row(row: CloseRow) -> dict[str, Any]:
    told = {"site": row.site, "date": row.on, "sha256": row.sha256, "previous": row.previous}
    told |= {"signature": row.signature, "closed_at": row.closed_at, "by": row.by}
    return {**told, "body": msgspec.json.decode(row.body)}


def _key(config: Path | None) -> Ed25519PrivateKey:
    try:
        return private_key(load(_config(config)).signing_key)
    except BadConfig as error:
        raise BadConfig(f"the key that signs is in the centre's configuration: {error}") from error


def _known(session: Session, site: str) -> None:
    if session.get(SiteRow, site) is None:
        raise NoSuchSite(f"no site {site}")
