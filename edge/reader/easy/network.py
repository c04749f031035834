"""A torch module that does what a graph says: the one definition of our network is its ONNX file. Needs torch."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn

from edge.reader.easy.graph import PLAIN, Step

_PLAIN: Final = {name: getattr(torch, name.lower()) for name in PLAIN}


class Model(nn.Module):
    """As EasyOCR makes it: `num_class` counts CTC's blank, `steps` are those of `edge.reader.easy.graph`."""

    def __init__(self, num_class: int, steps: Sequence[Step]) -> None:
        super().__init__()
        self.steps = tuple(steps)
        self.convs = nn.ModuleList(nn.Conv2d(**step["conv"]) for step in steps if step["does"] == "Conv")
        if self.convs[-1].out_channels != num_class:
            raise ValueError(f"{num_class} symbols for a network of {self.convs[-1].out_channels}")

    def forward(self, lines: Tensor, _text: Tensor | None = None) -> Tensor:
        """Logits, count x steps x symbols, of lines, count x 1 x rows x columns in -1..1."""
        values, convs = [lines], iter(self.convs)
        for step in self.steps:
            values.append(_done(step, [values[number] for number in step["of"]], convs))
        return values[-1]


def _done(step: Step, values: Sequence[Tensor], convs: Iterator[Any]) -> Tensor:
    does = step["does"]
    if does == "Conv":
        return next(convs)(*values)
    if does == "Number":
        return torch.tensor(step["value"])
    if does == "ReduceMean":
        return values[0].mean(dim=step["axes"], keepdim=step["keep"])
    if does == "Squeeze":
        return values[0].squeeze(step["axes"])
    if does == "Transpose":
        return values[0].permute(step["order"])
    return _PLAIN[does](*values)
