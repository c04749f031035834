"""From a checkpoint to what the reader loads: `strokes.onnx`, its card and its hash."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import torch

from simulator.training.card import card
from simulator.training.network import Strokes
from simulator.training.train import exact_by_band, held_out

NAME: Final = "strokes.onnx"
HASHES: Final = "hashes.json"
_OPSET: Final = 17


def export(start: Path, out: Path, *, count: int = 10_000) -> dict[str, Any]:
    """Write NAME, `card.md` and the hash in HASHES under `out`; the figures that stand in the card.

    Raises OSError where a file cannot be read or written.
    """
    state = torch.load(start, weights_only=True)
    network = Strokes()
    network.load_state_dict(state["mean"])
    network.eval()
    out.mkdir(parents=True, exist_ok=True)
    path = out / NAME
    torch.onnx.export(
        network, (torch.zeros(2, 1, 32, 64),), str(path), input_names=["lines"], output_names=["logits"],
        dynamic_axes={"lines": {0: "count", 3: "columns"}, "logits": {0: "count", 1: "steps"}},
        opset_version=_OPSET, dynamo=False,
    )  # fmt: skip
    figures = {
        "parameters": sum(p.numel() for p in network.parameters()),
        "runs": state["runs"],
        "count": count,
        "exact": exact_by_band(network, held_out(count)) if count else {},
    }
    (out / "card.md").write_text(card(figures), encoding="utf-8")
    _hashed(out, path)
    return figures


def _hashed(out: Path, path: Path) -> None:
    """The hash of the file beside those of the other weights."""
    book = out / HASHES
    hashes = json.loads(book.read_text(encoding="utf-8")) if book.is_file() else {}
    hashes[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    book.write_text(json.dumps(hashes, indent=2, sort_keys=True) + "\n", encoding="utf-8")
