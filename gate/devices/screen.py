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
    """One page of a lane screen. `payload` is the VietQR to draw, empty when there is nothing to pay.

    `plate` is the key form, and `motorbike` tells which of two plates of the same letters it is (vietnam.md 0.1).
    `why_vi` and `why_en` say why the driver pays, waits or may go; `photo` names the picture of the vehicle.
    """

    lane: str
    face: Face
    vi: Annotated[str, Meta(max_length=200)]
    en: Annotated[str, Meta(max_length=200)]
    plate: str = ""
    motorbike: bool = False
    total: int = 0
    lines: tuple[str, ...] = ()
    payload: str = ""
    why_vi: Annotated[str, Meta(max_length=200)] = ""
    why_en: Annotated[str, Meta(max_length=200)] = ""
    photo: Annotated[str, Meta(max_length=64)] = ""


class Screens(Protocol):
    """The screens of a site, each by its lane's name."""

    def show(self, lane: str, page: Page) -> None:
        """Replace what is shown."""


def screen_topic(board: str) -> str:
    """Where a screen that hangs on the site's broker hears its pages."""
    return f"cmnd/{board}/Screen"
