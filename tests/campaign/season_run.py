"""A season day by day: the boxes write, drivers pay, and in the morning people import, work off and close."""

import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from server.db import reading
from simulator.season.bank import Bank
from simulator.season.journal import Said
from simulator.season.scenario import Season
from simulator.season.truth import Truth, truth
from simulator.season.turns import VIETNAM
from tests.campaign.season_centre import Centre
from tests.campaign.season_oracle import banked, judged
from tests.campaign.season_people import People
from tests.campaign.season_world import LotWorld, Told

DRAIN: Final = 6
"""Days after the last, on which money still comes and the last days are closed."""
TOGETHER: Final = 250
"""Facts in a transaction: what a box sends in a few minutes of a busy day."""


class Outcome(NamedTuple):
    """What a season came to: the sheet of each lot, what happened how often, seconds by part, and what is wrong."""

    sheets: dict[str, Truth]
    happened: Counter[str]
    seconds: dict[str, float]
    wrong: list[str]


class SeasonRun:
    """One season on one centre."""

    def __init__(self, season: Season, seed: int, folder: Path, together: int = TOGETHER) -> None:
        self.season, self._together = season, together
        self.seconds: dict[str, float] = defaultdict(float)
        self.happened = Counter[str]()
        self.bank = Bank(tuple(lot.account for lot in season.lots), Random(f"{seed}/{season.name}/bank"))
        with self.timed("the world"):
            self.lots = [LotWorld(season, lot, seed, self.bank, frozenset()) for lot in season.lots]
        self.centre = Centre(folder, season)
        self.people = People(self.centre, self.bank, self.lots, self.happened)

    @property
    def over(self) -> datetime:
        """When everything should be done."""
        return at(self.season.until + timedelta(days=DRAIN + 1), 12)

    def days(self) -> Iterator[date]:
        """Live the season; each day that is over is told."""
        last = self.season.until + timedelta(days=DRAIN)
        day = self.season.since
        while day <= last:
            for world in self.lots:
                self._live(world, day)
            with self.timed("at night"):
                self.people.goes_home(day)
            self._morning(day + timedelta(days=1), last)
            yield day
            day += timedelta(days=1)

    def judged(self) -> Outcome:
        """The books against the world."""
        sheets = {world.lot.site: truth(world.lot.site, world.served) for world in self.lots}
        wrong: list[str] = []
        with self.timed("the judge"), reading(self.centre.engine) as session:
            for world in self.lots:
                wrong += judged(session, world.lot, sheets[world.lot.site])
            wrong += banked(session, self.bank)
            wrong += [f"not explained: {each}" for each in self.people.still_open(self.over)]
            wrong += [f"not closed: {each}" for each in self.people.refused]
        for sheet in sheets.values():
            self.happened.update({story.value: count for story, count in sheet.stories.items()})
        return Outcome(sheets, self.happened, self.seconds, wrong)

    def _live(self, world: LotWorld, day: date) -> None:
        """The day as the centre hears it: facts and notices, and between them what the attendant does at a lane."""
        with self.timed("the world"):
            said, told = list(world.facts(day)), world.notices(day)
            deeds = world.deeds(day)
        self.happened.update({"facts": len(said), "notices": len(told)})
        heard = 0
        for deed in deeds:
            until = heard
            while until < len(said) and said[until].at <= deed.at:
                until += 1
            told = self._hear(world, said[heard:until], told)
            heard = until
            with self.timed("at the lane"):
                self.people.does(world, deed)
        with self.timed("notices"):
            self.centre.are_told(self._hear(world, said[heard:], told))

    def _hear(self, world: LotWorld, said: list[Said], told: list[Told]) -> list[Told]:
        """Batches of facts, and after each the notices of its time. Gives back the notices of later."""
        for start in range(0, len(said), self._together):
            part = said[start : start + self._together]
            with self.timed("facts"):
                self.centre.hears(world.lot, part, self._together)
            now = [each for each in told if each.at <= part[-1].at]
            told = told[len(now) :]
            with self.timed("notices"):
                self.centre.are_told(now)
        return told

    def _morning(self, today: date, last: date) -> None:
        """Statements, findings and closes, of yesterday and before."""
        for world in self.lots:
            self.centre.hears_state(world.lot, world.journal, at(today, 0, 5))
        with self.timed("statements"):
            self.people.imports(today)
        with self.timed("findings"):
            self.people.works_off(today)
        with self.timed("closes"):
            self.people.closes(today, last)

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Count the seconds of a part."""
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
