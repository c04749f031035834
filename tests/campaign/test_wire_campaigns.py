"""The small forms of the campaigns with real brokers and processes."""

import pytest

from tests.campaign import kills, payloads, replays
from tests.campaign.result import Result

pytestmark = [pytest.mark.broker, pytest.mark.slow]


def silent(_line: str) -> None:
    """Nobody listens."""


def promised(result: Result) -> list[str]:
    """The failures that are more than a kind of fault too rare for a small form."""
    return [failure for failure in result.failures if "never happened" not in failure]


@pytest.mark.timeout(240)
def test_parts_are_killed_and_the_books_agree() -> None:
    result = kills.run(1, scale=0.04, say=silent)
    assert promised(result) == []
    assert sum(int(result.figures[f"kills of the {kind}"]) for kind in kills.KINDS) == 4
    assert int(result.figures["passages booked"]) > 0


@pytest.mark.timeout(180)
def test_orders_that_were_used_forged_or_kept_move_nothing() -> None:
    result = replays.run(1, scale=0.016, say=silent)
    assert promised(result) == []
    assert int(result.figures["replays"]) >= 160
    assert result.figures["orders to rise on the wire"] == result.figures["authorised openings"] == 6


@pytest.mark.timeout(240)
def test_mutated_messages_change_nothing() -> None:
    result = payloads.run(1, scale=0.01, say=silent)
    assert promised(result) == []
    assert int(result.figures["box: mutants"]) + int(result.figures["centre: mutants"]) >= 1_000
