"""Whole stays through the lanes of a box whose clocks are wrong: each as long, and as dear, as it truly was."""

from datetime import timedelta
from pathlib import Path

import pytest

from gate import signing
from gate.messages import ClockQuality, Quoted, VehiclePassed
from gate.vehicle import VehicleClass
from tests.edge.clocks import BIRTH_OF_RTC, DAY, ClockDesk, WrongClock, stay
from tests.edge.desk import KEY, lease
from tests.edge.fakes import MORNING

PLATE = "24A12378"
TURN = 30_000
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
Quality = ClockQuality


@pytest.fixture
def desk(tmp_path: Path) -> ClockDesk:
    return ClockDesk(tmp_path / "data")


def close(one: timedelta, other: timedelta, within: timedelta = SECOND) -> bool:
    return abs(one - other) <= within


def qualities(desk: ClockDesk) -> list[ClockQuality]:
    return [envelope.clock_quality for envelope in desk.envelopes()]


def test_right_clocks_are_free_until_measured(desk: ClockDesk) -> None:
    desk.comes_in(PLATE)
    assert set(qualities(desk)) == {Quality.FREE}
    assert desk.hears_centre() == ""
    desk.comes_to_exit(PLATE)
    newest = desk.envelopes()[-1]
    assert newest.clock_quality is Quality.SYNCHRONISED
    assert newest.clock_offset_ms is not None
    assert abs(newest.clock_offset_ms) <= 1


@pytest.mark.parametrize("minutes", [3, 10], ids=["free", "a turn"])
@pytest.mark.parametrize("days", [-400, -1, 1, 400])
@pytest.mark.parametrize("known", [True, False], ids=["measured", "never measured"])
@pytest.mark.parametrize("again", [True, False], ids=["restarted", "running"])
def test_a_wall_that_jumps_in_mid_stay(desk: ClockDesk, *, minutes: int, days: int, known: bool, again: bool) -> None:
    if known:
        desk.is_synchronised()
    desk.comes_in(PLATE)
    entered = desk.clock.truth()
    desk.clock.jumps(days * DAY)
    if again:
        desk.restart(after_s=5)
    desk.turn(minutes * 60)
    quoted = desk.comes_to_exit(PLATE)
    assert close(stay(quoted), desk.clock.truth() - entered, 5 * SECOND)
    assert quoted.total == (0 if minutes < 5 else TURN)
    assert abs(quoted.left_at - desk.clock.truth()) <= 2 * SECOND, "the day of the charge is right too"
    assert Quality.UNKNOWN not in qualities(desk)
    assert (desk.envelopes()[-1].clock_offset_ms is not None) == known


def test_a_box_that_starts_in_1970_and_is_then_told(tmp_path: Path) -> None:
    desk = ClockDesk(tmp_path / "data", WrongClock(wall=BIRTH_OF_RTC))
    desk.comes_in(PLATE)
    entered = desk.clock.truth()
    assert set(qualities(desk)) == {Quality.UNKNOWN}
    assert desk.envelopes()[-1].happened_at.year == 1970
    desk.turn(20)
    assert "behind and was set" in desk.hears_centre()
    assert desk.hears_centre() == "", "a step is told once"
    desk.turn(60)
    quoted = desk.comes_to_exit(PLATE)
    assert close(quoted.entered_at - entered, timedelta(0), 5 * SECOND)
    assert quoted.total == 0
    last = desk.envelopes()[-1]
    assert last.clock_quality is Quality.SYNCHRONISED
    assert last.clock_offset_ms is not None
    assert last.clock_offset_ms < -50 * 365 * 86_400_000


def test_an_entry_before_its_boot_was_told_is_right_after_a_power_cut(tmp_path: Path) -> None:
    desk = ClockDesk(tmp_path / "data", WrongClock(wall=MORNING + 3 * DAY))
    desk.comes_in(PLATE)
    entered = desk.clock.truth()
    desk.turn(30)
    desk.is_synchronised()
    desk.loses_power(2 * MINUTE, BIRTH_OF_RTC)
    desk.is_synchronised()
    quoted = desk.comes_to_exit(PLATE)
    assert close(quoted.entered_at - entered, timedelta(0), 5 * SECOND)
    assert quoted.total == 0


