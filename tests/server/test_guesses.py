"""Guessing a password is counted before it is tried, so that many at once are no more than many in turn."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from server.auth import Doorkeeper, LoginRefused, add_user
from server.db import transaction
from server.guesses import FROM_EVERYWHERE, GUESS_WINDOW, GUESSES_MAX, WAIT_MAX, Guesses, TooManyGuesses
from server.roles import Role

PASSWORD = "a long enough one"


@pytest.fixture
def door(engine: Engine) -> Doorkeeper:
    with transaction(engine) as session:
        add_user(session, "manager", Role.MANAGER, PASSWORD, datetime.now(UTC))
    return Doorkeeper(engine)


def outcome(door: Doorkeeper, password: str, address: str = "10.0.0.1") -> str:
    try:
        door.login("manager", password, address)
    except (LoginRefused, TooManyGuesses) as error:
        return type(error).__name__
    return "in"


def test_guesses_at_once_are_limited_like_guesses_in_turn(door: Doorkeeper) -> None:
    with ThreadPoolExecutor(20) as threads:
        outcomes = list(threads.map(lambda number: outcome(door, f"guess {number}"), range(20)))
    assert outcomes.count("LoginRefused") == GUESSES_MAX
    assert outcomes.count("TooManyGuesses") == 20 - GUESSES_MAX


def test_a_strangers_guesses_do_not_lock_the_owner_out(door: Doorkeeper) -> None:
    assert {outcome(door, "wrong", "10.9.9.9") for _ in range(GUESSES_MAX + 1)} == {"LoginRefused", "TooManyGuesses"}
    assert outcome(door, PASSWORD) == "in"


def test_whoever_gets_in_begins_anew(door: Doorkeeper) -> None:
    for _ in range(3):
        assert [outcome(door, "wrong") for _ in range(GUESSES_MAX - 1)] == ["LoginRefused"] * (GUESSES_MAX - 1)
        assert outcome(door, PASSWORD) == "in"


def test_an_ipv6_caller_is_one_however_many_addresses_it_takes(door: Doorkeeper) -> None:
    outcomes = [outcome(door, "wrong", f"2001:db8::{number:x}") for number in range(GUESSES_MAX + 1)]
    assert outcomes == ["LoginRefused"] * GUESSES_MAX + ["TooManyGuesses"]
    assert outcome(door, "wrong", "2001:db8:0:1::1") == "LoginRefused"


def test_a_name_waits_after_guesses_from_everywhere_but_not_where_its_owner_signed_in_before(door: Doorkeeper) -> None:
    assert outcome(door, PASSWORD, "10.0.0.1") == "in"
    outcomes = [outcome(door, "wrong", f"10.1.0.{number}") for number in range(FROM_EVERYWHERE + 5)]
    assert outcomes == ["LoginRefused"] * FROM_EVERYWHERE + ["TooManyGuesses"] * 5
    assert outcome(door, PASSWORD, "10.2.0.1") == "TooManyGuesses", "the right one tells no more than a wrong one"
    assert outcome(door, PASSWORD, "10.0.0.1") == "in"


def test_a_name_waits_longer_each_time_and_never_long() -> None:
    guesses, now, waits = Guesses(), datetime(2026, 11, 23, tzinfo=UTC), list[timedelta]()
    last = now
    for second in range(3600):
        at = now + timedelta(seconds=second)
        for number in range(FROM_EVERYWHERE if second == 0 else 1):
            try:
                guesses.count("manager", f"10.{second >> 8}.{second & 255}.{number}", at, lambda: False)
            except TooManyGuesses:
                continue
            waits.append(at - last)
            last = at
    assert max(waits) == WAIT_MAX
    assert waits[FROM_EVERYWHERE:] == sorted(waits[FROM_EVERYWHERE:])
    assert len(waits) <= FROM_EVERYWHERE + 21, "in an hour, from 3,600 addresses"
    guesses.count("manager", "10.99.0.1", last + WAIT_MAX, lambda: False)
    for number in range(FROM_EVERYWHERE):
        guesses.count("manager", f"10.98.0.{number}", last + WAIT_MAX + GUESS_WINDOW, lambda: False)


def test_one_that_was_right_is_no_guess() -> None:
    guesses, now = Guesses(), datetime(2026, 11, 23, tzinfo=UTC)
    for number in range(3 * FROM_EVERYWHERE):
        guesses.count("manager", f"10.0.0.{number}", now, lambda: False)
        guesses.right("manager", f"10.0.0.{number}", now)
