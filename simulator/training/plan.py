"""How a network is trained, whichever: for how long, how fast, from where."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

KEEP: Final = 0.999  # of the mean of the weights, at each step
STEP_MAX_S: Final = 60.0  # a step that took longer was asleep: a stopped process goes on where it was
_WARM: Final = 200  # steps until the highest rate
_LEAST: Final = 0.02  # of it at the end


@dataclass(frozen=True)
class Plan:
    """How long and how fast. `start` is a checkpoint to go on from."""

    seed: int
    minutes: float
    out: Path
    rate: float = 2e-3
    start: Path | None = None
    checked: int = 400  # held-out pieces
    pause_s: float = 150.0  # between two looks at them
    fonts: bool = True


def rate_at(highest: float, step: int, share: float) -> float:
    """The learning rate after so many steps, when this share (0..1) of the time is over: up, then down a cosine."""
    fall = (1 + math.cos(math.pi * min(share, 1.0))) / 2
    return highest * min(1.0, (step + 1) / _WARM) * (_LEAST + (1 - _LEAST) * fall)


@torch.no_grad()
def averaged(mean: nn.Module, network: nn.Module, keep: float) -> None:
    """Move the mean towards the network's weights, keeping so much of it."""
    now = network.state_dict()
    for name, kept in mean.state_dict().items():
        if kept.dtype.is_floating_point:
            kept.lerp_(now[name], 1 - keep)


def saved(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint, whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    torch.save(state, part)
    part.replace(path)
