"""`barie visits erase`: a plate goes out of the vault with its pictures; what would go first, done with `--yes`."""

from pathlib import Path
from typing import Annotated, Final

import typer

from server import asked_erasing
from server.cli import AsJson, Config, Database, _config
from server.cli_desk import Books, Request, Yes, desk, say, unless_done
from server.cli_visit_changes import Why
from server.config import load
from server.once import Answer
from server.typed_by import By

ABOUT: Final = "vault"
"""What the audit names: never the plate."""


def erase(
    plate: Annotated[str, typer.Argument(help="As it is; separators do not matter.")], *, by: By, note: Why = "",
    yes: Yes = False, request: Request = "", json: AsJson = False, config: Config = None, database: Database = None,
) -> None:  # fmt: skip
    """Erase a plate: its reads, corrections, rows of lists and pictures. With --yes it is gone for ever.

    Books stay as they are. For administrators of all sites; a vehicle that is inside is refused. Needs --config, which
    says where the pictures are.

    Such as: barie visits erase 24A-056.78 --note "chủ xe yêu cầu · the owner asked" --by quan --yes
    """
    books = Books(by, config, database, json)
    vault = Path(load(_config(config)).vault) if yes else Path()
    pictures: tuple[str, ...] = ()
    with desk("visits erase", books, ABOUT, request) as at:
        if yes:
            gone, pictures = asked_erasing.erase(at, plate, note)
            answer = {**gone, "done": True}
        else:
            answer = {**asked_erasing.effect(at, plate), "done": False}
    asked_erasing.unlink(vault, pictures)
    say(books, answer, lambda: _told(answer))
    if not yes:
        unless_done(books)


def _told(answer: Answer) -> None:
    typer.echo(f"lần đọc · reads: {answer['reads']}; ảnh · pictures: {answer['pictures']}")
