"""kill -9 of box, site's broker, centre's broker and centre at random moments, with traffic on.

Real processes as an installation has them; vehicles, arms, drivers, attendant and bank are the world's. What the world
saw happen is the truth: at the end the books must agree with it item by item, and no arm came down over anybody.
"""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.campaign.alignment import lost_and_invented
from tests.campaign.installation import Installation, Killable
from tests.campaign.result import Figure, Result, Say, missing
from tests.harness.postgres import postgres

KILLS: Final = 100
KINDS: Final = ("box", "site broker", "centre broker", "centre")
APART_S: Final = (1.0, 4.0)
DOWN_S: Final = (0.0, 1.5)
DRAIN_S: Final = 60.0
SETTLE_S: Final = 30.0
HEADWAY_S: Final = 5.0


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
            times = [_killed(here, kill, say, number) for number, kill in enumerate(plan, 1)]
            truth = here.end_world(lasts_s + DRAIN_S + 120)
            say("drained; comparing the books with what happened")
            found, books = here.differences(truth, SETTLE_S)
            return _result(name, seed, plan, times, truth, found, books)


def _killed(here: Installation, kill: Kill, say: Say, number: int) -> datetime:
    """Kill one and start it again; the moment of the kill."""
    time.sleep(kill.after_s)
    part: Killable = here.parts[kill.kind][number % len(here.parts[kill.kind])]
    at = datetime.now(UTC)
    part.kill()
    time.sleep(kill.down_s)
    part.start()
    if number % 10 == 0:
        say(f"{number} kills")
    return at


def _result(
    name: str,
    seed: int,
    plan: list[Kill],
    times: list[datetime],
    truth: dict[str, Any],
    found: list[dict[str, Any]],
    books: dict[str, Any],
) -> Result:
    kills = Counter(kill.kind for kill in plan)
    complaints = truth["complaints"]
    failures = [
        *missing({f"a kill of the {kind}": kills[kind] for kind in KINDS}),
        *_passages(truth, books, plan, times),
    ]
    failures += [
        f"{each['site']}: {each['what']}: {each['item']}: {each['truth']} in truth, {each['books']} booked"
        for each in found
    ]
    failures += [f"{each['site']}/{each['lane']} at {each['at']}: {each['what']}" for each in complaints]
    sites = truth["sites"].values()
    passed = sum(site["totals"]["passages"] for site in sites)
    failures += missing({"a passage": passed, "a payment": sum(site["totals"]["payments"] for site in sites)})
    figures: dict[str, Figure] = {
        **{f"kills of the {kind}": kills[kind] for kind in KINDS},
        "passages in truth": passed,
        "passages booked": sum(len(site["passages"]) for site in books.values()),
        "payments in truth": sum(site["totals"]["payments"] for site in sites),
        "VND paid in truth": sum(site["totals"]["paid_vnd"] for site in sites),
        "VND paid in the books": sum(site["totals"]["paid_vnd"] for site in books.values()),
        "arms down over somebody": sum("came down" in each["what"] for each in complaints),
        "differences": len(found),
    }
    return Result(name, seed, figures, failures)


def _passages(truth: dict[str, Any], books: dict[str, Any], plan: list[Kill], times: list[datetime]) -> Iterator[str]:
    """Which passages were lost or invented, each with the kills shortly before: the audit only counts them."""
    for site, known in truth["sites"].items():
        for said in lost_and_invented(known["passages"], books[site]["passages"]):
            at = datetime.fromisoformat(said.at)
            near = [
                f"{kill.kind} killed {(at - when).total_seconds():+.1f} s before, down {kill.down_s:.1f} s"
                for kill, when in zip(plan, times, strict=True)
                if -1 < (at - when).total_seconds() < 8
            ]
            yield f"{site}/{said.lane}: passage {said.what} at {said.at} ({'; '.join(near) or 'no kill near'})"
