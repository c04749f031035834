"""What a box makes of a measurement, of a wall, and of what it knew before: the anchor by itself."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge import boots, estimate
from edge.clock import Clock
from edge.estimate import DRIFT, MS, Estimate, Sample, guessed
from edge.journal.store import Store
from gate.messages import Ack, ClockQuality
from tests.edge.clocks import BIRTH_OF_RTC, DAY
from tests.edge.fakes import MORNING

HOUR = timedelta(hours=1)
END_OF_TIME = datetime.max.replace(tzinfo=UTC)
Quality = ClockQuality


def sample(at: datetime, tick: int = 0, trip: int = 0) -> Sample:
    made = Sample.between(tick - trip, tick, at)
    assert made is not None
    return made


def test_an_answer_names_the_middle_of_its_way_and_half_of_it_as_doubt() -> None:
    made = sample(MORNING, tick=1_000, trip=300)
    assert (made.tick, made.at, made.within_ms) == (1_000, MORNING + 150 * MS, 151)


@pytest.mark.parametrize(
    ("trip", "at"),
    [(2_001, MORNING), (-1, MORNING), (10, BIRTH_OF_RTC), (10, datetime(2200, 1, 1, tzinfo=UTC)), (10, END_OF_TIME)],
    ids=["late", "before its question", "1970", "2200", "the end of time"],
)
def test_an_answer_that_cannot_be_is_none(trip: int, at: datetime) -> None:
    assert Sample.between(1_000, 1_000 + trip, at) is None


def test_answers_are_intersected_and_age_by_what_a_crystal_drifts() -> None:
    known = guessed(MORNING, 0, None, None).learn(sample(MORNING, trip=400))
    assert known.uncertain_ms(0) == 201
    known = known.learn(sample(MORNING + 150 * MS, trip=40))
    assert known.uncertain_ms(0) == pytest.approx(21)
    known = known.learn(sample(MORNING, trip=800))
    assert known.uncertain_ms(0) <= 21, "a worse answer takes nothing away"
    assert known.uncertain_ms(1_000_000) == pytest.approx(known.within_ms + 500)
    assert known.quality(0) is Quality.SYNCHRONISED
    assert known.quality(5_000_000) is Quality.FREE


@pytest.mark.parametrize("seed", range(20))
def test_the_truth_is_never_outside_what_is_said_to_be_certain(seed: int) -> None:
    """Any crystal within its bounds, any trips, any pauses: what is said to be within some milliseconds is."""
    chance = random.Random(seed)
    drift, tick = chance.uniform(-DRIFT, DRIFT) * 0.99, 0
    known = guessed(MORNING, 0, None, None).learn(sample(MORNING))
    for _ in range(200):
        tick += chance.choice([100, 2_000, 60_000, 3_600_000, 40_000_000])
        there, back = chance.randrange(1_000), chance.randrange(1_000)
        told = MORNING + (tick + there) / (1 + drift) * MS
        asked, tick = tick, tick + there + back
        known = known.learn(sample(told, tick, tick - asked))
        assert known.doubt is None
        assert abs(known.at(tick) - MORNING - tick / (1 + drift) * MS) <= known.uncertain_ms(tick) * MS


def test_a_contradiction_is_doubt_until_it_is_repeated() -> None:
    known = guessed(MORNING, 0, None, None).learn(sample(MORNING, trip=20))
    doubting = known.learn(sample(MORNING + DAY, trip=20))
    assert (doubting.at(0), doubting.quality(0)) == (known.at(0), Quality.FREE)
    assert doubting.learn(sample(MORNING, trip=20)).doubt is None
    other = doubting.learn(sample(MORNING - DAY, trip=20))
    assert other.at(0) == known.at(0), "two that contradict each other are no repetition"
    moved = doubting.learn(sample(MORNING + DAY, trip=40))
    assert moved.doubt is None
    assert abs(moved.at(0) - MORNING - DAY) <= 20 * MS


@pytest.mark.parametrize(
    ("wall", "floor", "offset", "at", "plausible"),
    [
        (MORNING, None, None, MORNING, True),
        (BIRTH_OF_RTC, None, None, BIRTH_OF_RTC + DAY, False),
        (MORNING, MORNING - HOUR, 0, MORNING, True),
        (MORNING, MORNING + HOUR, 0, MORNING + HOUR, False),
        (MORNING - DAY, MORNING - HOUR / 2, -86_400_000, MORNING, True),
        (MORNING + DAY, MORNING - HOUR / 2, 86_400_000, MORNING, True),
        (MORNING, MORNING - HOUR / 2, -86_400_000, MORNING, True),
        (MORNING + DAY, MORNING - 5 * HOUR, 86_400_000, MORNING, False),
        (BIRTH_OF_RTC, MORNING, -56 * 365 * 86_400_000, MORNING, False),
        (datetime(2300, 1, 1, tzinfo=UTC), MORNING, None, MORNING, False),
    ],
    ids=[
        "a wall",
        "1970",
        "a wall behind which there are facts",
        "a wall from before its facts",
        "always a day behind",
        "always a day ahead",
        "set right meanwhile",
        "two days that may be",
        "no clock that runs through a power cut",
        "2300",
    ],
)
def test_before_any_measurement(
    wall: datetime, floor: datetime | None, offset: int | None, at: datetime, *, plausible: bool
) -> None:
    guess = guessed(wall, 7, floor, offset)
    assert (guess.at(7), guess.plausible, guess.measured) == (at, plausible, False)
    assert guess.quality(7) is (Quality.FREE if plausible else Quality.UNKNOWN)


def test_a_real_clock_counts_and_knows_its_machine(tmp_path: Path) -> None:
    one, other = Clock(), Clock()
    assert one.boot != other.boot
    assert one.machine == other.machine, "another program on the same machine goes on with its ticks"
    assert one.tick_ms() <= one.tick_ms()
    assert abs(one.now() - datetime.now(UTC)) < timedelta(seconds=5)
    store = Store(tmp_path / "box.db")
    boots.begin(store, one)
    ahead = datetime.now(UTC) + DAY
    for _ in range(2):
        boots.answered(store, one, Ack(journal="0" * 16, sequence=0, at=ahead, echo_ms=one.asked()))
    boots.begin(store, other)
    assert other.reading().quality is Quality.SYNCHRONISED
    assert abs(other.now() - ahead) < timedelta(seconds=5)
    store.close()


def test_an_anchor_that_cannot_be_kept_is_known_all_the_same(tmp_path: Path) -> None:
    store, clock = Store(tmp_path / "box.db"), Clock()
    boots.begin(store, clock)
    store.run("PRAGMA query_only = ON")
    for _ in range(2):
        boots.answered(store, clock, Ack(journal="0" * 16, sequence=0, at=clock.wall() + DAY, echo_ms=clock.asked()))
    assert clock.reading().quality is Quality.SYNCHRONISED
    store.close()


def test_old_starts_of_a_machine_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boots, "BOOTS_KEPT", 3)
    store = Store(tmp_path / "box.db")
    for number in range(6):
        clock = Clock()
        clock.machine = f"machine-{number}"
        boots.begin(store, clock)
    assert [row[0] for row in store.run("SELECT machine FROM boot ORDER BY rowid")] == [
        "machine-3",
        "machine-4",
        "machine-5",
    ]
    store.close()


def test_drift_bounds_are_those_of_the_promise() -> None:
    assert estimate.DRIFT == 500e-6
    assert Estimate(0, MORNING, measured=True).uncertain_ms(1_000_000_000) == 500_000
