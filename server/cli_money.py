"""`barie money`: what became of a payment, and what people decide about it, from the command line.

Whoever decides is a user of the centre (`--by`), within the limit of their role; a refund, a waiver and a write-off
take effect with a second person's `approve`. Everything is recorded with the name of who sat at the keyboard.
"""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlmodel import Session

from gate.money import dong
from server import account_changes, claims, effects, refund_accounts, transfers
from server.auth import audit
from server.cli import AsJson, Config, Database, _books, _reasons, _replaced, _say_json
from server.cli import _config as named_config
from server.config import load
from server.db import reading, transaction
from server.decisions import Decided, Wanted, approve, decide
from server.effects import Kind
from server.money_rules import MoneyRules, NoSuch, NotYours, Speaker, speaker
from server.money_shown import shown
from server.refusals import MONEY, bilingual
from server.roles import Power
from server.told import cell, lines
from server.transfers import Form
from server.typed_by import may, typed

Payment = Annotated[str, typer.Argument(help="The payment, as provider:number, such as sepay:92704.")]
Visit = Annotated[str, typer.Argument(help="The visit's reference.")]
By = Annotated[str, typer.Option("--by", help="The user whose word it is.")]
Note = Annotated[str, typer.Option("--note", help="Why, in 3 to 400 characters.")]
Amount = Annotated[int | None, typer.Option("--amount", min=1, help="Whole dong; usually all that there is.")]
To = Annotated[str, typer.Option("--to", help="The visit whose debt it pays.")]
COLUMNS: Final = {
    "happened_at": "Lúc · at",
    "kind": "Nghiệp vụ · what",
    "visit": "Lượt xe · visit",
    "postings": "Định khoản · postings",
    "key": "Bút toán · entry",
}

app = typer.Typer(no_args_is_help=True, help=f"{__doc__}".partition("\n\n")[0])


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="A payment (sepay:92704), visit, refund or decision.")],
    *,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """What became of a payment or visit: where each dong is, decisions, refunds, entries."""
    with _told("show"), _books(config, database) as engine, reading(engine) as session:
        found = shown(session, name)
    if json:
        _say_json(found)
    else:
        _print(name, found)


