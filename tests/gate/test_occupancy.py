"""How many are inside, and how sure that is."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.occupancy import Counted, Since, estimate

AT = datetime(2026, 11, 23, tzinfo=UTC)
some = st.integers(0, 5_000)


def test_a_count_alone_is_what_it_says() -> None:
    found = estimate(Counted(40, 0, AT), Since(0, 0, 0, 0), 100)
    assert (found.expected, found.low, found.high, found.breach) == (40, 40, 40, "")


@given(some, some, some)
def test_the_bar_only_grows_with_passages(start: int, entries: int, exits: int) -> None:
    less = estimate(Counted(start, 2, AT), Since(entries, exits, 0, 0), 0)
    more = estimate(Counted(start, 2, AT), Since(entries + 1_000, exits + 1_000, 3, 3), 0)
    assert less.expected == more.expected == start + entries - exits
    assert less.low <= less.expected <= less.high
    assert more.high - more.low > less.high - less.low


@pytest.mark.parametrize(
    ("since", "likely"),
    [
        (Since(0, 3, 0, 0), "entry not counted"),
        (Since(0, 3, 0, 2), "exit counted twice"),
        (Since(200, 0, 0, 0), "exit not counted"),
        (Since(200, 0, 5, 0), "entry counted twice"),
        (Since(50, 0, 0, 0), ""),
    ],
)
def test_a_breach_names_what_was_likely_missed_and_is_never_clamped(since: Since, likely: str) -> None:
    found = estimate(Counted(0, 0, AT), since, 100)
    assert found.breach == likely
    assert found.expected == since.entries - since.exits


def test_without_places_nothing_is_too_much() -> None:
    assert estimate(Counted(0, 0, AT), Since(9_999, 0, 0, 0), 0).breach == ""
