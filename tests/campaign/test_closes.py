"""The campaign of closes, in small, and that its judge sees what is wrong."""

import pytest

from tests.campaign.closes import run


@pytest.mark.slow
def test_a_few_days_hold() -> None:
    result = run(3, scale=0.03, say=lambda _: None)
    assert result.failures == []
    assert int(str(result.figures["closes"])) >= 12  # and empty days after them, where the box was heard so late
