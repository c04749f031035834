"""One lane at work: readings into the table of `gate.lane`, effects out to devices and facts.

Runs on the deciding thread only. Facts are on disk before the arm is asked to move.
"""

from dataclasses import replace
from typing import Final

import structlog

from edge.devices.site_bus import Listener
from edge.journal.owed import NoRoom
from edge.lanes import facts, memory, pages
from edge.lanes.again import AGAIN_S, Again
from edge.lanes.approach import Approach, Grant, Look
from edge.lanes.arm import Arm
from edge.lanes.camera_watch import CameraWatch
from edge.lanes.counter import Counter, Verdict
from edge.lanes.cycle import Cycle
from edge.lanes.followers import Followers
from edge.lanes.lane_config import Button, CountsBy, LaneConfig, ReadPoint, at_rest
from edge.lanes.orders import Orders
from edge.lanes.tag_desk import TagDesk
from edge.lanes.tally import CatchUp
from edge.lanes.witness import Witness
from edge.parts import Parts
from gate.devices.board import Level, Reading, Sensor
from gate.devices.screen import Page
from gate.lane import UP, WAITING, Effect, Event, Phase, step
from gate.messages import Command, LaneMode, OpeningReason, Why
from gate.presence import LaneState
from gate.sensing import blinded, sensed
from gate.vehicle import Profile, VehicleClass, classify

PROFILE_WAIT_S: Final = 1.0
HEARD_S: Final = 0.5
"""So long an edge may be on its way behind the count that contains it."""
LEFT_EXIT: Final = Reading(Sensor.EXIT, Level.OFF, edge=True)
PAGES: Final = {Phase.CLOSED: pages.closed, Phase.FAULT: pages.out_of_service, Phase.HELD: pages.go_ahead}
E = Event
log = structlog.get_logger()


