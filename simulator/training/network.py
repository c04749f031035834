"""The recogniser of one line: a small convolutional network read by CTC. Needs torch (extra `train`).

Input N x 1 x 32 x W, grey as (v/255 - 0.5)/0.5; output N x W/4 x 38 logits: CTC's blank, digits, letters, and one class
for every other sign.
"""

from typing import Final

import torch
from torch import Tensor, nn

from simulator.training.texts import SYMBOLS

BLANK: Final = 0
_MIXED: Final = 192


def conv(
    inside: int, outside: int, kernel: tuple[int, int], stride: tuple[int, int], pad: tuple[int, int]
) -> nn.Sequential:
    """A convolution, its scale, and its threshold."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, kernel, stride, pad, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True)
    )


class Kept(nn.Module):
    """A step whose input is added to its output."""

    def __init__(self, *steps: nn.Module) -> None:
        super().__init__()
        self.steps = nn.Sequential(*steps)

    def forward(self, inside: Tensor) -> Tensor:
        outside: Tensor = inside + self.steps(inside)
        return outside


def _mixer(channels: int, wide: int) -> Kept:
    """Looks seven steps along the line, then mixes channels."""
    return Kept(
        nn.Conv2d(channels, channels, (1, 7), padding=(0, 3), groups=channels, bias=False),
        nn.BatchNorm2d(channels),
        nn.Conv2d(channels, wide, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(wide, channels, 1),
    )


class Strokes(nn.Module):
    """About 0.65 million parameters; every step along the line is four columns of the picture."""

    def __init__(self, symbols: int = len(SYMBOLS) + 1) -> None:
        super().__init__()
        self.eyes = nn.Sequential(
            conv(1, 24, (3, 3), (2, 2), (1, 1)),  # 16 rows, half the columns
            conv(24, 40, (3, 3), (2, 1), (1, 1)),  # 8 rows
            conv(40, 64, (3, 3), (1, 2), (1, 1)),  # a quarter of the columns
            Kept(conv(64, 64, (3, 3), (1, 1), (1, 1))),
            conv(64, 112, (3, 3), (2, 1), (1, 1)),  # 4 rows
            conv(112, _MIXED, (4, 3), (1, 1), (0, 1)),  # 1 row
        )
        self.line = nn.Sequential(_mixer(_MIXED, 320), _mixer(_MIXED, 320))
        self.last = nn.Conv2d(_MIXED, symbols, 1)

    def forward(self, lines: Tensor) -> Tensor:
        """Logits N x W/4 x symbols. Each picture is first brought to mean 0 and deviation 1: night and glare alike."""
        centred = lines - lines.mean(dim=(1, 2, 3), keepdim=True)
        even = centred * torch.rsqrt(centred.square().mean(dim=(1, 2, 3), keepdim=True) + 1e-3)
        logits: Tensor = self.last(self.line(self.eyes(even)))
        return logits.squeeze(2).transpose(1, 2)
