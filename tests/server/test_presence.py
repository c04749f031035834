"""What one box says of itself stops nobody else, whatever it is."""

from uuid import UUID

from sqlalchemy import Engine

from gate.messages import State
from gate.topics import Channel, Topic
from gate.wire import encode
from server.bus import Delivery
from server.centre import Centre
from server.derived import BoxNowRow
from tests.server.box import MORNING
from tests.server.rows import rows
from tests.server.test_notices_open import centre as a_centre

centre = a_centre


def said(box: str, version: str) -> Delivery:
    state = State(
        box=box,
        boot=UUID(int=1),
        monotonic_ms=1,
        at=MORNING,
        version=version,
        journal="0123456789abcdef",
        last_sequence=2**62,
        waiting=2**62,
        lease_number=2**62,
        delta_number=2**62,
        reader="ready",
        lanes=(),
    )
    return Delivery(Topic("SPS", box, Channel.STATE), encode(state), mid=0, qos=0)


def test_words_that_no_table_holds_do_not_deafen_the_centre(engine: Engine, centre: Centre) -> None:
    """PostgreSQL holds no NUL in a text; the numbers are as large as the wire allows."""
    centre._take([said("sps-1", "a\0b"), said("sps-1", "2.0.0")])  # noqa: SLF001
    (box,) = rows(engine, BoxNowRow)
    assert (box["version"], box["waiting"]) == ("2.0.0", 2**62)
