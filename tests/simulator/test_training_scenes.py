"""Scenes drawn for the finder: where their rows are, what they say, that they can be drawn again; without torch."""

import random

import numpy as np
import pytest

from simulator.training.lines import Corners
from simulator.training.scenes import SHAPE, Manner, Row, Stage
from simulator.training.targets import STRIDE, UNIT, maps
from simulator.training.texts import label, word, writing

CLEAR = Manner(0.2, 0.0, hide=False, least=100, most=160)


@pytest.fixture
def stage() -> Stage:
    """One that needs no face of this machine."""
    return Stage(3, faces=4, fonts=False, backdrops=1)


def box(x: float, y: float, width: float, height: float) -> Corners:
    return np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], np.float32)


def test_the_same_seed_draws_the_same_scenes() -> None:
    one, again = (Stage(5, faces=2, fonts=False, backdrops=0) for _ in range(2))
    for _ in range(3):
        first, second = one.scene(), again.scene()
        assert np.array_equal(first.picture, second.picture)
        assert first.texts == second.texts


def test_scenes_have_none_one_or_several_plates_and_words_that_nobody_looks_for(stage: Stage) -> None:
    scenes = [stage.scene() for _ in range(60)]
    assert all(scene.picture.shape == SHAPE and scene.picture.dtype == np.uint8 for scene in scenes)
    assert {0, 1, 2} <= {len(scene.texts) for scene in scenes}
    assert any(not row.wanted for scene in scenes for row in scene.rows)


def test_a_plate_stands_whole_on_its_portrait_with_ink_in_its_rows(stage: Stage) -> None:
    rng = random.Random(4)
    for _ in range(40):
        text = writing(rng)
        if text.shape == "none":
            continue
        scene = stage.portrait(text, CLEAR)
        assert scene.texts == ("".join(label(line) for line in text.lines),)
        for row in scene.rows[: len(text.lines)]:
            assert row.corners.min() > -2
            assert (row.corners.max(axis=0) < np.array(SHAPE[::-1]) + 2).all()
            left, top = np.maximum(row.corners.min(axis=0), 0).astype(int)
            right, low = row.corners.max(axis=0).astype(int)
            assert not row.wanted or scene.picture[top:low, left:right].std() > 2


def test_a_word_is_no_plate() -> None:
    rng = random.Random(2)
    assert {word(rng).shape for _ in range(20)} == {"none"}


def test_a_cell_in_the_middle_of_a_row_knows_the_way_to_its_corners() -> None:
    corners = box(100, 80, 90, 24)
    heat, weight, ways = maps((Row(corners, wanted=True),))
    row, column = 92 // STRIDE, 145 // STRIDE
    assert heat[row, column] == weight[row, column] == 1
    here = (np.array((column, row)) + 0.5) * STRIDE
    assert np.allclose(here + ways[:8, row, column].reshape(4, 2) * UNIT, corners, atol=1e-3)
    assert ways[8, row, column] == pytest.approx(24)


def test_between_a_row_and_the_rest_nothing_is_learnt_and_beyond_it_is_nothing() -> None:
    heat, weight, _ = maps((Row(box(100, 80, 90, 24), wanted=True),))
    edge, beyond = (82 // STRIDE, 145 // STRIDE), (130 // STRIDE, 145 // STRIDE)
    assert (heat[edge], weight[edge]) == (0, 0)
    assert (heat[beyond], weight[beyond]) == (0, 1)


def test_rows_above_one_another_stay_apart_and_low_ones_are_not_lost() -> None:
    upper, lower, tiny = box(40, 40, 60, 16), box(38, 58, 64, 16), box(200, 200, 24, 5)
    heat, _, ways = maps(tuple(Row(each, wanted=True) for each in (upper, lower, tiny)))
    assert set(np.unique(ways[8][heat > 0])) == {5.0, 16.0}
    column = "".join(str(int(cell)) for cell in heat[:, 60 // STRIDE])
    assert len(column.strip("0").split("0")) > 1, "not one block"


def test_what_nobody_has_to_find_is_neither_right_nor_wrong() -> None:
    heat, weight, ways = maps((Row(box(100, 80, 90, 24), wanted=False),))
    assert heat.max() == ways.max() == 0
    assert weight[92 // STRIDE, 145 // STRIDE] == 0
