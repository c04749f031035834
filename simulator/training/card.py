"""The cards beside the weights: what they are, what they were trained on, what they reach, under which licences."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from simulator.training.faces import HELD_OUT, TRAINED_ON

_STROKES: Final = """# strokes.onnx

Reads one line of a number plate. Written by `python -m simulator.training`, which draws everything that it learns from.

| What | |
|---|---|
| Input | `lines`: float32, N x 1 x 32 x W, grey as (v/255 - 0.5)/0.5; W a multiple of 8 from 32 to 320 |
| | shorter lines are padded on the right with their last column |
| Output | `logits`: N x W/4 x 38: CTC's blank, 0-9, A-Z, and one class for every other sign |
| | Đ is D; separators are silent |
| Parameters | {parameters:,} |
| Learnt from | {drawn:,} drawn lines, {learnt:,} looks at them; no photograph |
| Held-out lines | {count:,}, in faces and before grounds never trained on |
"""


_FINDER: Final = """# finder.onnx

Finds the rows of number plates. Written by `python -m simulator.training`, which draws everything that it learns from.

| What | |
|---|---|
| Input | `pictures`: float32, N x 1 x H x W, grey as (v/255 - 0.5)/0.5; both sides multiples of 32 |
| Output | `maps`: N x 9 x H/4 x W/4: logit of "in the middle of a row", and the way to the row's four corners |
| | (x, y, from the top left, clockwise) in units of 16 pixels |
| Parameters | {parameters:,} |
| Learnt from | {drawn:,} drawn scenes, {learnt:,} looks at them; no photograph |
| Held-out scenes | {count:,}, with faces and grounds never trained on: mean loss {cost} |
"""


def strokes_card(figures: Mapping[str, Any]) -> str:
    """The recogniser's card as Markdown; `figures` as `export` gives them."""
    exact = "".join(f"| {band} | {100 * share:.2f} % |\n" for band, share in figures["exact"].items())
    table = (
        f"\n## Held-out lines read exactly, without the grammar\n\n| Band | Exact |\n|---|---|\n{exact}"
        if exact
        else ""
    )
    head = _STROKES.format(parameters=figures["parameters"], count=figures["count"], **_sums(figures))
    return head + table + _BANDS + _runs(figures["runs"], "Lines") + _faces()


def finder_card(figures: Mapping[str, Any]) -> str:
    """The finder's card as Markdown; `figures` as `export_finder` gives them."""
    cost = "not looked at" if figures["cost"] is None else f"{figures['cost']:.3f}"
    head = _FINDER.format(parameters=figures["parameters"], count=figures["count"], cost=cost, **_sums(figures))
    return head + _runs(figures["runs"], "Scenes") + _faces()


def _sums(figures: Mapping[str, Any]) -> dict[str, int]:
    return {name: sum(run[name] for run in figures["runs"]) for name in ("drawn", "learnt")}


_BANDS: Final = """
*clear*: plate at least 100 pixels wide, nothing hidden; *worn*: paint gone, dirt, wires, capitals down to 9 pixels;
*wild*: all of it at full strength, capitals down to 6.5 pixels, some beyond anybody's reading.
"""


def _runs(runs: Sequence[Mapping[str, Any]], pieces: str) -> str:
    """How the weights came to be, run by run."""
    rows = "".join(
        f"| {run['seed']} | {run['rate']} | {run['minutes']} | {run['steps']:,} | {run['drawn']:,} |\n" for run in runs
    )
    return (
        f"\n## Runs, each going on from the one before\n\nA seed draws the same {pieces.lower()} again; how many are "
        "learnt from in a minute depends on the machine.\n\n"
        f"| Seed | Highest rate | Minutes | Steps | {pieces} drawn |\n|---|---|---|---|---|\n{rows}"
    )


def _faces() -> str:
    rows = "".join(f"| {name} | {licence} | {use} |\n" for name, licence, use in _all_faces())
    return (
        "\n## Faces and licences\n\nThe weights are ours, under the licence of this repository. Drawn in our own\n"
        "stroke glyphs, varied, and in faces that the machine of the training had; none is shipped.\n\n"
        f"| Face | Licence | Used for |\n|---|---|---|\n{rows}"
    )


def _all_faces() -> list[tuple[str, str, str]]:
    trained = [(name, licence, "training") for name, licence in sorted(TRAINED_ON.items())]
    return trained + [(name, licence, "held out") for name, licence in sorted(HELD_OUT.items())]
