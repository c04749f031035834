"""Guessing a password is counted before it is tried, so that many at once are no more than many in turn."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from server.auth import GUESSES_MAX, Doorkeeper, LoginRefused, TooManyGuesses, add_user
from server.db import transaction
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
