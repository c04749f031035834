"""Control charts of read quality: what is chance, and what is not."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.control import GROUP, LEAST, RUN, Sign, chart


def reads(*failing: int) -> list[bool]:
    """Groups with so many reads that were not well."""
    return [n >= bad for bad in failing for n in range(GROUP)]


def test_a_dirty_lens_is_beyond_at_once() -> None:
    found = chart(reads(1, 1, 0, 2, 1, 1, 0, 12))
    assert found.sign is Sign.BEYOND
    assert found.shares[-1] == pytest.approx(0.4)
    assert found.centre < found.upper < 0.4


def test_a_slow_loss_is_seen_by_its_run() -> None:
    assert chart(reads(*[1, 0] * 10, *[2] * (RUN - 1))).sign is Sign.STEADY
    assert chart(reads(*[1, 0] * 10, *[2] * RUN)).sign is Sign.DRIFTING


def test_too_few_reads_tell_nothing() -> None:
    assert chart([]).sign is Sign.LEARNING
    assert chart(reads(*[0] * (LEAST - 1))).sign is Sign.LEARNING
    assert chart(reads(*[0] * LEAST)).sign is Sign.STEADY


def test_a_first_failure_of_a_perfect_camera_is_no_alarm() -> None:
    assert chart(reads(0, 0, 0, 0, 0, 1)).sign is Sign.STEADY
    assert chart(reads(0, 0, 0, 0, 0, 6)).sign is Sign.BEYOND


def test_what_fills_no_group_is_left_out_at_the_beginning() -> None:
    assert chart([False] * 7 + reads(*[0] * 6)).shares == (0.0,) * 6


def test_chance_alone_seldom_alarms() -> None:
    rng = random.Random(7)
    alarms = sum(chart([rng.random() > 0.08 for _ in range(GROUP * 40)]).sign is Sign.BEYOND for _ in range(300))
    assert alarms <= 6


@given(st.lists(st.booleans(), max_size=400))
def test_limits_hold_the_centre_and_shares_are_shares(well: list[bool]) -> None:
    found = chart(well)
    assert 0 <= found.centre <= found.upper <= 1
    assert all(0 <= share <= 1 for share in found.shares)
    assert len(found.shares) == len(well) // GROUP
