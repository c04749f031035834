"""EasyOCR itself as a reader, for a machine with the extra `easyocr`: `python -m unittest tests.edge.easyocr_extra`.

Not collected by the usual suite, which must pass without torch. BARIE_LINES says how many drawn lines are compared.
"""

import io
import os
import pickle
import socket
import sys
import tempfile
import unittest
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper

from edge.reader.easy import own, stock
from edge.reader.easy.ear import Ear
from edge.reader.easy.graph import graph
from edge.reader.easy.network import Model
from edge.reader.easy.own import NETWORK, EasyStrokes
from edge.reader.kept import kept, network
from edge.reader.layout import Place
from edge.reader.networks import WeightsMissingError
from edge.reader.strokes import NAME, ROWS, SYMBOLS, Strokes, fitted
from edge.reader.symbols import ALPHABET, BLANK
from simulator.training.lines import Artist
from simulator.training.network import Strokes as Trained
from simulator.training.train import held_out

LINES = int(os.environ.get("BARIE_LINES", "300"))
ALIKE = 1e-3  # of a probability


def said(matrix: NDArray[np.float32], symbols: Sequence[str] = SYMBOLS, blank: int = 0) -> str:
    """The most probable symbol of each moment, repeats and blanks taken out."""
    best = matrix.argmax(axis=1)
    first = (best != blank) & np.insert(best[1:] != best[:-1], 0, values=True)
    return "".join(symbols[number] for number in best[first])


@contextmanager
def no_network() -> Iterator[None]:
    """Anything that opens a connection fails."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a connection is opened")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refused)
        patch.setattr(socket, "getaddrinfo", refused)
        yield


@contextmanager
def temporary() -> Iterator[Path]:
    """Where temporary files are made."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


