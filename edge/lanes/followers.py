"""Who rolls up while the arm is not down: looked at at once, so that whoever passes has a visit of its own.

Tailgaters, held lanes and streams of motorbikes are one mechanism: a passage is told when it happens and explained when
its picture has been read. Whoever still stands there when the arm is down is served like anybody else.
"""

from collections import deque
from uuid import UUID

import structlog

from edge.lanes import facts
from edge.lanes.approach import Approach, Look
from edge.lanes.counter import Counter
from edge.lanes.decide import NoLease, identified
from edge.lanes.lane_config import LaneConfig
from edge.lanes.witness import Witness
from edge.parts import Parts
from gate.messages import DeviceFault, Direction, PassageExplained, PlateRead
from gate.vehicle import VehicleClass

MOST = 20
"""More than this cannot stand between an arming loop and an arm: the oldest were never seen to pass."""
log = structlog.get_logger()


class Followers:
    """The followers of one lane, in the order in which they came."""

    def __init__(self, config: LaneConfig, parts: Parts, witness: Witness, counter: Counter) -> None:
        self._config, self._parts, self._witness, self._counter = config, parts, witness, counter
        self._queue: deque[Approach] = deque(maxlen=MOST)

    def __len__(self) -> int:
        return len(self._queue)

    def join(self, approach: Approach) -> None:
        """Another one, behind all others."""
        self._queue.append(approach)

    def measured(self, kind: VehicleClass) -> bool:
        """The profiler measured who came last; whether anybody is there. What is lost of another is not made up."""
        if not self._queue:
            return False
        self._queue[-1].vehicle_class = self._queue[-1].vehicle_class or kind
        return True

    def passed(self, here: Approach | None) -> None:
        """One more went through."""
        follower = self._queue.popleft() if self._queue else None
        passage = self._parts.clock.new_id()
        self._witness.passed(here, passage, follower.visit if follower else None, follower)
        if follower and not follower.visit:
            follower.passage, follower.passed_at = passage, self._parts.clock.now()
            if follower.look:
                self.explain(follower, follower.look)

    def last(self) -> Approach | None:
        """The arm is down: who stands on the loop now, if anybody was seen coming. All others are gone."""
        last = self._queue.pop() if self._queue else None
        self._queue.clear()
        return last

    def explain(self, follower: Approach, look: Look) -> None:
        """Tell whose passage it was, now that its picture is read."""
        passage = follower.passage
        if passage is None:
            return
        follower.passage = None
        if follower.vehicle_class is None and self._config.profiler:
            fault = DeviceFault(lane=self._config.lane, device="profiler", what="measured nothing")
            self._parts.owed.witness(lambda: self._parts.outbox.record(fault))
        kind = follower.vehicle_class = follower.vehicle_class or self._counter.usual_class()
        picture = self._parts.pictures.keep(look.picture) if look.picture else None
        read = facts.plate_read(self._config, follower, look, picture)
        if self._config.direction is Direction.IN:
            self._parts.owed.witness(lambda: self._came_in(follower, read, passage, kind))
        else:
            self._parts.owed.witness(lambda: self._went_out(follower, read, passage))

    def _came_in(self, follower: Approach, read: PlateRead, passage: UUID, kind: VehicleClass) -> None:
        visit = self._parts.visits.open(read.plate, kind, self._config.lane, read.others)
        self._parts.outbox.record(read)
        self._parts.outbox.record(facts.opened(self._config, follower, visit, kind))
        self._parts.outbox.record(self._explained(follower, passage, visit))
        self._parts.visits.entered(visit, follower.passed_at or self._parts.clock.now())

    def _went_out(self, follower: Approach, read: PlateRead, passage: UUID) -> None:
        """Whose stay it was, and what it costs. Unsure: a passage without a visit, which the centre makes a case."""
        left = follower.passed_at or self._parts.clock.now()
        self._parts.outbox.record(read)
        seen = self._counter.seen(follower)
        found = identified(self._parts.visits, self._parts.tags, self._config.lane, self._parts.papers.lease, seen)
        stay = self._parts.visits.get(found.ranking.candidates[0].visit) if found.sure else None
        if stay is None:
            return
        sure = found.ranking.candidates[0].probability
        self._parts.outbox.record(facts.match(self._config, follower, stay.visit, found.by, sure, found.ranking.margin))
        try:
            quoted = self._counter.quoted(follower, stay)
            self._parts.outbox.record(facts.price(self._config, follower, quoted))
        except NoLease as error:
            log.warning("passed unpriced", lane=self._config.lane, why=str(error))
        self._parts.outbox.record(self._explained(follower, passage, stay.visit))
        self._parts.visits.left(stay.visit, left)

    def _explained(self, follower: Approach, passage: UUID, visit: str) -> PassageExplained:
        return PassageExplained(
            lane=self._config.lane,
            direction=self._config.direction,
            passage=passage,
            approach=follower.approach,
            visit=visit,
            passed_at=follower.passed_at or self._parts.clock.now(),
        )
