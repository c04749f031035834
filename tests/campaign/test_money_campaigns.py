"""The small forms of the campaigns about notices and keys."""

import pytest

from tests.campaign import keys, notices


def silent(_line: str) -> None:
    """Nobody listens."""


@pytest.mark.slow
def test_what_is_told_often_late_or_by_forgers_is_booked_once_or_not_at_all() -> None:
    result = notices.run(1, scale=0.003, say=silent)
    assert result.failures == []
    assert result.figures["dong in clearing"] == result.figures["dong in the providers' books"]
    assert int(result.figures["dong in clearing"]) >= 60 * 30_000


@pytest.mark.slow
def test_what_is_asked_again_beyond_a_keys_life_happens_once() -> None:
    result = keys.run(1, scale=0.03, say=silent)
    assert result.failures == []