class LaneKeeper(Listener):
    """Keeps one lane. What it must know after a kill is in `edge.lanes.memory`."""

    def __init__(self, config: LaneConfig, parts: Parts) -> None:
        self.config, self._parts = config, parts
        self._kept: memory.Recalled | None = memory.recall(parts.store, config.lane)
        self._witness = Witness(config, parts, self._kept)
        self.lane = at_rest(config, shut=self._kept.mode is LaneMode.CLOSED)
        self.approach: Approach | None = None
        self._counter = Counter(config, parts, self._witness)
        self._cycle = Cycle(parts.later, self.complain)
        self._followers = Followers(config, parts, self._witness, self._counter)
        self._tags = TagDesk(config, parts, self._witness)
        self._orders = Orders(config, parts, self._counter, self)
        self._watch = CameraWatch(config, parts, self.complain)
        self._again = Again(config, parts, self._counter, self, self._watch)
        self._arm = Arm(self, config, parts, self._witness, self._followers, self._orders)
        self._lowers_itself = False
        self._unheard: int | None = None
        self._catch_up = CatchUp(
            self._witness.tally, parts.later, lambda: self.happen(E.PASSED), lambda what: self.complain("board", what)
        )
        self._found_raised = False
        self._profile: VehicleClass | None = None
        self._do = {
            Effect.IDENTIFY: self._identify,
            Effect.NOTICE: self._notice,
            Effect.ANSWER_BUTTON: self._answer_button,
            Effect.ABANDON: self._abandon,
            Effect.PATIENCE_OVER: self._patience_over,
            Effect.CALL_PERSON: self._call_person,
            Effect.COUNT_LOWERED: self._count_lowered,
            **self._arm.effects,
        }

    # --- what devices say ---------------------------------------------------------------------------------

    def board_said(self, reading: Reading) -> None:
        """An input changed or was reported."""
        if reading.sensor is Sensor.ARMING and self._is_another_vehicle(reading):
            self._profile = None
        self._parts.trace.reading(self.config.lane, reading)
        self._cycle.saw(reading)
        if reading == LEFT_EXIT:
            self._witness.tally.edge()
            if self.lane.directed:  # it may be no passage, and is accounted for all the same
                self._witness.saw(self.approach)
        self.lane, events = sensed(self.lane, reading)
        for event in events:
            self.happen(event)
        under = reading.sensor is Sensor.SAFETY and E.ZONE_ENTERED in events
        if under and self.config.read_at is ReadPoint.ZONE and self.lane.phase in UP:
            self._look_at_follower()
        if self._lowers_itself and E.ZONE_CLEARED in events and not self.lane.vanished:
            self.happen(E.ORDERED_DOWN)

    def _is_another_vehicle(self, reading: Reading) -> bool:
        """Whether what was measured before is not of what stands there now."""
        unseen = reading.level is Level.ON and self.lane.arming is not Level.ON and self.approach is None
        return reading.edge or unseen

    def board_counted(self, count: int) -> None:
        """What the board counted by itself, whoever was there to hear it."""
        if self.config.counts_by is CountsBy.LINE:
            return
        tally = self._witness.tally
        missing = tally.missing(count)
        if tally.begins_anew(count):
            tally.accept(count)
            self._witness.saw(self.approach)
            if missing:
                self.complain("board", f"its counter began anew at {count}")
        elif missing and self.lane.phase is Phase.STARTING:
            self._unheard = count  # whose passage it was is known when the arm's position is
        elif missing:
            self._parts.later(HEARD_S, lambda: self._catch_up.up_to(count))

    def board_lost(self) -> None:
        """The board is away: nothing it said holds any more."""
        self.lane = blinded(self.lane)

    def measured(self, profile: Profile) -> None:
        """The profiler measured the vehicle on the arming loop."""
        try:
            kind = classify(profile)
        except ValueError as error:
            self._witness.fault(self.approach, "profiler", str(error))
            return
        if self.lane.phase in WAITING or not self._followers.measured(kind):
            self._profile = kind
        self._decide_if_ready()

    def line_crossed(self) -> None:
        """The camera saw a vehicle cross its line."""
        if self.config.counts_by is CountsBy.LINE:
            self.happen(E.PASSED)

    def tag_read(self, tag: str) -> None:
        """A tag is before the reader."""
        here = self.approach
        if here is None or self.lane.phase not in WAITING:
            self._tags.wait(tag)
        elif here.tag != tag:
            self._tags.take(here, tag)
            if self.lane.phase is not Phase.IDENTIFYING and here.look and here.vehicle_class:
                self.serve(here, here.look, here.vehicle_class)

    def complain(self, device: str, what: str) -> None:
        """A device of the lane does not do what it should."""
        self._witness.fault(self.approach, device, what)

    def wake(self) -> None:
        """The lane's own deadline may have come."""
        self.happen(E.ELAPSED)

    def happen(self, event: Event) -> None:
        """Step the table and run its effects in order."""
        before = self.lane.phase
        starting = before is Phase.STARTING or (before, event) == (Phase.FAULT, E.ORDERED_NORMAL)
        moved = step(self.lane, event, self._parts.clock.monotonic_s())
        self.lane = moved.lane
        effects = moved.effects
        if starting and self.lane.phase is not Phase.STARTING:
            effects = self._resumed(effects, event)
        for effect in effects:
            self._do[effect]()
        if event is E.FIRE_ON:
            self._lowers_itself = False
            self._witness.taken_over(self.approach)
        if self._witness.mode is LaneMode.OPEN and not self.lane.held:  # by fire, or by a hand
            self._witness.mode = LaneMode.NORMAL
            self._witness.saw(self.approach)
        if self.lane.phase is not before:
            self._parts.trace.phase(self.config.lane, self.lane.phase)
            if starting and self.lane.phase is Phase.IDLE:
                self._show(pages.welcome(self.config.lane))
            if page := PAGES.get(self.lane.phase):
                self._show(page(self.config.lane))

    def _show(self, page: Page) -> None:
        self._parts.devices.show(self.config.lane, page)

    # --- orders and modes ---------------------------------------------------------------------------------

    @property
    def mode(self) -> LaneMode:
        """How the lane works now."""
        if self.lane.shut:
            return LaneMode.CLOSED
        if self.lane.held:
            return LaneMode.OPEN
        return LaneMode.FREE if self._witness.mode is LaneMode.FREE else LaneMode.NORMAL

    def ordered(self, command: Command) -> None:
        """Carry out a command that was found good."""
        self._orders.carry_out(command)

    def work_as(self, mode: LaneMode, grant: Grant) -> bool:
        """Work so from now on, by this grant's word; whether the lane can."""
        before = self._witness.mode, self._witness.mode_by
        self._witness.mode, self._witness.mode_by = mode, grant.by
        if mode is LaneMode.OPEN:
            self._hold(grant)
        else:
            self.happen(E.ORDERED_SHUT if mode is LaneMode.CLOSED else E.ORDERED_NORMAL)
        done = self.mode is mode
        if not done:
            self._witness.mode, self._witness.mode_by = before
        elif mode is LaneMode.FREE and self.approach and self.lane.phase in {Phase.PAYING, Phase.ATTENDED}:
            self.carry(self.approach, Verdict(E.GRANTED, grant))
        self._witness.saw(self.approach)
        return done

    def _hold(self, grant: Grant) -> None:
        """Hold the arm up. Who waits goes first of those who pass under it."""
        if self.lane.phase in {*WAITING, Phase.IDLE, Phase.CLOSED}:
            if self.approach:
                self._followers.join(self.approach)
            self.approach = Approach(self._parts.clock.new_id(), grant=grant)
        self.happen(E.ORDERED_HELD)

    def _free(self) -> Grant | None:
        """Why everyone may pass, where the mode says so."""
        if self.mode is not LaneMode.FREE:
            return None
        return Grant(OpeningReason.MODE, self._witness.mode_by, note=f"mode {LaneMode.FREE}")

    def _answer_button(self) -> None:
        if self.config.button is Button.OPEN:
            self._orders.pressed()
        elif self.config.button is Button.READ:
            self._again.asked()

    def _resumed(self, effects: tuple[Effect, ...], event: Event) -> tuple[Effect, ...]:
        """After a start or a fault: the opening of before goes on if the arm is up still, and is over if it is not."""
        kept, self._kept = self._kept, None
        here, opening = (kept.here, kept.opening) if kept else (None, None)
        here, opening = here or self.approach, opening or self._witness.opening
        held = self._witness.mode is LaneMode.OPEN
        if held:
            self._witness.mode = LaneMode.NORMAL  # nothing is raised because of a start
        raised, self._found_raised = self._found_raised, False
        lifted = event is E.ARM_UP and opening is not None  # it was up before the kill, and somebody lifts it anew
        if raised or lifted or Effect.COUNT_STRAY_OPENING not in effects:
            self.approach, self._witness.opening = here, opening
            self._passed_while_away(here)
            if here or opening:
                self._count_lowered()
            if raised:
                self._arm.strays_by("supervisor")
            return effects
        self._parts.later(0.0, lambda: self._passed_while_away(here))
        if opening is None and (here is None or here.grant is None or self.lane.fire is Level.ON):
            return effects
        self._witness.opening = opening
        self._goes_on_up(here, held=held)
        if opening is None and here and here.grant:  # killed between the pulse and the arm's answer
            self._witness.begun(None, here, here.grant, 0.0)
        return tuple(effect for effect in effects if effect is not Effect.COUNT_STRAY_OPENING)

    def found_raised(self) -> None:
        """The supervisor raised this arm while no agent decided: it is nobody's here, and is not lowered."""
        self._found_raised = True

    def _passed_while_away(self, here: Approach | None) -> None:
        """Who went through between the kill and this start, as the board counted."""
        count, self._unheard = self._unheard, None
        if count is None:
            return
        if self._witness.opening is None and here and here.grant:  # it rose after the kill
            self._witness.begun(here, here, here.grant, 0.0)
        self._catch_up.up_to(count)

    def _goes_on_up(self, here: Approach | None, *, held: bool) -> None:
        if held and self.lane.fire is not Level.ON:
            self._witness.mode = LaneMode.OPEN
            self.happen(E.ORDERED_HELD)
            return
        opening = self._witness.opening
        self._lowers_itself = self.lane.fire is not Level.ON and (opening is None or opening.ours)
        comes_down = "behind the next vehicle, or by hand" if self._lowers_itself else "by a person's order, or by hand"
        self._witness.fault(here, "arm", f"found up at a start: it comes down {comes_down}")

    def has_patience(self, seconds: float) -> None:
        """How long a driver may take to pay, by the site's policy."""
        self.lane = replace(self.lane, patience_s=seconds)

    # --- the vehicle before the arm -----------------------------------------------------------------------

    def _identify(self) -> None:
        follower = self._followers.last()
        approach = follower or Approach(self._parts.clock.new_id())
        self.approach = approach
        self._profile = approach.vehicle_class or self._profile
        approach.vehicle_class = None
        self._tags.meet(approach)
        self._show(pages.reading(self.config.lane))
        if follower is None:
            self._look(approach)
        elif follower.look:
            self._looked(approach, follower.look)

    def _notice(self) -> None:
        if self.config.read_at is ReadPoint.ARMING:
            self._look_at_follower()

    def _look_at_follower(self) -> None:
        follower = Approach(self._parts.clock.new_id())
        self._followers.join(follower)
        self._look(follower)

    def _look(self, approach: Approach) -> None:
        self._parts.eyes.look(self.config.lane, lambda look: self._looked(approach, look))

    def _looked(self, approach: Approach, look: Look) -> None:
        approach.look = look
        self._watch.saw(look)
        if approach is not self.approach:
            self._followers.explain(approach, look)
            return
        self._decide_if_ready()
        if approach.vehicle_class is None:
            wait_s = PROFILE_WAIT_S if self.config.profiler else 0.0
            self._parts.later(wait_s, lambda: self._unmeasured(approach))

    def _unmeasured(self, approach: Approach) -> None:
        if approach is self.approach and approach.vehicle_class is None and self._profile is None:
            if self.config.profiler:
                self._witness.fault(approach, "profiler", "measured nothing")
            self._profile = self._counter.usual_class()
            self._decide_if_ready()

    def class_now(self) -> VehicleClass:
        """The class of what stands there, as measured or as usual; a guess is a case."""
        if self._profile is None and self.config.profiler:
            self.complain("profiler", "measured nothing")
        return self._profile or self._counter.usual_class()

    def _decide_if_ready(self) -> None:
        here = self.approach
        waiting = self.lane.phase in {Phase.IDENTIFYING, Phase.ATTENDED}
        if here is None or here.look is None or self._profile is None or here.vehicle_class or not waiting:
            return
        here.vehicle_class = self._profile
        self.serve(here, here.look, here.vehicle_class)

    def serve(self, here: Approach, look: Look, kind: VehicleClass) -> None:
        """Decide about the vehicle, and carry it out."""
        try:
            verdict = self._counter.serve(here, look, kind, self._free())
        except NoRoom:  # nothing was decided: once more, until the disk takes it or a person helps
            here.vehicle_class = None
            self._parts.later(AGAIN_S, self._decide_if_ready)
            return
        self._again.may_change(here, look, kind, verdict)
        self.carry(here, verdict)

    def carry(self, here: Approach, verdict: Verdict) -> None:
        """Carry out a verdict; who may pass is remembered with the reason before the arm is asked."""
        if verdict.grant:
            here.grant = verdict.grant
            self._witness.saw(here)
        self.happen(verdict.event)

    def _patience_over(self) -> None:
        if self.approach:
            self.carry(self.approach, self._counter.patience_over(self.approach))

    def _call_person(self) -> None:
        here = self.approach
        if here and here.asked is None:  # the table gave up waiting for the reader
            here.asked = Why.FAULT
            self._witness.wanted(here, Why.FAULT)
        if here is None or here.refused is None:
            why, plate = (here.asked, here.plate) if here else (None, "")
            kind, photo = (here.vehicle_class, here.photo) if here else (None, "")
            self._show(pages.wait(self.config.lane, why=why, plate=plate, kind=kind, photo=photo))

    def _abandon(self) -> None:
        here, self.approach = self.approach, None
        self._arm.forget()
        self._parts.visits.stands_at(self.config.lane, None)
        self._witness.over(here)
        self._show(pages.welcome(self.config.lane))

    def _count_lowered(self) -> None:
        self._lowers_itself = False
        self._cycle.over(self._witness.opening)
        if self.lane.arming is not Level.ON:
            self._followers.last()  # whoever was seen coming went back
        self._abandon()

    def state(self) -> LaneState:
        """The lane as others may see it; no plates."""
        expired = self._parts.papers.expired() and self.mode is LaneMode.NORMAL
        return facts.state(self.config, self.lane, self.approach, "lease expired" if expired else self.mode)
