"""Plates whose paint is worn, read at the entry and at the exit: what the readers' n-best lists are worth to the match.

The paint is the vehicle's own and the same at both ends, the light is not: so a worn character is read alike twice or
differently, rightly or not. The reader is honest: what it says of two signs is how often they are so. The same reads
are matched twice, with the lists and without; the world knows who was who.
"""

import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Final, NamedTuple

from msgspec.structs import replace

from edge.known.nearness import unlikeness
from edge.reader.vote import vote
from gate.assignment import Clean, Seen, learned
from gate.likeness import Read, as_read
from gate.matching import OpenVisit, rank
from gate.reading import OTHERS_MOST, PlateReading
from gate.vehicle import VehicleClass
from server.assignment import assign
from tests.campaign.assignment import LOOKS_LIKE, MORNING, plate_of
from tests.campaign.ranking import MARGIN, PROBABILITY
from tests.campaign.result import Result, Say

INSIDE: Final = 1_000
EXITS: Final = 2_000
VOTES: Final = 700
FRAMES: Final = 3
STRANGERS: Final = 0.02
WORN: Final = 1.0
"""Of the vehicles, those with paint that is worn somewhere."""
ODDS, SHARED, LIGHT = 1.2, 1.6, 0.8  # mean of the log odds for the true sign; variances of the paint and of the light
"""A mean of half the variance makes the log odds honest: of signs that are said to be so with p, p are so."""
TWIN: Final = 0.85
"""How often the two signs that a worn place leaves are both in the reader's list; else it names a third instead."""
KIND: Final = VehicleClass.CAR9
Signs = tuple[tuple[str, float], ...]


class Bare(NamedTuple):
    """A place of a plate: the sign, what it looks like where it is worn, a third one, and the odds of the paint."""

    sign: str
    twin: str = ""
    third: str = ""
    odds: float = 0.0


def run(seed: int, *, scale: float, say: Say) -> Result:
    """A car park with plates from everywhere, and one whose vehicles all have plates of one series."""
    figures: dict[str, int | float | str] = {}
    failures: list[str] = []
    for name, one_series in (("mixed plates", False), ("one series", True)):
        park = Park(random.Random(f"{seed} {name}"), one_series=one_series)
        park.exits(round(EXITS * scale))
        say(f"{name}: {park.count} exits")
        figures |= {f"{name}: {figure}": value for figure, value in park.figures().items()}
        failures += [f"{name}: {each}" for each in park.failures()]
    without, listed = votes(random.Random(f"{seed} frames"), round(VOTES * scale))
    figures["three frames, the plate is among the vote's first five: characters alone, with the lists"] = (
        f"{without}, {listed} of {round(VOTES * scale)}"
    )
    failures += ["the lists brought nothing to the vote"] if listed < without else []
    return Result("worn", seed, figures, failures)


class Tally(NamedTuple):
    """One way of matching: what the box did, and what was left of it to the centre."""

    box: Counter[str]
    centre: Counter[str]