def test_a_clock_from_before_its_own_journal_goes_on_from_there(desk: ClockDesk) -> None:
    """Nobody knows how long the power was away: a stay is as long as the box ran, never less than nothing."""
    desk.is_synchronised()
    desk.comes_in(PLATE)
    newest = desk.envelopes()[-1].happened_at
    desk.loses_power(10 * MINUTE, BIRTH_OF_RTC)
    desk.turn(60)
    quoted = desk.comes_to_exit(PLATE)
    assert desk.envelopes()[-1].clock_quality is Quality.UNKNOWN
    assert desk.envelopes()[-1].clock_offset_ms is None
    assert quoted.left_at >= newest + MINUTE
    assert stay(quoted) >= MINUTE


def test_a_wall_that_was_always_a_day_off_is_corrected_by_what_was_measured_before(tmp_path: Path) -> None:
    desk = ClockDesk(tmp_path / "data", WrongClock(wall=MORNING - DAY))
    desk.is_synchronised()
    desk.comes_in(PLATE)
    entered = desk.clock.truth()
    desk.loses_power(2 * MINUTE)
    quoted = desk.comes_to_exit(PLATE)
    assert desk.envelopes()[-1].clock_quality is Quality.FREE
    assert close(quoted.entered_at - entered, timedelta(0), 5 * SECOND)
    assert close(stay(quoted), desk.clock.truth() - entered, 5 * SECOND)
    assert quoted.total == 0


def test_two_days_that_may_be_are_nobodys(tmp_path: Path) -> None:
    """The wall was a day ahead when it was last measured; after a long cut it may be so still, or have been set."""
    desk = ClockDesk(tmp_path / "data", WrongClock(wall=MORNING + DAY))
    desk.is_synchronised()
    desk.comes_in(PLATE)
    desk.loses_power(timedelta(hours=5))
    desk.comes_to_exit(PLATE)
    assert desk.envelopes()[-1].clock_quality is Quality.UNKNOWN


@pytest.mark.parametrize("drift", [500e-6, -500e-6])
def test_days_of_drift(tmp_path: Path, drift: float) -> None:
    desk = ClockDesk(tmp_path / "data", WrongClock(drift=drift))
    desk.is_synchronised()
    desk.comes_in(PLATE)
    entered = desk.clock.truth()
    for _ in range(2 * 24 * 2):
        desk.turn(1_800)
        desk.hears_centre()
    quoted = desk.comes_to_exit(PLATE)
    assert close(stay(quoted), desk.clock.truth() - entered, 5 * SECOND), "87 s by the crystal alone"
    assert abs(desk.clock.now() - desk.clock.truth()) <= SECOND


def test_a_day_without_the_centre_is_free_running_and_still_measured(tmp_path: Path) -> None:
    desk = ClockDesk(tmp_path / "data", WrongClock(drift=500e-6))
    desk.is_synchronised()
    desk.turn(86_400)
    desk.comes_in(PLATE)
    newest = desk.envelopes()[-1]
    assert (newest.clock_quality, newest.clock_offset_ms is None) == (Quality.FREE, False)
    assert abs(newest.happened_at - desk.clock.truth()) <= MINUTE


def test_one_wrong_answer_changes_nothing_and_two_are_a_step(desk: ClockDesk) -> None:
    desk.is_synchronised()
    desk.comes_in(PLATE)
    entered = desk.clock.truth()
    assert desk.hears_centre(wrong=DAY) == ""
    assert desk.hears_centre() == ""
    assert desk.hears_centre(wrong=DAY) == ""
    assert abs(desk.clock.now() - desk.clock.truth()) <= SECOND
    assert "86400.0 s behind and was set" in desk.hears_centre(wrong=DAY)
    quoted = desk.comes_to_exit(PLATE)
    assert close(stay(quoted), desk.clock.truth() - entered, 5 * SECOND), "the stay did not become a day longer"
    assert quoted.total == 0


