import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.vehicle import Profile, VehicleClass, classify

ORDER = list(VehicleClass)
sizes = st.integers(500, 20_000)


@pytest.mark.parametrize(
    ("length", "height", "kind"),
    [
        (1_900, 1_100, "MOTO"),
        (2_600, 2_100, "MOTO"),
        (2_601, 1_500, "CAR9"),
        (2_500, 2_101, "CAR9"),
        (5_450, 2_150, "CAR9"),
        (5_451, 1_500, "VAN16"),
        (6_300, 2_900, "VAN16"),
        (6_301, 2_000, "MINI29"),
        (8_700, 3_150, "MINI29"),
        (8_701, 2_000, "BUS30"),
        (3_000, 3_151, "BUS30"),
        (12_000, 3_500, "BUS30"),
    ],
)
def test_thresholds(length: int, height: int, kind: str) -> None:
    assert classify(Profile(length, height)) == kind


@given(sizes, sizes, sizes, sizes)
def test_a_bigger_outline_is_never_a_smaller_class(length: int, height: int, more: int, taller: int) -> None:
    small = classify(Profile(length, height))
    big = classify(Profile(max(length, more), max(height, taller)))
    assert ORDER.index(small) <= ORDER.index(big)


@pytest.mark.parametrize("profile", [Profile(499, 1_500), Profile(1_500, 499), Profile(0, 0), Profile(-5, 2_000)])
def test_what_is_no_vehicle_is_refused(profile: Profile) -> None:
    with pytest.raises(ValueError, match="no vehicle"):
        classify(profile)
