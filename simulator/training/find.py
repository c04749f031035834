"""Training of the finder of rows: draw scenes, learn, look at scenes never seen, keep the mean of the last weights."""

import copy
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from simulator.training.drawer import Drawer
from simulator.training.finder import Finder, loss
from simulator.training.plan import KEEP, STEP_MAX_S, Plan, averaged, rate_at, saved
from simulator.training.scenes import Scene, Stage
from simulator.training.stock import tensor
from simulator.training.targets import maps

CHUNK: Final = 48
_CHUNKS_EACH: Final = 40
_SHELF: Final = 1_500  # scenes at hand
_SEEN: Final = 2.5  # how often a scene is learnt from
_BATCH: Final = 8
_HELD_OUT_SEED: Final = 77_000_002
_TURNED: Final = 0.08  # share of scenes shown as a negative


def _stage(seed: int, fonts: bool) -> Callable[[], Scene]:  # noqa: FBT001 - called by position
    return Stage(seed, fonts=fonts).scene


def held_out(count: int, *, fonts: bool = True, seed: int = _HELD_OUT_SEED) -> list[Scene]:
    """Scenes with faces and grounds that training never sees."""
    stage = Stage(seed, held_out=True, fonts=fonts)
    return [stage.scene() for _ in range(count)]


def train(plan: Plan) -> dict[str, Any]:
    """Train until the minutes are over; figures of the last look. Writes `finder.pt` and `log.txt` into `plan.out`."""
    torch.set_num_threads(1)
    torch.manual_seed(plan.seed)
    plan.out.mkdir(parents=True, exist_ok=True)
    network, before = Finder().to(memory_format=torch.channels_last), []
    if plan.start:
        state = torch.load(plan.start, weights_only=True)
        network.load_state_dict(state["mean"])
        before = state["runs"]
    drawer = Drawer(_stage, plan.seed, chunk=CHUNK, chunks_each=_CHUNKS_EACH, fonts=plan.fonts)
    (plan.out / "train.pid").write_text(f"{os.getpid()} {drawer.pid}\n")
    try:
        return _Course(plan, network, drawer, before).run()
    finally:
        drawer.close()


class _Course:
    def __init__(self, plan: Plan, network: Finder, drawer: Drawer[Scene], before: list[dict[str, Any]]) -> None:
        self.plan, self.network, self.drawer, self.before = plan, network, drawer, before
        self.mean = copy.deepcopy(network).eval()
        self.steps = torch.optim.AdamW(network.parameters(), lr=plan.rate, weight_decay=0.01)
        self.test = held_out(plan.checked, fonts=plan.fonts)
        self.rng = random.Random(plan.seed)
        self.shelf: list[Scene] = []
        self.learnt, self.drawn, self.count, self.running = 0, 0, 0, 0.0

    def run(self) -> dict[str, Any]:
        for _ in range(4):
            self._take_in(wait=True)
        spent = looked = 0.0
        whole = self.plan.minutes * 60
        while spent < whole:
            begun = time.monotonic()
            self._step(spent / whole)
            if spent - looked > self.plan.pause_s:
                self._look(spent)
                looked = spent
            spent += min(time.monotonic() - begun, STEP_MAX_S)
        return self._look(spent)

    def _take_in(self, *, wait: bool) -> bool:
        scenes = self.drawer.take(wait=wait)
        for scene in scenes:
            if len(self.shelf) < _SHELF:
                self.shelf.append(scene)
            else:
                self.shelf[self.rng.randrange(_SHELF)] = scene
        self.drawn += len(scenes)
        return bool(scenes)

    def _step(self, share: float) -> None:
        for group in self.steps.param_groups:
            group["lr"] = rate_at(self.plan.rate, self.count, share)
        scenes = self.rng.choices(self.shelf, k=_BATCH)
        pictures = tensor(np.stack([scene.picture for scene in scenes]))
        pictures *= np.array([-1 if self.rng.random() < _TURNED else 1 for _ in scenes], np.float32)[
            :, None, None, None
        ]
        targets = [torch.from_numpy(np.stack(each)) for each in zip(*(maps(s.rows) for s in scenes), strict=True)]
        self.network.train()
        said = self.network(torch.from_numpy(pictures).contiguous(memory_format=torch.channels_last))
        cost = loss(said, *targets)
        self.steps.zero_grad()
        cost.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.steps.step()
        averaged(self.mean, self.network, min(KEEP, (1 + self.count) / (20 + self.count)))
        self.count += 1
        now = float(cost.detach())
        self.running += (0.01 if self.count > 1 else 1.0) * (now - self.running)
        self.learnt += len(scenes)
        while self.learnt > _SEEN * self.drawn and self._take_in(wait=self.learnt > 2 * _SEEN * self.drawn):
            pass

    def _look(self, spent: float) -> dict[str, Any]:
        figures = {"minutes": round(spent / 60, 1), "steps": self.count, "learnt": self.learnt, "drawn": self.drawn,
                   "loss": round(self.running, 4), "held out": round(cost_on(self.mean, self.test), 4)}  # fmt: skip
        run = {"seed": self.plan.seed, "rate": self.plan.rate, **figures}
        saved(self.plan.out / "finder.pt", {"mean": self.mean.state_dict(), "runs": [*self.before, run]})
        with (self.plan.out / "log.txt").open("a", encoding="utf-8") as log:
            log.write(f"{figures}\n")
        sys.stderr.write(f"{figures}\n")
        return figures


@torch.no_grad()
def cost_on(network: nn.Module, scenes: Sequence[Scene]) -> float:
    """Mean loss over scenes."""
    network.eval()
    costs = []
    for first in range(0, len(scenes), _BATCH):
        some = scenes[first : first + _BATCH]
        targets = [torch.from_numpy(np.stack(each)) for each in zip(*(maps(s.rows) for s in some), strict=True)]
        said = network(torch.from_numpy(tensor(np.stack([s.picture for s in some]))))
        costs.append(float(loss(said, *targets)))
    return sum(costs) / max(1, len(costs))
