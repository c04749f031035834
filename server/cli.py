"""`barie reconcile`, `export`, `price` and `qr`: the books and the rules from the command line.

Whatever is wrong ends with exit 1 and its reason on stderr; nothing is left half written.
"""

import errno
import getpass
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final, NoReturn

import msgspec
import segno
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlmodel import Session

from gate import tariff, vietqr
from gate.money import dong
from gate.vehicle import VehicleClass
from server.auth import audit
from server.config import BadConfig, load
from server.day_shown import as_json, show
from server.db import connect, transaction
from server.export import BadRange, Format, Plates, chart, export, snapshot
from server.language import Language
from server.local_dates import swapped, typed_date
from server.many_days import dates, reports
from server.money_rules import keep_to
from server.reconcile import ZONE, NoSuchSite
from server.roles import Power
from server.typed_by import may, typed

ROOT: Final = Path(__file__).resolve().parents[1]
USUAL: Final = Path(".barie/demo/centre.json")

Site = Annotated[str, typer.Option("--site", help="The site's code, such as SPS.")]
Config = Annotated[Path | None, typer.Option("--config", help=f"The centre's JSON file. Usually {USUAL}.")]
Database = Annotated[str | None, typer.Option("--database", help="The books' URL, in place of --config.")]
Until = Annotated[
    datetime | None,
    typer.Option(
        "--to", parser=typed_date, metavar="DATE", help="The last local date; with --json, a line for each day."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Day = Annotated[datetime, typer.Option("--date", parser=typed_date, metavar="DATE", help="The local date.")]
From = Annotated[datetime, typer.Option("--from", parser=typed_date, metavar="DATE", help="The first local date.")]
To = Annotated[datetime, typer.Option("--to", parser=typed_date, metavar="DATE", help="The last local date.")]
TROUBLE: Final = (
    ArgumentError,
    BadConfig,
    BadRange,
    DBAPIError,
    NoSuchModuleError,
    NoSuchSite,
    OSError,
    ValueError,
)


@contextmanager
def _reasons(command: str) -> Iterator[None]:
    """Turn what is foreseen into one line on stderr and exit 1."""
    try:
        yield
    except DBAPIError as error:
        _fail(command, f"the database: {error.orig}")
    except TROUBLE as error:
        _fail(command, str(error))


def _fail(command: str, why: str) -> NoReturn:
    typer.echo(f"barie {command}: {why.strip()}", err=True)
    raise typer.Exit(1)


def _say_json(value: Any) -> None:
    typer.echo(msgspec.json.encode(value).decode())


@contextmanager
def _books(config: Path | None, database: str | None) -> Iterator[Engine]:
    """The books that the options name. What is not there is not made."""
    read = None if database else load(_config(config))
    url = database or (read.database if read else "")
    try:
        parsed = make_url(url)
    except ArgumentError as error:  # said without the text, which may hold a password
        raise BadConfig("--database is no URL such as sqlite:///books.sqlite") from error
    if parsed.drivername.startswith("sqlite") and not Path(parsed.database or "").is_file():
        raise BadConfig(f"{parsed.database}: there are no books here")
    engine = connect(url)
    if read:
        keep_to(engine, read.money)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def word(
    command: str,
    by: str,
    about: str,
    powers: tuple[Power, ...],
    config: Path | None,
    database: str | None,
    *,
    recorded: str = "",
) -> Iterator[tuple[Session, datetime]]:
    """A transaction in which a user with one of the powers says something; what is foreseen is one line and exit 1.

    `recorded`: the command's name in the log, where it is another.
    """
    with _reasons(command), _books(config, database) as engine, transaction(engine) as session:
        now = datetime.now(UTC)
        may(session, by, *powers)
        yield session, now
        typed(session, by, recorded or command, about, now)


def _config(given: Path | None) -> Path:
    usual = ROOT / USUAL
    if given is None and not usual.is_file():
        raise BadConfig(f"which books? Name them with --config or --database; there is no {USUAL}")
    return given or usual


# --- reconcile ---------------------------------------------------------------------------------------------


def reconcile(
    site: Site,
    on: Day,
    *,
    to: Until = None,
    language: Annotated[Language, typer.Option("--lang", help="Of the table.")] = Language.VI,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Compare a site's day: passages against visits against money, item by item. With --to, each day until then."""
    with _reasons("reconcile"), _books(config, database) as engine:
        days = dates(on.date(), (to or on).date())
        for day, found in zip(days, reports(engine, site, days, datetime.now(UTC)), strict=True):
            if json:
                _say_json(as_json(found) if to is None else {"date": day.isoformat(), **as_json(found)})
            else:
                show(site, day, found, language)


# --- export ------------------------------------------------------------------------------------------------


def export_days(  # noqa: PLR0913 - one an option
    site: Site,
    start: From,
    end: To,
    kind: Annotated[Format, typer.Option("--format", help="Workbook, text for spreadsheets, or data for programs.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write; replaced only as a whole.")],
    *,
    language: Annotated[Language, typer.Option("--lang", help="Of headings and words.")] = Language.VI,
    plates: Annotated[bool, typer.Option("--plates", help="With plates, masked: 24A-***.78. Recorded.")] = False,
    full_plates: Annotated[bool, typer.Option("--full-plates", help="With whole plates. Recorded.")] = False,
    accounts: Annotated[
        Path | None,
        typer.Option("--accounts", help="For journals: a JSON file of our accounts and the chart's."),
    ] = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Write a site's days for finance. Closed days come out the same for ever.

    xlsx, csv, json: summary, visits, payments, bank match, openings, findings, VAT by rate and date, adjustments,
    closes. journal, journal-xlsx: lines for an accounting package.
    """
    shown = Plates.FULL if full_plates else Plates.MASKED if plates else Plates.NONE
    with _reasons("export"), _books(config, database) as engine:
        if why := swapped(start.date(), end.date()):
            raise BadRange(why)
        if shown is not Plates.NONE:
            _record(engine, site, f"{start.date()} {end.date()} {shown}")
        codes = chart(accounts)
        with _replaced(output) as file, snapshot(engine) as session, _progress() as progress:
            export(
                session,
                site,
                start.date(),
                end.date(),
                kind,
                file,
                language=language,
                plates=shown,
                progress=progress,
                now=datetime.now(UTC),
                codes=codes,
            )


def _record(engine: Engine, site: str, detail: str) -> None:
    with transaction(engine) as session:
        who = f"{getpass.getuser()} (command line)"
        audit(session, who, "exported with plates", site, datetime.now(UTC), {"days": detail})


@contextmanager
def _replaced(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` when all of it is on disk, and leaves nothing when it fails."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        number, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise OSError(f"{path}: {error.strerror}") from error
    try:
        with os.fdopen(number, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        Path(partial).chmod(0o666 & ~mask)
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("export", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


# --- price -------------------------------------------------------------------------------------------------


def price(
    file: Annotated[Path, typer.Option("--tariff", help="The tariff, as JSON.")],
    kind: Annotated[VehicleClass, typer.Option("--class", help="The vehicle's class.")],
    entered: Annotated[str, typer.Option("--from", help="When it entered, ISO 8601; local time without an offset.")],
    left: Annotated[str, typer.Option("--to", help="When it left.")],
    *,
    json: AsJson = False,
) -> None:
    """The bill of a stay under a tariff."""
    with _reasons("price"):
        try:
            known = tariff.load(file.read_bytes())
        except OSError as error:
            raise OSError(f"{file}: {error.strerror}") from error
        except tariff.BadTariff as error:
            raise tariff.BadTariff(f"{file}: {error}") from error
        bill = tariff.price(known, kind, _moment("--from", entered), _moment("--to", left))
    lines = [{"from": x.since, "to": x.until, "what": x.what, "amount": x.amount} for x in bill.lines]
    if json:
        _say_json({"total": bill.total, "vat": bill.vat, "lines": lines})
        return
    for line in bill.lines:
        typer.echo(f"{line.since:%d/%m/%Y %H:%M} - {line.until:%d/%m/%Y %H:%M}  {line.what}  {dong(line.amount)}")
    typer.echo(f"{dong(bill.total)}, trong đó thuế GTGT {dong(bill.vat)}")


def _moment(option: str, said: str) -> datetime:
    try:
        at = datetime.fromisoformat(said)
    except ValueError as error:
        raise ValueError(f"{option}: {said!r} is no moment such as 2026-11-23T08:00") from error
    return at if at.tzinfo else at.replace(tzinfo=ZONE)


# --- qr ----------------------------------------------------------------------------------------------------

qr = typer.Typer(no_args_is_help=True, help="Write and read VietQR payloads.")


@qr.command("encode")
def qr_encode(
    bank: Annotated[str, typer.Option("--bin", help="The bank's six digits.")],
    account: Annotated[str, typer.Option(help="The account at that bank.")],
    amount: Annotated[int, typer.Option(help="Whole dong.")],
    note: Annotated[str, typer.Option(help="The transfer's text.")],
    png: Annotated[Path | None, typer.Option(help="Draw the code into this file.")] = None,
    *,
    json: AsJson = False,
) -> None:
    """The payload of one transfer."""
    with _reasons("qr encode"):
        payload = vietqr.encode(bank=bank, account=account, amount=amount, note=note)
        if png:
            with _replaced(png) as file:
                segno.make(payload, error="m", micro=False).save(file, kind="png", scale=8, border=4)
    if json:
        _say_json({"payload": payload})
    else:
        typer.echo(payload)


@qr.command("decode")
def qr_decode(
    payload: Annotated[str, typer.Argument(help="The text in the code.")],
    *,
    json: AsJson = False,
) -> None:
    """What a payload says; anything not strictly of the format is refused with its place."""
    with _reasons("qr decode"):
        said = _fields(vietqr.decode(payload))
    if json:
        _say_json(said)
        return
    for name, value in said.items():
        typer.echo(f"{name:13} {'' if value is None else value}")


def _fields(said: vietqr.VietQR) -> dict[str, Any]:
    """What every payload says, and of the rest what this one has."""
    rest = ("merchant_code", "name", "city", "additional")
    return {name: value for name, value in said._asdict().items() if name not in rest or value}
