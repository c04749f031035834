"""One lane at work: readings into the table of `gate.lane`, effects out to devices and facts.

Runs on the deciding thread only. Facts are on disk before the arm is asked to move.
"""

from dataclasses import replace
from typing import Final

import structlog

from edge import facts, memory, pages
from edge.approach import Approach, Grant, Look
from edge.decide import NoLease, matched, quote, reason_to_go
from edge.devices.site_bus import Listener
from edge.lane_config import LaneConfig, LaneKind
from edge.owed import NoRoom
from edge.parts import Parts
from edge.witness import Witness
from gate.devices.board import DeviceFailed, Level, Reading, Relay, Sensor
from gate.lane import TRANSITIONS, WAITING, Effect, Event, Lane, Phase, step
from gate.lease import Unpaid
from gate.messages import (
    Close,
    Command,
    DeviceFault,
    Direction,
    Display,
    LaneState,
    Mode,
    Open,
    OpeningReason,
    Outcome,
    PlateRead,
    Reply,
    Why,
)
from gate.sensing import blinded, position, sensed
from gate.vehicle import Profile, VehicleClass, classify

PROFILE_WAIT_S: Final = 1.0
ROOM_AGAIN_S: Final = 1.0
RULE: Final = "rule"
E = Event
log = structlog.get_logger()


