"""`barie people`: who may sign in, as what, where and up to which sum, for administrators."""

from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gate.money import dong
from server import asked_people
from server.cli import AsJson, Config, Database
from server.cli_desk import Books, Request, desk, say
from server.desk import Desk
from server.once import Answer
from server.people import ONE_TIME_LIFE, BadPerson, LastAdministrator, NoSuchPerson
from server.roles import Role
from server.typed_by import By

app = typer.Typer(no_args_is_help=True, help="People: list, add, roles, sites, limits, lock, passwords, sessions.")
Name = Annotated[str, typer.Argument(help="Their login.")]
Sites = Annotated[list[str] | None, typer.Option("--site", help="A site of theirs; may be repeated.")]
Limit = Annotated[int | None, typer.Option("--limit", min=0, help="In dong, below that of the role.")]
_BAD = {
    "name": "NAME: 2 đến 64 chữ thường, số, . _ - · 2 to 64 of a-z, 0-9, . _ -, beginning with a letter",
    "taken": "NAME: tên đã có · somebody has this name",
    "site": "--site: không có bãi này · there is no such site",
    "limit": "--limit: không hợp lệ · it is out of range",
}


@app.command("list")
def listed(*, by: By, json: AsJson = False, config: Config = None, database: Database = None) -> None:
    """Everybody, those who are locked last. Such as: barie people list --by quan"""
    books = Books(by, config, database, json)
    answer = _asked("list", books, "", "", asked_people.everybody)
    say(books, answer, lambda: _table(answer))


@app.command("show")
def show(name: Name, *, by: By, json: AsJson = False, config: Config = None, database: Database = None) -> None:
    """One of them, with what they may do. Such as: barie people show lan --by quan"""
    books = Books(by, config, database, json)
    say(books, _asked("show", books, name, "", lambda at: asked_people.one(at, name)))


@app.command("add")
def add(  # noqa: PLR0913 - one an option
    name: Name,
    role: Annotated[Role, typer.Option("--role", help="What they may do.")],
    *,
    by: By,
    site: Sites = None,
    limit: Limit = None,
    request: Request = "",
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """One more; the password that signs in once is printed once. Without --site they see all sites.

    Such as: barie people add lan --role attendant --site SPS --by quan
    """
    books = Books(by, config, database, json)
    _password(
        books, _asked("add", books, name, request, lambda at: asked_people.add(at, name, role, site or [], limit))
    )


@app.command("change")
def change(  # noqa: PLR0913 - one an option
    name: Name,
    *,
    by: By,
    role: Annotated[Role | None, typer.Option("--role", help="Another role.")] = None,
    site: Sites = None,
    all_sites: Annotated[bool, typer.Option("--all-sites", help="They see all sites.")] = False,
    limit: Limit = None,
    no_limit: Annotated[bool, typer.Option("--no-limit", help="That of the role holds.")] = False,
    request: Request = "",
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Another role, other sites, another limit; what is not named stays as it is.

    Such as: barie people change lan --role manager --site SPS --site SPL --limit 500000 --by quan
    """
    books = Books(by, config, database, json)
    sites = [] if all_sites else site
    kept = limit if no_limit or limit is not None else asked_people.AS_IT_IS

    def work(at: Desk) -> Answer:
        if (all_sites and site) or (no_limit and limit is not None):
            raise ValueError("--all-sites or --site, --no-limit or --limit: not both")
        return asked_people.change(at, name, role, sites, kept)

    say(books, _asked("change", books, name, request, work))


@app.command("lock")
def lock(
    name: Name, *, by: By, request: Request = "", json: AsJson = False, config: Config = None, database: Database = None
) -> None:
    """May not sign in any more; all sessions end. Such as: barie people lock lan --by quan"""
    books = Books(by, config, database, json)
    say(books, _asked("lock", books, name, request, lambda at: asked_people.lock(at, name)))


@app.command("unlock")
def unlock(
    name: Name, *, by: By, request: Request = "", json: AsJson = False, config: Config = None, database: Database = None
) -> None:
    """May sign in again, by a new password that is printed once. Such as: barie people unlock lan --by quan"""
    books = Books(by, config, database, json)
    _password(books, _asked("unlock", books, name, request, lambda at: asked_people.unlock(at, name)))


@app.command("password")
def password(
    name: Name, *, by: By, request: Request = "", json: AsJson = False, config: Config = None, database: Database = None
) -> None:
    """A password that signs in once, printed once, in place of theirs. Such as: barie people password lan --by quan"""
    books = Books(by, config, database, json)
    _password(books, _asked("password", books, name, request, lambda at: asked_people.new_password(at, name)))


@app.command("sign-out")
def sign_out(
    name: Name, *, by: By, request: Request = "", json: AsJson = False, config: Config = None, database: Database = None
) -> None:
    """End all of their sessions. Such as: barie people sign-out lan --by quan"""
    books = Books(by, config, database, json)
    say(books, _asked("sign-out", books, name, request, lambda at: asked_people.sign_out(at, name)))


def _asked(command: str, books: Books, name: str, request: str, work: Callable[[Desk], Answer]) -> Answer:
    with desk(f"people {command}", books, name, request) as at:
        try:
            return work(at)
        except BadPerson as error:
            raise ValueError(_BAD[str(error)]) from error
        except NoSuchPerson as error:
            raise ValueError(f"there is nobody of the name {error}") from error
        except LastAdministrator as error:
            raise ValueError(f"{error} is the last administrator") from error


def _password(books: Books, answer: Answer) -> None:
    told = answer["password"] or "đã báo một lần · it was told once"
    days = ONE_TIME_LIFE.days
    say(books, answer, lambda: typer.echo(f"{answer['name']}: {told} ({days} ngày, một lần · {days} days, once)"))


def _table(answer: Answer) -> None:
    table = Table("Tên · name", "Vai trò · role", "Bãi · sites", "Hạn mức · limit", "Khoá · locked", "Phiên · sessions")
    for each in answer["people"]:
        limit = "" if each["limit"] is None else dong(each["limit"])
        locked = "x" if each["locked"] else ""
        row = (each["name"], each["role"], " ".join(each["sites"]), limit, locked, str(each["sessions"]))
        table.add_row(*map(Text, row))
    Console().print(table)
