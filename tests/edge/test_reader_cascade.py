"""When the reader is sure, when it looks again, and what it says then: with networks that read what the test wrote."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from edge.reader import certainty as certainty_module
from edge.reader.cascade import Cascade
from edge.reader.certainty import CHECKED, FAST, PATHS, SLOW, certainty, sure_from
from edge.reader.contract import Pair
from edge.reader.kind import kinds
from edge.reader.layout import Place
from edge.reader.lines import Line, halved, plausible
from edge.reader.networks import Image, Matrix, Quad
from edge.reader.weigh import Candidate, Reading, judged
from tests.edge.test_reader_decode import place, spoken

PLAIN = {"bias": -5.0, "weakest": 0.6, "second": 0.1, "margin": 1.4, "price": -0.5, "height": 0.3} | {
    "agreed": 0.0,
    "rows": 0.0,
    "whole": 1.0,
    "sure": 0.99,
}
FIGURES = {FAST: PLAIN, CHECKED: PLAIN | {"bias": -2.0}, SLOW: PLAIN | {"bias": -2.0}} | {
    "character": {"bias": 1.5, "heard": 1.0},
    "others": {"listed": 0.8},
}


@pytest.fixture(autouse=True)
def _figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of the test's own: those in use are fitted anew with every network."""
    monkeypatch.setattr(certainty_module, "_table", lambda: FIGURES)


PICTURE = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)


class Written:
    """Finds lines where the test put them, from a size on, and reads there what it wrote: both networks in one."""

    def __init__(self, lines: dict[tuple[int, int, int, int], Matrix], *, seen_from: int = 0) -> None:
        self._lines = {place(*box): matrix for box, matrix in lines.items()}
        self._seen_from = seen_from
        self.sides: list[int] = []
        self.read = 0

    def lines(self, image: Image, side: int) -> list[Quad]:
        self.sides.append(side)
        whole = image.shape == PICTURE.shape
        return [each.quad for each in self._lines] if whole and side >= self._seen_from else []

    def read_lines(self, _image: Image, places: Sequence[Place]) -> list[Matrix]:
        self.read += len(places)
        return [self._nearest(each) for each in places]

    def _nearest(self, wanted: Place) -> Matrix:
        by_distance = {float(np.linalg.norm(each.centre - wanted.centre)): each for each in self._lines}
        nearest = min(by_distance)
        return self._lines[by_distance[nearest]] if nearest < 5 else spoken()


def never() -> Written:
    raise AssertionError("the second network was asked for")


def cascade(quick: Written, thorough: Callable[[], Written] = never) -> Cascade:
    def second() -> Pair:
        network = thorough()
        return Pair(network, network)

    return Cascade(Pair(quick, quick), second)


UPPER, LOWER = (100, 100, 120, 50), (90, 155, 140, 50)
SURE = {UPPER: spoken(*"24B1"), LOWER: spoken(*"67892")}
DOUBTFUL = {UPPER: spoken("2", "4", {"B": 0.5, "D": 0.45}, "1"), LOWER: spoken(*"67892")}
DECIDED = {UPPER: spoken("2", "4", {"B": 0.001, "D": 0.999}, "1"), LOWER: spoken(*"67892")}


def test_a_first_look_that_is_sure_is_all() -> None:
    network = Written(SURE)
    (plate,) = cascade(network).read(PICTURE)
    assert (plate.text, plate.path, plate.lines) == ("24B167892", FAST, 2)
    assert len(network.sides) == 1
    assert plate.confidence >= sure_from(FAST)


def test_a_doubt_is_decided_by_the_second_network() -> None:
    sign = {(400, 10, 230, 90): spoken(*"HOTEL")}
    quick, second = Written({**DOUBTFUL, **sign}), Written({**DECIDED, **sign})
    (plate,) = cascade(quick, lambda: second).read(PICTURE)
    assert (plate.text, plate.path) == ("24D167892", CHECKED)
    assert second.read == 2, "it reads the lines of the candidate and no more"
    assert len(quick.sides) == 1, "no second look for lines"


def test_the_candidate_s_lines_are_read_before_larger_ones() -> None:
    signs = {(400, 10 + 60 * n, 230, 55): spoken(*"HOTEL") for n in range(7)}
    second = Written({**DECIDED, **signs})
    (plate,) = cascade(Written({**DOUBTFUL, **signs}), lambda: second).read(PICTURE)
    assert (plate.text, plate.path, second.read) == ("24D167892", CHECKED, 2)


