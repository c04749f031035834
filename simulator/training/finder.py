"""The finder of rows: a small convolutional network over a grey picture. Needs torch (extra `train`).

Input N x 1 x H x W, grey as (v/255 - 0.5)/0.5, both sides multiples of 32; output N x 9 x H/4 x W/4: the logit of "in
the middle of a row", and the way from here to the row's four corners (x, y, from the top left, clockwise) in units of
`UNIT` pixels.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from simulator.training.network import Kept, conv
from simulator.training.targets import UNIT

_NECK: Final = 48
_DEEP: Final = 96


def _wide_look(channels: int, wide: int, side: int = 7) -> Kept:
    """Looks `side` cells around, then mixes channels."""
    return Kept(
        nn.Conv2d(channels, channels, side, padding=side // 2, groups=channels, bias=False),
        nn.BatchNorm2d(channels),
        nn.Conv2d(channels, wide, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(wide, channels, 1),
    )


def _lateral(inside: int) -> nn.Conv2d:
    return nn.Conv2d(inside, _NECK, 1)


class Finder(nn.Module):
    """About a third of a million parameters; sees a plate among its surroundings at four scales."""

    def __init__(self) -> None:
        super().__init__()
        self.quarter = nn.Sequential(
            conv(1, 16, (3, 3), (2, 2), (1, 1)), conv(16, 32, (3, 3), (2, 2), (1, 1)),
            Kept(conv(32, 32, (3, 3), (1, 1), (1, 1))),
        )  # fmt: skip
        self.eighth = nn.Sequential(conv(32, 64, (3, 3), (2, 2), (1, 1)), Kept(conv(64, 64, (3, 3), (1, 1), (1, 1))))
        self.sixteenth = nn.Sequential(
            conv(64, _DEEP, (3, 3), (2, 2), (1, 1)), _wide_look(_DEEP, 192), _wide_look(_DEEP, 192)
        )
        self.far = nn.Sequential(
            conv(_DEEP, _DEEP, (3, 3), (2, 2), (1, 1)), _wide_look(_DEEP, 192), _wide_look(_DEEP, 192)
        )
        self.laterals = nn.ModuleList([_lateral(32), _lateral(64), _lateral(_DEEP), _lateral(_DEEP)])
        self.last = nn.Sequential(nn.ReLU(inplace=True), _wide_look(_NECK, 96, 3), nn.Conv2d(_NECK, 9, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        """Maps N x 9 x H/4 x W/4; see the module."""
        quarter = self.quarter(pictures)
        eighth = self.eighth(quarter)
        sixteenth = self.sixteenth(eighth)
        levels = (quarter, eighth, sixteenth, self.far(sixteenth))
        joined = self.laterals[3](levels[3])
        for level in (2, 1, 0):
            joined = interpolate(joined, scale_factor=2.0, mode="nearest") + self.laterals[level](levels[level])
        maps: Tensor = self.last(joined)
        return maps


def loss(maps: Tensor, heat: Tensor, weight: Tensor, ways: Tensor) -> Tensor:
    """Of N x 9 x h x w against targets: `heat` and its `weight` N x h x w, `ways` N x 9 x h x w whose last channel is
    the row's height in pixels, 0 outside of rows."""
    hit = nn.functional.binary_cross_entropy_with_logits(maps[:, 0], heat, reduction="none")
    sure = torch.sigmoid(maps[:, 0]).detach()
    focus = (heat - sure).abs().square() + 0.02  # most cells are nothing and soon known to be
    height = ways[:, 8]
    inside = height > 0
    count = inside.sum().clamp(min=1)
    found = (hit * focus * weight).sum() / count
    off = (maps[:, 1:] - ways[:, :8]).abs() * (UNIT / height.clamp(min=4.0))[:, None]
    placed = (off.clamp(max=20.0).mean(dim=1) * inside).sum() / count
    return 4.0 * found + placed
