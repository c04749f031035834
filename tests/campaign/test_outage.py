"""A day without the centre, small: all of it is in the books afterwards, as the world saw it."""

import pytest

from tests.campaign.outage import outage
from tests.campaign.outage_day import DAY


@pytest.mark.broker
@pytest.mark.slow
def test_a_day_without_the_centre_merges_as_it_happened() -> None:
    result = outage(5, 80, 1, lambda _line: None)
    assert result.failures == []
    assert int(result.figures["passages"]) >= 80
    assert result.figures["restarts of the box"] == 1
    assert float(result.figures["hours without the centre"]) >= DAY.total_seconds() / 3600
