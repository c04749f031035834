"""The ranking at the box, with a full car park inside: how many exits are sure, and how many of those are wrong.

Reads, dirt and mistakes come from the generator of `tests.campaign.assignment`, which knows nothing of the model.
"""

import random
from collections import Counter
from datetime import timedelta
from typing import Final

from edge.known.nearness import unlikeness
from gate.matching import OpenVisit, Ranking, rank
from gate.vehicle import VehicleClass
from tests.campaign.assignment import BANDS, MORNING, band_of, plate_of, seen_of
from tests.campaign.result import Result, Say

INSIDE: Final = 2_000
EXITS: Final = 2_000
STRANGERS: Final = 0.02
"""Of the exits, those whose vehicle has no visit."""
PROBABILITY, MARGIN = 0.9, 0.3  # what a site's policy accepts when it says nothing else
WRONG_MOST: Final = 0.01


def run(seed: int, *, scale: float, say: Say) -> Result:
    """A car park with plates from everywhere, and one whose vehicles all have plates of one series."""
    figures: dict[str, int | float | str] = {}
    failures: list[str] = []
    for name, one_series in (("mixed plates", False), ("one series", True)):
        tally = Tally()
        tally.exits(random.Random(f"{seed} {name}"), round(EXITS * scale), one_series=one_series)
        say(f"{name}: {tally.count} exits")
        figures |= {f"{name}: {figure}": value for figure, value in tally.figures().items()}
        failures += [f"{name}: {each}" for each in tally.failures()]
    return Result("ranking", seed, figures, failures)


class Tally:
    """What came of the exits of one car park."""

    def __init__(self) -> None:
        self.count = self.sure = self.wrong = self.exact = self.exact_sure = 0
        self.bands, self.right = Counter[int](), Counter[int]()

    def exits(self, rng: random.Random, count: int, *, one_series: bool) -> None:
        """Rank so many vehicles at an exit."""
        worn = [plate_of(digits, one_series=one_series) for digits in rng.sample(range(10**5), INSIDE + count)]
        entries = [seen_of(rng, f"V{n}", MORNING, "in-1", worn[n], VehicleClass.CAR9).read for n in range(INSIDE)]
        visits = [OpenVisit(f"V{n}", entry.text, VehicleClass.CAR9) for n, entry in enumerate(entries)]
        for number in range(count):
            stranger = rng.random() < STRANGERS
            place = INSIDE + number if stranger else rng.randrange(INSIDE)
            out = seen_of(rng, "P", MORNING + timedelta(hours=1), "out-1", worn[place], VehicleClass.CAR9).read
            ranking = rank(out.text, VehicleClass.CAR9, visits, unlikeness=unlikeness, sure=out.sure)
            exact = not stranger and out.text == entries[place].text == worn[place]
            self._count(ranking, None if stranger else f"V{place}", exact=exact)

    def _count(self, ranking: Ranking, truth: str | None, *, exact: bool) -> None:
        best = ranking.candidates[0]
        sure = best.probability >= PROBABILITY and ranking.margin >= MARGIN
        self.count += 1
        self.sure += sure
        self.wrong += sure and best.visit != truth
        self.exact += exact
        self.exact_sure += exact and sure
        self.bands[band_of(best.probability)] += 1
        self.right[band_of(best.probability)] += best.visit == truth

    def figures(self) -> dict[str, int | float | str]:
        """For the log."""
        bands = ", ".join(f"{BANDS[each]}: {self.right[each]} of {self.bands[each]}" for each in sorted(self.bands))
        return {
            "inside": INSIDE,
            "exits": self.count,
            "sure": round(self.sure / self.count, 4),
            "wrong among the sure": f"{self.wrong} of {self.sure}",
            "exact reads that are sure": f"{self.exact_sure} of {self.exact}",
            "calibration": bands,
        }

    def failures(self) -> list[str]:
        """What was promised and is not so."""
        found = []
        if self.exact_sure < 0.98 * self.exact or not self.exact:
            found.append(f"only {self.exact_sure} of {self.exact} exact reads are sure")
        if self.wrong > WRONG_MOST * self.sure:
            found.append(f"{self.wrong} of {self.sure} sure ones are wrong")
        return found
