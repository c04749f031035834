"""Boxes, faults and cameras as they stand, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from gate.control import GROUP, Sign
from gate.messages import DeviceFault, Direction, PlateRead
from gate.presence import State
from gate.topics import Channel, Topic
from server import devices
from server.db import reading, transaction
from server.derived import LaneNowRow
from server.presence import SILENT, state_said
from tests.server.box import MORNING, Box, book

MINUTE = timedelta(minutes=1)


def state(box: Box, **changes: object) -> State:
    said: dict[str, object] = {
        "box": box.name,
        "boot": box.id(),
        "monotonic_ms": 1,
        "at": MORNING,
        "version": "1.2",
        "journal": box.journal,
        "last_sequence": box.sequence + 7,
        "waiting": 7,
        "lease_number": 0,
        "delta_number": 0,
        "reader": "ready",
        "clock_quality": "synchronised",
        "clock_offset_ms": 12,
        "lanes": (),
    }
    return State(**(said | changes))  # type: ignore[arg-type]


def found(session: Session, at: object = MORNING) -> devices.Box:
    (only,) = devices.boxes(session, "SPS", at)  # type: ignore[arg-type]
    return only


def test_a_box_is_never_heard_then_online_then_silent(engine: Engine) -> None:
    box = Box()
    with reading(engine) as session:
        assert (found(session).state, found(session).said) == ("never", None)
    book(engine, *box.arrives("SPS22222222", MORNING))
    with transaction(engine) as session:
        state_said(session, Topic("SPS", box.name, Channel.STATE), state(box), MORNING)
    with reading(engine) as session:
        assert (found(session).state, found(session).behind) == ("online", 7)
        assert found(session, MORNING + SILENT + MINUTE).state == "silent"


def test_the_newest_faults_come_first_and_are_read_from_their_index(engine: Engine) -> None:
    box = Box()
    book(engine, *box.arrives("SPS22222222", MORNING))
    faults = [DeviceFault(lane="in-1", device="arm", what=f"fault {n}") for n in range(7)]
    book(engine, *(box.fact(each, MORNING + n * MINUTE) for n, each in enumerate(faults)))
    with transaction(engine) as session:
        state_said(session, Topic("SPS", box.name, Channel.STATE), state(box), MORNING)
    with reading(engine) as session:
        shown = found(session).faults
        assert [each.what for each in shown] == [f"fault {n}" for n in (6, 5, 4, 3, 2)]
        assert (shown[0].lane, shown[0].device, shown[0].at) == ("in-1", "arm", MORNING + 6 * MINUTE)


@pytest.mark.parametrize(("failing", "sign"), [(0, Sign.STEADY), (15, Sign.BEYOND)])
def test_a_cameras_chart_is_made_of_its_own_lanes_reads(engine: Engine, failing: int, sign: Sign) -> None:
    box = Box()
    with transaction(engine) as session:
        for lane in ("in-1", "out-1"):
            way = lane.partition("-")[0]
            session.add(LaneNowRow(site="SPS", lane=lane, box=box.name, direction=way, updated_at=MORNING))
    facts = []
    for n in range(6 * GROUP + 4):
        bad = n >= 5 * GROUP + 4 and n < 5 * GROUP + 4 + failing
        body = PlateRead(
            lane="in-1",
            approach=box.id(),
            direction=Direction.IN,
            plate="" if bad and n % 2 else "30A12345",
            confidence=0.5 if bad else 0.95,
        )
        facts.append(box.fact(body, MORNING + n * MINUTE))
    book(engine, *facts)
    with reading(engine) as session:
        camera, other = devices.cameras(session, "SPS")
    assert (camera.lane, camera.reads, camera.chart.sign) == ("in-1", 6 * GROUP + 4, sign)
    assert len(camera.groups) == len(camera.chart.shares) == 6
    assert camera.groups[-1] == (MORNING + (5 * GROUP + 4) * MINUTE, MORNING + (6 * GROUP + 3) * MINUTE)
    assert camera.chart.shares[-1] == pytest.approx(failing / GROUP)
    assert (other.lane, other.reads, other.chart.sign) == ("out-1", 0, Sign.LEARNING)
