"""Drawn vehicles read twice by the reader, at an entry and at an exit, and matched with its n-best lists and without:
`python -m tests.bench.pairs --count 300 --seed 5`.

Wear and dirt of a plate are the same at both ends, place, light, weather and lens are not. Everybody is inside together
with as many neighbours, read without a doubt: vehicles whose plates differ by one digit, or twins, which wear just what
one of the two reads took the plate for.
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from edge.known.nearness import unlikeness
from edge.reader.contract import Reader
from edge.reader.engines import BARIE, engine
from gate.matching import OpenVisit, rank
from gate.reading import PlateReading
from gate.vehicle import VehicleClass
from simulator.draw.look import Look, look
from simulator.draw.plates import PlateSource, random_class
from simulator.draw.scene import Lanes, compose
from simulator.draw.subject import Subject
from tests.campaign.ranking import MARGIN, PROBABILITY

_MOTORBIKES: Final = 0.5
_BLUR: Final = (0.5, 2.5)  # pixels more than a clean lens, so that there is something to misread
_KIND: Final = VehicleClass.CAR9  # of all: what is tried is the plate


class Pair(NamedTuple):
    """A vehicle's plate, and what was read of it at either end."""

    plate: str
    entry: PlateReading | None
    exit: PlateReading | None


def drawn(count: int, seed: int) -> Iterator[tuple[Subject, Look, Look]]:
    """Vehicles, each with the conditions at its entry and at its exit."""
    rng = random.Random(seed)
    source = PlateSource(random.Random(rng.getrandbits(64)))
    for _ in range(count):
        subject = source.draw("MOTO" if rng.random() < _MOTORBIKES else random_class(rng))
        came, left = (_blurred(look(rng, hard=True, lane=rng.randrange(4)), rng) for _ in range(2))
        yield subject, came, replace(left, seed=came.seed, wear=came.wear, dirt=came.dirt)


def _blurred(seen: Look, rng: random.Random) -> Look:
    return replace(seen, defocus=seen.defocus + rng.uniform(*_BLUR))


def pairs(reader: Reader, count: int, seed: int) -> Iterator[Pair]:
    """Each vehicle read twice."""
    lanes = Lanes()
    for subject, came, left in drawn(count, seed):
        entry, leaving = (_read(reader, compose(subject, each, lanes).image) for each in (came, left))
        yield Pair(subject.key, entry, leaving)


def _read(reader: Reader, image: Any) -> PlateReading | None:
    return next(iter(reader.read(image, deadline_ms=60_000)), None)


def matched(found: Sequence[Pair], seed: int, *, twins: bool, lists: bool) -> Counter[str]:
    """What the box makes of the exits that were read."""
    visits = [_inside(f"V{number}", pair.entry, lists=lists) for number, pair in enumerate(found)]
    rng, worn = random.Random(seed), {pair.plate for pair in found}
    near = dict.fromkeys(_twin(pair) if twins else _neighbour(rng, pair.plate) for pair in found)
    visits += [OpenVisit(f"N-{plate}", plate, _KIND) for plate in near if plate and plate not in worn]
    tally = Counter[str]()
    for number, pair in enumerate(found):
        if pair.exit is None:
            continue
        sure, others = [share for _, share in pair.exit.characters], pair.exit.others if lists else ()
        ranking = rank(pair.exit.text, _KIND, visits, unlikeness=unlikeness, sure=sure, others=others)
        best = ranking.candidates[0]
        is_sure = best.probability >= PROBABILITY and ranking.margin >= MARGIN
        tally[("wrong", "right")[best.visit == f"V{number}"] if is_sure else "asks a person"] += 1
    return tally


def _inside(visit: str, entry: PlateReading | None, *, lists: bool) -> OpenVisit:
    if entry is None:
        return OpenVisit(visit, "", _KIND)
    return OpenVisit(visit, entry.text, _KIND, entry.others if lists else ())


def _twin(pair: Pair) -> str:
    return next((said.text for said in (pair.entry, pair.exit) if said and said.text != pair.plate), "")


def _neighbour(rng: random.Random, plate: str) -> str:
    place = rng.choice([place for place, sign in enumerate(plate) if place > 2 and sign.isdigit()])
    return plate[:place] + rng.choice("0123456789") + plate[place + 1 :]


def figures(found: Sequence[Pair], seed: int) -> dict[str, Any]:
    """Reads right and wrong, where the true text stands in the lists of wrong reads, and the matches."""
    reads = [(pair.plate, said) for pair in found for said in (pair.entry, pair.exit) if said]
    wrong = [(plate, said) for plate, said in reads if said.text != plate]
    listed = [dict(said.others).get(plate, 0.0) for plate, said in wrong]
    return {
        "vehicles": len(found),
        "reads": len(reads),
        "wrong": len(wrong),
        "wrong, the plate is in the list": sum(share > 0 for share in listed),
        "doubt told (sum of 1 - confidence)": round(sum(1 - said.confidence for _, said in reads), 1),
        "of the doubt, given to the plate": round(sum(listed), 1),
        **{
            f"{around}, {how}": dict(matched(found, seed, twins=twins, lists=lists))
            for around, twins in (("neighbours", False), ("twins", True))
            for how, lists in (("characters alone", False), ("with the lists", True))
        },
    }


def main() -> None:
    """Draw, read, match; one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    wanted = parser.parse_args()
    found = list(pairs(engine(BARIE, wanted.threads), wanted.count, wanted.seed))
    sys.stdout.write(json.dumps(figures(found, wanted.seed), indent=2) + "\n")


if __name__ == "__main__":
    main()
