"""The grammar of number plates, on the worked cases of the trade and on texts nobody thought of."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.plate import (
    MASK_CAR_5,
    MASK_MOTO_9,
    MASKS,
    PATTERNS,
    PROVINCES,
    PlateClass,
    classes,
    cost,
    distance,
    narrow,
    normalise,
    pretty,
    province,
    repair,
)

# printed, key form, classes by the text alone, shown again for a car's lane
GOLDEN = [
    ("30A-123.45", "30A12345", "CAR CAR_BLUE MOTO_OLD", "30A-123.45"),
    ("51K-999.99", "51K99999", "CAR CAR_BLUE MOTO_OLD", "51K-999.99"),
    ("24A-056.78", "24A05678", "CAR CAR_BLUE", "24A-056.78"),
    ("24A-1234", "24A1234", "CAR CAR_BLUE", "24A-1234"),
    ("21C-111.22", "21C11122", "CAR CAR_BLUE MOTO_OLD", "21C-111.22"),
    ("29-AA 002.33", "29AA00233", "MOTO_NEW", "29-AA 002.33"),
    ("24-B1 123.45", "24B112345", "MOTO_OLD", "24-B1 123.45"),
    ("24B1-1234", "24B11234", "CAR CAR_BLUE MOTO_OLD", "24B-112.34"),
    ("24MĐ1-123.45", "24MD112345", "MOTO_EV", "24MĐ1-123.45"),
    ("80B-001.23", "80B00123", "CAR CAR_BLUE", "80B-001.23"),
    ("29LD-123.45", "29LD12345", "MOTO_NEW SPECIAL", "29LD-123.45"),
    ("24R-012.34", "24R01234", "SPECIAL", "24R-012.34"),
    ("80-441-NG-02", "80441NG02", "DIPLO", "80-441-NG-02"),
    ("80 NN 168-06", "80NN16806", "MOTO_NEW DIPLO_OLD", "80-NN-168-06"),
    ("41-291-NG-01", "41291NG01", "DIPLO", "41-291-NG-01"),
    ("TM-12-34", "TM1234", "MIL", "TM-12-34"),
    ("QH-45-678", "QH45678", "MIL", "QH-45-678"),
    ("13A-123.45", "13A12345", "", "13A12345"),
    ("30I-123.45", "30I12345", "", "30I12345"),
    ("30O-123.45", "30O12345", "", "30O12345"),
    ("24-AR 123.45", "24AR12345", "MOTO_NEW", "24-AR 123.45"),
    ("24-AG 123.45", "24AG12345", "", "24AG12345"),
    ("24A-123", "24A123", "", "24A123"),
    ("24A-123456", "24A123456", "MOTO_OLD", "24-A1 234.56"),
    ("50-CA 1234", "50CA1234", "MOTO_SMALL", "50-CA 1234"),
    ("T24-123.45", "T2412345", "TEMPORARY", "T24-123.45"),
    ("24T-123.45", "24T12345", "CAR MOTO_OLD SPECIAL TEMPORARY", "24T-123.45"),
    ("云G·12345", "云G12345", "CN", "云G·12345"),
]

REPAIRS = [
    ("3OA12345", MASK_CAR_5, "30A12345"),
    ("30012345", MASK_CAR_5, "30D12345"),
    ("29AA1234S", MASK_MOTO_9, "29AA12345"),
    ("3OB12E45", MASK_CAR_5, "30B12E45"),  # E has no twin among the digits
    ("Z4A0567B", MASK_CAR_5, "24A05678"),
    ("24B1", MASK_CAR_5, "24B1"),  # another length
]


@pytest.mark.parametrize(("printed", "key", "kinds", "shown"), GOLDEN)
def test_golden_plates(printed: str, key: str, kinds: str, shown: str) -> None:
    assert normalise(printed) == key
    assert classes(printed) == {PlateClass(kind) for kind in kinds.split()}
    assert pretty(key) == shown


@pytest.mark.parametrize(("read", "mask", "repaired"), REPAIRS)
def test_repair_by_position(read: str, mask: str, repaired: str) -> None:
    assert repair(read, mask) == repaired


def test_masks_are_found_by_length() -> None:
    assert [MASKS[length] for length in (7, 8, 9)] == ["DDLDDDD", "DDLDDDDD", "DDL?DDDDD"]
    assert repair("24BI12345", MASKS[9]) == "24BI12345", "the fourth of nine is never coerced"


def test_province_codes_are_the_81_in_use() -> None:
    unused = {13, 42, 44, 45, 46, 87, 91, 96}
    assert {int(code) for code in PROVINCES} == set(range(11, 100)) - unused
    for code in range(100):
        known = bool(classes(f"{code:02}A12345"))
        assert known == (f"{code:02}" in PROVINCES), code
    assert province("24A12345") == province("21B11234") == "Lào Cai"
    assert province("T2412345") == "Lào Cai"
    assert province("TM1234") is None


def test_every_text_of_a_pattern_has_its_class_and_survives_being_printed() -> None:
    """All formats, each with the first and the last character of every place: nothing printed is lost."""
    for pattern in PATTERNS:
        for text in {"".join(place[0] for place in pattern.places), "".join(place[-1] for place in pattern.places)}:
            assert pattern.kind in classes(text), (text, pattern.kind)
            for motorbike, lines in itertools.product((False, True), (0, 1, 2)):
                assert normalise(pretty(text, motorbike=motorbike, lines=lines)) == text


def test_letters_that_no_series_has() -> None:
    for letter in "IJOQW":
        assert not classes(f"24{letter}12345"), letter
        assert not classes(f"24A{letter}12345"), letter


@pytest.mark.parametrize(
    ("text", "colour", "lines", "kinds"),
    [
        ("24A12345", "white", 1, {"CAR"}),
        ("24A12345", "yellow", 2, {"CAR"}),
        ("24A12345", "blue", 1, {"CAR_BLUE"}),
        ("24B11234", "white", 2, {"CAR", "MOTO_OLD"}),
        ("24B11234", "unknown", 1, {"CAR", "CAR_BLUE"}),
        ("TM1234", "red", 1, {"MIL"}),
        ("29LD12345", "white", 1, {"SPECIAL"}),
        ("24A12345", "red", 1, {"CAR", "CAR_BLUE", "MOTO_OLD"}),  # evidence against every kind rejects none
    ],
)
def test_colour_and_lines_narrow(text: str, colour: str, lines: int, kinds: set[str]) -> None:
    assert narrow(classes(text), colour=colour, lines=lines) == {PlateClass(kind) for kind in kinds}


def test_a_motorbike_lane_shows_a_motorbike() -> None:
    assert pretty("24B11234", motorbike=True) == "24-B1 1234"
    assert pretty("24B11234", lines=1, motorbike=True) == "24B-112.34", "no motorbike's plate has one line"


def test_confusable_characters_are_cheap() -> None:
    assert distance("30A-123.45", "30A12345") == 0
    assert distance("30D12345", "30012345") < distance("30A12348", "30A12343") < distance("30A12345", "30A12349") == 1
    assert distance("30A1234", "30A12345") == 1
    assert cost("V", "Y") == cost("Y", "V") < 1


@given(st.text(), st.text())
def test_distance_is_symmetric_and_zero_for_the_same(a: str, b: str) -> None:
    assert distance(a, b) == pytest.approx(distance(b, a))
    assert distance(a, a) == 0
    assert distance(a, b) <= max(len(normalise(a)), len(normalise(b)))


@given(st.text())
def test_no_text_breaks_the_grammar(text: str) -> None:
    key = normalise(text)
    assert normalise(key) == key
    assert not re.search(r"[\s.\-_/·]", key)
    assert normalise(pretty(text)) == key
    classes(text)
    for mask in MASKS.values():
        assert len(repair(text, mask)) == len(key)


@pytest.mark.parametrize("written", ["24MĐ1-123.45", "24mđ1 12345", "24M\u0110112345", "24MÐ1.123.45", "24md112345"])
def test_all_ways_to_write_d_with_stroke(written: str) -> None:
    assert normalise(written) == "24MD112345"
