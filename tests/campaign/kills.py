"""kill -9 of box, site's broker, centre's broker and centre at random moments, with traffic on.

Real processes as an installation has them; vehicles, arms, drivers, attendant and bank are the world's. What the world
saw happen is the truth: at the end the books must agree with it item by item, and no arm came down over anybody.
A passage while the box or its site's broker is dead is told to nobody: it must be a case, and is counted apart
(`set_aside`).
"""

import random
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from simulator.audit import differences
from tests.campaign.installation import Installation, Killable, Part
from tests.campaign.result import Figure, Result, Say, missing
from tests.campaign.set_aside import Aside, Blind, explained, found, without
from tests.harness.postgres import postgres

KILLS: Final = 100
KINDS: Final = ("box", "site broker", "centre broker", "centre")
APART_S: Final = (2.0, 9.0)
DOWN_S: Final = (0.0, 1.5)
DRAIN_S: Final = 60.0
SETTLE_S: Final = 30.0
HEADWAY_S: Final = 5.0
STARTS_S: Final = 60.0
HEARS_AGAIN: Final = timedelta(seconds=2)
DIALS_AGAIN: Final = timedelta(seconds=12)
"""A line that broke is dialled again within ten seconds."""


class Kill(NamedTuple):
    """One kill: of what, after how many seconds of peace, and how long it stays dead."""

    kind: str
    after_s: float
    down_s: float


def run(seed: int, *, scale: float, say: Say) -> Result:
    """100 kills at scale 1, the centre on SQLite."""
    return _run("kills", seed, scale, say, None)


def run_postgres(seed: int, *, scale: float, say: Say) -> Result:
    """The same with the centre on PostgreSQL, which is not killed."""
    with postgres() as server, server.database() as url:
        return _run("kills-postgres", seed, scale, say, url)


def planned(seed: int, count: int) -> list[Kill]:
    """The kills of a seed: the kinds in random order, each as often as any other."""
    rng = random.Random(f"{seed}/kills")
    kinds: list[str] = []
    while len(kinds) < count:
        kinds += rng.sample(KINDS, len(KINDS))
    return [Kill(kind, rng.uniform(*APART_S), rng.uniform(*DOWN_S)) for kind in kinds[:count]]


def _run(name: str, seed: int, scale: float, say: Say, database: str | None) -> Result:
    plan = planned(seed, max(len(KINDS), round(KILLS * scale)))
    lasts_s = sum(kill.after_s + kill.down_s + 0.3 for kill in plan) + 5
    with tempfile.TemporaryDirectory(prefix="barie-kills-") as folder:
        here = Installation(
            Path(folder), 1, seed=seed, arrivals_s=lasts_s, drain_s=DRAIN_S, database=database, headway_s=HEADWAY_S
        )
        with here:
            say(f"{len(plan)} kills in about {lasts_s:.0f} s")
            here.begin_world()
            blind = [_killed(here, kill, say, number) for number, kill in enumerate(plan, 1)]
            truth = here.end_world(lasts_s + DRAIN_S + 120)
            say("drained; comparing the books with what happened")
            never = _settled(here)
            judged = _judged(here, truth, [window for window in blind if window])
    result = _result(name, seed, plan, truth, judged)
    return result._replace(failures=[*never, *result.failures])


def _settled(here: Installation) -> list[str]:
    """Wait until every part is there and owes nothing; what it is if that never comes."""
    try:
        here.wait(here.ready, "all parts there and nothing owed after the last kill")
    except TimeoutError as error:
        return [str(error)]
    return []


def _killed(here: Installation, kill: Kill, say: Say, number: int) -> Blind | None:
    """Kill one and start it again; the time in which nobody heard the boards, if there was one."""
    time.sleep(kill.after_s)
    part: Killable = here.parts[kill.kind][number % len(here.parts[kill.kind])]
    since, said = datetime.now(UTC), len(part.log)
    part.kill()
    time.sleep(kill.down_s)
    part.start()
    if number % 10 == 0:
        say(f"{number} kills")
    if kill.kind == "box":
        assert isinstance(part, Part)
        part.wait_for("box runs", said, STARTS_S)
        return Blind(since, datetime.now(UTC) + HEARS_AGAIN)
    return Blind(since, datetime.now(UTC) + DIALS_AGAIN) if kill.kind == "site broker" else None


class Judged(NamedTuple):
    """What the comparison came to."""

    differences: list[dict[str, Any]]
    books: dict[str, Any]
    asides: dict[str, Aside]
    cases: int


def _judged(here: Installation, truth: dict[str, Any], blind: list[Blind]) -> Judged:
    """Compare, again and again until it agrees or nothing more can be on its way."""
    until = time.monotonic() + SETTLE_S
    while True:
        books = {site: explained(each) for site, each in here.books().items()}
        cases = here.device_faults()
        dared = [each["vehicle"] for each in truth["attendant"] if each["did"] == "dare"]
        asides = {site: found(known, books[site], cases, blind, dared) for site, known in truth["sites"].items()}
        differing: list[dict[str, Any]] = []
        for site, known in truth["sites"].items():
            differing += differences(*without(known, books[site], asides[site].vehicles))
        if not differing or time.monotonic() > until:
            return Judged(differing, books, asides, len(cases))
        time.sleep(1)


def _result(name: str, seed: int, plan: list[Kill], truth: dict[str, Any], judged: Judged) -> Result:
    kills = Counter(kill.kind for kill in plan)
    sites, asides = truth["sites"].values(), judged.asides.values()
    aside = {vehicle for each in asides for vehicle in each.vehicles}
    complaints = [each for each in truth["complaints"] if each["vehicle"] not in aside]
    failures = missing({f"a kill of the {kind}": kills[kind] for kind in KINDS})
    failures += [f"lost passage: {each}" for aside_ in asides for each in aside_.lost_in_plain_sight]
    failures += [
        f"{each['site']}: {each['what']}: {each['item']}: {each['truth']} in truth, {each['books']} booked"
        for each in judged.differences
    ]
    failures += [f"{each['site']}/{each['lane']} at {each['at']}: {each['what']}" for each in complaints]
    totals: Counter[str] = Counter()
    for site in sites:
        totals.update(site["totals"])
    failures += missing({"a passage": totals["passages"], "a payment": totals["payments"]})
    failures += missing({"an undisturbed vehicle": totals["visits"] - len(aside)})
    figures: dict[str, Figure] = {
        **{f"kills of the {kind}": kills[kind] for kind in KINDS},
        "vehicles that came": sum(len(site["vehicles"]) for site in sites),
        "passages in truth": totals["passages"],
        "passages booked": sum(len(site["passages"]) for site in judged.books.values()),
        "payments in truth": totals["payments"],
        "VND paid in truth": totals["paid_vnd"],
        "vehicles whose passage no board could tell, each a case": sum(len(each.unseen) for each in asides),
        "vehicles that the profiler could not tell, each a case": sum(len(each.unmeasured) for each in asides),
        "vehicles that followed under an arm left up, told so": sum(len(each.followed) for each in asides),
        "lost passages that are no case": sum(len(each.lost_in_plain_sight) for each in asides),
        "device faults told": judged.cases,
        "arms down over somebody": sum("came down" in each["what"] for each in truth["complaints"]),
        "differences without those": len(judged.differences),
        **{f"bank: {fault}": count for fault, count in truth["faults"].items()},
    }
    return Result(name, seed, figures, failures)
