"""Weights and figures that come with barie are what was committed, or are not used."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from edge.reader import kept
from edge.reader.certainty import NAME, PATHS, TRAITS
from edge.reader.layout import Place
from edge.reader.networks import WeightsMissingError
from edge.reader.strokes import ROWS, Strokes, cut_grey
from edge.reader.symbols import COLUMNS


def test_every_file_is_what_its_hash_names() -> None:
    hashes = json.loads((kept.FOLDER / kept.HASHES).read_bytes())
    assert hashes
    for name, digest in hashes.items():
        assert hashlib.sha256((kept.FOLDER / name).read_bytes()).hexdigest() == digest, name
        assert kept.kept(name)


def test_an_altered_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"weights")
    (tmp_path / kept.HASHES).write_text(json.dumps({"net.onnx": hashlib.sha256(b"weights").hexdigest()}))
    assert kept.kept("net.onnx", tmp_path) == b"weights"
    (tmp_path / "net.onnx").write_bytes(b"weight5")
    with pytest.raises(WeightsMissingError, match=r"net\.onnx: not the file"):
        kept.kept("net.onnx", tmp_path)


@pytest.mark.parametrize("name", ["other.onnx", "net.onnx"])
def test_a_file_without_a_hash_or_a_hash_without_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "net.onnx").write_bytes(b"weights")
    (tmp_path / kept.HASHES).write_text("{}")
    with pytest.raises(WeightsMissingError, match=name):
        kept.kept(name, tmp_path)


def test_no_hashes_no_weights(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"weights")
    with pytest.raises(WeightsMissingError, match=kept.HASHES):
        kept.kept("net.onnx", tmp_path)


def place(x: float, y: float, width: float, height: float) -> Place:
    return Place(np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32))


def test_our_network_gives_probabilities_of_every_line() -> None:
    """Lines of any size go in together and come out alone: what stands beside them changes nothing."""
    picture = np.random.default_rng(3).integers(0, 256, (400, 1200, 3), np.uint8)
    places = [place(10, 10, 90, 40), place(0, 60, 1150, 20), place(5, 100, 30, 90), place(100, 200, 200, 160)]
    together = Strokes().read_lines(picture, places)
    assert [each.shape[1] for each in together] == [COLUMNS] * 4
    assert all(np.allclose(each.sum(axis=1), 1.0, atol=1e-3) for each in together)
    alone = Strokes().read_lines(picture, places[:1])[0]
    assert together[0].shape == alone.shape


def test_a_large_line_is_shrunk_by_areas() -> None:
    """Fine stripes become even grey instead of a pattern that is not there."""
    picture = np.zeros((320, 640, 3), np.uint8)
    picture[:, ::2] = 255
    line = cut_grey(picture, place(0, 0, 640, 320))
    assert line.shape == (ROWS, 64)
    assert line[4:-4, 4:-4].std() < 8
    assert 120 < line[4:-4, 4:-4].mean() < 135


def test_the_figures_of_certainty_are_complete_and_count_the_right_way() -> None:
    table = kept.figures(NAME)
    assert set(table) == {*PATHS, "character", "others"}
    assert 0 < table["others"]["listed"] < 1
    for path in PATHS:
        figures = table[path]
        assert set(figures) == {*TRAITS, "bias", "sure"}
        assert all(figures[name] >= 0 for name in ("weakest", "second", "margin", "height", "agreed", "whole"))
        assert figures["price"] <= 0
        assert 0.9 < figures["sure"] < 1
    assert table["character"]["heard"] > 0
