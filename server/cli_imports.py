"""`barie import`: statements of banks, settlements of providers, and what each bank line is.

A file is imported whole or not at all; everything that is wrong with it is said at once, with row and column.
"""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from sqlalchemy import Engine
from sqlmodel import Session

from gate.money import dong
from gate.statements import Rounding
from server.auth import audit
from server.cli import AsJson, Config, Database, Day, _books, _reasons, _say_json
from server.db import reading, transaction
from server.facts_bank import ContractRow
from server.imports import keeping, shown_lines
from server.imports.flaws import name_of
from server.imports.keeping import File, Imported
from server.imports.kinds import BYTES_MAX
from server.imports.mapping import named
from server.money_rules import NotYours, speaker
from server.proving import explain
from server.reconcile import ZONE, NoSuchSite
from server.register import SiteRow
from server.roles import POWERS, Power
from server.told import cell

Statement = Annotated[Path, typer.Argument(help="The file as the bank or provider gave it: .xlsx, .csv, .xls, .xml.")]
Layout = Annotated[str | None, typer.Option("--mapping", help="A shipped mapping's name, or a .json file of yours.")]
Check = Annotated[bool, typer.Option("--check", help="Say what would happen; keep nothing.")]
Account = Annotated[str | None, typer.Option("--account", help="The bank account.")]
OfSite = Annotated[str | None, typer.Option("--site", help="The site whose account it is, in place of --account.")]
KINDS: Final = {"bank": "sao kê · statement", "settlement": "đối soát · settlement"}

app = typer.Typer(no_args_is_help=True, help=f"{__doc__}".partition("\n\n")[0])


class _NothingKept(Exception):
    """Ends the transaction of a `--check`."""


