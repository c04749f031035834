"""Training of the line recogniser: draw, learn, look at lines never seen, keep the mean of the last weights."""

import copy
import os
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import nn

from simulator.training.lines import BANDS, Artist, Line, padded
from simulator.training.network import BLANK, Strokes
from simulator.training.plan import KEEP, STEP_MAX_S, Plan, averaged, rate_at, saved
from simulator.training.stock import CHUNK, Stock, tensor
from simulator.training.texts import SYMBOLS

_SEEN_PER_LINE: Final = 2.0  # how often a drawn line is learnt from
_FIRST: Final = 6  # chunks before the first step
_HELD_OUT_SEED: Final = 77_000_001


def held_out(count: int, *, fonts: bool = True, seed: int = _HELD_OUT_SEED) -> list[Line]:
    """Lines in faces and before grounds that training never sees."""
    artist = Artist(seed, held_out=True, fonts=fonts)
    return [artist.line() for _ in range(count)]


def train(plan: Plan) -> dict[str, Any]:
    """Train until the minutes are over; figures of the last look. Writes `strokes.pt` and `log.txt` into `plan.out`."""
    torch.set_num_threads(1)
    torch.manual_seed(plan.seed)
    plan.out.mkdir(parents=True, exist_ok=True)
    network, before = Strokes().to(memory_format=torch.channels_last), []
    if plan.start:
        state = torch.load(plan.start, weights_only=True)
        network.load_state_dict(state["mean"])
        before = state["runs"]
    stock = Stock(plan.seed, fonts=plan.fonts)
    (plan.out / "train.pid").write_text(f"{os.getpid()} {stock.pid}\n")
    try:
        return _Course(plan, network, stock, before).run()
    finally:
        stock.close()


class _Course:
    def __init__(self, plan: Plan, network: Strokes, stock: Stock, before: list[dict[str, Any]]) -> None:
        self.plan, self.network, self.stock, self.before = plan, network, stock, before
        self.mean = copy.deepcopy(network).eval()
        self.loss = nn.CTCLoss(blank=BLANK, zero_infinity=True)
        groups = [
            {"params": [p for p in network.parameters() if p.ndim > 1], "weight_decay": 0.02},
            {"params": [p for p in network.parameters() if p.ndim <= 1], "weight_decay": 0.0},
        ]
        self.steps = torch.optim.AdamW(groups, lr=plan.rate)
        self.test = held_out(plan.checked, fonts=plan.fonts)
        self.learnt, self.drawn, self.count, self.running = 0, 0, 0, 0.0

    def run(self) -> dict[str, Any]:
        for _ in range(_FIRST):
            self.stock.take_in(wait=True)
            self.drawn += CHUNK
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

    def _step(self, share: float) -> None:
        for group in self.steps.param_groups:
            group["lr"] = rate_at(self.plan.rate, self.count, share)
        pictures, labels = self.stock.batch()
        self.network.train()
        said = (
            self.network(torch.from_numpy(pictures).contiguous(memory_format=torch.channels_last))
            .log_softmax(2)
            .transpose(0, 1)
        )
        lengths = torch.tensor([len(label) for label in labels])
        wanted = torch.tensor([number for label in labels for number in label], dtype=torch.long)
        loss = self.loss(said, wanted, torch.full((len(labels),), said.shape[0], dtype=torch.long), lengths)
        self.steps.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.steps.step()
        averaged(self.mean, self.network, min(KEEP, (1 + self.count) / (20 + self.count)))
        self.count += 1
        now = float(loss.detach())
        self.running += (0.02 if self.count > 1 else 1.0) * (now - self.running)
        self.learnt += len(labels)
        while self.learnt > _SEEN_PER_LINE * self.drawn and self.stock.take_in(wait=self.learnt > 5 * self.drawn):
            self.drawn += CHUNK

    def _look(self, spent: float) -> dict[str, Any]:
        figures = {"minutes": round(spent / 60, 1), "steps": self.count, "learnt": self.learnt, "drawn": self.drawn,
                   "loss": round(self.running, 4), **exact_by_band(self.mean, self.test)}  # fmt: skip
        run = {"seed": self.plan.seed, "rate": self.plan.rate, **figures}
        saved(self.plan.out / "strokes.pt", {"mean": self.mean.state_dict(), "runs": [*self.before, run]})
        with (self.plan.out / "log.txt").open("a", encoding="utf-8") as log:
            log.write(f"{figures}\n")
        sys.stderr.write(f"{figures}\n")
        return figures


@torch.no_grad()
def exact_by_band(network: nn.Module, lines: Sequence[Line], size: int = 64) -> dict[str, float]:
    """Share of lines read exactly, of each band and of all."""
    network.eval()
    order = sorted(range(len(lines)), key=lambda i: lines[i].picture.shape[1])
    right: dict[str, list[bool]] = {band: [] for band in (*BANDS, "all")}
    for first in range(0, len(order), size):
        some = [lines[i] for i in order[first : first + size]]
        logits = network(torch.from_numpy(tensor(padded([line.picture for line in some]))))
        for line, said in zip(some, logits.argmax(2).tolist(), strict=True):
            right[line.band].append(collapsed(said) == line.label)
            right["all"].append(collapsed(said) == line.label)
    return {band: round(sum(hits) / len(hits), 4) for band, hits in right.items() if hits}


def collapsed(classes: Sequence[int]) -> str:
    """The text of the most probable class at each step."""
    kept = [c for c, before in zip(classes, [BLANK, *classes[:-1]], strict=True) if c not in {BLANK, before}]
    return "".join(SYMBOLS[c - 1] for c in kept)
