"""A token opens one visit for a while; tries are counted by name."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.car_tokens import LIFE, is_good, made
from server.throttle import NAMES_MAX, Throttle

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SECRET, VISIT, OTHER = "a secret of sixteen", "SPS22222222", "SPS33333333"


def test_a_token_is_of_one_visit_one_secret_and_one_time() -> None:
    token = made(SECRET, VISIT, NOW)
    assert is_good(SECRET, VISIT, token, NOW)
    assert is_good(SECRET, VISIT, token, NOW + LIFE - timedelta(seconds=1))
    assert not is_good(SECRET, VISIT, token, NOW + LIFE)
    assert not is_good(SECRET, OTHER, token, NOW)
    assert not is_good("another of sixteen", VISIT, token, NOW)


@given(st.text(max_size=60))
def test_what_a_stranger_makes_up_is_no_token(token: str) -> None:
    assert not is_good(SECRET, VISIT, token, NOW)


@pytest.mark.parametrize("place", range(28))
def test_a_token_with_another_character_is_none(place: int) -> None:
    token = made(SECRET, VISIT, NOW)
    other = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
    assert not is_good(SECRET, VISIT, other, NOW)


def test_tries_are_measured_by_name_and_the_window_moves_on() -> None:
    throttle, minute = Throttle(2, timedelta(minutes=1)), timedelta(minutes=1)
    assert [throttle.tries("a", NOW) for _ in range(3)] == [True, True, False]
    assert throttle.tries("b", NOW)
    assert not throttle.tries("a", NOW + minute - timedelta(microseconds=1))
    assert throttle.tries("a", NOW + minute)


def test_invented_names_do_not_fill_the_memory() -> None:
    throttle = Throttle(1, timedelta(minutes=1))
    for number in range(NAMES_MAX + 10):
        throttle.tries(str(number), NOW)
    assert len(throttle._tries) == NAMES_MAX  # noqa: SLF001 - there is no other way to see it
