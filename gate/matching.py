"""Which open visit is the vehicle at the exit: a ranking by probability, with a margin.

Bayes over the site's open visits. A plate's likelihood is that of `gate.likeness`: an exact read by a reader that was
sure leaves its neighbours far behind, one that was unsure does not. What else the readers at either end held possible
counts as far as their lists are trusted. Another vehicle class speaks against a visit.
"None of them" competes as well, so a stranger is not forced on a visit.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from gate.likeness import Others, Read, all_unlike, as_read, bears, versions
from gate.vehicle import VehicleClass

_OTHER_CLASS: Final = math.exp(-2.5)
_STRANGER: Final = math.exp(-9.5)
"""Likelihood of the read given a vehicle that has no open visit: few are, and few of them wear just this plate."""
_UNREAD: Final = math.exp(-10.5)
"""Likelihood of any read for a visit whose entry was not read: possible, never probable."""


class OpenVisit(NamedTuple):
    """A visit that may be leaving. `plate` is empty when the entry was not read; `others`: what else it may be."""

    visit: str
    plate: str
    vehicle_class: VehicleClass
    others: tuple[tuple[str, float], ...] = ()


class Candidate(NamedTuple):
    """A visit and the probability that it is this vehicle's."""

    visit: str
    probability: float


class Ranking(NamedTuple):
    """Candidates, most probable first, and the best one's lead over everything else."""

    candidates: tuple[Candidate, ...]
    margin: float


Unlikeness = Callable[[Read, Sequence[str]], Sequence[float]]
"""`gate.likeness.unlikeness` of a read and each of many plates, in their order."""


def rank(
    plate: str,
    kind: VehicleClass | None,
    visits: Iterable[OpenVisit],
    most: int = 8,
    unlikeness: Unlikeness = all_unlike,
    sure: Iterable[float] = (),
    others: Others = (),
) -> Ranking:
    """Rank the open visits for a read at an exit. An unread plate ranks by class alone and has no margin.

    `sure` is the reader's probability of each character of the plate, in order; `others` what else it held possible.
    """
    visits, read = list(visits), as_read(plate, sure, others)
    weights = _likelihoods(read, kind, visits, unlikeness)
    stranger = _STRANGER
    whole = math.fsum([stranger, *weights])  # exact, so the order of visits is no matter
    least = min(sorted(weights, reverse=True)[: max(most, 2)], default=0.0)
    shown = [(visit.visit, weight) for visit, weight in zip(visits, weights, strict=True) if weight >= least]
    ordered = sorted(shown, key=lambda pair: (-pair[1], pair[0]))
    candidates = tuple(Candidate(visit, weight / whole) for visit, weight in ordered[:most])
    if not candidates or not read.text:
        return Ranking(candidates, 0.0)
    rival = max(stranger / whole, ordered[1][1] / whole if len(ordered) > 1 else 0.0)
    return Ranking(candidates, max(0.0, candidates[0].probability - rival))


def tagged(visit: str, plate: str, visits: Iterable[OpenVisit]) -> Ranking:
    """The ranking for a vehicle whose tag came in with `visit`: certain, unless it wears another open visit's plate.

    A tag on another vehicle and a swapped plate look alike from here, so between those two a person decides.
    """
    wears = [other.visit for other in visits if plate and other.plate == plate and other.visit != visit]
    if not wears:
        return Ranking((Candidate(visit, 1.0),), 1.0)
    share = 1 / (1 + len(wears))
    return Ranking(tuple(Candidate(each, share) for each in (visit, *sorted(wears))), 0.0)


def _likelihoods(
    read: Read, kind: VehicleClass | None, visits: Sequence[OpenVisit], unlikeness: Unlikeness
) -> list[float]:
    """Of the read given each visit, in their order."""
    kinds = [1.0 if kind is None or kind is visit.vehicle_class else _OTHER_CLASS for visit in visits]
    if not read.text:
        return [_UNREAD * same_kind for same_kind in kinds]
    borne = [bears(visit.plate, visit.others) if visit.plate else () for visit in visits]
    plates = list(dict.fromkeys(text for each in borne for text, _ in each))
    known = dict(zip(plates, _read_from(read, plates, unlikeness), strict=True))
    return [
        (math.fsum(share * known[text] for text, share in each) if each else _UNREAD) * same_kind
        for each, same_kind in zip(borne, kinds, strict=True)
    ]


def _read_from(read: Read, plates: Sequence[str], unlikeness: Unlikeness) -> list[float]:
    """Likelihood of all that the reader said, given each plate: over the versions of the read."""
    found = [0.0] * len(plates)
    for share, version in versions(read):
        far = unlikeness(version, plates)
        slips = {each: share * math.exp(-each) for each in set(far)}
        found = [before + slips[each] for before, each in zip(found, far, strict=True)]
    return found
