"""Which passages of a lane only one side has: two lists in time, matched at least cost."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

Passage = Mapping[str, Any]
ALONE_S: Final = 6.0
"""Two that are further apart than twice this are not the same passage."""


class Aligned(NamedTuple):
    """Passages of one site: pairs of truth and books, and what only one side has."""

    pairs: list[tuple[Passage, Passage]]
    lost: list[Passage]
    invented: list[Passage]


def aligned(truth: Sequence[Passage], books: Sequence[Passage]) -> Aligned:
    """Each passage of the truth with its counterpart of about the same time on the same lane, if there is one."""
    lanes: dict[str, tuple[list[Passage], list[Passage]]] = defaultdict(lambda: ([], []))
    for side, passages in enumerate((truth, books)):
        for passage in passages:
            lanes[passage["lane"]][side].append(passage)
    whole = Aligned([], [], [])
    for real, booked in lanes.values():
        found = _lane(sorted(real, key=_at), sorted(booked, key=_at))
        whole.pairs.extend(found.pairs)
        whole.lost.extend(found.lost)
        whole.invented.extend(found.invented)
    return whole


def _lane(real: list[Passage], booked: list[Passage]) -> Aligned:
    cost = _costs([_at(each) for each in real], [_at(each) for each in booked])
    found = Aligned([], [], [])
    i, j = len(real), len(booked)
    while i or j:
        if i and j and cost[i][j] == cost[i - 1][j - 1] + abs(_at(real[i - 1]) - _at(booked[j - 1])):
            i, j = i - 1, j - 1
            found.pairs.append((real[i], booked[j]))
        elif i and cost[i][j] == cost[i - 1][j] + ALONE_S:
            i -= 1
            found.lost.append(real[i])
        else:
            j -= 1
            found.invented.append(booked[j])
    return found


def _costs(here: list[float], there: list[float]) -> list[list[float]]:
    cost = [[j * ALONE_S for j in range(len(there) + 1)]]
    for i, at in enumerate(here, 1):
        row = [i * ALONE_S]
        for j, other in enumerate(there, 1):
            paired = cost[i - 1][j - 1] + abs(at - other)
            row.append(min(paired, cost[i - 1][j] + ALONE_S, row[j - 1] + ALONE_S))
        cost.append(row)
    return cost


def _at(passage: Passage) -> float:
    return datetime.fromisoformat(passage["at"]).timestamp()
