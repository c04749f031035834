"""One lane at work: readings into the table of `gate.lane`, effects out to devices and facts.

Runs on the deciding thread only. Facts are on disk before the arm is asked to move.
"""

from dataclasses import replace
from typing import Final

import structlog

from edge import pages
from edge.approach import Approach, Grant, Look, Opening
from edge.config import LaneConfig, LaneKind
from edge.decide import NoLease, matched, quote, reason_to_go
from edge.devices.site_bus import Listener
from edge.parts import Parts
from gate.devices.board import DeviceFailed, Reading, Relay, Sensor
from gate.lane import Effect, Event, Lane, Phase, blinded, position, sensed, step
from gate.lease import Unpaid
from gate.messages import (
    ArmLowered,
    ArmRaised,
    Body,
    Command,
    DeviceFault,
    Direction,
    Display,
    LaneState,
    Open,
    OpeningReason,
    Outcome,
    PersonWanted,
    PlateRead,
    Quoted,
    Reply,
    VehiclePassed,
    VisitMatched,
    VisitOpened,
    VisitVoided,
    Why,
)
from gate.vehicle import Profile, VehicleClass, classify

PROFILE_WAIT_S: Final = 1.0
RULE: Final = "rule"
E = Event
log = structlog.get_logger()


class LaneKeeper(Listener):
    """Keeps one lane."""

    def __init__(self, config: LaneConfig, parts: Parts) -> None:
        self.config, self._parts = config, parts
        self.lane = Lane()
        self.approach: Approach | None = None
        self._opening: Opening | None = None
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
        if reading.sensor is Sensor.ARMING and reading.edge:
            self._profile = None  # whatever was measured before was another vehicle
        self.lane, events = sensed(self.lane, reading)
        for event in events:
            self.happen(event)

    def board_lost(self) -> None:
        """The board is away: nothing it said holds any more."""
        self.lane = blinded(self.lane)

    def measured(self, profile: Profile) -> None:
        """The profiler measured the vehicle on the arming loop."""
        try:
            self._profile = classify(profile)
        except ValueError as error:
            self._record(DeviceFault(lane=self.config.lane, device="profiler", what=str(error)))
        self._decide_if_ready()

    def wake(self) -> None:
        """The lane's own deadline may have come."""
        self.happen(E.ELAPSED)

    def happen(self, event: Event) -> None:
        """Step the table and run its effects in order."""
        moved = step(self.lane, event, self._parts.clock.monotonic_s())
        self.lane = moved.lane
        for effect in moved.effects:
            self._do[effect]()

    # --- orders -------------------------------------------------------------------------------------------

    def ordered(self, command: Command) -> None:
        """Carry out a command that was found good."""
        action = command.action
        if isinstance(action, Open):
            self._ordered_open(command, action)
        elif isinstance(action, Display):
            self._ordered_display(command, action)
        else:
            self._reply(command, Outcome.REFUSED, "this lane does not know the action")

    def _ordered_open(self, command: Command, action: Open) -> None:
        if action.reason is OpeningReason.PAID and action.visit:
            self._parts.visits.paid(action.visit)
        if not self._is_for_this_vehicle(action):
            self._reply(command, Outcome.REFUSED, "no such vehicle stands here")
            return
        before = self.lane.phase
        grant = Grant(action.reason, command.by, command.command, action.note)
        if self.approach is None:
            self.approach = Approach(self._parts.clock.new_id())
        kept, self.approach.grant = self.approach.grant, grant
        self._awaited = command
        self.happen(E.GRANTED)
        if self.lane.phase is before:
            self._awaited, self.approach.grant = None, kept
            self._reply(command, Outcome.REFUSED, f"the lane is {before}")

    def _is_for_this_vehicle(self, action: Open) -> bool:
        here = self.approach
        if action.visit is not None and (here is None or here.visit != action.visit):
            return False
        return action.approach is None or (here is not None and here.approach == action.approach)

    def _ordered_display(self, command: Command, action: Display) -> None:
        here = self.approach
        stay = self._parts.visits.get(action.visit)
        if here is None or here.approach != action.approach or self.lane.phase is not Phase.ATTENDED:
            self._reply(command, Outcome.REFUSED, "that vehicle does not wait here any more")
        elif stay is None or self.config.direction is not Direction.OUT:
            self._reply(command, Outcome.REFUSED, "that visit is not inside")
        else:
            self._reply(command, Outcome.DONE)
            self._leaving(here, action.visit, by=command.by, probability=1.0, margin=1.0)

    def has_patience(self, seconds: float) -> None:
        """How long a driver may take to pay, by the site's policy."""
        self.lane = replace(self.lane, patience_s=seconds)

    def paid(self, visit: str) -> None:
        """The centre's change says that this visit is paid."""
        self._parts.visits.paid(visit)

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
            self._record(DeviceFault(lane=self.config.lane, device="profiler", what="measured nothing"))
            self._profile = VehicleClass.MOTO if self.config.kind is LaneKind.MOTORBIKE else VehicleClass.CAR9
            self._decide_if_ready()

    def _decide_if_ready(self) -> None:
        here = self.approach
        waiting = self.lane.phase in {Phase.IDENTIFYING, Phase.ATTENDED}
        if here is None or here.look is None or self._profile is None or here.vehicle_class or not waiting:
            return
        here.vehicle_class = self._profile
        picture = self._parts.pictures.keep(here.look.picture) if here.look.picture else None
        read = self._plate_read(here, here.look, picture)
        if self.config.direction is Direction.IN:
            self._entering(here, here.vehicle_class, read)
        else:
            self._at_exit(here, here.vehicle_class, read)

    def _plate_read(self, here: Approach, look: Look, picture: str | None) -> PlateRead:
        best = look.reading
        return PlateRead(
            lane=self.config.lane,
            approach=here.approach,
            direction=self.config.direction,
            plate=here.plate[:16],
            confidence=best.confidence if best else 0.0,
            characters=best.characters if best else (),
            lines=best.lines if best else 0,
            colour=best.colour if best else "unknown",
            vehicle_class=here.vehicle_class,
            picture=picture,
            engine=look.engine,
            took_ms=look.took_ms,
            error=look.error[:200],
        )

    def _entering(self, here: Approach, kind: VehicleClass, read: PlateRead) -> None:
        with self._parts.store.transaction():
            here.visit = self._parts.visits.open(read.plate, kind, self.config.lane)
            opened = VisitOpened(
                lane=self.config.lane,
                approach=here.approach,
                visit=here.visit,
                vehicle_class=kind,
                read=bool(read.plate),
            )
            self._record(read, opened)
        here.grant = Grant(OpeningReason.ADMITTED, RULE)
        self._parts.devices.show(self.config.lane, pages.come_in(self.config.lane, here.plate))
        self.happen(E.GRANTED)

    def _at_exit(self, here: Approach, kind: VehicleClass, read: PlateRead) -> None:
        ranking, sure = matched(self._parts.visits, self._parts.papers.lease, read.plate, kind)
        self._record(read)
        if sure:
            best = ranking.candidates[0]
            self._leaving(here, best.visit, by=RULE, probability=best.probability, margin=ranking.margin)
            return
        near = ranking.candidates
        why = Why.UNREAD if not read.plate else Why.AMBIGUOUS if near else Why.NO_MATCH
        self._ask_for_help(here, why, tuple((visit, probability) for visit, probability in near))
        self.happen(E.PERSON_NEEDED)

    def _leaving(self, here: Approach, visit: str, *, by: str, probability: float, margin: float) -> None:
        stay = self._parts.visits.get(visit)
        if stay is None:
            return
        here.visit = visit
        match = VisitMatched(
            lane=self.config.lane,
            approach=here.approach,
            visit=visit,
            by=by,
            probability=probability,
            margin=margin,
        )
        now = self._parts.clock.now()
        try:
            here.quoted = quote(stay, self._parts.papers.lease, now)
        except NoLease as error:
            self._record(match, DeviceFault(lane=self.config.lane, device="lease", what=str(error)))
            self._ask_for_help(here, Why.FAULT, ((visit, probability),))
            self.happen(E.PERSON_NEEDED)
            return
        bill, tariff = here.quoted.bill, here.quoted.tariff
        price = Quoted(
            lane=self.config.lane,
            approach=here.approach,
            visit=visit,
            tariff=tariff,
            vehicle_class=stay.vehicle_class,
            entered_at=stay.entered_at,
            left_at=max(now, stay.entered_at),
            total=bill.total,
            vat=bill.vat,
            lines=bill.lines,
            payload=here.quoted.payload,
        )
        self._record(match, price)
        reason = reason_to_go(here.quoted)
        if reason:
            here.grant = Grant(reason, RULE)
            self.happen(E.GRANTED)
        else:
            self._parts.devices.show(self.config.lane, pages.pay(self.config.lane, here.quoted))
            self.happen(E.OWING)

    def _patience_over(self) -> None:
        here, lease = self.approach, self._parts.papers.lease
        if here is None:
            return
        if lease and lease.policy.unpaid is Unpaid.BILL:
            here.grant = Grant(OpeningReason.BILLED, RULE)
            self.happen(E.GRANTED)
        else:
            self._ask_for_help(here, Why.UNPAID, ((here.visit, 1.0),) if here.visit else ())
            self.happen(E.PERSON_NEEDED)

    def _ask_for_help(self, here: Approach, why: Why, candidates: tuple[tuple[str, float], ...]) -> None:
        here.asked_for_help = True
        wanted = PersonWanted(lane=self.config.lane, approach=here.approach, why=why, candidates=candidates)
        self._record(wanted)

    def _call_person(self) -> None:
        if self.approach and not self.approach.asked_for_help:  # the table gave up waiting for the reader
            self._ask_for_help(self.approach, Why.FAULT, ())
        self._parts.devices.show(self.config.lane, pages.wait(self.config.lane))

    def _abandon(self) -> None:
        self._void_unused()
        self.approach = None
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
            self._record(DeviceFault(lane=self.config.lane, device="board", what=str(error)))

    def _count_opening(self) -> None:
        here = self.approach
        grant = here.grant if here and here.grant else Grant(OpeningReason.BY_HAND, "unknown")
        self._begin_opening(here, grant)
        if self._awaited:
            self._reply(self._awaited, Outcome.DONE)
            self._awaited = None

    def _count_stray_opening(self) -> None:
        fire = self.lane.phase is Phase.BY_HAND and self.lane.fire.value == "on"
        self._begin_opening(None, Grant(OpeningReason.FIRE if fire else OpeningReason.BY_HAND, "unknown"))

    def _begin_opening(self, here: Approach | None, grant: Grant) -> None:
        visit = here.visit if here else None
        again = self._opening
        self._opening = Opening(self._parts.clock.new_id(), visit, again.passages if again else 0)
        took = self._parts.clock.monotonic_s() - self._raised_at if here else 0.0
        raised = ArmRaised(
            lane=self.config.lane,
            opening=self._opening.opening,
            reason=grant.reason,
            by=grant.by,
            approach=here.approach if here else None,
            visit=visit,
            command=grant.command,
            note=grant.note,
            took_ms=int(took * 1000),
        )
        self._record(raised)

    def _count_passage(self) -> None:
        opening = self._opening
        tailgate = opening is not None and opening.passages > 0
        visit = opening.visit if opening and not tailgate else None
        passed = VehiclePassed(
            lane=self.config.lane,
            direction=self.config.direction,
            passage=self._parts.clock.new_id(),
            opening=opening.opening if opening else None,
            visit=visit,
            tailgate=tailgate,
        )
        with self._parts.store.transaction():
            if opening:
                opening.passages += 1
            if visit and self.config.direction is Direction.IN:
                self._parts.visits.entered(visit)
            elif visit:
                self._parts.visits.left(visit)
            self._record(passed)

    def _count_lowered(self) -> None:
        if self._opening:
            self._record(ArmLowered(lane=self.config.lane, opening=self._opening.opening))
        self._void_unused()
        self._opening = self.approach = None
        self._parts.devices.show(self.config.lane, pages.welcome(self.config.lane))

    def _void_unused(self) -> None:
        """A visit that was opened here and never passed never was."""
        passed = self._opening is not None and self._opening.passages > 0
        here = self.approach
        if here and here.visit and not passed and self.config.direction is Direction.IN:
            with self._parts.store.transaction():
                self._parts.visits.voided(here.visit)
                self._record(VisitVoided(lane=self.config.lane, visit=here.visit, why="backed out"))

    def _report_fault(self) -> None:
        self._record(DeviceFault(lane=self.config.lane, device="arm", what=f"does not move: {position(self.lane)}"))
        if self._awaited:
            self._reply(self._awaited, Outcome.FAILED, "the arm did not move")
            self._awaited = None

    # --- telling ------------------------------------------------------------------------------------------

    def _record(self, *facts: Body) -> None:
        self._parts.record(*facts)

    def _reply(self, command: Command, outcome: Outcome, why: str = "") -> None:
        where = position(self.lane)
        self._parts.reply(Reply(command=command.command, box=command.box, outcome=outcome, position=where, why=why))

    def state(self) -> LaneState:
        """The lane as others may see it; no plates."""
        lane, here = self.lane, self.approach
        levels = {sensor.value: str(getattr(lane, sensor.value)) for sensor in Sensor}
        return LaneState(
            lane=self.config.lane,
            direction=self.config.direction,
            kind=self.config.kind,
            phase=lane.phase,
            arm=position(lane),
            mode="normal",
            sensors=levels,
            approach=here.approach if here else None,
            visit=here.visit if here else None,
        )
