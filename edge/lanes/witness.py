"""What a lane saw happen: openings, passages, faults. Each is written with what the lane must know after a kill."""

from dataclasses import replace
from uuid import UUID

from edge.lanes import facts, memory
from edge.lanes.approach import Approach, Grant, Opening
from edge.lanes.lane_config import LaneConfig
from edge.lanes.tally import Tally
from edge.parts import Parts
from gate.messages import (
    NOTE_MAX,
    ArmLowered,
    Body,
    DeviceFault,
    Direction,
    OpeningReason,
    PersonWanted,
    VisitVoided,
    Why,
)


class Witness:
    """The witness of one lane. `opening` is the one that is not over; `mode` is as `mode_by` ordered it."""

    def __init__(self, config: LaneConfig, parts: Parts, kept: memory.Recalled) -> None:
        self._config, self._parts = config, parts
        self.opening: Opening | None = None
        self.mode, self.mode_by = kept.mode, kept.mode_by
        self.tally = Tally(kept.counted)

    def memory_of(self, here: Approach | None) -> memory.LaneMemory:
        """What to remember of the lane with this vehicle."""
        return memory.of(here, self.opening, self.mode, self.mode_by, self.tally.known)

    def saw(self, here: Approach | None, *happened: Body, went: str | None = None, gone: str | None = None) -> None:
        """Write what has happened, as soon as the disk takes it.

        `here` is the vehicle at the lane now, `went` a visit that passed, `gone` one that backed out.
        """
        known, now = self.memory_of(here), self._parts.clock.now()

        def also() -> None:
            memory.keep(self._parts.store, self._config.lane, known)
            if went and self._config.direction is Direction.IN:
                self._parts.visits.entered(went, now)
            elif went:
                self._parts.visits.left(went, now)
            if gone:
                self._parts.visits.voided(gone)

        self._parts.witness(*happened, also=also)

    def begun(self, here: Approach | None, whose: Approach | None, grant: Grant, took_s: float) -> None:
        """The arm is up, for `whose` vehicle if anybody's."""
        passages = self.opening.passages if self.opening else 0
        ours = grant.reason not in {OpeningReason.BY_HAND, OpeningReason.FIRE}
        visit = whose.visit if whose else None
        self.opening = Opening(self._parts.clock.new_id(), visit, passages, grant.reason, ours)
        self.saw(here, facts.raised(self._config, whose, grant, self.opening, took_s))

    def taken_over(self, here: Approach | None) -> None:
        """Fire has the arm now, whoever raised it."""
        if self.opening and self.opening.ours:
            self.opening = replace(self.opening, ours=False)
            self.saw(here)

    def passed(self, here: Approach | None, passage: UUID, visit: str | None, who: Approach | None) -> None:
        """A vehicle went through: `who`, if anybody looked at it, with this visit, if that is known."""
        approach = who.approach if who else None
        passed = facts.passed(self._config, passage, self.opening, visit, approach)
        if self.opening:
            self.opening = replace(self.opening, passages=self.opening.passages + 1)
        self.saw(here, passed, went=passed.visit)

    def passed_back(self, here: Approach | None) -> None:
        """A vehicle went through against the lane's direction."""
        self.saw(here, facts.passed_back(self._config, self._parts.clock.new_id(), self.opening))

    def over(self, here: Approach | None) -> None:
        """The opening is over, if there was one, or the vehicle went away; a visit that never passed never was."""
        opening, self.opening = self.opening, None
        lane = self._config.lane
        happened: list[Body] = [ArmLowered(lane=lane, opening=opening.opening)] if opening else []
        used = opening is not None and opening.passages > 0
        gone = here.visit if here and not used and self._config.direction is Direction.IN else None
        if gone:
            happened.append(VisitVoided(lane=lane, visit=gone, why="backed out"))
        self.saw(None, *happened, gone=gone)

    def fault(self, here: Approach | None, device: str, what: str) -> None:
        """A device did not do what it should."""
        self.saw(here, DeviceFault(lane=self._config.lane, device=device, what=what[:NOTE_MAX]))

    def wanted(
        self,
        here: Approach,
        why: Why,
        candidates: tuple[tuple[str, float], ...] = (),
        before: tuple[Body, ...] = (),
        entry: str | None = None,
    ) -> None:
        """A person is wanted, after what was found out `before`."""
        person = PersonWanted(
            lane=self._config.lane, approach=here.approach, why=why, candidates=candidates, entry=entry
        )
        self.saw(here, *before, person)
