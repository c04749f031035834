"""Money opens for the vehicle that stands at the arm, and for no other."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from server.centre import Centre
from server.config import Broker, CentreConfig
from server.db import transaction
from server.derived import BoxNowRow
from server.facts import CommandRow
from server.ingest import Settled
from tests.server.box import MORNING, Box, book, notice, paid, reference
from tests.server.rows import rows

VISIT = reference(1)
HOUR = timedelta(hours=1)


@pytest.fixture
def centre(engine: Engine, books_url: str, tmp_path: Path) -> Iterator[Centre]:
    """A centre that is not started: what it orders is stored, and its broker is not there."""
    made = Centre(
        CentreConfig(
            database=books_url,
            vault=str(tmp_path),
            host="127.0.0.1",
            port=1,
            broker=Broker(host="127.0.0.1", port=1, user="centre", password="nobody listens here"),
            signing_key=base64.b64encode(bytes(32)).decode(),
            sites=(),
            boxes=(),
        )
    )
    with transaction(engine) as session:
        session.add(
            BoxNowRow(
                box="sps-1",
                site="SPS",
                boot="00000000-0000-0000-0000-000000000001",
                monotonic_ms=0,
                heard_at=datetime.now(UTC),
                online=True,
                journal="",
                last_sequence=0,
                waiting=0,
                lease_number=0,
                delta_number=0,
                reader="",
                version="",
            )
        )
    yield made
    made.stop()


def ordered(engine: Engine) -> list[tuple[str, str | None]]:
    return [(row["lane"], row["visit"]) for row in rows(engine, CommandRow)]


def test_paid_at_the_arm_opens(engine: Engine, centre: Centre) -> None:
    box = Box()
    book(engine, *box.arrives(VISIT, MORNING), *box.is_priced(VISIT, MORNING, MORNING + HOUR))
    settled = paid(engine, notice(1, VISIT), MORNING + HOUR).settled
    assert settled
    centre.authorise([settled])
    assert ordered(engine) == [("out-1", VISIT)]


def test_paid_after_it_left_opens_for_nobody(engine: Engine, centre: Centre) -> None:
    """The lane still shows the last vehicle; its arm must not go up for whoever came behind."""
    book(engine, *Box().stays(VISIT, MORNING, MORNING + HOUR))
    settled = paid(engine, notice(1, VISIT), MORNING + 2 * HOUR).settled
    assert settled == Settled("SPS", VISIT)
    centre.authorise([settled])
    assert ordered(engine) == []
