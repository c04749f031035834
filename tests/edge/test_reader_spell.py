"""One text against what was heard, held against every way in which it can have been said."""

from itertools import groupby, product

import numpy as np
import pytest

from edge.reader.networks import Matrix
from edge.reader.same import Same
from edge.reader.spell import heard, said, surest
from edge.reader.symbols import ALPHABET, BLANK, COLUMNS, doubted
from tests.edge.test_reader_decode import spoken


def blurred(seed: int, moments: int, chars: str) -> Matrix:
    """Random probabilities of a few characters and of silence."""
    columns = [*map(ALPHABET.index, chars), BLANK]
    matrix = np.zeros((moments, COLUMNS), np.float32)
    matrix[:, columns] = np.random.default_rng(seed).dirichlet(np.full(len(columns), 0.5), moments)
    return matrix


def every_way(matrix: Matrix, text: str) -> float:
    """Sum over all ways to say the text: a symbol for each moment, repeats taken together, silence left out."""
    shares = np.maximum(doubted(matrix), 1e-9).astype(float)
    columns = [*{ALPHABET.index(char) for char in text}, BLANK]
    total = 0.0
    for way in product(columns, repeat=len(matrix)):
        if "".join(ALPHABET[i] for i, _ in groupby(way) if i != BLANK) == text:
            total += float(np.prod(shares[range(len(way)), way]))
    return total


@pytest.mark.parametrize("text", ["A1", "11", "1A1", "A", "111"])
@pytest.mark.parametrize("seed", range(4))
def test_the_probability_of_a_text_is_the_sum_of_all_ways_to_say_it(text: str, seed: int) -> None:
    matrix = blurred(seed, 6, "A1")
    assert said([matrix], [text])[0, 0] == pytest.approx(np.log(every_way(matrix, text)))


def test_texts_and_readings_of_every_length_together_are_what_each_is_alone() -> None:
    readings = [blurred(seed, moments, "30AK1") for seed, moments in enumerate((5, 30, 17, 9))]
    texts = ["30A1", "A", "30K11", "11"]
    together = said(readings, texts)
    alone = [[said([reading], [text])[0, 0] for text in texts] for reading in readings]
    assert together == pytest.approx(np.array(alone))
    for text in texts:
        one_by_one = np.concatenate([heard([reading], text) for reading in readings])
        assert heard(readings, text) == pytest.approx(one_by_one)


def test_the_probability_of_one_text() -> None:
    line = spoken("3", "0", {"A": 0.75, "K": 0.25}, *"12345")
    assert said([line], ["30A12345", "30K12345"])[0] == pytest.approx(np.log([0.75, 0.25]), abs=0.05)
    assert said([line], ["30A1234"])[0, 0] < -10
    held = np.concatenate([line[:2], line[1:]])
    assert said([held], ["330A12345"])[0, 0] < -10, "one sound held for two moments is one character"
    assert said([np.concatenate([spoken(*"3A"), spoken(*"1199")])], ["3A1199"])[0, 0] == pytest.approx(0.0, abs=0.05)


def test_a_long_doubtful_line_keeps_its_probability() -> None:
    """Four hundred moments of which none is sure: their product is no number that a float can hold."""
    line = np.full((400, COLUMNS), 1e-4, np.float32)
    line[:, BLANK] = 0.02
    line[200, ALPHABET.index("7")] = 0.02
    assert surest([line])[0] == pytest.approx(400 * np.log(0.02), rel=1e-4)
    silence, seven = said([line, spoken("7")], ["8", "7"])[0]
    assert seven > silence
    assert seven == pytest.approx(float(surest([line])[0]), abs=1.5)


def test_each_character_has_its_own_moment() -> None:
    line = spoken("3", {"0": 0.6, "D": 0.4}, "A", {"1": 0.9}, "1")
    assert heard([line], "30A11")[0] == pytest.approx([1.0, 0.6, 1.0, 0.9, 1.0])


def test_matrices_are_the_same_where_they_are_the_same_object() -> None:
    one, twin = spoken("1"), spoken("1")
    assert Same([one, twin]) == Same([one, twin])
    assert hash(Same([one, twin])) == hash(Same([one, twin]))
    assert Same([one]) != Same([twin])
    assert Same([one]) != Same([one, one])
    assert Same([one]) != (one,)
