"""How a lane works, ordered from its card: what the orders mean, and one at a time."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from gate.messages import Action, Close, LaneMode, Mode
from server.api.caller import CentreDep, PersonDep
from server.console.cards import last_order
from server.console.helping import AskedDep, given, lane_for
from server.console.page import page
from server.db import reading
from server.roles import Power

router = APIRouter()


class Wish(StrEnum):
    """What a person may want of a lane: one of its modes, or its arm down."""

    NORMAL = "normal"
    CLOSED = "closed"
    FREE = "free"
    OPEN = "open"
    LOWER = "lower"

    @property
    def power(self) -> Power:
        """Who may want it."""
        return Power.HELP_DRIVERS if self is Wish.LOWER else Power.SET_MODES

    @property
    def lasts(self) -> bool:
        """Whether only another order ends it."""
        return self in {Wish.CLOSED, Wish.FREE}

    def action(self, lane: str) -> Action:
        """The order that fulfils it."""
        return Close(lane=lane) if self is Wish.LOWER else Mode(lane=lane, mode=LaneMode(self))


LOUD: Final = frozenset({Wish.FREE, Wish.OPEN})
"""Vehicles pass without anybody's decision: the button says so by its colour."""


@router.get("/live/{site}/{lane}/orders")
def menu(site: str, lane: str, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """The orders that this person may give the lane."""
    row = lane_for(centre, person, site, lane, Power.HELP_DRIVERS)
    wishes = [wish for wish in Wish if person.may(wish.power)]
    return page(request, "order_menu.html", person, site=site, lane=lane, row=row, mode=row.mode, wishes=wishes)


@router.get("/live/{site}/{lane}/orders/{wish}")
def meaning(site: str, lane: str, wish: Wish, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """What the order means, before it is given."""
    lane_for(centre, person, site, lane, wish.power)
    return page(request, "order_confirm.html", person, site=site, lane=lane, wish=wish, loud=wish in LOUD)


@router.post("/live/{site}/{lane}/orders/{wish}")
def order(site: str, lane: str, wish: Wish, it: AskedDep) -> Response:
    """Give the order, unless one is on its way: a second click moves nothing."""
    lane_for(it.centre, it.person, site, lane, wish.power)
    with reading(it.centre.engine) as session:
        last = last_order(session, site, lane, datetime.now(UTC))
    if last is not None and last.outcome == "pending":
        raise HTTPException(423)
    return given(it, site, wish.action(lane), _recorded(wish))


def _recorded(wish: Wish) -> str:
    return "lowered by hand" if wish is Wish.LOWER else f"mode {wish}"