def test_where_nothing_is_like_a_plate_the_second_network_reads_what_there_is() -> None:
    quick = Written({UPPER: spoken(*"WORK"), LOWER: spoken(*"ERROR")})
    (plate,) = cascade(quick, lambda: Written({UPPER: spoken(*"24B1"), LOWER: spoken(*"67892")})).read(PICTURE)
    assert plate.text == "24B167892"


def test_what_more_networks_read_stands_for_the_spot() -> None:
    """The first network was surer of the wrong letter than both together are of the right one."""
    hasty = {UPPER: spoken("2", "4", {"B": 0.9, "D": 0.06}, "1"), LOWER: spoken(*"67892")}
    careful = {UPPER: spoken("2", "4", {"B": 0.06, "D": 0.94}, "1"), LOWER: spoken(*"67892")}
    (alone,) = cascade(Written(hasty), lambda: Written(careful)).read(PICTURE, deadline_ms=0.0)
    (plate, *_) = cascade(Written(hasty), lambda: Written(careful)).read(PICTURE, deadline_ms=60_000)
    assert (alone.text, plate.text) == ("24B167892", "24D167892")
    assert plate.confidence < alone.confidence < sure_from(FAST)


def test_what_both_doubt_is_looked_at_more_closely_and_said_with_doubt() -> None:
    quick, second = Written(DOUBTFUL), Written(DOUBTFUL)
    (plate, *_) = cascade(quick, lambda: second).read(PICTURE, deadline_ms=60_000)
    assert (plate.text, plate.path) == ("24B167892", CHECKED), "the closer look saw nothing"
    assert (len(quick.sides), len(second.sides)) == (1, 1), "at its spot, and not all over the picture"
    assert plate.confidence < min(sure_from(path) for path in PATHS)
    assert [text for text, _ in plate.alternatives[:2]] == ["24B167892", "24D167892"]


def test_where_nothing_is_seen_the_whole_picture_is_searched_more_finely() -> None:
    blind, network = Written(SURE, seen_from=9_999), Written(SURE, seen_from=700)
    (plate,) = cascade(blind, lambda: network).read(PICTURE, deadline_ms=60_000)
    assert (plate.text, plate.path) == ("24B167892", SLOW)
    assert network.sides == sorted(network.sides)
    assert network.sides[-1] == 800, "no finer than needed"


def test_a_small_plate_is_found_by_the_second_quick_look() -> None:
    network = Written(SURE, seen_from=400)
    (plate,) = cascade(network).read(PICTURE)
    assert (plate.text, plate.path, len(network.sides)) == ("24B167892", FAST, 2)


def test_a_sure_plate_far_away_does_not_hide_a_doubtful_one_near_by() -> None:
    near, far = (300, 300, 300, 60), (100, 100, 200, 40)
    lines = {near: spoken("3", "0", {"A": 0.6, "K": 0.3}, *"12345"), far: spoken(*"51K67890")}
    clear = {near: spoken(*"30A12345"), far: spoken(*"51K67890")}
    plates = cascade(Written(lines), lambda: Written(clear)).read(PICTURE)
    assert [(plate.text, plate.path) for plate in plates] == [("30A12345", CHECKED), ("51K67890", CHECKED)]


def test_without_time_there_is_one_look() -> None:
    network = Written(SURE, seen_from=400)
    assert cascade(network, never).read(PICTURE, deadline_ms=0.0) == []
    assert len(network.sides) == 1
    (plate,) = cascade(Written(DOUBTFUL), never).read(PICTURE, deadline_ms=0.0)
    assert plate.path == FAST


@pytest.mark.parametrize(("deadline_ms", "last"), [(700.0, 320), (900.0, 800)])
def test_a_look_that_would_end_too_late_is_not_begun(
    monkeypatch: pytest.MonkeyPatch, deadline_ms: float, last: int
) -> None:
    """Each look takes as many microseconds as its side squared: 103 ms for 320 pixels, 640 ms for 800."""
    spent = [0.0]
    monkeypatch.setattr("edge.reader.cascade.time.perf_counter", lambda: spent[0])

    class Slow(Written):
        def lines(self, image: Image, side: int) -> list[Quad]:
            spent[0] += side * side * 1e-6
            return super().lines(image, side)

    second = Slow(SURE, seen_from=9_999)
    cascade(Written(SURE, seen_from=9_999), lambda: second).read(PICTURE, deadline_ms=deadline_ms)
    assert second.sides[-1] == last
    assert spent[0] * 1000 <= deadline_ms


