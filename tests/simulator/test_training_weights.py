"""The committed line recogniser: the file of its card, its contract, and that it reads lines drawn now."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from simulator.training.lines import CLEAR, Artist, padded
from simulator.training.texts import STRANGE, SYMBOLS

WEIGHTS: Final = Path(__file__).parents[2] / "edge" / "reader" / "weights"
SIZE_MAX: Final = 4_000_000
Logits = NDArray[np.float32]


@pytest.fixture(scope="module")
def read() -> Callable[[NDArray[np.uint8]], Logits]:
    """Logits of pictures (count x 32 x width)."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(WEIGHTS / "strokes.onnx"), options)

    def logits(pictures: NDArray[np.uint8]) -> Logits:
        lines = (pictures[:, None].astype(np.float32) / 255 - 0.5) / 0.5
        return np.asarray(session.run(["logits"], {"lines": lines})[0], np.float32)

    return logits


def said(logits: Logits) -> str:
    """The most probable symbol of each step, repeats and blanks taken out."""
    best = logits.argmax(axis=1)
    kept = (best != 0) & np.insert(best[1:] != best[:-1], 0, values=True)
    return "".join(SYMBOLS[number - 1] for number in best[kept])


def test_the_weights_are_those_of_the_hash_and_small() -> None:
    content = (WEIGHTS / "strokes.onnx").read_bytes()
    hashes = json.loads((WEIGHTS / "hashes.json").read_text())
    assert hashlib.sha256(content).hexdigest() == hashes["strokes.onnx"]
    assert len(content) <= SIZE_MAX


def test_the_card_says_how_the_weights_came_to_be() -> None:
    text = (WEIGHTS / "card.md").read_text()
    for part in ("no photograph", "## Runs", "## Faces and licences", "| clear |"):
        assert part in text


@pytest.mark.parametrize("width", [32, 80, 320])
def test_a_step_is_four_columns_and_a_class_every_symbol_and_the_blank(
    read: Callable[[NDArray[np.uint8]], Logits], width: int
) -> None:
    assert read(np.zeros((2, 32, width), np.uint8)).shape == (2, width // 4, 1 + len(SYMBOLS))


def test_it_reads_clear_lines_in_faces_that_it_never_saw(read: Callable[[NDArray[np.uint8]], Logits]) -> None:
    artist = Artist(20_261_123, held_out=True, faces=8, fonts=False, scenes=0)
    lines = [artist.line(CLEAR) for _ in range(120)]
    right = [said(read(padded([line.picture]))[0]) == line.label for line in lines if STRANGE not in line.label]
    assert sum(right) >= 0.82 * len(right), "its card says 90 % of all such faces"


def test_the_same_line_reads_the_same_alone_and_beside_a_longer_one(
    read: Callable[[NDArray[np.uint8]], Logits],
) -> None:
    artist = Artist(5, faces=4, fonts=False, scenes=0)
    lines = [artist.line(CLEAR).picture for _ in range(30)]
    wide = np.zeros((32, 160), np.uint8)
    same = [said(read(padded([line]))[0]) == said(read(padded([line, wide]))[0]) for line in lines]
    assert sum(same) >= 26