class LaneKeeper(Listener):
    """Keeps one lane. What it must know after a kill is in `edge.memory`."""

    def __init__(self, config: LaneConfig, parts: Parts) -> None:
        self.config, self._parts = config, parts
        self.lane = Lane()
        self.approach: Approach | None = None
        self._kept = memory.recall(parts.store, config.lane)
        self._witness = Witness(config, parts)
        self._lowers_itself = False
        self._profile: VehicleClass | None = None
        self._raised_at = 0.0
        self._awaited: Command | None = None
        self._do = {
            Effect.IDENTIFY: self._identify,
            Effect.ABANDON: self._abandon,
            Effect.PATIENCE_OVER: self._patience_over,
            Effect.CALL_PERSON: self._call_person,
            Effect.RAISE_ARM: self._raise_arm,
            Effect.LOWER_ARM: self._lower_arm,
            Effect.COUNT_OPENING: self._count_opening,
            Effect.COUNT_STRAY_OPENING: self._count_stray_opening,
            Effect.COUNT_PASSAGE: self._count_passage,
            Effect.COUNT_LOWERED: self._count_lowered,
            Effect.REPORT_FAULT: self._report_fault,
        }

    # --- what devices say ---------------------------------------------------------------------------------

    def board_said(self, reading: Reading) -> None:
        """An input changed or was reported."""
        if reading.sensor is Sensor.ARMING and self._is_another_vehicle(reading):
            self._profile = None
        self.lane, events = sensed(self.lane, reading)
        for event in events:
            self.happen(event)
        if self._lowers_itself and E.ZONE_CLEARED in events:
            self.happen(E.ORDERED_DOWN)

    def _is_another_vehicle(self, reading: Reading) -> bool:
        """Whether what was measured before is not of what stands there now."""
        unseen = reading.level is Level.ON and self.lane.arming is not Level.ON and self.approach is None
        return reading.edge or unseen

    def board_lost(self) -> None:
        """The board is away: nothing it said holds any more."""
        self.lane = blinded(self.lane)

    def measured(self, profile: Profile) -> None:
        """The profiler measured the vehicle on the arming loop."""
        try:
            self._profile = classify(profile)
        except ValueError as error:
            self._witness.fault(self.approach, "profiler", str(error))
        self._decide_if_ready()

    def wake(self) -> None:
        """The lane's own deadline may have come."""
        self.happen(E.ELAPSED)

    def happen(self, event: Event) -> None:
        """Step the table and run its effects in order."""
        starting = self.lane.phase is Phase.STARTING or (self.lane.phase, event) == (Phase.FAULT, E.ORDERED_NORMAL)
        moved = step(self.lane, event, self._parts.clock.monotonic_s())
        self.lane = moved.lane
        effects = moved.effects
        if starting and self.lane.phase is not Phase.STARTING:
            effects = self._resumed(effects)
        if event is E.FIRE_ON:
            self._lowers_itself = False
        for effect in effects:
            self._do[effect]()

    def _resumed(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        """After a start or a fault: the opening of before goes on if the arm is up, and is over if it is down."""
        (here, opening), self._kept = self._kept, (None, None)
        here, opening = here or self.approach, opening or self._witness.opening
        if Effect.COUNT_STRAY_OPENING not in effects:
            self.approach, self._witness.opening = here, opening
            if here or opening:
                self._count_lowered()
            return effects
        if opening is None and (here is None or here.grant is None or self.lane.fire is Level.ON):
            return effects
        self._witness.opening, self._lowers_itself = opening, self.lane.fire is not Level.ON
        self._witness.fault(here, "arm", "found up at a start: it comes down behind the next vehicle, or by hand")
        if opening is None and here and here.grant:  # killed between the pulse and the arm's answer
            self._witness.begun(None, here, here.grant, 0.0)
        return tuple(effect for effect in effects if effect is not Effect.COUNT_STRAY_OPENING)

    # --- orders -------------------------------------------------------------------------------------------

    def ordered(self, command: Command) -> None:
        """Carry out a command that was found good."""
        action = command.action
        if isinstance(action, Open):
            self._ordered_open(command, action)
        elif isinstance(action, Display):
            self._ordered_display(command, action)
        elif isinstance(action, Close):
            self.happen(E.ORDERED_DOWN)
            lowering = self.lane.phase is Phase.LOWERING
            self._answer(command, "" if lowering else f"the lane is {self.lane.phase}, or not known to be clear")
        elif isinstance(action, Mode):
            self.happen(E.ORDERED_SHUT if action.mode == "closed" else E.ORDERED_NORMAL)
            done = self.lane.shut == (action.mode == "closed")
            self._answer(command, "" if done else f"the lane is {self.lane.phase}")

    def _answer(self, command: Command, objection: str) -> None:
        self._reply(command, Outcome.REFUSED if objection else Outcome.DONE, objection)

    def _ordered_open(self, command: Command, action: Open) -> None:
        if action.reason is OpeningReason.PAID and action.visit:
            visit = action.visit
            self._parts.owed.witness(lambda: self._parts.visits.paid(visit))
        if not self._is_for_this_vehicle(action):
            self._reply(command, Outcome.REFUSED, "no such vehicle stands here")
            return
        if (self.lane.phase, E.GRANTED) not in TRANSITIONS:
            self._reply(command, Outcome.REFUSED, f"the lane is {self.lane.phase}")
            return
        here = self.approach = self.approach or Approach(self._parts.clock.new_id())
        if self.lane.phase in WAITING and self.config.direction is Direction.IN and here.visit is None:
            self._admit_unread(here)
        self._awaited = command
        self._grant(here, Grant(action.reason, command.by, command.command, action.note))

    def _is_for_this_vehicle(self, action: Open) -> bool:
        here = self.approach
        if action.visit is not None and (here is None or here.visit != action.visit):
            return False
        return action.approach is None or (here is not None and here.approach == action.approach)

    def _admit_unread(self, here: Approach) -> None:
        """A person lets in whom the box did not: a stay all the same."""
        here.vehicle_class = here.vehicle_class or self._profile or self._usual_class()
        look = here.look or Look(None, b"", "none", 0, "let in before it was read")
        try:
            self._admit(here, here.vehicle_class, facts.plate_read(self.config, here, look, None))
        except NoRoom:
            log.exception("let in without a visit", lane=self.config.lane)

    def _ordered_display(self, command: Command, action: Display) -> None:
        here = self.approach
        stay = self._parts.visits.get(action.visit)
        if here is None or here.approach != action.approach or self.lane.phase is not Phase.ATTENDED:
            self._reply(command, Outcome.REFUSED, "that vehicle does not wait here any more")
        elif stay is None or self.config.direction is not Direction.OUT:
            self._reply(command, Outcome.REFUSED, "that visit is not inside")
        elif self._parts.visits.is_elsewhere(self.config.lane, action.visit):
            self._reply(command, Outcome.REFUSED, "that visit stands at another exit")
        else:
            try:
                self._leaving(here, action.visit, by=command.by, probability=1.0, margin=1.0)
            except NoRoom as error:
                self._reply(command, Outcome.FAILED, str(error)[:400])
            else:
                self._reply(command, Outcome.DONE)

    def has_patience(self, seconds: float) -> None:
        """How long a driver may take to pay, by the site's policy."""
        self.lane = replace(self.lane, patience_s=seconds)

    # --- the vehicle before the arm -----------------------------------------------------------------------

    def _identify(self) -> None:
        approach = Approach(self._parts.clock.new_id())
        self.approach = approach
        self._parts.devices.show(self.config.lane, pages.reading(self.config.lane))
        self._parts.eyes.look(self.config.lane, lambda look: self._looked(approach, look))

    def _looked(self, approach: Approach, look: Look) -> None:
        approach.look = look
        self._decide_if_ready()
        if approach is self.approach and approach.vehicle_class is None:
            self._parts.later(PROFILE_WAIT_S, lambda: self._unmeasured(approach))

    def _unmeasured(self, approach: Approach) -> None:
        if approach is self.approach and approach.vehicle_class is None and self._profile is None:
            self._witness.fault(approach, "profiler", "measured nothing")
            self._profile = self._usual_class()
            self._decide_if_ready()

    def _usual_class(self) -> VehicleClass:
        return VehicleClass.MOTO if self.config.kind is LaneKind.MOTORBIKE else VehicleClass.CAR9

    def _decide_if_ready(self) -> None:
        here = self.approach
        waiting = self.lane.phase in {Phase.IDENTIFYING, Phase.ATTENDED}
        if here is None or here.look is None or self._profile is None or here.vehicle_class or not waiting:
            return
        here.vehicle_class = self._profile
        try:
            self._decide(here, here.look, here.vehicle_class)
        except NoRoom:  # nothing was decided: once more, until the disk takes it or a person helps
            here.vehicle_class = None
            self._parts.later(ROOM_AGAIN_S, self._decide_if_ready)

    def _decide(self, here: Approach, look: Look, kind: VehicleClass) -> None:
        picture = self._parts.pictures.keep(look.picture) if look.picture else None
        read = facts.plate_read(self.config, here, look, picture)
        if self.config.direction is Direction.OUT:
            self._at_exit(here, kind, read)
            return
        self._admit(here, kind, read, Grant(OpeningReason.ADMITTED, RULE))
        self._parts.devices.show(self.config.lane, pages.come_in(self.config.lane, here.plate))
        self.happen(E.GRANTED)

    def _admit(self, here: Approach, kind: VehicleClass, read: PlateRead, grant: Grant | None = None) -> None:
        """Open a visit, and remember whom the arm goes up for. Raises NoRoom, and nothing has changed."""
        admitted = replace(here, grant=grant)

        def write() -> None:
            admitted.visit = self._parts.visits.open(read.plate, kind, self.config.lane)
            self._parts.outbox.record(read)
            self._parts.outbox.record(facts.opened(read, admitted.visit, kind))
            memory.keep(self._parts.store, self.config.lane, memory.of(admitted, None))

        self._parts.owed.decide(write)
        here.visit, here.grant = admitted.visit, grant

    def _at_exit(self, here: Approach, kind: VehicleClass, read: PlateRead) -> None:
        ranking, sure = matched(self._parts.visits, self.config.lane, self._parts.papers.lease, read.plate, kind)
        if sure:
            best = ranking.candidates[0]
            self._leaving(here, best.visit, by=RULE, probability=best.probability, margin=ranking.margin, read=(read,))
            return
        near = ranking.candidates
        why = Why.UNREAD if not read.plate else Why.AMBIGUOUS if near else Why.NO_MATCH
        self._witness.wanted(here, why, tuple((visit, probability) for visit, probability in near), (read,))
        self.happen(E.PERSON_NEEDED)

    def _leaving(
        self,
        here: Approach,
        visit: str,
        *,
        by: str,
        probability: float,
        margin: float,
        read: tuple[PlateRead, ...] = (),
    ) -> None:
        """Price the stay and let go or ask for money. Raises NoRoom, and nothing has changed."""
        stay = self._parts.visits.get(visit)
        if stay is None:
            return
        match = facts.match(self.config, here, visit, by, probability, margin)
        now = self._parts.clock.now()
        try:
            quoted = quote(stay, self._parts.papers.lease, now)
        except NoLease as error:
            fault = DeviceFault(lane=self.config.lane, device="lease", what=str(error)[:400])
            here.visit = visit
            self._witness.wanted(here, Why.FAULT, ((visit, probability),), (*read, match, fault))
            self.happen(E.PERSON_NEEDED)
            return
        self._parts.record(*read, match, facts.price(self.config, here, quoted, now))
        here.visit, here.quoted = visit, quoted
        self._parts.visits.stands_at(self.config.lane, visit)
        reason = reason_to_go(quoted)
        if reason:
            self._grant(here, Grant(reason, RULE))
        else:
            self._parts.devices.show(self.config.lane, pages.pay(self.config.lane, quoted))
            self.happen(E.OWING)

    def _grant(self, here: Approach, grant: Grant) -> None:
        """Let the vehicle go, and remember why before the arm is asked."""
        here.grant = grant
        self._witness.saw(here)
        self.happen(E.GRANTED)

    def _patience_over(self) -> None:
        here, lease = self.approach, self._parts.papers.lease
        if here is None:
            return
        stay = self._parts.visits.get(here.visit) if here.visit else None
        if stay and stay.paid:  # its money came by a change of the lease; the order to open got lost
            self._grant(here, Grant(OpeningReason.PAID, RULE))
        elif lease and lease.policy.unpaid is Unpaid.BILL:
            self._grant(here, Grant(OpeningReason.BILLED, RULE))
        else:
            self._witness.wanted(here, Why.UNPAID, ((here.visit, 1.0),) if here.visit else ())
            self.happen(E.PERSON_NEEDED)

    def _call_person(self) -> None:
        if self.approach and not self.approach.asked_for_help:  # the table gave up waiting for the reader
            self._witness.wanted(self.approach, Why.FAULT)
        self._parts.devices.show(self.config.lane, pages.wait(self.config.lane))

    def _abandon(self) -> None:
        here, self.approach = self.approach, None
        self._parts.visits.stands_at(self.config.lane, None)
        self._witness.over(here)
        self._parts.devices.show(self.config.lane, pages.welcome(self.config.lane))

    # --- the arm ------------------------------------------------------------------------------------------

    def _raise_arm(self) -> None:
        self._raised_at = self._parts.clock.monotonic_s()
        self._pulse(Relay.RAISE)
        here = self.approach
        if here and here.quoted and self.config.direction is Direction.OUT:
            paid = here.grant is not None and here.grant.reason is OpeningReason.PAID
            total = here.quoted.bill.total if paid else 0
            self._parts.devices.show(self.config.lane, pages.leave(self.config.lane, here.plate, total))

    def _lower_arm(self) -> None:
        self._pulse(Relay.LOWER)

    def _pulse(self, relay: Relay) -> None:
        try:
            self._parts.devices.pulse(self.config.lane, relay)
        except DeviceFailed as error:
            self._witness.fault(self.approach, "board", str(error))

    def _count_opening(self) -> None:
        here = self.approach
        grant = here.grant if here and here.grant else Grant(OpeningReason.BY_HAND, "unknown")
        self._witness.begun(here, here, grant, self._parts.clock.monotonic_s() - self._raised_at)
        self._tell_who_waits(Outcome.DONE)

    def _count_stray_opening(self) -> None:
        fire = self.lane.fire is Level.ON
        grant = Grant(OpeningReason.FIRE if fire else OpeningReason.BY_HAND, "unknown")
        self._witness.begun(self.approach, None, grant, 0.0)
        self._tell_who_waits(Outcome.FAILED, "the arm was raised by fire" if fire else "the arm was raised by hand")

    def _count_passage(self) -> None:
        self._witness.passed(self.approach)

    def _count_lowered(self) -> None:
        self._lowers_itself = False
        self._abandon()

    def _report_fault(self) -> None:
        self._witness.fault(self.approach, "arm", f"does not move: {position(self.lane)}")
        self._tell_who_waits(Outcome.FAILED, "the arm did not move")

    # --- telling ------------------------------------------------------------------------------------------

    def _tell_who_waits(self, outcome: Outcome, why: str = "") -> None:
        if self._awaited:
            self._reply(self._awaited, outcome, why)
            self._awaited = None

    def _reply(self, command: Command, outcome: Outcome, why: str = "") -> None:
        where = position(self.lane)
        self._parts.reply(Reply(command=command.command, box=command.box, outcome=outcome, position=where, why=why))

    def state(self) -> LaneState:
        """The lane as others may see it; no plates."""
        mode = "closed" if self.lane.shut else "lease expired" if self._parts.papers.expired() else "normal"
        return facts.state(self.config, self.lane, self.approach, mode)
