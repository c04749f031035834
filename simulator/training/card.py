"""The card beside the weights: what they are, what they were trained on, what they reach, under which licences."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from simulator.training.faces import HELD_OUT, TRAINED_ON

_HEAD: Final = """# strokes.onnx

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


def card(figures: Mapping[str, Any]) -> str:
    """The card as Markdown; `figures` as `export` gives them."""
    exact = "".join(f"| {band} | {100 * share:.2f} % |\n" for band, share in figures["exact"].items())
    table = (
        f"\n## Held-out lines read exactly, without the grammar\n\n| Band | Exact |\n|---|---|\n{exact}"
        if exact
        else ""
    )
    runs = figures["runs"]
    sums = {name: sum(run[name] for run in runs) for name in ("drawn", "learnt")}
    head = _HEAD.format(parameters=figures["parameters"], count=figures["count"], **sums)
    return head + table + _BANDS + _runs(runs) + _faces()


_BANDS: Final = """
*clear*: plate at least 100 pixels wide, nothing hidden; *worn*: paint gone, dirt, wires, capitals down to 9 pixels;
*wild*: all of it at full strength, capitals down to 6.5 pixels, some beyond anybody's reading.
"""


def _runs(runs: Sequence[Mapping[str, Any]]) -> str:
    """How the weights came to be, run by run."""
    rows = "".join(
        f"| {run['seed']} | {run['rate']} | {run['minutes']} | {run['steps']:,} | {run['drawn']:,} |\n" for run in runs
    )
    return (
        "\n## Runs, each going on from the one before\n\nA seed draws the same lines again; how many are learnt from "
        "in a minute depends on the machine.\n\n"
        f"| Seed | Highest rate | Minutes | Steps | Lines drawn |\n|---|---|---|---|---|\n{rows}"
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
    return trained + [(name, licence, "held-out lines") for name, licence in sorted(HELD_OUT.items())]
