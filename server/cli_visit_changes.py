"""`barie visits correct`, `void`, `merge` and `split`: what it comes to first, done with `--yes`."""

from typing import Annotated

import typer

from gate.messages import Direction
from gate.money import dong
from server import asked_visits
from server.asked_visits import Correction
from server.cli import AsJson, Config, Database
from server.cli_desk import Books, Request, Yes, desk, say, unless_done
from server.cli_visit_search import Reference
from server.once import Answer
from server.stay_changes import Change
from server.typed_by import By

Why = Annotated[str, typer.Option("--note", help="Why, in 3 to 200 characters; needed with --yes. Kept for ever.")]
Cost = Annotated[
    int | None, typer.Option("--cost", min=0, help="The charge that you were shown: refused where it is another.")
]


def correct(  # noqa: PLR0913 - one an option
    visit: Reference,
    plate: Annotated[str, typer.Option("--plate", help="As it is; separators do not matter.")],
    *,
    by: By,
    side: Annotated[Direction, typer.Option("--side", help="The entry or the exit.")] = Direction.IN,
    note: Why = "",
    waive: Annotated[bool, typer.Option("--waive", help="Ask for a waiver of what was charged too much.")] = False,
    difference: Annotated[
        int | None, typer.Option("--difference", help="In dong, as you were shown: refused where it is another.")
    ] = None,
    yes: Yes = False,
    request: Request = "",
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Correct a plate: what that does to the money, and with --yes it is kept; what was read stays beside it.

    Such as: barie visits correct SPS7K2M9QX4 --plate 24A-056.78 --by minh, then again with --note "..." --yes
    """
    books = Books(by, config, database, json)
    it = Correction(visit, side, plate, note, waive)
    with desk("visits correct", books, visit, request) as at:
        answer = (
            {**asked_visits.correct_plate(at, it, difference), "done": True}
            if yes
            else {**asked_visits.plate_effect(at, visit, side, plate), "done": False}
        )
    say(books, answer, lambda: _effect(visit, answer))
    if not yes:
        unless_done(books)


def void(
    visit: Reference, *, by: By, note: Why = "", yes: Yes = False, request: Request = "", json: AsJson = False,
    config: Config = None, database: Database = None,
) -> None:  # fmt: skip
    """The visit was no stay: with --yes it is voided. Money that stands on it is in the way, and is named.

    Such as: barie visits void SPS7K2M9QX4 --note "quay đầu · turned back" --yes --by minh
    """
    _change(Change.VOID, visit, "", note, None, Books(by, config, database, json), request, yes=yes)


def merge(  # noqa: PLR0913 - one an option
    visit: Reference,
    other: Annotated[str, typer.Argument(help="The visit that is the same stay.")],
    *,
    by: By,
    note: Why = "",
    cost: Cost = None,
    yes: Yes = False,
    request: Request = "",
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Two visits are one stay: the charged one, else the earlier, goes on. With --yes it is done.

    Such as: barie visits merge SPS7K2M9QX4 SPS3H8N5RTW --by minh, then again with --cost, --note and --yes
    """
    _change(Change.MERGE, visit, other, note, cost, Books(by, config, database, json), request, yes=yes)


def split(
    visit: Reference, *, by: By, note: Why = "", yes: Yes = False, request: Request = "", json: AsJson = False,
    config: Config = None, database: Database = None,
) -> None:  # fmt: skip
    """The visit is two vehicles, one that came and one that left: with --yes each has a visit of its own.

    Such as: barie visits split SPS7K2M9QX4 --note "hai xe · two cars" --yes --by minh
    """
    _change(Change.SPLIT, visit, "", note, None, Books(by, config, database, json), request, yes=yes)


def _change(
    kind: Change, visit: str, other: str, note: str, cost: int | None, books: Books, request: str, *, yes: bool
) -> None:
    with desk(f"visits {kind}", books, visit, request) as at:
        answer = (
            {**asked_visits.change(at, kind, visit, other, note, cost), "done": True}
            if yes
            else {**asked_visits.change_effect(at, kind, visit, other), "done": False}
        )
    say(books, answer)
    if not yes:
        unless_done(books)


def _effect(visit: str, answer: Answer) -> None:
    """The plate and the money, before and after."""
    costs, will = (dong(each) if each is not None else "?" for each in (answer["costs"], answer["will_cost"]))
    typer.echo(f"{visit}: {answer['was'] or '-'} → {answer['plate']}; giá · price {costs} → {will}")
    if answer["waivable"]:
        typer.echo(f"thu thừa, có thể miễn · charged too much, may be waived: {dong(answer['waivable'])}")
    for each in answer["same"]:
        typer.echo(f"cùng biển số · the same plate: {each}")
    if answer.get("waiver"):
        typer.echo(f"xin miễn · waiver asked: {answer['waiver']['decision']}")