@app.command("settle")
def settle(
    payment: Payment,
    to: To,
    by: By,
    note: Note,
    *,
    amount: Amount = None,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Money that waits pays the stay that it was for."""
    wanted = Wanted(Kind.SETTLE, note, amount, payment=payment, to_visit=to)
    _decide("settle", wanted, by, json=json, config=config, database=database)


@app.command("credit")
def credit(
    payment: Payment,
    to: To,
    by: By,
    note: Note,
    *,
    amount: Amount = None,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """What one stay had too much pays another's debt."""
    wanted = Wanted(Kind.CREDIT, note, amount, payment=payment, to_visit=to)
    _decide("credit", wanted, by, json=json, config=config, database=database)


@app.command("refund")
def refund(
    payment: Payment,
    by: By,
    note: Note,
    *,
    off: Annotated[str, typer.Option("--off", help="Take it off this visit, which owes again then.")] = "",
    amount: Amount = None,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Money goes back: two persons, then a file of transfers, then the bank's debit line."""
    wanted = Wanted(Kind.REFUND, note, amount, payment=payment, to_visit=off)
    _decide("refund", wanted, by, json=json, config=config, database=database)


@app.command("waive")
def waive(
    visit: Visit,
    by: By,
    note: Note,
    *,
    amount: Amount = None,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """A debt is forgiven: two persons."""
    _decide("waive", Wanted(Kind.WAIVE, note, amount, visit=visit), by, json=json, config=config, database=database)


@app.command("write-off")
def write_off(
    visit: Visit,
    by: By,
    note: Note,
    *,
    amount: Amount = None,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """A debt that nobody will pay is given up: two persons."""
    wanted = Wanted(Kind.WRITE_OFF, note, amount, visit=visit)
    _decide("write-off", wanted, by, json=json, config=config, database=database)


@app.command("claim")
def claim(
    visit: Visit,
    by: By,
    note: Note,
    lane: Annotated[str, typer.Option("--lane", help="Where the vehicle stands.")],
    *,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Book that a driver was let out on the word that it was paid: the stay stays owing until the money is seen.

    The arm is not moved from here; the console and POST /v1/claims do both at once.
    """
    with _told("claim"), _books(config, database) as engine, transaction(engine) as session:
        who, now = _speaker(session, by), datetime.now(UTC)
        made = claims.claim(session, lane, visit, who.name, note, _rules(config, database), now)
        said = {"visit": visit, "amount": made.amount, "shift": made.shift, "due": claims.next_morning(now)}
    _say(said, f"{visit}: {dong(made.amount)} stays owing", json=json)


@app.command("charged-back")
def charged_back(
    payment: Payment, by: By, note: Note, *, json: AsJson = False, config: Config = None, database: Database = None
) -> None:
    """A provider says that the payer wants the money back: a case until it is contested or accepted."""
    with _told("charged-back"), _books(config, database) as engine, transaction(engine) as session:
        who, now = _speaker(session, by), datetime.now(UTC)
        new = effects.charged_back(session, payment, now, who.name, note, now)
        audit(session, who.name, "money: charged back", payment, now, _keyboard({"note": note}))
    _say({"payment": payment, "new": new}, f"{payment}: {'noted' if new else 'was noted before'}", json=json)


@app.command("contest")
def contest(
    payment: Payment, by: By, note: Note, *, json: AsJson = False, config: Config = None, database: Database = None
) -> None:
    """A chargeback is answered with evidence."""
    _decide("contest", Wanted(Kind.CONTEST, note, payment=payment), by, json=json, config=config, database=database)


@app.command("accept")
def accept(
    payment: Payment, by: By, note: Note, *, json: AsJson = False, config: Config = None, database: Database = None
) -> None:
    """A chargeback is right, the stay owes again: two persons."""
    _decide("accept", Wanted(Kind.ACCEPT, note, payment=payment), by, json=json, config=config, database=database)


@app.command("undo")
def undo(
    decision: Annotated[str, typer.Argument(help="The decision to take back, where no money has left.")],
    by: By,
    note: Note,
    *,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Take a decision back by another."""
    _decide("undo", Wanted(Kind.UNDO, note, undoes=decision), by, json=json, config=config, database=database)


@app.command("approve")
def approve_it(
    decision: Annotated[str, typer.Argument(help="The decision, as show and refund print it.")],
    by: By,
    *,
    note: Annotated[str, typer.Option("--note", help="What is to be remembered.")] = "",
    refuse: Annotated[bool, typer.Option("--refuse", help="Say no, for ever.")] = False,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Another person's word on a decision. The last word needed gives it effect."""
    with _told("approve"), _books(config, database) as engine, transaction(engine) as session:
        now = datetime.now(UTC)
        who = _speaker(session, by)
        done = approve(session, decision, who, _rules(config, database), now, agrees=not refuse, note=note)
        audit(session, by, "money: at the command line", decision, now, _keyboard({}))
    _said(done, json=json)


@app.command("account")
def account(
    refund_name: Annotated[str, typer.Argument(metavar="REFUND", help="The refund's reference, RF and eleven more.")],
    by: By,
    *,
    bank: Annotated[str, typer.Option(help="The bank's six digits.")] = "",
    number: Annotated[str, typer.Option("--account", help="The account at that bank.")] = "",
    name: Annotated[str, typer.Option(help="Whose account it is.")] = "",
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Enter where a refund goes; with nothing but the refund, print the page on which the driver says so.

    An account that is known is not written over: another one waits for a second person's `money account-change`.
    """
    with _told("account"), _books(config, database) as engine, transaction(engine) as session:
        who, now = may(session, by, Power.DECIDE_MONEY), datetime.now(UTC)
        if bank or number or name:
            to = refund_accounts.account(bank, number, name)
            given = refund_accounts.enter(session, refund_name, to, who.name, now)
            said: dict[str, Any] = {"refund": refund_name, "given": given}
        else:
            token = refund_accounts.ask(session, refund_name, who.name, now)
            said = {"refund": refund_name, "path": f"/v1/refunds/{token}/account"}
        typed(session, by, "money account", refund_name, now)
    waits = f"{refund_name}: another account is known; this one waits for a second person: money account-change"
    _say(said, str(said.get("path", f"{refund_name}: the account is known" if said.get("given") else waits)), json=json)


@app.command("account-change")
def account_change(
    refund_name: Annotated[str, typer.Argument(metavar="REFUND", help="The refund's reference, RF and eleven more.")],
    by: By,
    *,
    agree: Annotated[bool, typer.Option("--agree", help="The refund goes to the other account.")] = False,
    refuse: Annotated[bool, typer.Option("--refuse", help="It stays at the account that is known.")] = False,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Another account for a refund whose account is known: both accounts, and the second person's word.

    Without a word it prints each change with both accounts; the look is recorded. Whoever asked for the change or
    printed the driver's link cannot agree to it. While it waits, no file of transfers holds the refund.
    """
    with _told("account-change"), _books(config, database) as engine, transaction(engine) as session:
        who, now = may(session, by, Power.DECIDE_MONEY), datetime.now(UTC)
        if agree and refuse:
            raise ValueError("--agree or --refuse, not both")
        if agree or refuse:
            rules = _rules(config, database)
            number = account_changes.speak(session, refund_name, who, rules, now, agrees=agree)
            said: dict[str, Any] = {"refund": refund_name, "change": number, "agrees": agree}
            words = f"{refund_name}: {'the other account is used' if agree else 'the account stays as it was'}"
        else:
            found = account_changes.seen(session, refund_name, who.name, now)
            said = {"refund": refund_name, "changes": [_as_told(each) for each in found]}
            words = "\n".join(_change(each) for each in found) or f"{refund_name}: the account was never changed"
        typed(session, by, "money account-change", refund_name, now)
    _say(said, words, json=json)


@app.command("transfers")
def make_transfers(
    by: By,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    *,
    own: Annotated[str, typer.Option("--from", help="Our account that the money leaves.")] = "",
    form: Annotated[Form, typer.Option("--format", help="For a spreadsheet or as text.")] = Form.XLSX,
    again: Annotated[str, typer.Option("--again", help="Write this file of before once more.")] = "",
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """The file of outgoing transfers for the bank: each refund in one file only, kept before it is written."""
    with _told("transfers"), _books(config, database) as engine:
        with transaction(engine) as session:
            who = may(session, by, Power.DECIDE_MONEY)
            made = (
                transfers.again(session, again)
                if again
                else transfers.make(session, own, form, who.name, datetime.now(UTC))
            )
        try:
            with _replaced(output) as file:
                file.write(made.content)
        except OSError as error:
            raise OSError(f"{error}; it is kept: barie money transfers --again {made.file} -o FILE") from error
    said = {"file": made.file, "lines": made.lines, "total": made.total, "sha256": made.sha256, "path": str(output)}
    _say(said, f"{output}: {made.lines} transfers, {dong(made.total)}, file {made.file}", json=json)


def _decide(command: str, wanted: Wanted, by: str, *, json: bool, config: Path | None, database: str | None) -> None:
    with _told(command), _books(config, database) as engine, transaction(engine) as session:
        now = datetime.now(UTC)
        done = decide(session, wanted, _speaker(session, by), _rules(config, database), now)
        audit(session, by, "money: at the command line", done.decision, now, _keyboard({}))
    _said(done, json=json)


@contextmanager
def _told(command: str) -> Iterator[None]:
    """What is foreseen is one line in both languages on stderr and exit 1."""
    with _reasons(f"money {command}"), bilingual(MONEY, NoSuch, NotYours, ValueError):
        yield


def _rules(config: Path | None, database: str | None) -> MoneyRules:
    """The centre's settings; the usual ones where only the books are named."""
    return MoneyRules() if database and config is None else load(named_config(config)).money


def _speaker(session: Session, by: str) -> Speaker:
    return speaker(session, by)


def _keyboard(detail: dict[str, str]) -> dict[str, str]:
    return detail | {"typed_by": getpass.getuser()}


def _said(done: Decided, *, json: bool) -> None:
    words = "refused" if done.refused else f"{done.missing} more to approve" if done.missing else "done"
    _say(
        {"decision": done.decision, "missing": done.missing, "refused": done.refused},
        f"{done.decision}: {words}",
        json=json,
    )


def _as_told(each: account_changes.Change) -> dict[str, Any]:
    return {**each._asdict(), "was": each.was._asdict(), "to": each.to._asdict()}


def _change(each: account_changes.Change) -> str:
    """One change in a line: from where to where, who asked for it, and what the other person said."""
    word = "waits" if each.agrees is None else f"{'agreed' if each.agrees else 'refused'} by {each.word_by}"
    return f"{each.number}. {' '.join(each.was)} ({each.was_by}) -> {' '.join(each.to)} ({each.by}): {word}"


def _say(value: dict[str, Any], words: str, *, json: bool) -> None:
    if json:
        _say_json(value)
    else:
        typer.echo(words)


def _print(name: str, found: dict[str, Any]) -> None:
    for line in lines({key: value for key, value in found.items() if key != "entries"}):
        typer.echo(line)
    table = Table(*COLUMNS.values(), title=Text(name))
    for row in found["entries"]:
        table.add_row(*(Text(cell(row[column], column)) for column in COLUMNS))  # what strangers wrote is never markup
    Console().print(table)
