"""What the box of a lot writes down: every fact of every turn, in the order of its journal."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, NamedTuple
from uuid import UUID

from gate.ids import uuid7
from gate.messages import (
    ArmLowered,
    ArmRaised,
    Body,
    ClockQuality,
    Direction,
    Envelope,
    OpeningReason,
    PassageExplained,
    PersonWanted,
    PlateRead,
    Quoted,
    VehiclePassed,
    VisitMatched,
    VisitOpened,
    Why,
)
from gate.tariff import Tariff, price
from gate.vietqr import encode as vietqr
from gate.wire import encode
from simulator.season.lanes import Served
from simulator.season.scenario import Lot
from simulator.season.stories import BY_WORD, LET_OUT, Story

BANK: Final = "970436"
ATTENDANT: Final = "attendant"
SECOND: Final = timedelta(seconds=1)
_WORDS: Final = {Story.BY_PERSON: "màn hình hỏng / screen broken", Story.CASH: "tiền mặt / cash"}


class Fact(NamedTuple):
    """A fact before it has its place in the journal."""

    at: datetime
    body: Body


class Said(NamedTuple):
    """A message as it goes over the wire, and when."""

    at: datetime
    payload: bytes


class Journal:
    """The journal of one box for a season. The clock is right all the time, the box never restarts."""

    def __init__(self, lot: Lot, tariff: Tariff, began: datetime, rng: Random) -> None:
        self._lot, self._tariff, self._began, self._rng = lot, tariff, began, rng
        self.name = rng.randbytes(8).hex()
        self._boot = uuid7(began, rng.randbytes(10))
        self._openings: dict[str, UUID] = {}
        self.sequence = 0

    def written(self, facts: Iterable[Fact]) -> Iterator[Said]:
        """The next messages. Facts come in any order and are written in theirs."""
        for at, body in sorted(facts, key=lambda fact: fact.at):
            self.sequence += 1
            envelope = Envelope(
                message_id=self._id(at),
                site=self._lot.site,
                box=self._lot.box,
                journal=self.name,
                sequence=self.sequence,
                boot=self._boot,
                monotonic_ms=(at - self._began) // timedelta(milliseconds=1),
                happened_at=at,
                clock_offset_ms=0,
                clock_quality=ClockQuality.SYNCHRONISED,
                body=body,
            )
            yield Said(at, encode(envelope))

    def comes_in(self, served: Served) -> Iterator[Fact]:
        """It is read, admitted, and passes; or it follows on another's opening and is read while it drives on."""
        turn, lane, at = served.turn, served.lane_in, served.at_in
        approach = self._id(at)
        if turn.story is Story.LOST_ENTRY:
            return
        if served.leader is not None:
            yield from self._follows(served, approach, self._openings[served.leader.visit])
            return
        opening = self._openings[turn.visit] = self._id(at)
        read = turn.story is not Story.UNREAD
        yield Fact(at, self._read(served, Direction.IN, approach, read=read))
        who: dict[str, Any] = {"lane": lane, "approach": approach, "visit": turn.visit}
        yield Fact(at + 0.3 * SECOND, VisitOpened(vehicle_class=turn.kind, read=read, **who))
        raised = ArmRaised(opening=opening, reason=OpeningReason.ADMITTED, by="rule", took_ms=1100, **who)
        yield Fact(at + 1.5 * SECOND, raised)
        yield Fact(
            served.passed_in, VehiclePassed(direction=Direction.IN, passage=self._id(at), opening=opening, **who)
        )
        yield Fact(at + 7 * SECOND, ArmLowered(lane=lane, opening=opening))

    def goes_out(self, served: Served) -> Iterator[Fact]:
        """It is read, matched, priced, let out when its money is known or its story says so, and passes."""
        turn, at = served.turn, served.at_out
        approach = self._id(at)
        yield Fact(at, self._read(served, Direction.OUT, approach, read=True))
        if turn.story is Story.LOST_ENTRY:
            yield from self._goes_unmatched(served, approach)
            return
        by_person = turn.story is Story.UNREAD
        if by_person:
            wanted = ((turn.visit, 0.4),)
            yield Fact(
                at + 0.5 * SECOND,
                PersonWanted(lane=served.lane_out, approach=approach, why=Why.NO_MATCH, candidates=wanted),
            )
        sure = (0.4, 0.0) if by_person else (0.99, 0.95)
        who: dict[str, Any] = {"lane": served.lane_out, "approach": approach, "visit": turn.visit}
        by = ATTENDANT if by_person else "rule"
        yield Fact(at + SECOND, VisitMatched(by=by, probability=sure[0], margin=sure[1], **who))
        yield Fact(at + 1.1 * SECOND, self._quoted(served, approach))
        yield from self._through(served, self._raised(served, who))

    def opens_for_nobody(self, lane: str, at: datetime, reason: OpeningReason, note: str = "") -> Iterator[Fact]:
        """An arm goes up and nobody passes."""
        opening = self._id(at)
        by = ATTENDANT if reason is OpeningReason.PERSON else "button"
        yield Fact(at, ArmRaised(lane=lane, opening=opening, reason=reason, by=by, note=note))
        yield Fact(at + 20 * SECOND, ArmLowered(lane=lane, opening=opening))

    def _follows(self, served: Served, approach: UUID, opening: UUID) -> Iterator[Fact]:
        turn, lane, passed = served.turn, served.lane_in, served.passed_in
        passage = self._id(passed)
        yield Fact(
            passed,
            VehiclePassed(
                lane=lane,
                direction=Direction.IN,
                passage=passage,
                opening=opening,
                visit=None,
                tailgate=True,
                approach=approach,
            ),
        )
        later = passed + SECOND
        who: dict[str, Any] = {"lane": lane, "approach": approach, "visit": turn.visit}
        yield Fact(later, self._read(served, Direction.IN, approach, read=True))
        yield Fact(later + 0.1 * SECOND, VisitOpened(vehicle_class=turn.kind, read=True, **who))
        yield Fact(
            later + 0.2 * SECOND,
            PassageExplained(direction=Direction.IN, passage=passage, passed_at=passed, **who),
        )

    def _goes_unmatched(self, served: Served, approach: UUID) -> Iterator[Fact]:
        """Nobody finds its entry: a person opens with a reason, and the passage has no visit."""
        lane, at = served.lane_out, served.at_out
        yield Fact(at + 0.5 * SECOND, PersonWanted(lane=lane, approach=approach, why=Why.NO_MATCH))
        opening = self._id(at)
        raised = ArmRaised(
            lane=lane,
            opening=opening,
            reason=OpeningReason.PERSON,
            by=ATTENDANT,
            approach=approach,
            note="xe vào khi barie mất điện / came in while the power was out",
        )
        yield from self._through(served, raised)

    def _raised(self, served: Served, who: dict[str, Any]) -> ArmRaised:
        opening, story = self._id(served.left), served.turn.story
        if story is Story.BY_HAND:
            return ArmRaised(opening=opening, reason=OpeningReason.BY_HAND, by="hand", **who)
        words = _WORDS.get(story, "khách báo đã trả / claimed paid" if story in BY_WORD else "")
        if words:
            return ArmRaised(opening=opening, reason=OpeningReason.PERSON, by=ATTENDANT, note=words, **who)
        reason = OpeningReason.BILLED if story in LET_OUT else OpeningReason.PAID
        return ArmRaised(opening=opening, reason=reason, by="rule", took_ms=1100, **who)

    def _through(self, served: Served, raised: ArmRaised) -> Iterator[Fact]:
        lane, up = served.lane_out, served.at_out + served.paid_s * SECOND
        yield Fact(up, raised)
        passed = VehiclePassed(
            lane=lane,
            direction=Direction.OUT,
            passage=self._id(served.left),
            opening=raised.opening,
            visit=raised.visit,
            approach=raised.approach,
        )
        yield Fact(served.left, passed)
        yield Fact(served.left + 2 * SECOND, ArmLowered(lane=lane, opening=raised.opening))

    def _quoted(self, served: Served, approach: UUID) -> Quoted:
        turn, left = served.turn, served.at_out + 1.1 * SECOND
        bill = price(self._tariff, turn.kind, served.passed_in, left)
        return Quoted(
            lane=served.lane_out,
            approach=approach,
            visit=turn.visit,
            tariff=self._tariff.code,
            vehicle_class=turn.kind,
            entered_at=served.passed_in,
            left_at=left,
            total=bill.total,
            vat=bill.vat,
            lines=bill.lines,
            payload=vietqr(bank=BANK, account=self._lot.account, amount=bill.total, note=turn.visit),
        )

    def _read(self, served: Served, direction: Direction, approach: UUID, *, read: bool) -> PlateRead:
        lane = served.lane_in if direction is Direction.IN else served.lane_out
        if not read:
            return PlateRead(lane=lane, approach=approach, direction=direction, plate="", confidence=0.0)
        plate = served.turn.plate
        return PlateRead(
            lane=lane,
            approach=approach,
            direction=direction,
            plate=plate,
            confidence=0.97,
            characters=tuple((character, 0.99) for character in plate),
            lines=1,
            vehicle_class=served.turn.kind,
            engine="season",
            took_ms=180,
        )

    def _id(self, at: datetime) -> UUID:
        return uuid7(at, self._rng.randbytes(10))
