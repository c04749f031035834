"""A season day by day: the boxes write, drivers pay, and in the morning people import, work off and close."""

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from server.db import reading
from simulator.season.bank import Bank
from simulator.season.scenario import Season
from simulator.season.truth import Truth, truth
from simulator.season.turns import VIETNAM
from tests.campaign.season_centre import Centre
from tests.campaign.season_oracle import banked, judged
from tests.campaign.season_world import LotWorld

DRAIN: Final = 5
"""Days after the last, on which money still comes and the last days are closed."""
TOGETHER: Final = 250
"""Facts in a transaction: what a box sends in a few minutes of a busy day."""


class Outcome(NamedTuple):
    """What a season came to: the sheet of each lot, what happened how often, seconds by part, and what is wrong."""

    sheets: dict[str, Truth]
    happened: Counter[str]
    seconds: Counter[str]
    wrong: list[str]


class SeasonRun:
    """One season on one centre."""

    def __init__(self, season: Season, seed: int, folder: Path, together: int = TOGETHER) -> None:
        self.season, self._together = season, together
        self.seconds = Counter[str]()
        self.happened = Counter[str]()
        self.bank = Bank(tuple(lot.account for lot in season.lots), Random(f"{seed}/{season.name}/bank"))
        with self._timed("the world"):
            self.lots = [LotWorld(season, lot, seed, self.bank, frozenset()) for lot in season.lots]
        self.centre = Centre(folder, season)

    def days(self) -> Iterator[date]:
        """Live the season; each day that is over is told."""
        last = self.season.until + timedelta(days=DRAIN)
        day = self.season.since
        while day <= last:
            for world in self.lots:
                self._live(world, day)
            yield day
            day += timedelta(days=1)

    def judged(self) -> Outcome:
        """The books against the world."""
        sheets = {world.lot.site: truth(world.lot.site, world.served) for world in self.lots}
        wrong: list[str] = []
        with self._timed("the judge"), reading(self.centre.engine) as session:
            for world in self.lots:
                wrong += judged(session, world.lot, sheets[world.lot.site])
            wrong += banked(session, self.bank)
        for sheet in sheets.values():
            self.happened.update({story.value: count for story, count in sheet.stories.items()})
        return Outcome(sheets, self.happened, self.seconds, wrong)

    def _live(self, world: LotWorld, day: date) -> None:
        """The day as the centre hears it: batches of facts, and after each the notices of its time."""
        with self._timed("the world"):
            said, told = list(world.facts(day)), world.notices(day)
        self.happened["facts"] += len(said)
        self.happened["notices"] += len(told)
        heard = 0
        for start in range(0, len(said), self._together):
            part = said[start : start + self._together]
            with self._timed("facts"):
                self.centre.hears(world.lot, part, self._together)
            with self._timed("notices"):
                while heard < len(told) and told[heard].at <= part[-1].at:
                    self.centre.is_told(told[heard])
                    heard += 1
        with self._timed("notices"):
            for each in told[heard:]:
                self.centre.is_told(each)

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[what] += time.perf_counter() - began


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment of a day in the lot."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=VIETNAM)


def live(season: Season, seed: int, together: int = TOGETHER) -> Outcome:
    """The whole season in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="barie-season-") as folder:
        run = SeasonRun(season, seed, Path(folder), together)
        for _ in run.days():
            pass
        return run.judged()
