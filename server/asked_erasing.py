"""What commands and programs ask about erasing a plate: what would go, and that it goes. No answer bears the plate."""

from pathlib import Path
from typing import Final, NamedTuple

from server import erasing
from server.desk import Desk
from server.erasing import Erased
from server.money_rules import NotYours
from server.once import Answer, UsedBefore
from server.roles import Power
from server.uploads import path_of

TRIAL: Final = "what would go"


class Gone(NamedTuple):
    """The answer, and the pictures whose files go once it is committed."""

    answer: Answer
    pictures: tuple[str, ...]


def effect(desk: Desk, plate: str) -> Answer:
    """How many reads and pictures would go: it is done and taken back. Raises NotPossible, NotYours."""
    _may(desk)
    point = desk.session.begin_nested()
    try:
        found = erasing.erase(desk.session, plate, desk.by, TRIAL, desk.now)
    finally:
        point.rollback()
        desk.session.expire_all()
    return _told(found)


def erase(desk: Desk, plate: str, note: str) -> Gone:
    """Erase it; call `unlink` when this is committed. Raises NotPossible, NotYours, UsedBefore."""
    _may(desk)
    done: list[Erased] = []

    def work() -> Answer:
        done.append(erasing.erase(desk.session, plate, desk.by, note, desk.now))
        return _told(done[0])

    answer = desk.once("plate erased", [note], work)  # a hash of the plate would tell it to whoever tries them all
    if not done and effect(desk, plate)["reads"]:
        raise UsedBefore(f"request: {desk.request} was the id of another request")
    return Gone(answer, done[0].pictures if done else ())


def unlink(vault: Path, pictures: tuple[str, ...]) -> None:
    """The files go; one that is not there is no error."""
    for sha256 in pictures:
        path_of(vault, sha256).unlink(missing_ok=True)


def _may(desk: Desk) -> None:
    desk.needs(Power.MANAGE_PEOPLE)
    if desk.person.sites:
        raise NotYours(f"{desk.by} may not erase a plate: that reaches every site")


def _told(found: Erased) -> Answer:
    return {"reads": found.reads, "pictures": len(found.pictures)}
