"""The live page's, its helps' and its orders'."""

from typing import Final

from gate.devices.board import Level, Sensor
from gate.lane import Phase
from gate.messages import ClockQuality, Direction, LaneMode, OpeningReason, Why
from gate.vehicle import VehicleClass
from server.console.ordering import Wish
from server.help import Because

FAMILIES: Final = {
    "breach": ("exit counted twice", "entry not counted", "entry counted twice", "exit not counted"),
    "level": Level,
    "arm": ("up", "down", "moving", "unknown"),
    "because": Because,
    "class": VehicleClass,
    "clock": ClockQuality,
    "live.direction": Direction,
    "means": Wish,
    "mode": [*LaneMode, "lease expired", "unknown"],
    "phase": [*Phase, "unknown"],
    "reader": ("ready", "starting", "none"),
    "reason": OpeningReason,
    "sensor": Sensor,
    "why": Why,
    "wish": Wish,
}
