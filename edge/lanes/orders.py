"""What a person or the centre orders of a lane, and how it is answered."""

from typing import Protocol

from edge.journal.owed import NoRoom
from edge.lanes import facts
from edge.lanes.approach import Approach, Grant
from edge.lanes.counter import Counter, Verdict
from edge.lanes.lane_config import LaneConfig
from edge.parts import Parts
from gate.lane import TRANSITIONS, WAITING, Event, Lane, Phase
from gate.messages import (
    NOTE_MAX,
    Close,
    Command,
    Direction,
    Display,
    LaneMode,
    Mode,
    Open,
    OpeningReason,
    Outcome,
    Reply,
)
from gate.sensing import position
from gate.vehicle import VehicleClass

E = Event


class Ordered(Protocol):
    """A lane as orders see it."""

    lane: Lane
    approach: Approach | None

    def happen(self, event: Event) -> None:
        """Step the table."""

    def carry(self, here: Approach, verdict: Verdict) -> None:
        """Carry out what was decided about the vehicle."""

    def work_as(self, mode: LaneMode, grant: Grant) -> bool:
        """Work so from now on, by this grant's word; whether the lane can."""

    def class_now(self) -> VehicleClass:
        """The class of what stands there, as measured or as usual."""


class Orders:
    """Orders to one lane. One that raises the arm is answered when the arm is seen up."""

    def __init__(self, config: LaneConfig, parts: Parts, counter: Counter, lane: Ordered) -> None:
        self._config, self._parts, self._counter, self._lane = config, parts, counter, lane
        self._awaited: Command | None = None

    def carry_out(self, command: Command) -> None:
        """Carry out a command that was found good."""
        action = command.action
        if isinstance(action, Open):
            self._open(command, action)
        elif isinstance(action, Display):
            self._display(command, action)
        elif isinstance(action, Close):
            self._lane.happen(E.ORDERED_DOWN)
            lowering = self._lane.lane.phase is Phase.LOWERING
            self._answer(command, "" if lowering else f"the lane is {self._lane.lane.phase}, or not known to be clear")
        elif isinstance(action, Mode):
            grant = Grant(OpeningReason.MODE, command.by, command.command, f"mode {action.mode}")
            done = self._lane.work_as(action.mode, grant)
            self._answer(command, "" if done else f"the lane is {self._lane.lane.phase}")

    def confirmed(self, outcome: Outcome, why: str = "") -> None:
        """The arm has told what became of the order that is waited for, if any."""
        if self._awaited:
            self._reply(self._awaited, outcome, why)
            self._awaited = None

    def pressed(self) -> None:
        """The button at the lane: an opening by nobody's name, which a person has to explain."""
        here = self._vehicle()
        self._lane.carry(here, Verdict(E.GRANTED, Grant(OpeningReason.BUTTON, "unknown")))

    def _open(self, command: Command, action: Open) -> None:
        if action.reason is OpeningReason.PAID and action.visit:
            visit = action.visit
            self._parts.owed.witness(lambda: self._parts.visits.paid(visit))
        if not self._is_for_this_vehicle(action):
            self._reply(command, Outcome.REFUSED, "no such vehicle stands here")
            return
        if (self._lane.lane.phase, E.GRANTED) not in TRANSITIONS:
            self._reply(command, Outcome.REFUSED, f"the lane is {self._lane.lane.phase}")
            return
        here = self._vehicle()
        self._awaited = command
        grant = Grant(action.reason, command.by, command.command, action.note)
        self._lane.carry(here, Verdict(E.GRANTED, grant))

    def _vehicle(self) -> Approach:
        """Who stands there, admitted if that is an entry; an empty lane opens for somebody unseen."""
        here = self._lane.approach = self._lane.approach or Approach(self._parts.clock.new_id())
        waits = self._lane.lane.phase in WAITING
        if waits and self._config.direction is Direction.IN and here.visit is None:
            self._counter.admit_unread(here, self._lane.class_now())
        return here

    def _is_for_this_vehicle(self, action: Open) -> bool:
        here = self._lane.approach
        if action.visit is not None and (here is None or here.visit != action.visit):
            return False
        return action.approach is None or (here is not None and here.approach == action.approach)

    def _display(self, command: Command, action: Display) -> None:
        here = self._lane.approach
        if here is None or here.approach != action.approach or self._lane.lane.phase is not Phase.ATTENDED:
            self._reply(command, Outcome.REFUSED, "that vehicle does not wait here any more")
        elif self._parts.visits.get(action.visit) is None or self._config.direction is not Direction.OUT:
            self._reply(command, Outcome.REFUSED, "that visit is not inside")
        elif self._parts.visits.is_elsewhere(self._config.lane, action.visit):
            self._reply(command, Outcome.REFUSED, "that visit stands at another exit")
        else:
            self._show(command, here, action.visit)

    def _show(self, command: Command, here: Approach, visit: str) -> None:
        match = facts.match(self._config, here, visit, command.by, probability=1.0, margin=1.0)
        try:
            verdict = self._counter.pay(here, match)
        except NoRoom as error:
            self._reply(command, Outcome.FAILED, str(error)[:NOTE_MAX])
            return
        if verdict:
            self._lane.carry(here, verdict)
        self._reply(command, Outcome.DONE)

    def _answer(self, command: Command, objection: str) -> None:
        self._reply(command, Outcome.REFUSED if objection else Outcome.DONE, objection)

    def _reply(self, command: Command, outcome: Outcome, why: str = "") -> None:
        where = position(self._lane.lane)
        self._parts.reply(Reply(command=command.command, box=command.box, outcome=outcome, position=where, why=why))
