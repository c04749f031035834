"""Flat plates: every kind can be drawn, and what cannot be drawn is refused by name."""

import random

import numpy as np
import pytest

from gate.plate import PlateClass, classes, distance
from simulator.draw.glyphs import GLYPHS
from simulator.draw.layout import printed_lines
from simulator.draw.plate import Plate, draw_plate, size_mm
from simulator.draw.plates import PlateSource, random_class, random_plate
from simulator.draw.subject import COLOURS, VEHICLE_CLASSES, Subject

PRINTED = [
    ("24A12345", "white", 1, "CAR9", ("24A-123.45",)),
    ("24A-123.45", "white", 2, "CAR9", ("24A", "123.45")),
    ("24A1234", "white", 1, "CAR9", ("24A-1234",)),
    ("24B112345", "white", 2, "MOTO", ("24-B1", "123.45")),
    ("24B11234", "white", 2, "MOTO", ("24-B1", "1234")),
    ("24B11234", "yellow", 1, "BUS30", ("24B-112.34",)),
    ("29HA00233", "white", 2, "MOTO", ("29-HA", "002.33")),
    ("24MD112345", "white", 2, "MOTO", ("24-MĐ1", "123.45")),
    ("29MD12345", "white", 2, "MOTO", ("29-MD", "123.45")),
    ("29LD12345", "white", 1, "CAR9", ("29LD-123.45",)),
    ("24TD12345", "white", 1, "CAR9", ("24TĐ-123.45",)),
    ("T2412345", "white", 1, "CAR9", ("T24-123.45",)),
    ("80441NG02", "white", 1, "CAR9", ("80-441-NG-02",)),
    ("80NN16806", "white", 2, "CAR9", ("80-NN", "168-06")),
    ("TM1234", "red", 1, "CAR9", ("TM-12-34",)),
    ("QH45678", "red", 2, "CAR9", ("QH", "45-678")),
    ("ABC1234", "white", 2, "CAR9", ("ABC1", "234")),
]


@pytest.mark.parametrize(("text", "colour", "lines", "vehicle_class", "printed"), PRINTED)
def test_a_plate_is_printed_as_on_the_metal(
    text: str, colour: str, lines: int, vehicle_class: str, printed: tuple[str, ...]
) -> None:
    assert printed_lines(Subject(text, colour, lines, vehicle_class)) == printed


@pytest.mark.parametrize(
    ("vehicle_class", "lines"),
    [(name, lines) for name in VEHICLE_CLASSES for lines in (1, 2) if (name, lines) != ("MOTO", 1)],
)
@pytest.mark.parametrize("colour", COLOURS)
def test_every_class_and_colour_has_a_plate_of_its_size(vehicle_class: str, colour: str, lines: int) -> None:
    subject = Subject("24B112345" if vehicle_class == "MOTO" else "24B12345", colour, lines, vehicle_class)
    picture = draw_plate(Plate(subject), px_per_mm=1.0)
    assert picture.shape == (*size_mm(subject), 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 20, "characters stand out from the ground"


def test_the_letters_of_a_mission_are_red_and_its_digits_black() -> None:
    mission = draw_plate(Plate(Subject("80441NG02", "white", 1, "CAR9"))).astype(int)
    private = draw_plate(Plate(Subject("80441NN02", "white", 1, "CAR9"))).astype(int)
    assert (mission[..., 2] - mission[..., 0] > 100).sum() > 500
    assert (private[..., 2] - private[..., 0] > 100).sum() == 0


def test_dirt_hides_contrast_but_not_the_plate() -> None:
    subject = Subject("24A12345", "white", 1, "CAR9")
    spread = [float(draw_plate(Plate(subject, dirt=dirt, seed=3)).std()) for dirt in (0.0, 0.5, 1.0)]
    assert spread[0] > spread[1] > spread[2] > 10


@pytest.mark.parametrize("name", sorted(GLYPHS))
def test_every_glyph_stays_on_its_grid(name: str) -> None:
    for stroke in GLYPHS[name].strokes:
        for x, y, r in stroke.points:
            assert -1.2 <= x <= GLYPHS[name].width + 0.5
            assert 0 <= y <= 10.7
            assert r >= 0


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "fewer than two"),
        (" .- ", "fewer than two"),
        ("24A" + "1" * 37, "40 characters"),
        ("24a-123.45", "no glyph for 'a'"),
        ("24A-12\n3☃", "no glyph for '☃'"),
        ("云G12345", "no glyph for '云'"),
        ("24A/../..", "no glyph for '/'"),
        ("24A\x00123", "no glyph for"),
    ],
)
def test_a_text_that_cannot_be_drawn_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(ValueError, match="plate text") as refused:
        draw_plate(Plate(Subject(text, "white", 1, "CAR9")))
    assert named in str(refused.value)
    assert len(str(refused.value)) < 160


@pytest.mark.parametrize(
    ("colour", "lines", "vehicle_class", "named"),
    [
        ("pink", 1, "CAR9", "'pink'"),
        ("white", 3, "CAR9", "3 lines"),
        ("white", 1, "MOTO", "1 lines"),
        ("white", 1, "TRAM", "'TRAM'"),
    ],
)
def test_a_subject_names_what_it_refuses(colour: str, lines: int, vehicle_class: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Subject("24A12345", colour, lines, vehicle_class)


def test_random_plates_fit_the_grammar() -> None:
    rng = random.Random(11)
    for _ in range(3000):
        subject = random_plate(rng, random_class(rng))
        kinds = classes(subject.key)
        assert kinds, subject
        motorbikes = {PlateClass.MOTO_NEW, PlateClass.MOTO_OLD, PlateClass.MOTO_EV}
        assert bool(kinds & motorbikes) or subject.vehicle_class != "MOTO", subject
        assert (PlateClass.MIL in kinds) or subject.colour != "red", subject
        assert (PlateClass.CAR_BLUE in kinds) or subject.colour != "blue", subject
        printed_lines(subject)


def test_a_source_never_gives_two_plates_that_a_reader_could_take_for_each_other() -> None:
    source = PlateSource(random.Random(12))
    keys = [source.draw("CAR9").key for _ in range(700)]
    assert len(set(keys)) == 700
    close = [(a, b) for i, a in enumerate(keys) for b in keys[:i] if len(a) == len(b) and distance(a, b) < 1]
    hamming = [(a, b) for a, b in close if sum(x != y for x, y in zip(a, b, strict=True)) == 1]
    assert hamming == []


def test_a_source_with_nothing_left_says_so() -> None:
    class Stuck(random.Random):
        """Always the same plate."""

        def random(self) -> float:
            return 0.5

        def getrandbits(self, k: int) -> int:
            return min(1, k)

    source = PlateSource(Stuck())
    source.draw("CAR9")
    with pytest.raises(RuntimeError, match="no free plate left for CAR9"):
        source.draw("CAR9")
