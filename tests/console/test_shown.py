"""Formats of vietnam.md 10.1."""

from datetime import UTC, date, datetime, timedelta

import pytest

from server.console import shown

LATE = datetime(2026, 11, 22, 17, 5, 9, tzinfo=UTC)  # five past midnight of the 23rd in Sa Pa


def test_moments_are_local_and_day_first() -> None:
    assert shown.day(date(2026, 2, 1)) == "01/02/2026"
    assert shown.moment(LATE) == "00:05 23/11/2026"
    assert shown.clock(LATE) == "00:05:09"
    assert shown.iso(LATE) == "2026-11-23T00:05:09+07:00"


def test_a_recent_moment_needs_no_date() -> None:
    assert shown.recent(LATE, datetime(2026, 11, 23, 9, tzinfo=UTC)) == "00:05"
    assert shown.recent(LATE, datetime(2026, 11, 22, 9, tzinfo=UTC)) == "00:05 23/11/2026"


@pytest.mark.parametrize(("share", "expected"), [(0.921, "92%"), (0.999, "99%"), (1.0, "100%"), (0.0, "0%")])
def test_only_the_certain_is_a_hundred_per_cent(share: float, expected: str) -> None:
    assert shown.percent(share) == expected


@pytest.mark.parametrize(
    ("text", "lines", "kind", "expected"),
    [
        ("30A12345", 1, "CAR9", ("30A-123.45",)),
        ("30A12345", 2, "CAR9", ("30A", "123.45")),
        ("24B112345", 2, "MOTO", ("24-B1", "123.45")),
        ("<SCRIPT>", 2, None, ("<SCRIPT>",)),
    ],
)
def test_a_plate_is_drawn_as_it_hangs(text: str, lines: int, kind: str | None, expected: tuple[str, ...]) -> None:
    drawn = shown.plate(text, 0.9, "white", lines, kind)
    assert drawn is not None
    assert drawn.lines == expected


def test_a_plate_that_was_not_read_is_none() -> None:
    assert shown.plate("", 0.0, "unknown", 0, None) is None


@pytest.mark.parametrize(("certainty", "level"), [(0.9, "sure"), (0.89, "fair"), (0.6, "fair"), (0.59, "doubtful")])
def test_a_plate_says_how_sure_it_is(certainty: float, level: str) -> None:
    drawn = shown.plate("30A12345", certainty, "pink", 1, None)
    assert drawn is not None
    assert (drawn.level, drawn.colour) == (level, "unknown")


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (timedelta(seconds=12, milliseconds=400), "+12 s"),
        (timedelta(seconds=-2), "-2 s"),
        (timedelta(0), "+0 s"),
        (timedelta(seconds=60), "+0:01:00"),
        (timedelta(days=-1, seconds=-5), "-24:00:05"),
    ],
)
def test_how_far_a_clock_is_ahead(offset: timedelta, expected: str) -> None:
    assert shown.ahead(offset) == expected
