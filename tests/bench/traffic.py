"""A box's journal as a busy day writes it: vehicles that come, pay and go, as ready-made bytes for the wire."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from gate.ids import uuid7
from gate.messages import (
    ArmLowered,
    ArmRaised,
    BillLine,
    Body,
    ClockQuality,
    Direction,
    Envelope,
    OpeningReason,
    PlateRead,
    Quoted,
    VehiclePassed,
    VisitMatched,
    VisitOpened,
)
from gate.money import vat_in
from gate.reference import mint
from gate.vehicle import VehicleClass
from gate.wire import encode

PRICE = 30_000
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def journal(site: str, box: str, count: int) -> list[bytes]:
    """The first `count` facts of a journal, gapless from 1."""
    name, boot = os.urandom(8).hex(), _id(START)
    found: list[bytes] = []
    for number in range(count):
        came = START + timedelta(seconds=7 * number)
        for body in _vehicle(mint(site, number, b"bench"), came, number):
            found.append(
                encode(
                    Envelope(
                        message_id=_id(came),
                        site=site,
                        box=box,
                        journal=name,
                        sequence=len(found) + 1,
                        boot=boot,
                        monotonic_ms=7_000 * number,
                        happened_at=came,
                        clock_offset_ms=None,
                        clock_quality=ClockQuality.UNKNOWN,
                        body=body,
                    )
                )
            )
            if len(found) == count:
                return found
    return found


def _vehicle(visit: str, came: datetime, number: int) -> Iterator[Body]:
    yield from _entry(visit, came, number)
    yield from _exit(visit, came, came + timedelta(hours=1))


def _entry(visit: str, came: datetime, number: int) -> Iterator[Body]:
    approach, opening = _id(came), _id(came)
    yield _read("in-1", Direction.IN, approach, number)
    yield VisitOpened(lane="in-1", approach=approach, visit=visit, vehicle_class=VehicleClass.CAR9, read=True)
    yield ArmRaised(
        lane="in-1",
        opening=opening,
        reason=OpeningReason.ADMITTED,
        by="rule",
        approach=approach,
        visit=visit,
        took_ms=1000,
    )
    yield VehiclePassed(lane="in-1", direction=Direction.IN, passage=_id(came), opening=opening, visit=visit)
    yield ArmLowered(lane="in-1", opening=opening)


def _exit(visit: str, came: datetime, left: datetime) -> Iterator[Body]:
    approach, opening = _id(left), _id(left)
    line = BillLine(since=came, until=left, what="turn CAR9", amount=PRICE)
    yield _read("out-1", Direction.OUT, approach, 0)
    yield VisitMatched(lane="out-1", approach=approach, visit=visit, by="rule", probability=0.99, margin=0.9)
    yield Quoted(
        lane="out-1",
        approach=approach,
        visit=visit,
        tariff="SPS-2026-1",
        vehicle_class=VehicleClass.CAR9,
        entered_at=came,
        left_at=left,
        total=PRICE,
        vat=vat_in(PRICE, 800),
        lines=(line,),
        payload="0" * 118,
    )
    yield ArmRaised(
        lane="out-1",
        opening=opening,
        reason=OpeningReason.BILLED,
        by="rule",
        approach=approach,
        visit=visit,
        took_ms=1000,
    )
    yield VehiclePassed(lane="out-1", direction=Direction.OUT, passage=_id(left), opening=opening, visit=visit)
    yield ArmLowered(lane="out-1", opening=opening)


def _read(lane: str, direction: Direction, approach: UUID, number: int) -> PlateRead:
    plate = f"24A{number % 100_000:05}"
    return PlateRead(
        lane=lane,
        approach=approach,
        direction=direction,
        plate=plate,
        confidence=0.98,
        characters=tuple((character, 0.99) for character in plate),
        lines=1,
        colour="white",
        vehicle_class=VehicleClass.CAR9,
        picture=os.urandom(32).hex(),
        engine="rapid",
        took_ms=250,
    )


def _id(at: datetime) -> UUID:
    return uuid7(at, os.urandom(10))
