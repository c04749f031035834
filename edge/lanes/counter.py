"""Where the driver before the arm is served: admitted, priced, let go, or a person asked.

Answers with a verdict; the lane's table decides what it is good for. Raises NoRoom where a decision cannot be put on
disk first, and then nothing has changed.
"""

from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import structlog

from edge.journal.owed import NoRoom
from edge.known import places
from edge.known.visits import Stay
from edge.lanes import facts, memory, pages
from edge.lanes.approach import Approach, Grant, Look
from edge.lanes.decide import (
    RULE,
    Admit,
    AskPerson,
    NoLease,
    Quote,
    Seen,
    admission,
    excused,
    identified,
    owed,
    quote,
    reason_to_go,
    when_unpaid,
)
from edge.lanes.lane_config import LaneConfig, LaneKind
from edge.lanes.witness import Witness
from edge.parts import Parts
from gate.lane import Event
from gate.lease import Unpaid
from gate.matching import Ranking
from gate.messages import NOTE_MAX, Body, DeviceFault, Direction, OpeningReason, VisitMatched, Why
from gate.vehicle import VehicleClass

log = structlog.get_logger()


class Verdict(NamedTuple):
    """What happens to the vehicle: the lane's event, and why it may pass if it may."""

    event: Event
    grant: Grant | None = None


