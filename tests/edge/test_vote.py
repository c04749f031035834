"""Several frames of one vehicle: their consensus, and how sure it may be."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.reader.align import aligned
from edge.reader.vote import COMMON, difference, vote, weights
from gate.likeness import as_read
from gate.reading import PlateReading

PLATE = "24A12378"
SHARES = st.floats(0.3, 0.99)
PLACES = st.integers(0, len(PLATE) - 1)
TEXTS = st.text("0123456789ABCDEFGH", min_size=5, max_size=9)


def seen(
    text: str = PLATE, sure: float = 0.9, x: int = 100, width: int = 200, confidence: float | None = None
) -> PlateReading:
    """One frame; `x` says how far the vehicle has come."""
    characters = tuple((sign, sure) for sign in text)
    return PlateReading(text, sure if confidence is None else confidence, characters, (x, 80, width, 50), 1, "white")


def doubting(weak: int, sure: float, text: str = PLATE, x: int = 100) -> PlateReading:
    """A frame that is sure of all but one place."""
    characters = tuple((sign, sure if at == weak else 0.98) for at, sign in enumerate(text))
    return PlateReading(text, sure, characters, (x, 80, 200, 50), 1, "white")


frames = st.lists(st.builds(seen, TEXTS, SHARES, st.integers(0, 900), st.integers(60, 300)), min_size=1, max_size=5)


@given(frames, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_the_frames_does_not_matter(some: list[PlateReading], rng: object) -> None:
    mixed = list(some)
    rng.shuffle(mixed)  # type: ignore[attr-defined]
    assert vote(some) == vote(mixed)


@given(frames)
@settings(max_examples=30, deadline=None)
def test_all_that_comes_out_are_probabilities_and_the_weakest_decides(some: list[PlateReading]) -> None:
    result = vote(some)
    assert result is not None
    assert 0.0 <= result.confidence <= min((share for _, share in result.characters), default=1.0) + 1e-12
    assert all(0.0 <= share <= 1.0 for _, share in (*result.characters, *result.alternatives))
    assert math.fsum(share for _, share in result.alternatives) <= 1.0 + 1e-9
    assert result.alternatives[0][1] == max(share for _, share in result.alternatives)
    assert "".join(sign for sign, _ in result.characters) == result.text
    assert 1.0 - 1e-9 <= result.worth <= len(some) + 1e-9


@given(SHARES)
def test_one_frame_is_what_it_said(sure: float) -> None:
    result = vote([seen(sure=sure)])
    assert result is not None
    assert (result.text, result.frames, result.worth) == (PLATE, 1, 1.0)
    assert result.confidence == pytest.approx(sure, abs=0.005)


@given(st.integers(2, 6), SHARES)
@settings(max_examples=30, deadline=None)
def test_a_car_that_stands_still_gives_one_view_however_many_frames(count: int, sure: float) -> None:
    one, many = vote([seen(sure=sure)]), vote([seen(sure=sure, x=100 + number % 3) for number in range(count)])
    assert one
    assert many
    assert many.confidence <= one.confidence + 1e-9, "the same picture five times is no proof"
    assert many.worth == pytest.approx(1.0)


@given(st.integers(2, 5), st.floats(0.4, 0.95))
@settings(max_examples=30, deadline=None)
def test_frames_that_differ_and_agree_are_surer_than_any(count: int, sure: float) -> None:
    result = vote([seen(sure=sure, x=100 + 80 * number) for number in range(count)])
    assert result
    assert result.confidence > sure + 0.01 * (1 - sure)
    assert result.worth == pytest.approx(count / (1 + (count - 1) * COMMON)), (
        "and never as sure as if they shared nothing"
    )


@given(PLACES, st.sampled_from("0123456789"), st.floats(0.6, 0.99), st.floats(0.3, 0.99))
@settings(max_examples=40, deadline=None)
def test_a_wrong_frame_among_five_right_is_outvoted(place: int, digit: str, right: float, wrong: float) -> None:
    other = PLATE[:place] + digit + PLATE[place + 1 :]
    five = [seen(sure=right, x=100 + 60 * number) for number in range(5)]
    result = vote([*five, seen(other, wrong, x=400)])
    assert result
    assert result.text == PLATE


@given(PLACES, st.sampled_from("0123456789"), SHARES, st.floats(0.3, 0.99))
@settings(max_examples=40, deadline=None)
def test_disagreement_is_less_sure_than_agreement(place: int, digit: str, sure: float, other: float) -> None:
    different = PLATE[:place] + digit + PLATE[place + 1 :]
    agreeing = vote([seen(sure=sure), seen(sure=other, x=190)])
    disputed = vote([seen(sure=sure), seen(different, other, x=190)])
    assert agreeing
    assert disputed
    assert disputed.confidence <= agreeing.confidence + 1e-12
    if different != PLATE:
        assert disputed.confidence < agreeing.confidence


def test_a_plate_that_no_frame_read_right_is_put_together() -> None:
    wrong_a, wrong_b = doubting(0, 0.5, "74A12378"), doubting(7, 0.5, "24A12373", x=190)
    result = vote([wrong_a, wrong_b])
    assert result
    assert result.text == PLATE
    assert {text for text, _ in result.alternatives} >= {"74A12378", "24A12373"}


@pytest.mark.parametrize("part", ["12378", "24A1237", "4A12378", "24A123788"])
def test_frames_of_different_lengths_are_aligned(part: str) -> None:
    result = vote([seen(sure=0.95), seen(sure=0.9, x=190), seen(part, 0.6, x=280)])
    assert result
    assert result.text == PLATE
    whole = vote([seen(sure=0.95), seen(sure=0.9, x=190), seen(sure=0.6, x=280)])
    assert whole
    assert result.confidence < whole.confidence


@pytest.mark.parametrize(
    ("read", "on", "between"),
    [
        ("24A12378", "24A12378", {}),
        ("24A1237", "24A1237_", {}),
        ("4A12378", "_4A12378", {}),
        ("24A2378", "24A_2378", {}),
        ("24A123378", "24A12378", {5: "3"}),
        ("X24A12378", "24A12378", {0: "X"}),
        ("24A12378X", "24A12378", {8: "X"}),
        ("24B12378", "24B12378", {}),
        ("12378", "___12378", {}),
    ],
)
def test_characters_are_laid_beside_those_they_stand_for(read: str, on: str, between: dict[int, str]) -> None:
    laid = aligned(as_read(read, [0.9] * len(read)), PLATE)
    assert "".join(sign or "_" for sign, _ in laid.on) == on
    assert {at: "".join(sign for sign, _ in signs) for at, signs in enumerate(laid.between) if signs} == between
    assert all(share == (0.9 if sign else 1.0) for sign, share in laid.on)


def test_a_character_that_most_frames_have_is_put_in() -> None:
    result = vote([seen("24A1238", 0.6), seen(sure=0.9, x=200), seen(sure=0.9, x=300)])
    assert result
    assert result.text == PLATE


def test_the_weakest_place_of_the_consensus_decides() -> None:
    result = vote([doubting(3, 0.5), doubting(5, 0.6, x=190)])
    assert result
    shares = [share for _, share in result.characters]
    assert result.confidence == min(shares) == min(shares[3], shares[5])
    assert result.confidence > 0.6, "each helps where the other doubts"


def test_what_the_reader_holds_of_the_whole_text_stays() -> None:
    outside = vote([seen("QQ1234", 0.9, confidence=0.45)])
    assert outside
    assert outside.confidence == pytest.approx(0.45, abs=0.01)


def test_nothing_read_is_no_vote() -> None:
    assert vote([]) is None
    assert vote([seen("")]) is None
    only = vote([seen(""), seen()])
    assert only
    assert only.frames == 1


def test_difference_is_of_views() -> None:
    here, there, nearer = seen(), seen(x=400), seen(width=260)
    assert difference(here, here) == 0.0 == difference(here, seen(x=102))
    assert difference(here, there) == 1.0 == difference(there, here)
    assert 0.5 < difference(here, nearer) <= 1.0
    for one, other in itertools.product((here, there, nearer), repeat=2):
        assert difference(one, other) == difference(other, one)


def test_weights_share_out_what_is_the_same() -> None:
    still = weights([seen(), seen(x=101), seen(x=600)])
    assert still[0] == pytest.approx(still[1])
    assert still[2] > 1.15 * still[0]


def listing(text: str, sure: float, others: dict[str, float], x: int = 100) -> PlateReading:
    """A frame that says what else the plate may be."""
    alone = doubting(4, sure, text, x=x)
    return replace(alone, alternatives=((text, sure), *others.items()))


def test_what_the_frames_held_possible_is_what_the_consensus_may_be_instead() -> None:
    """Worn paint: every frame takes the 3 for a 2, and each says that it may be a 3."""
    worn, true = "59E124192", "59E134192"
    frames = [listing(worn, 0.55, {true: 0.4}, x=100 + 90 * number) for number in range(3)]
    said, deaf = vote(frames), vote([replace(frame, alternatives=()) for frame in frames])
    assert said
    assert deaf
    assert said[:3] == deaf[:3], "the consensus and its certainty are the characters'"
    assert said.alternatives[0][0] == worn
    assert said.alternatives[1][0] == true
    assert said.alternatives[1][1] > 5 * dict(deaf.alternatives).get(true, 0.0)


def test_texts_that_differ_in_two_places_are_in_the_list() -> None:
    others = {"74A12378": 0.2, "24A12373": 0.2, "74A12373": 0.1}
    signs = tuple((sign, 0.5 if place in {0, 7} else 0.98) for place, sign in enumerate(PLATE))
    said = vote([replace(seen(sure=0.5), characters=signs, alternatives=((PLATE, 0.5), *others.items()))])
    assert said
    assert set(others) <= set(dict(said.alternatives))


def test_a_frames_other_text_may_have_lost_a_character() -> None:
    said = vote([replace(doubting(5, 0.6), alternatives=((PLATE, 0.6), ("24A1278", 0.39)))])
    assert said
    assert [text for text, _ in said.alternatives[:2]] == [PLATE, "24A1278"]


@given(frames, st.lists(st.tuples(TEXTS, st.floats(0, 1)), max_size=5), st.integers(2, 8))
@settings(max_examples=30, deadline=None)
def test_the_list_is_short_and_of_different_texts_whatever_the_frames_list(
    some: list[PlateReading], others: list[tuple[str, float]], most: int
) -> None:
    said = vote([replace(frame, alternatives=tuple(others)) for frame in some], most)
    assert said
    texts = [text for text, _ in said.alternatives]
    assert len(texts) == len(set(texts)) <= most
    assert texts[0] == said.text
    assert all(0.0 <= share <= 1.0 for _, share in said.alternatives)
    assert math.fsum(share for _, share in said.alternatives) <= 1.0 + 1e-9
    shares = [share for _, share in said.alternatives[1:]]
    assert shares == sorted(shares, reverse=True)
