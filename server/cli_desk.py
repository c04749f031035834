"""A command as a person's request at their desk: their powers and sites, an id, one line for what is refused."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer
from sqlalchemy import Engine
from sqlmodel import Session, select

from server.auth import Person
from server.cli import _books, _config, _reasons, _say_json
from server.config import load
from server.corrections import NotPossible
from server.db import transaction
from server.desk import Desk
from server.facts_people import UserSiteRow
from server.money_rules import Impossible, MoneyRules, NoSuch, NotYours, speaker
from server.once import Answer
from server.people import LastAdministrator, NoSuchPerson
from server.refusals import MONEY, in_both
from server.refusals_desk import DESK
from server.refusals_stays import STAYS
from server.told import lines
from server.typed_by import typed

Request = Annotated[
    str, typer.Option("--request", help="An id of your own (8 to 64 of A-Z a-z 0-9 _ -): sent again, it counts once.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do it. Without it only what it comes to is printed.")]
After = Annotated[str, typer.Option("--after", help="Where the list before ended, as it says.")]
Size = Annotated[int, typer.Option("--size", min=1, max=200, help="How many at most.")]
FORESEEN: Final = (NotPossible, Impossible, NotYours, NoSuch, NoSuchPerson, LastAdministrator, ValueError)


class Books(NamedTuple):
    """Which books a command is about, and how it answers."""

    by: str
    config: Path | None
    database: str | None
    json: bool = False


def person(session: Session, name: str) -> Person:
    """The user of this name with their sites. Raises ValueError naming the option."""
    try:
        who = speaker(session, name)
    except NotYours as error:
        raise ValueError(f"--by: {error}") from error
    sites = session.exec(select(UserSiteRow.site).where(UserSiteRow.name == name))
    return Person(who.name, who.role, "", frozenset(sites))


@contextmanager
def told(command: str, books: Books) -> Iterator[Engine]:
    """The books; what is foreseen is one line in both languages on stderr and exit 1."""
    with _reasons(command), _books(books.config, books.database) as engine:
        try:
            yield engine
        except FORESEEN as error:
            raise ValueError(in_both(str(error), STAYS | MONEY | DESK)) from error


@contextmanager
def desk(command: str, books: Books, about: str, request: str = "") -> Iterator[Desk]:
    """The person's desk in a transaction; who sat at the keyboard is recorded with what was done."""
    with told(command, books) as engine, transaction(engine) as session:
        now, rules = datetime.now(UTC), rules_of(books)
        yield Desk(session, person(session, books.by), rules, now, request)
        typed(session, books.by, command, about, now)


def rules_of(books: Books) -> MoneyRules:
    """The centre's settings about money; the usual ones where only the books are named."""
    return MoneyRules() if books.database and books.config is None else load(_config(books.config)).money


def say(books: Books, answer: Answer, words: Callable[[], Any] | None = None) -> None:
    """The answer: as JSON, by its words, or part by part."""
    if books.json:
        _say_json(answer)
    elif words is not None:
        words()
    else:
        for line in lines(answer):
            typer.echo(line)


def unless_done(books: Books) -> None:
    """After what something comes to: that nothing was done."""
    if not books.json:
        typer.echo("chưa làm gì; thêm --yes để làm · nothing was done; add --yes to do it")
