"""Rows out of the finder's maps, and the committed finder on scenes drawn now."""

import random

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.reader import finder
from edge.reader.finder import Finder, rows
from edge.reader.layout import Place, within
from simulator.training import targets
from simulator.training.lines import Corners
from simulator.training.scenes import SHAPE, Manner, Row, Scene, Stage
from simulator.training.texts import writing


def flat(x: float, y: float, width: float, height: float, turn: float = 0.0) -> Corners:
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)]) - (width / 2, height / 2)
    cosine, sine = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    return np.asarray(corners @ np.array([(cosine, sine), (-sine, cosine)]) + (x, y), np.float32)


def answered(*corners: Corners) -> NDArray[np.float32]:
    """Maps as a network without fault would give them."""
    heat, _, ways = targets.maps(tuple(Row(each, wanted=True) for each in corners))
    return np.concatenate([(12 * heat - 6)[None], ways[:8]]).astype(np.float32)


def test_both_sides_measure_alike() -> None:
    assert (finder.STRIDE, finder.UNIT) == (targets.STRIDE, targets.UNIT)


@pytest.mark.parametrize(
    "corners",
    [
        [flat(160, 120, 90, 30)],
        [flat(160, 120, 240, 50, turn=-14)],
        [flat(100, 100, 70, 24), flat(100, 130, 80, 24)],
        [flat(100, 100, 30, 9, turn=6), flat(99, 111, 34, 9, turn=6)],
        [flat(60, 60, 18, 5), flat(220, 180, 120, 40)],
    ],
)
def test_every_row_is_found_once_and_where_it_is(corners: list[Corners]) -> None:
    found = rows(answered(*corners))
    assert len(found) == len(corners)
    for wanted in corners:
        nearest = min(found, key=lambda quad: float(np.abs(quad - wanted).max()))
        assert np.abs(nearest - wanted).max() < 0.5


def test_nothing_is_found_in_nothing() -> None:
    assert rows(answered()) == []


@pytest.mark.slow
def test_the_committed_finder_finds_the_rows_of_clear_plates() -> None:
    scenes = _clear(40)
    reader = Finder()
    wanted = found = 0
    for scene in scenes:
        places = [Place(quad) for quad in reader.lines(np.repeat(scene.picture[..., None], 3, axis=2), SHAPE[0])]
        for row in scene.rows:
            if row.wanted:
                wanted += 1
                found += any(_about(Place(row.corners), place) for place in places)
    assert wanted > 40
    assert found / wanted > 0.9


def _clear(count: int) -> list[Scene]:
    stage, rng = Stage(70_001, held_out=True, fonts=False, faces=8, backdrops=1), random.Random(5)
    return [stage.portrait(writing(rng), Manner(0.25, 0.0, hide=False, least=100)) for _ in range(count)]


def _about(row: Place, place: Place) -> bool:
    return within(row, place) and 0.6 * row.width < place.width < 1.8 * row.width


@pytest.mark.slow
def test_boxes_are_in_pixels_of_the_picture_whatever_its_size() -> None:
    scene = _clear(1)[0]
    large = np.repeat(np.repeat(np.repeat(scene.picture[..., None], 3, axis=2), 3, axis=0), 3, axis=1)
    quads = Finder().lines(np.asarray(large), SHAPE[0])
    assert any(_about(Place(3 * row.corners), Place(quad)) for row in scene.rows for quad in quads if row.wanted)
