"""A box gets a snapshot when it needs one, and states on their way start no circle of papers."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from server.derived import BoxNowRow
from server.leases import RENEW, STANDS_STILL, Laggards
from server.register import LeaseRow
from tests.server.box import MORNING

SOON = timedelta(seconds=1)


def box(lease: int, delta: int = 0) -> BoxNowRow:
    return BoxNowRow(
        box="sps-1",
        site="SPS",
        boot="",
        monotonic_ms=0,
        heard_at=MORNING,
        online=True,
        journal="",
        last_sequence=0,
        waiting=0,
        lease_number=lease,
        delta_number=delta,
        reader="ready",
        version="1",
    )


def asked(engine: Engine, laggards: Laggards, said: BoxNowRow, now: datetime) -> bool:
    with Session(engine) as session:
        return laggards.needs_snapshot(session, said, now)


@pytest.fixture
def given(engine: Engine) -> Engine:
    """Lease 7 was given for two days, and three changes followed it."""
    with Session(engine) as session, session.begin():
        session.add(LeaseRow(box="sps-1", number=7, delta=3, expires_at=MORNING + timedelta(days=2)))
    return engine


def test_a_box_without_a_lease_gets_one(engine: Engine) -> None:
    assert asked(engine, Laggards(), box(0), MORNING)


def test_a_box_that_is_up_to_date_gets_none(given: Engine) -> None:
    assert not asked(given, Laggards(), box(7, 3), MORNING)


def test_a_lease_near_its_end_is_given_anew(given: Engine) -> None:
    assert asked(given, Laggards(), box(7, 3), MORNING + timedelta(days=2) - RENEW + SOON)


def test_states_that_were_on_their_way_prove_nothing(given: Engine) -> None:
    laggards = Laggards()
    assert not any(asked(given, laggards, box(6), MORNING + number * SOON / 10) for number in range(40))
    assert not asked(given, laggards, box(7, 3), MORNING + 5 * SOON)


@pytest.mark.parametrize("numbers", [(6, 0), (7, 2)], ids=["an old lease", "a change missed"])
def test_a_box_that_stands_still_gets_one_snapshot_a_while(given: Engine, numbers: tuple[int, int]) -> None:
    laggards = Laggards()
    states = [MORNING + number * SOON for number in range(21)]
    snapshots = [now for now in states if asked(given, laggards, box(*numbers), now)]
    assert snapshots == [MORNING + times * STANDS_STILL for times in (1, 2, 3, 4)]


def test_a_box_that_takes_its_changes_one_by_one_is_left_alone(given: Engine) -> None:
    laggards = Laggards()
    for number in range(60):
        with Session(given) as session, session.begin():
            session.get_one(LeaseRow, "sps-1").delta = number + 5
        assert not asked(given, laggards, box(7, number), MORNING + number * SOON)