class Touches:
    """A pickle of it makes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self._path),)


class TheNetwork(unittest.TestCase):
    """Its one definition is the ONNX file."""

    def test_it_answers_as_what_was_trained(self) -> None:
        torch.manual_seed(4)
        trained = Trained().eval()
        for layer in trained.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):  # fresh ones change nothing
                torch.nn.init.uniform_(layer.weight, 0.5, 1.5)
                torch.nn.init.normal_(layer.bias)
                torch.nn.init.normal_(layer.running_mean)
                torch.nn.init.uniform_(layer.running_var, 0.5, 2.0)
        file = io.BytesIO()
        torch.onnx.export(
            trained, (torch.zeros(2, 1, 32, 64),), file, input_names=["lines"], output_names=["logits"],
            dynamic_axes={"lines": {0: "count", 3: "columns"}}, opset_version=17, dynamo=False,
        )  # fmt: skip
        found = graph(file.getvalue())
        model = Model(1 + len(SYMBOLS[1:]), found.steps).eval()
        model.load_state_dict({name: torch.tensor(each) for name, each in found.weights.items()})
        for count, width in ((1, 32), (3, 72), (2, 320)):
            lines = torch.rand(count, 1, 32, width) * 2 - 1
            with torch.no_grad():
                torch.testing.assert_close(model(lines), trained(lines), rtol=1e-3, atol=1e-3)

    def test_a_graph_that_nobody_knows_is_refused_by_name(self) -> None:
        ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("lines", "logits")]
        odd = helper.make_node("Erf", ["lines"], ["logits"], name="/odd")
        model = helper.make_model(helper.make_graph([odd], "net", ends[:1], ends[1:]))
        with pytest.raises(WeightsMissingError, match="/odd: the operator Erf"):
            graph(model.SerializeToString())

    def test_an_alphabet_of_another_length_is_refused(self) -> None:
        with pytest.raises(ValueError, match="37 symbols for a network of 38"):
            Model(37, graph(kept(NAME)).steps)


class OwnNetwork(unittest.TestCase):
    """Through EasyOCR's custom networks."""

    def test_it_reads_drawn_lines_as_onnxruntime_does(self) -> None:
        ear, session = Ear(own.reader(1), ROWS), network(NAME, 1)
        texts = set()
        for drawn in held_out(LINES):
            line = fitted(drawn.picture).picture
            ((text, matrix),) = ear.read([line])
            logits = session.run(None, {"lines": line[None, None].astype(np.float32) / 127.5 - 1.0})[0][0]
            shares = torch.softmax(torch.tensor(logits), dim=1).numpy()
            assert np.abs(shares - matrix).max() < ALIKE
            assert text == said(shares) == said(matrix)
            texts.add(text)
        assert len(texts) > LINES // 3, "not the same for all"

    def test_it_reads_the_lines_of_a_picture_as_our_reader_does(self) -> None:
        artist = Artist(11, held_out=True, faces=10, fonts=False)
        drawn = [artist.line().picture for _ in range(20)]  # more than are read together
        picture = np.zeros((40 * len(drawn), 330, 3), np.uint8)
        places = []
        for number, line in enumerate(drawn):
            y, width = 40 * number, line.shape[1]
            picture[y : y + ROWS, :width] = line[:, :, None]
            places.append(Place(np.array([(0, y), (width, y), (width, y + ROWS), (0, y + ROWS)], np.float32)))
        ours, theirs = (each.read_lines(picture, places) for each in (Strokes(), EasyStrokes()))
        assert len(theirs) == len(places)
        for one, other in zip(ours, theirs, strict=True):
            assert one.shape == other.shape
            assert np.abs(one - other).max() < ALIKE

    def test_no_connection_is_opened_and_nothing_stays_behind(self) -> None:
        paths = list(sys.path)
        with temporary() as folder, no_network():
            ear = Ear(own.reader(1), ROWS)
            assert ear.read([np.zeros((32, 64), np.uint8)])
            assert list(folder.iterdir()) == []
        assert sys.path == paths

    def test_a_pickle_that_was_exchanged_is_not_opened(self) -> None:
        whole = own.written

        def exchanged(folder: Path, data: bytes) -> str:
            digest = whole(folder, data)
            (folder / f"{NETWORK}.pth").write_bytes(pickle.dumps(Touches(folder.parent / "made")))
            return digest

        with temporary() as folder, pytest.MonkeyPatch.context() as patch:
            patch.setattr(own, "written", exchanged)
            with pytest.raises(WeightsMissingError, match="not opened"):
                own.reader(1)
            assert list(folder.iterdir()) == []

    def test_a_pickle_of_anything_but_numbers_does_nothing(self) -> None:
        """Even one whose hash is right."""
        with temporary() as folder:
            made = folder / "made"

            def written(where: Path, data: bytes) -> str:
                own_written(where, data)
                torch.save({"module.convs.0.weight": Touches(made)}, where / f"{NETWORK}.pth")
                return ""

            own_written = own.written
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(own, "written", written)
                patch.setattr(own, "checked", lambda *_: None)
                with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
                    own.reader(1)
            assert not made.exists()
            torch.save(Touches(made), folder / "whole.pth")
            torch.load(folder / "whole.pth", weights_only=False)
            assert made.exists(), "it would have"


@unittest.skipUnless(
    all((stock.home() / "model" / name).is_file() for name in stock.WEIGHTS), "no weights of EasyOCR's"
)
class StockWeights(unittest.TestCase):
    """Where EASYOCR_MODULE_PATH or the home folder has them."""

    def test_they_find_and_read_a_line_without_a_connection(self) -> None:
        picture = np.full((240, 320, 3), 230, np.uint8)
        cv2.putText(picture, "51F 12345", (40, 140), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (20, 20, 20), 3)
        with no_network():
            reader = stock.Stock()
            (quad,) = reader.lines(picture, 192)
            (matrix,) = reader.read_lines(picture, [Place(quad)])
        assert said(matrix, (*ALPHABET, "?"), blank=BLANK) == "51F12345"


if __name__ == "__main__":
    unittest.main()
