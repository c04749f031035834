"""A box whose clock is wrong is a finding, once; a correction that is known is used and named; no price is invented."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import Engine

from gate.findings import Code
from gate.messages import ClockQuality
from gate.wire import encode
from server.db import reading, transaction
from server.derived import VisitRow
from server.facts import AnomalyRow, EventRow, PassageRow
from server.ingest import Arrival, ingest
from server.rebuild import rebuild
from server.reconcile import local_date, report
from server.register import TariffRow
from server.tariffs import Tariffs
from tests.server.box import MORNING, TARIFF, Box, reference
from tests.server.rows import rows

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FIRST, SECOND = UUID(int=1), UUID(int=2)
FREE_MINUTES = 10
VISIT = reference(1)


class WrongBox(Box):
    """Each fact at its true time, told by a clock that is `ahead`, of a boot that knows that or does not."""

    def __init__(self) -> None:
        super().__init__()
        self.boot, self.booted = FIRST, MORNING - HOUR
        self.ahead, self.quality, self.measured = timedelta(0), ClockQuality.SYNCHRONISED, True
        self.offset_ms = 0

    def envelope(self, body: Any, at: datetime, **changes: Any) -> Any:
        told: dict[str, Any] = {
            "boot": self.boot,
            "monotonic_ms": (at - self.booted) // timedelta(milliseconds=1),
            "clock_offset_ms": self.offset_ms if self.measured else None,
            "clock_quality": self.quality,
        }
        return super().envelope(body, at + self.ahead, **{**told, **changes})

    def is_told(self) -> None:
        """It measures its clock."""
        self.ahead, self.quality, self.measured = timedelta(0), ClockQuality.SYNCHRONISED, True

    def is_lost(self, ahead: timedelta, quality: ClockQuality = ClockQuality.UNKNOWN) -> None:
        """It never measured its clock."""
        self.ahead, self.quality, self.measured = ahead, quality, False

    def boots(self, at: datetime) -> None:
        """It begins anew."""
        self.boot, self.booted = SECOND, at


@pytest.fixture
def box() -> WrongBox:
    return WrongBox()


def took(engine: Engine, *arrivals: Arrival) -> None:
    """The centre gets them when the last has truly happened, whatever they say."""
    ingest(engine, Tariffs(engine), arrivals, MORNING + 4 * HOUR)


def clocks(engine: Engine) -> list[tuple[str, int]]:
    return sorted((row["subject"], row["amount"]) for row in rows(engine, AnomalyRow) if row["code"] == "clock_unsure")


def visit(engine: Engine) -> dict[str, Any]:
    (row,) = rows(engine, VisitRow)
    return row


def findings(engine: Engine) -> list[Any]:
    with reading(engine) as session:
        now = datetime.now(UTC)
        days = {local_date(now), local_date(MORNING + 4 * HOUR)}
        return [finding for on in sorted(days) for finding in report(session, "SPS", on, now + DAY).findings]


def test_a_day_of_true_clocks_has_no_such_finding(engine: Engine, box: WrongBox) -> None:
    took(engine, *box.stays(VISIT, MORNING, MORNING + HOUR))
    assert clocks(engine) == []


def test_a_box_that_does_not_know_its_time_is_one_finding_a_boot(engine: Engine, box: WrongBox) -> None:
    box.is_lost(-300 * DAY)
    facts = list(box.stays(VISIT, MORNING, MORNING + HOUR))
    for fact in facts:
        took(engine, fact)
    took(engine, *facts)
    assert clocks(engine) == [(f"sps-1:{FIRST}", 0)]
    assert visit(engine)["recomputed"] == visit(engine)["quoted"] == 30_000
    (finding,) = [each for each in findings(engine) if each.code is Code.CLOCK_UNSURE]
    assert finding.evidence["said"].startswith("2026-01-27")
    assert "correction" not in finding.evidence


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
@pytest.mark.parametrize("ahead", [-DAY, DAY, 400 * DAY, -20_000 * DAY])
def test_a_correction_is_used_and_named(engine: Engine, box: WrongBox, ahead: timedelta, *, together: bool) -> None:
    box.is_lost(ahead)
    facts = box.arrives(VISIT, MORNING)
    box.is_told()
    facts += box.is_priced(VISIT, MORNING + timedelta(seconds=1.5), MORNING + HOUR)
    facts += box.leaves(VISIT, MORNING + HOUR)
    for some in [facts] if together else [[fact] for fact in facts]:
        took(engine, *some)
    subject = f"sps-1:{FIRST}"
    assert [name for name, _ in clocks(engine)] == [subject, f"{subject}:corrected"]
    (finding,) = [each for each in findings(engine) if each.code is Code.CLOCK_UNSURE]
    assert finding.evidence["correction"] == f"{-ahead.total_seconds():+.1f} s"
    row = visit(engine)
    assert row["entered_at"] == MORNING + timedelta(seconds=1.5)
    assert row["opened_at"] == MORNING + timedelta(seconds=0.5)
    assert row["recomputed"] == row["quoted"]
    assert not [each for each in findings(engine) if each.code is Code.PRICE_DIFFERS]


def test_a_fact_from_the_future_is_held_against_its_receipt(engine: Engine, box: WrongBox) -> None:
    box.is_lost(DAY, ClockQuality.FREE)
    took(engine, *box.arrives(VISIT, MORNING))
    assert clocks(engine) == [(f"sps-1:{FIRST}", 0)]


def test_a_clock_that_goes_back_between_boots_blames_the_boot_that_knew_less(engine: Engine, box: WrongBox) -> None:
    box.is_lost(3 * HOUR, ClockQuality.FREE)
    took(engine, *box.arrives(VISIT, MORNING))
    assert clocks(engine) == []
    box.boots(MORNING + HOUR)
    box.is_told()
    took(engine, *box.is_priced(VISIT, MORNING + 3 * HOUR, MORNING + HOUR))
    assert (f"sps-1:{FIRST}", 0) in clocks(engine)
    assert not [name for name, _ in clocks(engine) if str(SECOND) in name]


def test_a_stay_that_nobody_can_time_is_a_finding_of_its_price(engine: Engine, box: WrongBox) -> None:
    took(engine, *box.arrives(VISIT, MORNING))
    box.boots(MORNING + HOUR)
    box.is_lost(timedelta(minutes=-50), ClockQuality.FREE)
    said = MORNING + HOUR + box.ahead
    took(engine, *box.is_priced(VISIT, MORNING, said - box.ahead))
    assert (VISIT, 30_000) in clocks(engine)
    (finding,) = [each for each in findings(engine) if each.code is Code.CLOCK_UNSURE]
    assert (finding.amount, finding.evidence["visit"]) == (30_000, VISIT)


def test_an_entry_of_a_boot_that_was_measured_later_is_timed_by_it(engine: Engine, box: WrongBox) -> None:
    box.is_lost(-DAY)
    took(engine, *box.arrives(VISIT, MORNING))
    box.is_told()
    took(engine, *box.arrives(reference(2), MORNING + timedelta(minutes=1)))
    box.boots(MORNING + timedelta(minutes=30))
    came = MORNING + timedelta(seconds=1.5)
    took(engine, *box.is_priced(VISIT, came, MORNING + HOUR))
    assert not [name for name, _ in clocks(engine) if name == VISIT]
    row = next(row for row in rows(engine, VisitRow) if row["visit"] == VISIT)
    assert row["entered_at"] == came


@pytest.mark.parametrize("said", [timedelta(0), timedelta(minutes=20)], ids=["the box is right", "the box lies"])
def test_the_price_is_computed_again_from_monotonic_time(engine: Engine, box: WrongBox, said: timedelta) -> None:
    """Of five minutes' stay, by a tariff with ten free: the box's wall was set in mid stay."""
    with transaction(engine) as session:
        row = session.get_one(TariffRow, ("SPS", TARIFF.code))
        row.body = encode(msgspec.structs.replace(TARIFF, free_minutes=FREE_MINUTES)).decode()
    box.is_lost(-DAY)
    took(engine, *box.arrives(VISIT, MORNING))
    box.is_told()
    left = MORNING + timedelta(minutes=5)
    took(engine, *box.is_priced(VISIT, MORNING + timedelta(seconds=1.5) - said, left, 30_000 if said else 0))
    assert visit(engine)["recomputed"] == 0
    assert bool([each for each in findings(engine) if each.code is Code.PRICE_DIFFERS]) == bool(said)


def test_no_stay_of_the_books_is_negative(engine: Engine, box: WrongBox) -> None:
    box.is_lost(2 * HOUR, ClockQuality.FREE)
    took(engine, *box.arrives(VISIT, MORNING))
    box.is_told()
    took(engine, *box.leaves(VISIT, MORNING + HOUR))
    row = visit(engine)
    assert row["entered_at"] <= row["left_at"] == MORNING + HOUR + timedelta(seconds=1)
    passages = [row["happened_at"] for row in rows(engine, PassageRow)]
    assert max(passages) > MORNING + 2 * HOUR, "the facts stay what was said"


def test_a_rebuild_times_stays_as_before(sqlite: Engine, box: WrongBox) -> None:
    box.is_lost(-DAY)
    took(sqlite, *box.arrives(VISIT, MORNING))
    box.is_told()
    took(sqlite, *box.is_priced(VISIT, MORNING + timedelta(seconds=1.5), MORNING + HOUR))
    before = visit(sqlite), clocks(sqlite)
    rebuild(sqlite)
    assert (visit(sqlite), clocks(sqlite)) == before


def test_an_offset_of_decades_fits_the_books(engine: Engine, box: WrongBox) -> None:
    box.offset_ms = -(2**45)
    took(engine, *box.arrives(VISIT, MORNING))
    assert {row["clock_offset_ms"] for row in rows(engine, EventRow)} == {-(2**45)}