def test_a_late_and_a_strangers_answer_say_nothing(desk: ClockDesk) -> None:
    for _ in range(3):
        assert desk.hears_centre(trip_s=2.1, wrong=DAY) == ""
    for _ in range(3):
        assert desk.clock.answered(desk.clock.truth() + DAY, 12_345) is None
    assert not desk.clock.is_measured()
    assert abs(desk.clock.now() - desk.clock.truth()) <= SECOND


def test_an_answer_to_the_boot_before_says_nothing(desk: ClockDesk) -> None:
    echoes = [desk.clock.asked(), desk.clock.asked()]
    desk.restart()
    for echo in echoes * 2:
        assert desk.clock.answered(desk.clock.truth() + DAY, echo) is None
    assert not desk.clock.is_measured()


def test_the_table_of_visits_holds_no_negative_stay(tmp_path: Path) -> None:
    desk = ClockDesk(tmp_path / "data", WrongClock(wall=MORNING + 400 * DAY))
    visit = desk.comes_in(PLATE)
    desk.is_synchronised()
    desk.comes_to_exit(PLATE)
    desk.turn(4)
    desk.drives_through("out-1")
    assert [passed.visit for passed in desk.facts(VehiclePassed)] == [visit, visit]
    row = desk.store.run("SELECT entered_at, left_at FROM visit WHERE visit = ?", visit).fetchone()
    assert row[0] <= row[1]
    assert row[0].startswith("2026-11-23")


def test_a_lease_does_not_run_out_because_the_wall_jumps(desk: ClockDesk) -> None:
    desk.is_synchronised()
    desk.clock.jumps(400 * DAY)
    assert not desk.papers.expired()
    desk.turn(86_400)
    assert desk.papers.expired()


def test_a_signed_lease_tells_a_clock_that_is_behind_it_that_it_is_wrong(tmp_path: Path) -> None:
    desk = ClockDesk(tmp_path / "data", WrongClock(wall=BIRTH_OF_RTC))
    taken = desk.papers.lease_came(signing.sign(lease(2), KEY))
    desk.clock.passed(taken.issued_at)
    assert desk.clock.now() >= MORNING
    assert desk.clock.reading().quality is Quality.UNKNOWN
    desk.clock.jumps(MORNING + MINUTE - BIRTH_OF_RTC)
    assert desk.clock.reading().quality is Quality.FREE, "the machine found its time by itself"


def test_references_are_never_given_twice_whatever_the_clock_says(tmp_path: Path) -> None:
    """New journals of one site, each begun by a clock in 1970, and one whose clock jumps back in between."""
    given: list[str] = []
    for number in range(3):
        desk = ClockDesk(tmp_path / str(number), WrongClock(wall=BIRTH_OF_RTC))
        given += [desk.visits.open(PLATE, VehicleClass.CAR9, "in-1") for _ in range(50)]
        desk.clock.jumps(57 * 365 * DAY)
        given += [desk.visits.open(PLATE, VehicleClass.CAR9, "in-1") for _ in range(50)]
        desk.clock.jumps(-30 * DAY)
        desk.restart()
        given += [desk.visits.open(PLATE, VehicleClass.CAR9, "in-1") for _ in range(50)]
    assert len(given) == len(set(given))


def test_ids_of_1970_are_as_unique_as_any(tmp_path: Path) -> None:
    desk = ClockDesk(tmp_path / "data", WrongClock(wall=BIRTH_OF_RTC - DAY))
    ids = {desk.clock.new_id() for _ in range(10_000)}
    assert len(ids) == 10_000
    assert {each.version for each in ids} == {7}


def test_facts_are_kept_a_week_of_running_whatever_the_wall_says(tmp_path: Path) -> None:
    desk = ClockDesk(tmp_path / "data", WrongClock(wall=BIRTH_OF_RTC))
    desk.comes_in(PLATE)
    desk.is_synchronised()
    desk.clock.jumps(400 * DAY)
    desk.comes_in("24A54321")
    last = desk.outbox.last
    desk.outbox.acknowledge(last)
    desk.restart()
    assert desk.outbox.prune() == 0, "young facts, whatever two clocks say of their age"
    for _ in range(8):
        desk.turn(86_400)
        desk.outbox.prune()
        desk.restart()
    assert [envelope.sequence for envelope in desk.envelopes() if envelope.sequence <= last] == []


