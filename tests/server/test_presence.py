"""What one box says of itself stops nobody else, whatever it is."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine

from gate.presence import State
from gate.topics import Channel, Topic
from gate.wire import encode
from server.bus import Delivery
from server.centre import Centre
from server.derived import BoxNowRow
from server.register import LeaseRow
from tests.server.box import MORNING
from tests.server.rows import rows
from tests.server.test_lists import added
from tests.server.test_notices_open import centre as a_centre

centre = a_centre


def said(box: str, version: str = "1", lease: int = 2**62, delta: int = 2**62) -> Delivery:
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
        lanes=(),
    )
    return Delivery(Topic("SPS", box, Channel.STATE), encode(state), mid=0, qos=0)


def test_words_that_no_table_holds_do_not_deafen_the_centre(engine: Engine, centre: Centre) -> None:
    """PostgreSQL holds no NUL in a text; the numbers are as large as the wire allows."""
    centre._take([said("sps-1", "a\0b"), said("sps-1", "2.0.0")])  # noqa: SLF001
    (box,) = rows(engine, BoxNowRow)
    assert (box["version"], box["waiting"]) == ("2.0.0", 2**62)


def test_a_box_that_says_its_state_is_told_what_changed(engine: Engine, centre: Centre) -> None:
    """The first state brings a lease; a row of the lists is a change behind it, and nothing is said twice."""
    centre._take([said("sps-1", lease=0, delta=0)])  # noqa: SLF001
    added(engine, until=datetime.now(UTC) + timedelta(days=1))
    for delta in (0, 1, 1):
        centre._take([said("sps-1", lease=1, delta=delta)])  # noqa: SLF001
    (row,) = rows(engine, LeaseRow)
    assert (row["number"], row["delta"], row["listed"]) == (1, 1, 1)
