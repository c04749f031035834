"""A lane's screen: what the driver reads, and the QR that the driver pays."""

from enum import StrEnum
from typing import Annotated, Protocol

from msgspec import Meta

from gate.wire import Contract


class Face(StrEnum):
    """What the screen is showing, for cars and for tests; the words are in both languages."""

    WELCOME = "welcome"
    READING = "reading"
    GO = "go"
    PAY = "pay"
    WAIT = "wait"
    CLOSED = "closed"


class Page(Contract):
    """One page of a lane screen. `payload` is the VietQR to draw, empty when there is nothing to pay."""

    lane: str
    face: Face
    vi: Annotated[str, Meta(max_length=200)]
    en: Annotated[str, Meta(max_length=200)]
    plate: str = ""
    total: int = 0
    lines: tuple[str, ...] = ()
    payload: str = ""


class Screens(Protocol):
    """The screens of a site, each by the name of its lane's board."""

    def show(self, board: str, page: Page) -> None:
        """Replace what is shown."""


def screen_topic(board: str) -> str:
    """Where a screen that hangs on the site's broker hears its pages."""
    return f"cmnd/{board}/Screen"
