"""What to look at first."""

import pytest

from gate.findings import Code
from gate.ranking import BY_MATCH, COUNTED, READ, WHOLE, certainty, weight


@pytest.mark.parametrize("code", Code)
def test_every_finding_has_a_certainty(code: Code) -> None:
    assert certainty(code) in {WHOLE, COUNTED, READ}


def test_a_record_is_surer_than_a_count_and_a_count_than_a_reading() -> None:
    sure = [certainty(code) for code in (Code.BANK_LINE_UNKNOWN, Code.TAILGATE, Code.UNREAD)]
    assert sure == sorted(sure, reverse=True)
    assert len(set(sure)) == 3


def test_what_rests_on_a_match_is_certain_where_there_was_none() -> None:
    assert {certainty(code) for code in BY_MATCH} == {WHOLE}


def test_weight_is_money_that_is_likely_at_stake() -> None:
    assert (weight(30_000, 900), weight(30_000, WHOLE), weight(0, WHOLE), weight(1, 999)) == (27_000, 30_000, 0, 0)
