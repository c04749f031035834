"""From a checkpoint to what the reader loads: `strokes.onnx` or `finder.onnx`, its card and its hash."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from simulator.training import find, train
from simulator.training.card import finder_card, strokes_card
from simulator.training.finder import Finder
from simulator.training.network import Strokes

HASHES: Final = "hashes.json"
_OPSET: Final = 17
_Axes = dict[str, dict[int, str]]


def export(start: Path, out: Path, *, count: int = 10_000) -> dict[str, Any]:
    """Write `strokes.onnx`, `card.md` and the hash in HASHES under `out`; the figures that stand in the card.

    Raises OSError where a file cannot be read or written.
    """
    network, figures = _restored(Strokes(), start, count)
    axes = {"lines": {0: "count", 3: "columns"}, "logits": {0: "count", 1: "steps"}}
    _written(network, torch.zeros(2, 1, 32, 64), axes, out / "strokes.onnx")
    figures["exact"] = train.exact_by_band(network, train.held_out(count)) if count else {}
    (out / "card.md").write_text(strokes_card(figures), encoding="utf-8")
    return figures


def export_finder(start: Path, out: Path, *, count: int = 1_000) -> dict[str, Any]:
    """Write `finder.onnx`, `finder.md` and the hash in HASHES under `out`; the figures that stand in the card.

    Raises OSError where a file cannot be read or written.
    """
    network, figures = _restored(Finder(), start, count)
    sides = {0: "count", 2: "rows", 3: "columns"}
    _written(network, torch.zeros(1, 1, 64, 96), {"pictures": sides, "maps": sides}, out / "finder.onnx")
    figures["cost"] = find.cost_on(network, find.held_out(count)) if count else None
    (out / "finder.md").write_text(finder_card(figures), encoding="utf-8")
    return figures


def _restored(network: nn.Module, start: Path, count: int) -> tuple[nn.Module, dict[str, Any]]:
    state = torch.load(start, weights_only=True)
    network.load_state_dict(state["mean"])
    network.eval()
    parameters = sum(p.numel() for p in network.parameters())
    return network, {"parameters": parameters, "runs": state["runs"], "count": count}


def _written(network: nn.Module, example: torch.Tensor, axes: _Axes, path: Path) -> None:
    """The network as ONNX, and its hash beside those of the other weights."""
    path.parent.mkdir(parents=True, exist_ok=True)
    inside, outside = axes
    torch.onnx.export(
        network, (example,), str(path), input_names=[inside], output_names=[outside], dynamic_axes=axes,
        opset_version=_OPSET, dynamo=False,
    )  # fmt: skip
    book = path.with_name(HASHES)
    hashes = json.loads(book.read_text(encoding="utf-8")) if book.is_file() else {}
    hashes[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    book.write_text(json.dumps(hashes, indent=2, sort_keys=True) + "\n", encoding="utf-8")