class Counter:
    """The counter of one lane. `free` is why everyone may pass, in a lane whose mode says so."""

    def __init__(self, config: LaneConfig, parts: Parts, witness: Witness) -> None:
        self._config, self._parts, self._witness = config, parts, witness

    def serve(self, here: Approach, look: Look, kind: VehicleClass, free: Grant | None) -> Verdict:
        """Decide about the vehicle that was looked at and measured. Raises NoRoom."""
        if not here.photo and look.picture:
            here.photo = self._parts.pictures.keep(look.picture) or ""
        if self._config.direction is Direction.IN:
            return self._at_entry(here, kind, free)
        return self._at_exit(here, free)

    def admit_unread(self, here: Approach, kind: VehicleClass) -> None:
        """A person lets in whom the box did not: a stay all the same."""
        here.vehicle_class = here.vehicle_class or kind
        here.look = here.look or Look(None, b"", "none", 0, "let in before it was read")
        try:
            self._admit(here, here.vehicle_class, here.grant)
        except NoRoom:
            log.exception("let in without a visit", lane=self._config.lane)

    def pay(self, here: Approach, match: VisitMatched, free: Grant | None = None) -> Verdict | None:
        """Price the stay of who was matched, and let go or ask for money; None for a visit that is not inside.

        Raises NoRoom.
        """
        stay = self._parts.visits.get(match.visit)
        if stay is None:
            return None
        now = self._parts.clock.now()
        try:
            quoted = self.quoted(here, stay)
        except NoLease as error:
            return self._unpriced(here, match, str(error))
        self._parts.record(*self._read(here), match, facts.price(self._config, here, quoted))
        self._parts.visits.quoted(match.visit, quoted.left)
        here.read_told, here.visit, here.quoted = True, match.visit, quoted
        self._parts.visits.stands_at(self._config.lane, match.visit)
        reason = reason_to_go(quoted)
        if reason:
            return Verdict(Event.GRANTED, Grant(reason, RULE, entry=quoted.entry))
        if free:
            return Verdict(Event.GRANTED, free)
        self._parts.devices.show(self._config.lane, pages.pay(self._config.lane, quoted, now=now, photo=here.photo))
        return Verdict(Event.OWING)

    def found_again(self, here: Approach, look: Look) -> Verdict | None:
        """The vehicle was looked at again; None: nothing surer came of it, and nothing has changed."""
        seen = replace(here, look=look)
        found = identified(
            self._parts.visits, self._parts.tags, self._config.lane, self._parts.papers.lease, self.seen(seen)
        )
        if not found.sure or not seen.plate:
            return None
        before = replace(here)
        here.approach, here.look, here.read_told = self._parts.clock.new_id(), look, False
        here.photo = (self._parts.pictures.keep(look.picture) or "") if look.picture else ""
        best = found.ranking.candidates[0]
        match = facts.match(self._config, here, best.visit, found.by, best.probability, found.ranking.margin)
        verdict = None
        with suppress(NoRoom):
            verdict = self.pay(here, match)
        if verdict is None:
            here.__dict__.update(before.__dict__)
        return verdict

    def quoted(self, here: Approach, stay: Stay) -> Quote:
        """What the stay costs if it ends here and now. Raises NoLease."""
        papers, now = self._parts.papers, self._parts.clock.now()
        entry = excused(papers.lists, self._parts.tags, stay, self.seen(here), now)
        return quote(stay, papers.lease, now, entry)

    def patience_over(self, here: Approach) -> Verdict:
        """The driver has not paid in time: the site's policy rules."""
        papers = self._parts.papers
        stay = self._parts.visits.get(here.visit) if here.visit else None
        if stay and self._is_settled(here, stay):  # its money came by a change of the lease; the order to open got lost
            return Verdict(Event.GRANTED, Grant(OpeningReason.PAID, RULE))
        if when_unpaid(papers.lease, expired=papers.expired()) is Unpaid.BILL:
            return Verdict(Event.GRANTED, Grant(OpeningReason.BILLED, RULE))
        return self._ask(here, Why.UNPAID, ((here.visit, 1.0),) if here.visit else ())

    def _is_settled(self, here: Approach, stay: Stay) -> bool:
        """Whether what was asked for here is paid by now."""
        lease, now = self._parts.papers.lease, self._parts.clock.now()
        if here.quoted is None or lease is None:
            return stay.paid
        return not owed(stay, lease.tariff_at(now), here.quoted.bill.total, now)

    def usual_class(self) -> VehicleClass:
        """The class of a vehicle that nothing measured."""
        return VehicleClass.MOTO if self._config.kind is LaneKind.MOTORBIKE else VehicleClass.CAR9

    def seen(self, here: Approach) -> Seen:
        """What is known of the vehicle."""
        reading = here.look.reading if here.look else None
        sure = reading.confidence if reading else 1.0
        characters = tuple(share for _, share in reading.characters) if reading else ()
        return Seen(here.plate, here.tag, here.vehicle_class, sure, characters, reading.others if reading else ())

    # --- coming in ----------------------------------------------------------------------------------------

    def _at_entry(self, here: Approach, kind: VehicleClass, free: Grant | None) -> Verdict:
        papers, now = self._parts.papers, self._parts.clock.now()
        inside = places.taken(self._parts.store, now)
        answer = admission(papers.lists, papers.lease, self.seen(here), inside, now)
        if isinstance(answer, AskPerson):
            if free is None:
                return self._not_let_in(here, answer)
            grant = free
        else:
            grant = Grant(answer.reason, RULE, entry=answer.entry)
        self._admit(here, kind, grant)
        by_list = answer.standing if isinstance(answer, Admit) else None
        page = pages.come_in(
            self._config.lane, here.plate, standing=by_list, tag=bool(here.tag), kind=kind, photo=here.photo
        )
        self._parts.devices.show(self._config.lane, page)
        return Verdict(Event.GRANTED, grant)

    def _not_let_in(self, here: Approach, answer: AskPerson) -> Verdict:
        if here.refused is not answer.why:
            here.refused = answer.why
            self._ask(here, answer.why, entry=answer.entry)
        page = pages.full if answer.why is Why.FULL else pages.denied
        self._parts.devices.show(
            self._config.lane, page(self._config.lane, plate=here.plate, kind=here.vehicle_class, photo=here.photo)
        )
        return Verdict(Event.PERSON_NEEDED)

    def _admit(self, here: Approach, kind: VehicleClass, grant: Grant | None) -> None:
        """Open a visit, and remember whom the arm goes up for."""
        admitted = replace(here, grant=grant)
        read = self._read(here)

        def write() -> None:
            admitted.visit = self._parts.visits.open(here.plate, kind, self._config.lane, here.others)
            if here.tag:
                self._parts.tags.keep(admitted.visit, here.tag)
            for each in read:
                self._parts.outbox.record(each)
            self._parts.outbox.record(facts.opened(self._config, here, admitted.visit, kind))
            memory.keep(self._parts.store, self._config.lane, self._witness.memory_of(admitted))

        self._parts.owed.decide(write)
        here.visit, here.grant, here.read_told = admitted.visit, grant, True

    # --- going out ----------------------------------------------------------------------------------------

    def _at_exit(self, here: Approach, free: Grant | None) -> Verdict:
        found = identified(
            self._parts.visits, self._parts.tags, self._config.lane, self._parts.papers.lease, self.seen(here)
        )
        if found.sure:
            best = found.ranking.candidates[0]
            match = facts.match(self._config, here, best.visit, found.by, best.probability, found.ranking.margin)
            verdict = self.pay(here, match, free)
            if verdict:
                return verdict
        if free:
            self._parts.record(*self._read(here))
            here.read_told = True
            return Verdict(Event.GRANTED, free)
        return self._ask(
            here, _why_not(here, found.ranking), tuple((visit, share) for visit, share in found.ranking.candidates)
        )

    def _unpriced(self, here: Approach, match: VisitMatched, why: str) -> Verdict:
        fault = DeviceFault(lane=self._config.lane, device="lease", what=why[:NOTE_MAX])
        here.visit = match.visit
        return self._ask(here, Why.FAULT, ((match.visit, match.probability),), before=(match, fault))

    # --- telling ------------------------------------------------------------------------------------------

    def _ask(
        self,
        here: Approach,
        why: Why,
        candidates: tuple[tuple[str, float], ...] = (),
        *,
        before: tuple[Body, ...] = (),
        entry: str | None = None,
    ) -> Verdict:
        here.asked = why
        self._witness.wanted(here, why, candidates, (*self._read(here), *before), entry)
        here.read_told = True
        return Verdict(Event.PERSON_NEEDED)

    def _read(self, here: Approach) -> tuple[Body, ...]:
        """The read of this vehicle, once."""
        if here.read_told or here.look is None:
            return ()
        return (facts.plate_read(self._config, here, here.look, here.photo or None),)


def _why_not(here: Approach, ranking: Ranking) -> Why:
    if not here.plate:
        return Why.UNREAD
    return Why.AMBIGUOUS if ranking.candidates else Why.NO_MATCH
