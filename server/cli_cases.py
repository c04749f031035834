"""`barie cases`: the list of work as its page ranks it; what is proposed, accepted or refused."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gate.findings import Code
from gate.money import dong
from server import asked_cases, case_reasons
from server.asked_cases import Filters
from server.caseload import Whose
from server.cli import AsJson, Config, Database
from server.cli_desk import After, Books, Request, Size, desk, say
from server.leaves import LEAF
from server.once import Answer
from server.typed_by import By

app = typer.Typer(
    no_args_is_help=True, help="Cases as ranked work: list, show, take, accept, refuse, explain, dismiss."
)
Its = Annotated[Code, typer.Argument(help="The case's code, such as match_proposed.")]
Subject = Annotated[str, typer.Argument(help="What it is about, as the list shows it.")]
Note = Annotated[str, typer.Option("--note", help="What is to be remembered, at most 180 characters.")]
Reason = Annotated[str, typer.Option("--reason", help="A code that `cases reasons` names; `other` needs a note.")]


@app.command("list")
def listed(  # noqa: PLR0913 - one an option
    *,
    by: By,
    site: Annotated[str, typer.Option("--site", help="Only of this site.")] = "",
    code: Annotated[Code | None, typer.Option("--code", help="Only of this code.")] = None,
    whose: Annotated[Whose, typer.Option("--whose", help="All, mine, nobody's, or those with a proposal.")] = Whose.ALL,
    closed: Annotated[bool, typer.Option("--closed", help="Those that ended today instead.")] = False,
    after: After = "",
    size: Size = LEAF,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """The person's cases at all of their sites, the most likely money first. Such as: barie cases list --by minh"""
    books = Books(by, config, database, json)
    with desk("cases list", books, site) as at:
        answer = asked_cases.listed(at, Filters(whose, site, code, closed, after), size=size)
    say(books, answer, lambda: _table(answer))


@app.command("show")
def show(
    code: Its, subject: Subject, *, by: By, json: AsJson = False, config: Config = None, database: Database = None
) -> None:
    """One case: evidence, what was done, what is proposed and what accepting it would do. Recorded.

    Such as: barie cases show left_not_paid SPS7K2M9QX4 --by minh
    """
    books = Books(by, config, database, json)
    with desk("cases show", books, f"{code} {subject}") as at:
        answer = asked_cases.one(at, code, subject)
    say(books, answer)


@app.command("reasons")
def reasons(code: Its, *, json: AsJson = False) -> None:
    """The codes of reasons that a case takes. Such as: barie cases reasons opening_unexplained"""
    found = [each.value for each in case_reasons.reasons(code)]
    say(Books("", None, None, json), {"code": code.value, "reasons": found}, lambda: typer.echo(" ".join(found)))


@app.command("accept")
def accept(
    code: Its, subject: Subject, *, by: By, note: Note = "", request: Request = "", json: AsJson = False,
    config: Config = None, database: Database = None,
) -> None:  # fmt: skip
    """Do what is proposed. Such as: barie cases accept match_proposed PASSAGE:VISIT --by minh"""
    books = Books(by, config, database, json)
    with desk("cases accept", books, f"{code} {subject}", request) as at:
        answer, _ = asked_cases.accept(at, code, subject, note)
    say(books, answer)


@app.command("refuse")
def refuse(  # noqa: PLR0913 - one an option
    code: Its, subject: Subject, reason: Reason, *, by: By, note: Note = "", request: Request = "",
    json: AsJson = False, config: Config = None, database: Database = None,
) -> None:  # fmt: skip
    """What is proposed is not so. Such as: barie cases refuse match_proposed PASSAGE:VISIT --reason not_so --by minh"""
    books = Books(by, config, database, json)
    with desk("cases refuse", books, f"{code} {subject}", request) as at:
        answer = asked_cases.refuse(at, code, subject, reason, note)
    say(books, answer)


@app.command("take")
def take(
    code: Its, subject: Subject, *, by: By, request: Request = "", json: AsJson = False, config: Config = None,
    database: Database = None,
) -> None:  # fmt: skip
    """From now on it is yours. Such as: barie cases take left_not_paid SPS7K2M9QX4 --by minh"""
    _say("take", code, subject, "", "", request, Books(by, config, database, json))


@app.command("give-back")
def give_back(
    code: Its, subject: Subject, *, by: By, request: Request = "", json: AsJson = False, config: Config = None,
    database: Database = None,
) -> None:  # fmt: skip
    """It was yours and is nobody's again. Such as: barie cases give-back left_not_paid SPS7K2M9QX4 --by minh"""
    _say("give_back", code, subject, "", "", request, Books(by, config, database, json))


@app.command("explain")
def explain(  # noqa: PLR0913 - one an option
    code: Its, subject: Subject, reason: Reason, *, by: By, note: Note = "", request: Request = "",
    json: AsJson = False, config: Config = None, database: Database = None,
) -> None:  # fmt: skip
    """Why it came to this. Such as: barie cases explain opening_unexplained OPENING --reason emergency --by minh"""
    _say("explain", code, subject, reason, note, request, Books(by, config, database, json))


@app.command("dismiss")
def dismiss(  # noqa: PLR0913 - one an option
    code: Its, subject: Subject, reason: Reason, *, by: By, note: Note = "", request: Request = "",
    json: AsJson = False, config: Config = None, database: Database = None,
) -> None:  # fmt: skip
    """Nothing more is to be done; with money in it a second person must say so too.

    Such as: barie cases dismiss device_fault SUBJECT --reason device --note "đã thay · replaced" --by minh
    """
    _say("dismiss", code, subject, reason, note, request, Books(by, config, database, json))


@app.command("reopen")
def reopen(
    code: Its, subject: Subject, *, by: By, note: Note = "", request: Request = "", json: AsJson = False,
    config: Config = None, database: Database = None,
) -> None:  # fmt: skip
    """Take back what was explained or dismissed. Such as: barie cases reopen device_fault SUBJECT --by minh"""
    _say("reopen", code, subject, "", note, request, Books(by, config, database, json))


def _say(what: str, code: Code, subject: str, reason: str, note: str, request: str, books: Books) -> None:
    with desk(f"cases {what}", books, f"{code} {subject}", request) as at:
        answer = asked_cases.say(at, what, code, subject, reason, note)
    say(books, answer)


def _table(answer: Answer) -> None:
    table = Table("Phát hiện · finding", "Về · about", "₫", "%", "Ai lo · whose", "Việc cần làm · next")
    for each in answer["cases"]:
        about = f"{each['code']} {each['subject']}"
        sure, whose = f"{each['certainty']:.0%}", each["taken_by"] or each["owner"]
        row = (f"{each['what_vi']} · {each['what_en']}", about, dong(each["amount"]), sure, whose, each["next_vi"])
        table.add_row(*map(Text, row))  # what strangers wrote is never markup
    Console().print(table)
    if answer["after"]:
        typer.echo(f"còn nữa · more: --after {answer['after']}")
