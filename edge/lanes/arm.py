"""The arm of one lane: asked to move, its movements counted as openings, what goes under it as passages."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from edge.lanes import pages
from edge.lanes.approach import Approach, Grant
from edge.lanes.followers import Followers
from edge.lanes.lane_config import LaneConfig
from edge.lanes.orders import Orders
from edge.lanes.witness import Witness
from edge.parts import Parts
from gate.devices.board import DeviceFailed, Level, Relay, Sensor
from gate.lane import Effect, Lane, Phase
from gate.lease import Standing
from gate.messages import Direction, OpeningReason, Outcome
from gate.sensing import position

UNKNOWN: Final = "unknown"
VANISHED: Final = (
    "lost a vehicle that left neither way: the arm stays up until the next one is through or a person lowers it"
)


class Watched(Protocol):
    """The lane as its arm sees it."""

    lane: Lane
    approach: Approach | None


class Arm:
    """Carries out the effects that are about the arm."""

    def __init__(
        self,
        keeper: Watched,
        config: LaneConfig,
        parts: Parts,
        witness: Witness,
        followers: Followers,
        orders: Orders,
    ) -> None:
        self._keeper, self._config, self._parts = keeper, config, parts
        self._witness, self._followers, self._orders = witness, followers, orders
        self._raised_at = 0.0
        self._early = False
        self._strayed_by = UNKNOWN
        self.effects: Mapping[Effect, Callable[[], None]] = {
            Effect.RAISE_ARM: self._raise_arm,
            Effect.LOWER_ARM: self._lower_arm,
            Effect.COUNT_OPENING: self._count_opening,
            Effect.COUNT_STRAY_OPENING: self._count_stray_opening,
            Effect.COUNT_PASSAGE: self._count_passage,
            Effect.COUNT_PASSED_BACK: self._count_passed_back,
            Effect.REPORT_FAULT: self._report_fault,
            Effect.REPORT_VANISHED: self._report_vanished,
        }

    def strays_by(self, who: str) -> None:
        """The next stray opening is this one's doing."""
        self._strayed_by = who

    def forget(self) -> None:
        """The opening is over."""
        self._early = False

    def _raise_arm(self) -> None:
        self._raised_at = self._parts.clock.monotonic_s()
        self._pulse(Relay.RAISE)
        here = self._keeper.approach
        if here and here.grant and here.quoted and self._config.direction is Direction.OUT:
            reason = here.grant.reason
            total = here.quoted.bill.total if reason is OpeningReason.PAID else 0
            kind = here.quoted.stay.vehicle_class
            standing = Standing(here.quoted.bill.lines[0].what) if reason is OpeningReason.PASS else None
            page = pages.leave(
                self._config.lane, here.plate, total, reason=reason, standing=standing, kind=kind, photo=here.photo
            )
            self._parts.devices.show(self._config.lane, page)

    def _lower_arm(self) -> None:
        self._pulse(Relay.LOWER)

    def _pulse(self, relay: Relay) -> None:
        try:
            self._parts.devices.pulse(self._config.lane, relay)
        except DeviceFailed as error:
            self._witness.fault(self._keeper.approach, "board", str(error))

    def _count_opening(self) -> None:
        if not self._early:
            self._begin_opening()
        self._early = False
        self._orders.confirmed(Outcome.DONE)

    def _begin_opening(self) -> None:
        here = self._keeper.approach
        grant = here.grant if here and here.grant else Grant(OpeningReason.BY_HAND, UNKNOWN)
        self._witness.begun(here, here, grant, self._parts.clock.monotonic_s() - self._raised_at)

    def _count_stray_opening(self) -> None:
        fire = self._keeper.lane.fire is Level.ON
        who, self._strayed_by = self._strayed_by, UNKNOWN
        grant = Grant(OpeningReason.FIRE if fire else OpeningReason.BY_HAND, UNKNOWN if fire else who)
        self._witness.begun(self._keeper.approach, None, grant, 0.0)
        why = "the arm was raised by fire" if fire else "the arm was raised by hand"
        self._orders.confirmed(Outcome.FAILED, why)

    def _count_passage(self) -> None:
        here = self._keeper.approach
        if self._witness.opening is None and self._keeper.lane.phase is Phase.RAISING and here and here.grant:
            self._early = True  # through before the arm was all up: it did go up for this one
            self._begin_opening()
        opening = self._witness.opening
        if opening and not opening.passages and (opening.visit or not self._followers):
            self._witness.passed(here, self._parts.clock.new_id(), opening.visit, here)
        else:
            self._followers.passed(here)

    def _count_passed_back(self) -> None:
        self._witness.passed_back(self._keeper.approach)

    def _report_fault(self) -> None:
        self._witness.fault(self._keeper.approach, "arm", f"does not move: {position(self._keeper.lane)}")
        self._orders.confirmed(Outcome.FAILED, "the arm did not move")

    def _report_vanished(self) -> None:
        self._witness.fault(self._keeper.approach, f"{Sensor.SAFETY} loop", VANISHED)
