"""Who waits for a person is asked about again: a place may be free now, and a plate may be read better.

At an exit whose stay was looked for and not found, the vehicle is read again a few times while the person comes, and
when the lane's button asks for it. A look that finds the stay is an approach of its own in the books, for the read of
the first one is a fact already.
"""

from typing import Final, Protocol

from edge.lanes.approach import Approach, Look
from edge.lanes.camera_watch import CameraWatch
from edge.lanes.counter import Counter, Verdict
from edge.lanes.lane_config import LaneConfig
from edge.parts import Parts
from gate.lane import Event, Lane, Phase
from gate.messages import Direction, Why
from gate.vehicle import VehicleClass

AGAIN_S: Final = 1.0
LOOK_AFTER_S: Final = 1.5
LOOKS_MAX: Final = 3
UNFOUND: Final = frozenset({Why.UNREAD, Why.NO_MATCH, Why.AMBIGUOUS})


class Attended(Protocol):
    """A lane as this one sees it."""

    lane: Lane
    approach: Approach | None

    def serve(self, here: Approach, look: Look, kind: VehicleClass) -> None:
        """Decide about the vehicle, and carry it out."""

    def carry(self, here: Approach, verdict: Verdict) -> None:
        """Carry out what was decided about the vehicle."""


class Again:
    """Asks again about the vehicle of one lane."""

    def __init__(self, config: LaneConfig, parts: Parts, counter: Counter, lane: Attended, watch: CameraWatch) -> None:
        self._config, self._parts, self._counter, self._lane, self._watch = config, parts, counter, lane, watch
        self._left = 0

    def may_change(self, here: Approach, look: Look, kind: VehicleClass, verdict: Verdict) -> None:
        """The vehicle was decided about; come back to it, if it is to wait for a person."""
        if verdict.event is not Event.PERSON_NEEDED:
            return
        if here.refused is Why.FULL:
            self._parts.later(AGAIN_S, lambda: self._ask_for_place(here, look, kind))
        elif self._is_unfound(here):
            self._left = LOOKS_MAX
            self._parts.later(LOOK_AFTER_S, lambda: self._look(here))

    def asked(self) -> None:
        """Somebody wants the vehicle there to be read again, now."""
        here = self._lane.approach
        if here and self._waits(here) and self._is_unfound(here):
            self._left = max(self._left, 1)
            self._look(here)

    def _waits(self, here: Approach) -> bool:
        return here is self._lane.approach and here.grant is None and self._lane.lane.phase is Phase.ATTENDED

    def _is_unfound(self, here: Approach) -> bool:
        return self._config.direction is Direction.OUT and here.asked in UNFOUND

    def _ask_for_place(self, here: Approach, look: Look, kind: VehicleClass) -> None:
        if self._waits(here):
            self._lane.serve(here, look, kind)

    def _look(self, here: Approach) -> None:
        if self._left and self._waits(here) and self._is_unfound(here):
            self._left -= 1
            self._parts.eyes.look(self._config.lane, lambda look: self._looked(here, look))

    def _looked(self, here: Approach, look: Look) -> None:
        if not self._waits(here) or not self._is_unfound(here):
            return  # whoever came meanwhile decided
        self._watch.saw(look)
        verdict = self._counter.found_again(here, look)
        if verdict:
            self._lane.carry(here, verdict)
        elif self._left:
            self._parts.later(LOOK_AFTER_S, lambda: self._look(here))
