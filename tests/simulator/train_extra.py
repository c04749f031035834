"""The training itself, for a machine with the extra `train`: `python -m unittest tests.simulator.train_extra`.

Not collected by the usual suite, which must pass without torch.
"""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from simulator.training import find
from simulator.training.export import HASHES, export, export_finder
from simulator.training.finder import Finder
from simulator.training.lines import CLEAR, Artist, padded
from simulator.training.network import Strokes
from simulator.training.plan import Plan
from simulator.training.stock import tensor
from simulator.training.train import collapsed, train


class Training(unittest.TestCase):
    """A minute of it."""

    def test_a_step_of_the_line_is_four_columns(self) -> None:
        with torch.no_grad():
            logits = Strokes().eval()(torch.zeros(3, 1, 32, 72))
        assert logits.shape == (3, 18, 38)

    def test_repeats_need_a_blank_between(self) -> None:
        assert collapsed([0, 1, 1, 0, 1, 11, 37]) == "00A#"

    def test_it_learns_goes_on_and_is_exported_as_it_is(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            first = train(Plan(1, 0.25, out, checked=60, pause_s=5, fonts=False))
            second = train(Plan(2, 0.35, out, checked=60, pause_s=5, fonts=False, start=out / "strokes.pt"))
            assert second["loss"] < first["loss"], "what was learnt is kept"
            runs = export(out / "strokes.pt", out, count=0)["runs"]
            assert [run["seed"] for run in runs] == [1, 2]
            assert "strokes.onnx" in json.loads((out / HASHES).read_text())
            self._same(out)

    def test_the_finder_learns_and_is_exported_as_it_is(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            first = find.train(Plan(1, 0.3, out, checked=16, pause_s=5, fonts=False))
            second = find.train(Plan(2, 0.3, out, checked=16, pause_s=5, fonts=False, start=out / "finder.pt"))
            assert second["loss"] < first["loss"], "what was learnt is kept"
            assert len(export_finder(out / "finder.pt", out, count=0)["runs"]) == 2
            network = Finder()
            network.load_state_dict(torch.load(out / "finder.pt", weights_only=True)["mean"])
            pictures = np.random.default_rng(1).uniform(-1, 1, (1, 1, 96, 160)).astype(np.float32)
            with torch.no_grad():
                wanted = network.eval()(torch.from_numpy(pictures)).numpy()
            maps = onnxruntime.InferenceSession(str(out / "finder.onnx")).run(None, {"pictures": pictures})[0]
            assert maps.shape == (1, 9, 24, 40)
            assert np.abs(maps - wanted).max() < 1e-3

    def _same(self, out: Path) -> None:
        network = Strokes()
        network.load_state_dict(torch.load(out / "strokes.pt", weights_only=True)["mean"])
        session = onnxruntime.InferenceSession(str(out / "strokes.onnx"))
        artist = Artist(9, faces=2, fonts=False, scenes=0)
        for _ in range(5):
            lines = tensor(padded([artist.line(CLEAR).picture for _ in range(2)]))
            with torch.no_grad():
                wanted = network.eval()(torch.from_numpy(lines)).numpy()
            assert np.abs(session.run(None, {"lines": lines})[0] - wanted).max() < 1e-3


if __name__ == "__main__":
    unittest.main()