class Park:
    """A full car park. Who leaves is matched with the lists and without."""

    def __init__(self, rng: random.Random, *, one_series: bool, inside: int = INSIDE) -> None:
        self._rng, self._inside, self.count, self.strangers, self.alike, self.unlike = rng, inside, 0, 0, 0, 0
        digits = rng.sample(range(10**5), inside + inside // 10)
        self._bodies = [paint(rng, plate_of(each, one_series=one_series)) for each in digits]
        self._came = [MORNING + timedelta(minutes=rng.uniform(0, 600)) for _ in self._bodies]
        self._entries = [seen(rng, body) for body in self._bodies[:inside]]
        self.ways = {lists: Tally(Counter(), Counter()) for lists in (False, True)}

    def exits(self, count: int) -> None:
        """So many exits, each vehicle leaving by itself; then the centre has those of which the box was not sure."""
        places = [self._place() for _ in range(count)]
        reads = [seen(self._rng, self._bodies[place]) for place in places]
        self.count += count
        self.strangers += sum(place >= self._inside for place in places)
        for place, read in zip(places, reads, strict=True):
            if place < self._inside and self._plate(place) not in {read.text, self._entries[place].text}:
                self.alike += read.text == self._entries[place].text
            self.unlike += place < self._inside and read.text != self._entries[place].text
        for lists in (False, True):
            self._matched(places, reads, lists=lists)

    def _place(self) -> int:
        if self._rng.random() < STRANGERS:
            return self._rng.randrange(self._inside, len(self._bodies))
        return self._rng.randrange(self._inside)

    def _plate(self, place: int) -> str:
        return "".join(each.sign for each in self._bodies[place])

    def _matched(self, places: Sequence[int], reads: Sequence[Read], *, lists: bool) -> None:
        entries = [told(read, lists=lists) for read in self._entries]
        visits = [OpenVisit(f"V{n}", read.text, KIND, read.others) for n, read in enumerate(entries)]
        box, cases = self.ways[lists].box, []
        for number, (place, heard) in enumerate(zip(places, reads, strict=True)):
            read = told(heard, lists=lists)
            ranking = rank(read.text, KIND, visits, unlikeness=unlikeness, sure=read.sure, others=read.others)
            best, right = ranking.candidates[0], place < self._inside and ranking.candidates[0].visit == f"V{place}"
            if best.probability >= PROBABILITY and ranking.margin >= MARGIN:
                box["right" if right else "wrong"] += 1
            else:
                box["case"] += 1
                box["case whose first is right"] += right
                cases.append((number, place, read))
        self._proposed(entries, cases, self.ways[lists].centre)

    def _proposed(self, entries: Sequence[Read], cases: Iterable[tuple[int, int, Read]], centre: Counter[str]) -> None:
        """The centre has the cases of the box, each vehicle once, against the stays that nobody ended."""
        first = {place: (number, read) for number, place, read in reversed(list(cases))}
        outs = [Seen(f"P{place}", self._left(place), "out-1", read, KIND) for place, (_, read) in first.items()]
        stays = [Seen(f"P{n}", self._came[n], "in-1", read, KIND) for n, read in enumerate(entries)]
        centre["asked"] += len(outs)
        for pair in assign(learned(self._habits()), outs, stays):
            if pair.probability >= 0.5:
                centre["right" if pair.out == pair.stay else "wrong"] += 1

    def _left(self, place: int) -> datetime:
        return self._came[place] + timedelta(minutes=30 + place % 120)

    def _habits(self) -> Iterable[Clean]:
        """Stays of other days."""
        for number in range(min(500, self._inside)):
            at = MORNING + timedelta(minutes=number)
            plate = self._entries[number].text[:3] + f"{number:05}"
            yield Clean(plate, KIND, at, at + timedelta(minutes=30 + number % 120), "in-1", "out-1")

    def figures(self) -> dict[str, int | float | str]:
        """For the log."""
        found: dict[str, int | float | str] = {
            "exits": self.count,
            "of them without a stay": self.strangers,
            "read differently at entry and exit": self.unlike,
            "read wrongly and alike at both": self.alike,
        }
        for lists, way in self.ways.items():
            name = "with the lists" if lists else "characters alone"
            found[f"{name}: box sure and right, sure and wrong"] = f"{way.box['right']}, {way.box['wrong']}"
            found[f"{name}: box asks a person"] = way.box["case"]
            found[f"{name}: ... the first candidate is right"] = way.box["case whose first is right"]
            found[f"{name}: centre proposes of these, right, wrong"] = (
                f"{way.centre['asked']}: {way.centre['right']}, {way.centre['wrong']}"
            )
        return found

    def failures(self) -> list[str]:
        """What was promised and is not so."""
        before, after = self.ways[False].box, self.ways[True].box
        found = [] if self.unlike and self.alike else ["no plate was read wrongly: this run proves nothing"]
        if after["right"] < before["right"] or (after == before and self.count >= EXITS):
            found.append(f"the lists brought nothing: {after['right']} right, {before['right']} without them")
        if after["wrong"] > before["wrong"]:
            found.append(f"the lists made {after['wrong']} wrong, {before['wrong']} without them")
        return found


def votes(rng: random.Random, count: int) -> tuple[int, int]:
    """Vehicles on three frames of a roll-up each: how often the n-best list of the vote has the plate."""
    found = {False: 0, True: 0}
    for number in range(count):
        plate = plate_of(number, one_series=False)
        body = paint(rng, plate)
        frames = [_frame(seen(rng, body), 100 + 90 * place) for place in range(FRAMES)]
        for lists in found:
            said = vote([frame if lists else replace(frame, alternatives=()) for frame in frames], 1 + OTHERS_MOST)
            found[lists] += said is not None and plate in dict(said.alternatives)
    return found[False], found[True]


def _frame(read: Read, x: int) -> PlateReading:
    signs, sure = tuple(zip(read.text, read.sure, strict=True)), min(read.sure)
    return PlateReading(
        read.text, sure, signs, (x, 80, 200, 50), 1, "white", alternatives=((read.text, sure), *read.others)
    )


def told(read: Read, *, lists: bool) -> Read:
    """The read with its list, or as it was before there was one."""
    return read if lists else read._replace(others=())


# --- paint and light --------------------------------------------------------------------------------------


def paint(rng: random.Random, plate: str) -> list[Bare]:
    """The places of a plate; of some vehicles one or two are worn."""
    worn = set(rng.sample(range(len(plate)), rng.choice((1, 1, 2)))) if rng.random() < WORN else set()
    return [_worn(rng, sign) if place in worn else Bare(sign) for place, sign in enumerate(plate)]


def _worn(rng: random.Random, sign: str) -> Bare:
    same = "0123456789" if sign.isdigit() else "ABCDEFGHKL"
    like = [other for other in LOOKS_LIKE.get(sign, "") if other in same]
    twin = rng.choice(like or [other for other in same if other != sign])
    third = rng.choice([other for other in same if other not in {sign, twin}])
    return Bare(sign, twin, third, rng.gauss(ODDS, math.sqrt(SHARED)))


def seen(rng: random.Random, body: Sequence[Bare]) -> Read:
    """One look at it: the text, each character's probability, and the list of whole texts."""
    places = [_looked(rng, each) for each in body]
    text = "".join(place[0][0] for place in places)
    ranked = sorted(
        (("".join(sign for sign, _ in signs), math.prod(share for _, share in signs)) for signs in product(*places)),
        key=lambda pair: -pair[1],
    )
    return as_read(text, [place[0][1] for place in places], ranked[1:6])


def _looked(rng: random.Random, place: Bare) -> Signs:
    """The signs that stand there, likeliest first."""
    if not place.twin:
        return ((place.sign, min(0.999, 1 - rng.betavariate(1, 200))),)
    odds = place.odds + rng.gauss(0, math.sqrt(LIGHT))
    first, second = (place.sign, place.twin) if odds > 0 else (place.twin, place.sign)
    sure = 1 / (1 + math.exp(-abs(odds)))
    if rng.random() > TWIN:
        second = place.third
    return (first, sure), (second, 1 - sure)
