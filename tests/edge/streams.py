"""Vehicles in a stream under a raised arm, and whose passages they were."""

from gate.messages import (
    LaneMode,
    Mode,
    Outcome,
    PassageExplained,
    PlateRead,
    VehiclePassed,
    VisitOpened,
)
from gate.vehicle import Profile
from tests.edge.desk import CAR, Desk

PLATE, OTHER, THIRD = "24A12378", "30K55512", "29B19965"


def hold(desk: Desk, lane: str, mode: LaneMode = LaneMode.OPEN) -> None:
    reply = desk.order(Mode(lane=lane, mode=mode), by="chị Lan")
    assert reply is not None
    assert reply.outcome is Outcome.DONE
    desk.turn(3)


def rolls_through(desk: Desk, lane: str, plate: str, outline: Profile = CAR) -> None:
    """Without a stop under a raised arm."""
    desk.arrive(lane, plate, outline)
    desk.turn(0.5)
    desk.drives_through(lane)


def visits(desk: Desk) -> dict[str, str]:
    """The visit of each plate, as the facts tell."""
    plates = {read.approach: read.plate for read in desk.facts(PlateRead, "in-1")}
    return {plates[opened.approach]: opened.visit for opened in desk.facts(VisitOpened)}


def whose(desk: Desk, lane: str) -> list[str | None]:
    """The visit of each passage in order, told at once or explained later."""
    told = {explained.passage: explained.visit for explained in desk.facts(PassageExplained, lane)}
    return [passed.visit or told.get(passed.passage) for passed in desk.facts(VehiclePassed, lane)]