def test_a_price_list_that_begins_later_does_not_hold_early_because_the_wall_says_so(desk: ClockDesk) -> None:
    desk.is_synchronised()
    desk.comes_in(PLATE)
    desk.clock.jumps(400 * DAY)
    desk.turn(600)
    quoted = desk.comes_to_exit(PLATE)
    assert desk.facts(Quoted)[-1].tariff == "flat-1"
    assert quoted.lines[0].until.year == 2026


def test_days_of_drift_are_set_right_by_a_step_and_not_by_a_clock_that_stands_still(tmp_path: Path) -> None:
    desk = ClockDesk(tmp_path / "data", WrongClock(drift=500e-6))
    desk.is_synchronised()
    desk.turn(3 * 86_400)
    assert "s ahead and was set" in desk.hears_centre()
    before = desk.clock.now()
    desk.turn(1)
    assert desk.clock.now() - before == SECOND
    assert abs(desk.clock.now() - desk.clock.truth()) <= SECOND


def test_time_waits_where_a_better_measurement_would_take_it_back(tmp_path: Path) -> None:
    desk = ClockDesk(tmp_path / "data", WrongClock(wall=MORNING + 1.5 * SECOND))
    latest = desk.clock.now()
    assert desk.hears_centre() == "", "too little to be a step"
    assert desk.clock.estimate().at(desk.clock.tick_ms()) < latest
    assert desk.clock.now() >= latest
    desk.turn(2)
    assert abs(desk.clock.now() - desk.clock.truth()) <= SECOND / 10


def test_a_wall_that_is_late_does_not_become_right_by_waiting(desk: ClockDesk) -> None:
    """A machine that keeps its last time through a power cut, and nothing of how long that was."""
    desk.is_synchronised()
    desk.comes_in(PLATE)
    newest = desk.envelopes()[-1].happened_at
    desk.loses_power(30 * MINUTE, MORNING - 20 * MINUTE)
    for minutes in range(1, 60):
        desk.turn(60)
        reading = desk.clock.reading()
        assert reading.quality is Quality.UNKNOWN
        assert close(reading.at - newest, minutes * MINUTE, 10 * SECOND)


@pytest.mark.parametrize("minutes", [3, 10], ids=["free", "a turn"])
def test_a_machine_that_finds_its_time_by_itself_in_mid_stay(tmp_path: Path, minutes: int) -> None:
    desk = ClockDesk(tmp_path / "data", WrongClock(wall=BIRTH_OF_RTC))
    desk.comes_in(PLATE)
    desk.clock.jumps(MORNING - BIRTH_OF_RTC)
    desk.turn(60 * minutes)
    quoted = desk.comes_to_exit(PLATE)
    assert close(stay(quoted), minutes * MINUTE, 10 * SECOND)
    assert quoted.total == (0 if minutes < 5 else TURN)
    assert desk.envelopes()[-1].clock_quality is Quality.FREE


def test_an_entry_that_seems_to_lie_ahead_is_now(tmp_path: Path) -> None:
    desk = ClockDesk(tmp_path / "data", WrongClock(wall=MORNING + 400 * DAY))
    desk.comes_in(PLATE)
    desk.loses_power(10 * MINUTE)
    desk.is_synchronised()
    quoted = desk.comes_to_exit(PLATE)
    assert stay(quoted) == timedelta(0)
    assert abs(quoted.left_at - desk.clock.truth()) <= 2 * SECOND, "it leaves today"


def test_a_visit_of_a_version_that_kept_no_ticks_lies_not_ahead(desk: ClockDesk) -> None:
    visit = desk.comes_in(PLATE)
    desk.store.run("DELETE FROM visit_began")
    ahead = (desk.clock.now() + DAY).isoformat()
    desk.store.run("UPDATE visit SET entered_at = ? WHERE visit = ?", ahead, visit)
    assert stay(desk.comes_to_exit(PLATE)) == timedelta(0)
