"""What a lane writes and says, from what it knows of the vehicle; pure."""

from uuid import UUID

from edge.lanes.approach import Approach, Grant, Look, Opening
from edge.lanes.decide import Quote
from edge.lanes.lane_config import LaneConfig, LaneKind
from gate.devices.board import Sensor
from gate.lane import Lane
from gate.messages import (
    ArmRaised,
    Direction,
    OpeningReason,
    PlateRead,
    Quoted,
    VehiclePassed,
    VisitMatched,
    VisitOpened,
)
from gate.presence import LaneState
from gate.sensing import position
from gate.vehicle import VehicleClass


def plate_read(config: LaneConfig, here: Approach, look: Look, picture: str | None) -> PlateRead:
    """What camera and reader gave; a plate that was not read is empty."""
    best = look.reading
    return PlateRead(
        lane=config.lane,
        approach=here.approach,
        direction=config.direction,
        plate=best.text if best else "",
        confidence=best.confidence if best else 0.0,
        characters=best.characters if best else (),
        lines=best.lines if best else 0,
        colour=best.colour if best else "unknown",
        vehicle_class=here.vehicle_class,
        picture=picture,
        engine=look.engine,
        took_ms=look.took_ms,
        error=look.error[:200],
        frames=look.frames,
        travel=look.travel,
        others=best.others if best else (),
    )


def opened(config: LaneConfig, here: Approach, visit: str, kind: VehicleClass) -> VisitOpened:
    """The vehicle here is let in."""
    return VisitOpened(lane=config.lane, approach=here.approach, visit=visit, vehicle_class=kind, read=bool(here.plate))


def match(config: LaneConfig, here: Approach, visit: str, by: str, probability: float, margin: float) -> VisitMatched:
    """The vehicle here is this visit's."""
    return VisitMatched(
        lane=config.lane, approach=here.approach, visit=visit, by=by, probability=probability, margin=margin
    )


def price(config: LaneConfig, here: Approach, quoted: Quote) -> Quoted:
    """What the stay costs if it ends when it was priced for."""
    stay, bill = quoted.stay, quoted.bill
    return Quoted(
        lane=config.lane,
        approach=here.approach,
        visit=stay.visit,
        tariff=quoted.tariff,
        vehicle_class=stay.vehicle_class,
        entered_at=stay.entered_at,
        left_at=quoted.left,
        total=bill.total,
        vat=bill.vat,
        lines=bill.lines,
        payload=quoted.payload,
        entry=quoted.entry,
    )


def raised(config: LaneConfig, here: Approach | None, grant: Grant, opening: Opening, took_s: float) -> ArmRaised:
    """The arm is up."""
    return ArmRaised(
        lane=config.lane,
        opening=opening.opening,
        reason=grant.reason,
        by=grant.by,
        approach=here.approach if here else None,
        visit=opening.visit,
        command=grant.command,
        note=grant.note,
        took_ms=int(took_s * 1000),
        entry=grant.entry,
    )


SINGLE = frozenset(OpeningReason) - {OpeningReason.MODE, OpeningReason.BY_HAND, OpeningReason.FIRE}
"""Reasons for which the arm goes up for one vehicle."""


def passed(
    config: LaneConfig, passage: UUID, opening: Opening | None, visit: str | None, approach: UUID | None
) -> VehiclePassed:
    """A vehicle went through. Of motorbikes several on one opening are normal; of others the second is a tailgate."""
    single = opening is not None and opening.reason in SINGLE and config.kind is not LaneKind.MOTORBIKE
    return VehiclePassed(
        lane=config.lane,
        direction=config.direction,
        passage=passage,
        opening=opening.opening if opening else None,
        visit=visit,
        tailgate=single and opening is not None and opening.passages > 0,
        approach=approach,
    )


def passed_back(config: LaneConfig, passage: UUID, opening: Opening | None) -> VehiclePassed:
    """A vehicle went through against the lane's direction."""
    against = Direction.OUT if config.direction is Direction.IN else Direction.IN
    return VehiclePassed(
        lane=config.lane,
        direction=against,
        passage=passage,
        opening=opening.opening if opening else None,
        visit=None,
    )


def state(config: LaneConfig, lane: Lane, here: Approach | None, mode: str) -> LaneState:
    """The lane as others may see it; no plates, for this is retained."""
    return LaneState(
        lane=config.lane,
        direction=config.direction,
        kind=config.kind,
        phase=lane.phase,
        arm=position(lane),
        mode=mode,
        sensors={sensor.value: str(getattr(lane, sensor.value)) for sensor in Sensor},
        approach=here.approach if here else None,
        visit=here.visit if here else None,
    )
