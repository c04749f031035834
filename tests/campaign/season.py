"""`barie campaign season-sapa | season-baoha | seasons`: a season to the published totals, through everything.

Turns without pictures go through ingest, pricing, payment, settlement, bank and close. The simulated world is the
judge: what it charged, per class and per lot, what was paid, waived and still owed, every line of every account. Each
kind of fault must have happened, and nothing may be left without an explanation.
"""

import gc
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Final

from structlog.testing import capture_logs

from simulator.season.scenario import SEASONS, season
from simulator.season.stories import SHARES
from tests.campaign.result import Figure, Result, Say, missing
from tests.campaign.season_run import TOGETHER, Outcome, SeasonRun, in_a_folder

WITHIN_S: Final = 300.0
"""Both seasons at full size, on two cores."""
DESKS: Final = 2
LARGE: Final = 0.1
"""From this scale on each lot has a desk of its own in the morning: a process, which takes a second to begin."""
MUST_HAPPEN: Final = (
    *(story.value for story in SHARES),
    "finding: payment_unknown",
    "finding: paid_twice",
    "finding: amount_differs",
    "finding: fee_differs",
    "finding: opening_unused",
    "refunds",
    "waived by two",
    "claims",
    "lost entries",
    "deposits",
    "statements",
    "settlement files",
    "closes",
)


def run_sapa(seed: int, *, scale: float, say: Say) -> Result:
    """50,670 turns of two lots in a year, 1,324,840,000 VND at scale 1."""
    return _alone("season-sapa", seed, scale, say)


def run_baoha(seed: int, *, scale: float, say: Say) -> Result:
    """34,000 turns from the new year's pilgrimage to the festival, 800,000,000 VND at scale 1."""
    return _alone("season-baoha", seed, scale, say)


def run(seed: int, *, scale: float, say: Say) -> Result:
    """Both at once, a process for each."""
    began = time.monotonic()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        lived = {name: pool.submit(lives, name, seed, scale) for name in SEASONS}
        outcomes = {name: each.result() for name, each in lived.items()}
    took_s = time.monotonic() - began
    figures: dict[str, Figure] = {}
    wrong: list[str] = []
    for name, outcome in outcomes.items():
        say(f"{name} is over")
        figures |= {f"{name}: {figure}": value for figure, value in _figures(outcome).items()}
        wrong += [f"{name}: {failure}" for failure in failures(outcome)]
    figures["load of the machine meanwhile"] = round(os.getloadavg()[0], 1)
    if scale >= 1 and took_s > WITHIN_S:
        wrong.append(f"both seasons took {took_s:.0f} s, {WITHIN_S:.0f} are promised")
    return Result("seasons", seed, figures, wrong)


def lives(name: str, seed: int, scale: float, together: int = TOGETHER, say: Say | None = None) -> Outcome:
    """One season from its first day to the last close, in this process."""
    with capture_logs(), in_a_folder() as folder:
        lived = SeasonRun(season(name, scale), seed, folder, together, DESKS if scale >= LARGE else 1)
        with _unwatched():
            for day in lived.days():
                if say and day.day == 1:
                    say(f"{day}: {lived.happened['facts']} facts")
            return lived.judged()


@contextmanager
def _unwatched() -> Iterator[None]:
    """The simulated world is large, and no centre has it in its memory: it is not looked through for circles."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _alone(name: str, seed: int, scale: float, say: Say) -> Result:
    outcome = lives(name, seed, scale, say=say)
    figures = _figures(outcome)
    figures["load of the machine meanwhile"] = round(os.getloadavg()[0], 1)
    return Result(name, seed, figures, failures(outcome))


def _figures(outcome: Outcome) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    for site, sheet in outcome.sheets.items():
        figures[f"{site} turns"] = sheet.turns.total()
        figures[f"{site} charged, VND"] = sheet.gross
        figures[f"{site} VAT by ticket, VND"] = sheet.vat
        figures[f"{site} collected, VND"] = sheet.collected
        figures[f"{site} waived, VND"] = sheet.waived
        figures[f"{site} outstanding, VND"] = sheet.outstanding
    figures["all charged, VND"] = sum(sheet.gross for sheet in outcome.sheets.values())
    figures |= {what: outcome.happened[what] for what in sorted(outcome.happened) if outcome.happened[what]}
    figures |= {f"seconds: {what}": round(taken, 1) for what, taken in outcome.seconds.items()}
    figures["seconds of processor"] = round(outcome.cpu_s, 1)
    return figures


def failures(outcome: Outcome) -> list[str]:
    """Where the books differ from what happened, and what should have happened and never did."""
    return [*outcome.wrong, *missing(_needed(outcome.happened))]


def _needed(happened: Mapping[str, int]) -> Counter[str]:
    return Counter({what: happened.get(what, 0) for what in MUST_HAPPEN})
