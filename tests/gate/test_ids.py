from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.ids import uuid7

moments = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zone beside
chances = st.binary(min_size=10, max_size=10)


@given(moments, chances)
def test_version_variant_and_time(now: datetime, chance: bytes) -> None:
    made = uuid7(now, chance)
    assert (made.version, made.variant) == (7, RFC_4122)
    said = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=made.int >> 80)
    assert abs(said - now) <= timedelta(milliseconds=1)


@given(moments, chances, chances)
def test_later_sorts_later(now: datetime, one: bytes, other: bytes) -> None:
    assert uuid7(now, one) < uuid7(now + timedelta(milliseconds=2), other)


@pytest.mark.parametrize("at", range(10))
def test_all_the_chance_counts_but_six_bits(at: int) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    made = {uuid7(now, bytes(byte if place == at else 0 for place in range(10))) for byte in range(256)}
    assert len(made) == {0: 16, 2: 64}.get(at, 256)


def test_a_clock_before_1970_gives_the_first_moment() -> None:
    assert uuid7(datetime(1969, 1, 1, tzinfo=UTC), bytes(10)).int >> 80 == 0


@pytest.mark.parametrize("length", [0, 9, 11, 16])
def test_chance_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"not {length}"):
        uuid7(datetime(2026, 11, 23, tzinfo=UTC), bytes(length))
