"""`barie campaign power-cuts`: the power goes at every kind of write of the box's outbox; nothing acknowledged is lost.

The real store, outbox and what is owed (`edge.journal`) run over a disk that knows what was synced. Every so often, in
the middle of any write, sync or deletion, the platter is looked at as a box would find it: by the same code over plain
SQLite. Each life of a box begins with what the last cut of the one before left.
"""

import random
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from structlog.testing import capture_logs

from tests.campaign.power_box import Life, Truth
from tests.campaign.power_disk import Cut, Image
from tests.campaign.power_found import found
from tests.campaign.result import Result, Say, missing

CUTS: Final = 10_000
CUTS_A_LIFE: Final = 50
LIVES_A_BOX: Final = 8
CUT_SHARE: Final = 0.25
"""The chance that a write, sync or deletion is one at which the power goes."""
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
Said = Callable[[str], str]


class Cutter:
    """Cuts the power of one box after another until there were `cuts`."""

    def __init__(self, folder: Path, seed: int, cuts: int, said: Said, say: Say) -> None:
        self._folder, self._chance, self._cuts, self._said, self._say = folder, random.Random(seed), cuts, said, say
        self.did: Counter[str] = Counter()
        self.cut: Counter[str] = Counter()
        self.failures: list[str] = []
        self._truth, self._left = Truth(), dict[str, bytes]()
        self._well = True
        self._until = 0

    def run(self) -> None:
        """All of them."""
        (self._folder / "found").mkdir()
        for life in range(self._cuts):  # each has a cut or fails
            if self.cut.total() == self._cuts:
                break
            if life % LIVES_A_BOX == 0 or not self._well:
                self._truth, self._left, self._well = Truth(), {}, True
            self._live(self._folder / f"life-{life}")
            self.did["lives"] += 1
            if life % 100 == 99:
                self._say(f"{self.cut.total()} of {self._cuts} cuts, {len(self.failures)} failures")

    def _live(self, folder: Path) -> None:
        folder.mkdir()
        self._until = min(self._cuts, self.cut.total() + CUTS_A_LIFE)
        life = Life(folder, self._left, self._truth, self._chance, self._said, self._maybe_cut)
        try:
            life.start()
            while self.cut.total() < self._until:
                life.step()
            life.end()
        except (OSError, sqlite3.Error) as error:
            self.failures.append(f"cut {self.cut.total()}: the box failed with its disk whole: {error!r}")
            self._well = False
        self.did.update(life.did)
        for file in folder.iterdir():
            file.unlink()

    def _maybe_cut(self, life: Life) -> None:
        if self.cut.total() >= self._until or self._chance.random() >= CUT_SHARE:
            return
        how = self._chance.choice(list(Cut))
        image = life.disk.cut(how, self._chance)
        self.cut[how] += 1
        self._judge(image, how)
        self._left = image
        if self.cut.total() == self._until:
            self._truth = self._truth.copy()  # what this life does after its last cut never happened

    def _judge(self, image: Image, how: Cut) -> None:
        try:
            wrong = found(self._folder / "found", image, self._truth)
        except Exception as error:  # noqa: BLE001 - SQLite would take it for an error of the disk
            wrong = [f"cannot be judged: {error!r}"]
        self._well = not wrong
        self.failures += [f"cut {self.cut.total()} ({how}): {what}" for what in wrong]


def run(seed: int, *, scale: float, say: Say) -> Result:
    """10,000 cuts at scale 1."""
    return cuts(seed, round(CUTS * scale), say)


def cuts(seed: int, count: int, say: Say, said: Said = str) -> Result:
    """So many cuts. `said` may put another statement in the place of one of the box's, to see a rule broken."""
    memory = MEMORY if MEMORY.is_dir() else None
    with capture_logs(), tempfile.TemporaryDirectory(prefix="barie-power-", dir=memory) as name:
        cutter = Cutter(Path(name), seed, count, said, say)
        cutter.run()
    lost = sum("lost" in failure for failure in cutter.failures)
    corrupt = sum("corrupt" in failure for failure in cutter.failures)
    figures = {
        **{f"cuts, {how} of the unsynced": cutter.cut[how] for how in Cut},
        "cuts": cutter.cut.total(),
        **{deed: cutter.did[deed] for deed in sorted(cutter.did)},
        "cuts with acknowledged facts lost": lost,
        "cuts with a corrupt file": corrupt,
    }
    happened = {str(how): cutter.cut[how] for how in Cut} | {name: cutter.did[name] for name in ("lives", "decide")}
    return Result("power-cuts", seed, dict(figures), [*cutter.failures, *missing(happened)])