def test_of_two_vehicles_the_nearer_comes_first() -> None:
    near, far = (300, 300, 300, 60), (100, 100, 200, 40)
    for lines in (
        {near: spoken(*"30A12345"), far: spoken(*"51K67890")},
        {far: spoken(*"51K67890"), near: spoken(*"30A12345")},
    ):
        plates = cascade(Written(lines)).read(PICTURE)
        assert [plate.text for plate in plates] == ["30A12345", "51K67890"]


def test_the_weakest_character_decides() -> None:
    (plate,) = cascade(Written(SURE)).read(PICTURE)
    assert plate.confidence == min(p for _, p in plate.characters)
    weaker = Written({UPPER: spoken("2", "4", {"B": 0.8, "": 0.2}, "1"), LOWER: spoken(*"67892")})
    (unsure, *_) = cascade(weaker, lambda: weaker).read(PICTURE, deadline_ms=0.0)
    assert unsure.confidence < plate.confidence
    assert dict(unsure.characters)["B"] == unsure.confidence
    assert all(p >= unsure.confidence for _, p in unsure.characters)


def of(text: str, rows: tuple[tuple[int, ...], ...] = ((0,),), *places: Place) -> Candidate:
    lines = [spoken(*text)] if len(rows) == 1 else [spoken(*text[:4]), spoken(*text[4:])]
    candidate = judged([Reading(lines)], rows)
    assert candidate is not None
    return replace(candidate, places=places or (place(0, 0, 200, 40),))


def test_certainty_is_a_probability_and_a_text_outside_the_grammar_is_held_less() -> None:
    inside, outside = of("30A12345"), of("99999999")
    for path in PATHS:
        assert 0.0 <= certainty(outside, path) <= 0.5 < certainty(inside, path) <= 1.0
        assert not math.isnan(certainty(outside, path))
    assert (outside.margin, inside.margin > 5) == (0.0, True)


@pytest.mark.parametrize(
    ("text", "rows", "places", "colour", "first"),
    [
        ("30A12345", ((0,),), [place(0, 0, 200, 40)], "white", "CAR"),
        ("30A12345", ((0,),), [place(0, 0, 200, 40)], "blue", "CAR_BLUE"),
        ("29A12345", ((0,), (1,)), [place(0, 0, 90, 40), place(0, 45, 100, 40)], "white", "MOTO_OLD"),
        ("29A12345", ((0,), (1,)), [place(30, 0, 100, 40), place(0, 45, 190, 40)], "white", "CAR"),
        ("KB2591", ((0,),), [place(0, 0, 160, 40)], "red", "MIL"),
        ("24MD112345", ((0,), (1,)), [place(0, 0, 110, 40), place(0, 45, 110, 40)], "white", "MOTO_EV"),
    ],
)
def test_the_class_of_a_plate(
    text: str, rows: tuple[tuple[int, ...], ...], places: list[Place], colour: str, first: str
) -> None:
    candidate = replace(of("30A12345"), text=text, rows=rows, places=tuple(places))
    assert kinds(candidate, colour)[0] == first


def test_a_text_that_the_grammar_does_not_know_has_no_class() -> None:
    assert kinds(of("99999999"), "white") == ()


def test_what_cannot_be_a_line_of_a_plate_is_not_read() -> None:
    grey = np.random.default_rng(2).integers(0, 256, (200, 900), np.uint8)
    grey[100:] = 90
    good, long, flat, tiny = place(5, 5, 100, 30), place(5, 40, 850, 30), place(5, 110, 100, 30), place(5, 5, 12, 4)
    outside = place(950, 5, 100, 30)
    assert plausible([tiny, flat, long, good, outside], grey, 9) == [good]
    large = place(5, 5, 200, 60)
    assert plausible([good, large], grey, 1) == [large]


def test_only_a_square_line_is_halved() -> None:
    lines = [Line(place(0, 0, 100, 80)), Line(place(0, 0, 300, 60))]
    assert [line.whole for line in halved(lines)] == [False, False]
