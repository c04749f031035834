"""A season day by day: the boxes write, drivers pay, and in the morning people import, work off and close."""

import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import takewhile
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
from tests.campaign.season_oracle import banked, closed, judged
from tests.campaign.season_people import People
from tests.campaign.season_world import LotWorld, Told

DRAIN: Final = 6
"""Days after the last, on which money still comes and the last days are closed."""
TOGETHER: Final = 400
"""Facts in a transaction: what a box sends in a few minutes of a busy day."""


class Outcome(NamedTuple):
    """What a season came to: the sheet of each lot, what happened how often, seconds by part, and what is wrong."""

    sheets: dict[str, Truth]
    happened: Counter[str]
    seconds: dict[str, float]
    cpu_s: float
    wrong: list[str]


class SeasonRun:
    """One season on one centre."""

    def __init__(self, season: Season, seed: int, folder: Path, together: int = TOGETHER, desks: int = 1) -> None:
        self.season, self._together, self._began = season, together, time.process_time()
        self.seconds: dict[str, float] = defaultdict(float)
        self.happened = Counter[str]()
        self.bank = Bank(tuple(lot.account for lot in season.lots), Random(f"{seed}/{season.name}/bank"))
        with self.timed("the world"):
            self.lots = [LotWorld(season, lot, seed, self.bank, frozenset()) for lot in season.lots]
        self.centre = Centre(folder, season)
        self.people = People(self.centre, self.bank, self.lots, self.happened, desks)

    @property
    def over(self) -> datetime:
        """When everything should be done."""
        return at(self.season.until + timedelta(days=DRAIN + 1), 12)

    @property
    def _closes(self) -> int:
        return len(self.season.days) + DRAIN - 2

    def days(self) -> Iterator[date]:
        """Live the season; each day that is over is told."""
        last = self.season.until + timedelta(days=DRAIN)
        day = self.season.since
        while day <= last:
            for world in self.lots:
                self._live(world, day)
            with self.timed("at night"):
                self.people.goes_home(day)
            if (last - day).days % 2 == 0:
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
                wrong += closed(session, world.lot.site, self.centre.key.public_key(), self._closes)
            wrong += banked(session, self.bank)
            wrong += [f"not explained: {each}" for each in self.people.still_open(self.over)]
            wrong += [f"not closed: {each}" for each in self.people.refused]
        for sheet in sheets.values():
            self.happened.update({story.value: count for story, count in sheet.stories.items()})
        cpu_s = time.process_time() - self._began + self.people.desks.close()
        return Outcome(sheets, self.happened, dict(self.seconds), cpu_s, wrong)

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
        """Batches of facts, each after the notices of its time. Gives back the notices of later.

        A box's line is slower than the feed: with many facts together their money is there first and waits for them.
        With one it is known who stands at the arm before they pay.
        """
        for start in range(0, len(said), self._together):
            part = said[start : start + self._together]
            now = list(takewhile(lambda each: each.at <= part[-1].at, told))  # noqa: B023 - used at once
            told = told[len(now) :]
            with self.timed("notices"):
                self.centre.are_told(now)
            with self.timed("facts"):
                self.centre.hears(world.lot, part, self._together)
        return told

    def _morning(self, today: date, last: date) -> None:
        """Every second morning: statements, findings and closes, of yesterday and before."""
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


@contextmanager
def in_a_folder() -> Iterator[Path]:
    """A folder for a season's books, gone when it is over."""
    with tempfile.TemporaryDirectory(prefix="barie-season-") as folder:
        yield Path(folder)
