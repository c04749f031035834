"""What one box says of itself stops nobody else, whatever it is."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import Engine

from gate.messages import ClockQuality, Direction
from gate.presence import LaneState, State
from gate.topics import Channel, Topic
from gate.wire import encode
from server.bus import Delivery
from server.centre import Centre
from server.derived import BoxNowRow, LaneNowRow
from server.register import LeaseRow
from tests.server.box import MORNING
from tests.server.rows import rows
from tests.server.test_lists import added
from tests.server.test_notices_open import centre as a_centre

centre = a_centre


def said(
    box: str,
    version: str = "1",
    lease: int = 2**62,
    delta: int = 2**62,
    lanes: tuple[LaneState, ...] = (),
    **more: Any,
) -> Delivery:
    state = State(
        box=box,
        boot=UUID(int=1),
        monotonic_ms=1,
        at=MORNING,
        version=version,
        journal="0123456789abcdef",
        last_sequence=2**62,
        waiting=2**62,
        lease_number=lease,
        delta_number=delta,
        reader="ready",
        lanes=lanes,
        **more,
    )
    return Delivery(Topic("SPS", box, Channel.STATE), encode(state), mid=0, qos=0)


def test_words_that_no_table_holds_do_not_deafen_the_centre(engine: Engine, centre: Centre) -> None:
    """PostgreSQL holds no NUL in a text; the numbers are as large as the wire allows."""
    centre._take([said("sps-1", "a\0b"), said("sps-1", "2.0.0")])  # noqa: SLF001
    (box,) = rows(engine, BoxNowRow)
    assert (box["version"], box["waiting"]) == ("2.0.0", 2**62)


def test_what_a_box_says_of_its_lanes_and_its_clock_is_kept_as_it_says_it(engine: Engine, centre: Centre) -> None:
    """The newest word stands: an input that was known is unknown again after a power event."""
    first = LaneState(
        lane="in-1",
        direction=Direction.IN,
        kind="car",
        phase="idle",
        arm="down",
        mode="free",
        sensors={"exit": "off", "fire": "on"},
    )
    later = replace(first, mode="lease expired", sensors={"exit": "unknown", "\0": "a\0b"})
    clock: dict[str, Any] = {"clock_quality": ClockQuality.FREE, "clock_offset_ms": -(2**53)}
    for lane in (first, later):
        centre._take([said("sps-1", lanes=(lane,), **clock)])  # noqa: SLF001
        (row,), (box,) = rows(engine, LaneNowRow), rows(engine, BoxNowRow)
        assert (row["mode"], msgspec.json.decode(row["sensors"])) == (lane.mode, lane.sensors)
        assert (box["clock_quality"], box["clock_offset_ms"]) == ("free", -(2**53))
    centre._take([said("sps-1")])  # noqa: SLF001 - a box that does not know its clock
    (box,) = rows(engine, BoxNowRow)
    assert (box["clock_quality"], box["clock_offset_ms"]) == ("unknown", None)


def test_a_box_that_says_its_state_is_told_what_changed(engine: Engine, centre: Centre) -> None:
    """The first state brings a lease; a row of the lists is a change behind it, and nothing is said twice."""
    centre._take([said("sps-1", lease=0, delta=0)])  # noqa: SLF001
    added(engine, until=datetime.now(UTC) + timedelta(days=1))
    for delta in (0, 1, 1):
        centre._take([said("sps-1", lease=1, delta=delta)])  # noqa: SLF001
    (row,) = rows(engine, LeaseRow)
    assert (row["number"], row["delta"], row["listed"]) == (1, 1, 1)