@app.command("bank")
def import_bank(
    file: Statement,
    *,
    account: Account = None,
    site: OfSite = None,
    mapping: Layout = None,
    check: Check = False,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Import a statement and prove by it what came; the layout is found by its headings."""
    with _told("bank"), _books(config, database) as engine:
        number = _account(engine, account, site)
        given = _file(file, mapping)
        done = _kept(engine, check, lambda session, now: keeping.bank_statement(session, given, number, now))
    _say(done, check, json)


@app.command("settlement")
def import_settlement(
    file: Statement,
    provider: Annotated[str, typer.Option("--provider", help="Whose settlement it is, such as vnpay.")],
    *,
    mapping: Layout = None,
    check: Check = False,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Import a provider's settlement, in the canonical layout or by a mapping."""
    with _told("settlement"), _books(config, database) as engine:
        given = _file(file, mapping)
        done = _kept(engine, check, lambda session, now: keeping.settlement_file(session, given, provider, now))
    _say(done, check, json)


@app.command("show")
def show(
    *,
    account: Account = None,
    site: OfSite = None,
    unknown: Annotated[bool, typer.Option("--unknown", help="Only lines that nothing explains.")] = False,
    most: Annotated[int, typer.Option("--most", min=1, max=10_000, help="How many lines, the newest first.")] = 50,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """The imported files, and an account's lines: day, amount, how the digest begins, what it is, what was written."""
    with _told("show"), _books(config, database) as engine, reading(engine) as session:
        number = _account(engine, account, site) if account or site else None
        files = shown_lines.files(session, number)
        lines = shown_lines.lines(session, number, unknown=unknown, most=most) if number else []
    if json:
        _say_json({"files": files, "lines": lines})
        return
    for shown in (*map(_file_lines, files), *([[""]] if files and lines else []), *map(_bank_lines, lines)):
        for line in shown:
            typer.echo(line)


@app.command("explain")
def explain_line(
    digest: Annotated[str, typer.Argument(help="The line's digest, or how it begins; see `barie import show`.")],
    meaning: Annotated[
        str,
        typer.Option(
            "--as",
            help="payment:PROVIDER:ID, payout:PROVIDER:SETTLEMENT, deposit:NAME, refund:NAME, fee or other.",
        ),
    ],
    by: Annotated[str, typer.Option("--by", help="The user whose word it is.")],
    note: Annotated[str, typer.Option("--note", help="Why.")],
    *,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Say what a line is that nothing explains. Once for ever, and recorded."""
    with _told("explain"), _books(config, database) as engine, transaction(engine) as session:
        may_import(session, by)
        line = explain(session, digest, meaning, by, f"{note} ({getpass.getuser()})", datetime.now(UTC))
        said = {"digest": line.digest, "as": meaning, "amount": line.amount}
    if json:
        _say_json(said)
    else:
        typer.echo(f"{line.digest[:12]} {dong(line.amount)}: {meaning}")


@app.command("contract")
def contract(  # noqa: PLR0913 - one an option
    provider: Annotated[str, typer.Option("--provider", help="Such as vnpay.")],
    since: Day,
    rate_bp: Annotated[int, typer.Option("--rate-bp", min=0, max=10_000, help="In basis points: 80 is 0.8 %.")],
    by: Annotated[str, typer.Option("--by", help="The user whose word it is.")],
    *,
    fixed: Annotated[int, typer.Option("--fixed", min=0, max=1_000_000, help="Dong of each payment.")] = 0,
    vat_bp: Annotated[int, typer.Option("--vat-bp", min=0, max=10_000, help="VAT on the fee.")] = 1_000,
    rounding: Annotated[Rounding, typer.Option("--rounding", help="Of fee and VAT to dong.")] = Rounding.HALF_UP,
    instrument: Annotated[str, typer.Option("--instrument", help="For this instrument alone.")] = "",
    payout_account: Annotated[str, typer.Option("--payout-account", help="Where it pays to.")] = "",
    words: Annotated[str, typer.Option("--words", help="What the bank writes of its payouts.")] = "",
    config: Config = None,
    database: Database = None,
) -> None:
    """Enter what a provider takes from `--date` on. A row is never changed: a new one begins later."""
    now = datetime.now(UTC)
    with _told("contract"), _books(config, database) as engine, transaction(engine) as session:
        may_import(session, by)
        key = (provider, instrument.lower(), since.date())
        if session.get(ContractRow, key) is not None:
            raise ValueError(f"{provider} has a contract from {since:%d/%m/%Y} on already")
        row = ContractRow(
            provider=provider,
            instrument=instrument.lower(),
            since=since.date(),
            rate_bp=rate_bp,
            fixed=fixed,
            vat_bp=vat_bp,
            rounding=rounding,
            payout_account=payout_account,
            words=words,
            by=by,
            entered_at=now,
        )
        session.add(row)
        audit(session, by, "entered a contract", provider, now, {"rate_bp": str(rate_bp), "since": str(since.date())})


def may_import(session: Session, name: str) -> None:
    """Raises NotYours unless the user of this name closes days."""
    who = speaker(session, name)
    if Power.CLOSE_DAYS not in POWERS[who.role]:
        raise NotYours(f"{who.name} ({who.role}) may not say what bank lines are")


def _kept(engine: Engine, check: bool, work: Callable[[Session, datetime], Imported]) -> Imported:  # noqa: FBT001
    """Import, or see what it would come to. A spinner turns where somebody watches."""
    now, done = datetime.now(UTC), None
    with Console(stderr=True).status("Đang đọc và đối chiếu… · Reading and matching…"):
        try:
            with transaction(engine) as session:
                done = work(session, now)
                if check:
                    raise _NothingKept
                if done.before is None:
                    who = f"{getpass.getuser()} (command line)"
                    audit(session, who, f"imported a {done.kind} file", done.source, now, {"name": done.name})
        except _NothingKept:
            pass
    assert done is not None
    return done


def _file(path: Path, mapping: str | None) -> File:
    """The file's bytes, no more than are read. Raises OSError."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(BYTES_MAX + 1)
    except OSError as error:
        raise OSError(f"{path}: {error.strerror}") from error
    return File(name_of(path.name), raw, f"{getpass.getuser()} (command line)", named(mapping) if mapping else None)


def _account(engine: Engine, account: str | None, site: str | None) -> str:
    if bool(account) == bool(site):
        raise ValueError("name the account with --account or its site with --site, one of both")
    if account:
        return account
    with reading(engine) as session:
        row = session.get(SiteRow, site)
    if row is None:
        raise NoSuchSite(f"there is no site {site}")
    return row.account


def _say(done: Imported, check: bool, json: bool) -> None:  # noqa: FBT001
    if json:
        proven = {account: each._asdict() for account, each in done.proven.items()}
        _say_json({**done._asdict(), "proven": proven, "kept": not check and done.before is None})
        return
    if done.before is not None:
        at = f"{done.before.astimezone(ZONE):%d/%m/%Y %H:%M}"
        typer.echo(f"{done.name}: đã nhập lúc {at}, không làm gì · imported before, nothing was done")
        return
    head = "kiểm tra, chưa lưu · checked, nothing kept" if check else "đã nhập · imported"
    typer.echo(f"{done.name}: {head}: {done.lines} dòng · lines, {done.new} mới · new ({done.mapping})")
    for account, each in done.proven.items():
        counts = ", ".join(f"{name} {count}" for name, count in each._asdict().items() if count)
        typer.echo(f"  {account}: {counts or '0'}")


def _file_lines(row: dict[str, Any]) -> list[str]:
    """A file in two lines of a terminal."""
    days = f"{cell(row['since'])}-{cell(row['until'])}"
    head = f"{cell(row['imported_at'])}  {KINDS[row['kind']]}  {row['source']}"
    return [cut(head), cut(f"    {days}  {row['lines']} dòng · lines  {row['name']}")]


def _bank_lines(row: dict[str, Any]) -> list[str]:
    """A bank's line in two or three: what it is, then what the bank wrote."""
    is_ = f"{row['kind']} {row['subject']}".strip() if row["kind"] else "chưa rõ · unknown"
    if row["subject"] == row["digest"]:
        is_ = row["kind"]
    head = f"{cell(row['booked_on'])}  {dong(row['amount']):>16}  {row['digest'][:12]}  {is_}"
    wrote = " ".join(each for each in (row["bank_reference"], row["text"]) if each)
    return [cut(head), cut(f"    {wrote}")] if wrote else [cut(head)]


def cut(text: str, width: int = 80) -> str:
    """One line of a terminal: what strangers wrote has no control characters there and is not longer than it."""
    plain = "".join(each if each.isprintable() else " " for each in text)
    return plain if len(plain) <= width else f"{plain[: width - 1]}…"


@contextmanager
def _told(command: str) -> Iterator[None]:
    """Refusals of people and money in one line, as all others."""
    with _reasons(f"import {command}"):
        try:
            yield
        except NotYours as error:
            raise ValueError(str(error)) from error
