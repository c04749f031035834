"""Which passages of a lane only one side has: two lists in time, matched at least cost."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

LOST, INVENTED = "lost", "invented"
ALONE_S: Final = 6.0
"""Two that are further apart than twice this are not the same passage."""


class Unpaired(NamedTuple):
    """A passage that only one side has."""

    lane: str
    at: str
    what: str


def lost_and_invented(truth: Sequence[Mapping[str, Any]], books: Sequence[Mapping[str, Any]]) -> list[Unpaired]:
    """Of each lane; empty when each has its counterpart at about its time."""
    lanes: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, passages in enumerate((truth, books)):
        for passage in passages:
            lanes[passage["lane"]][side].append(passage["at"])
    return [
        found for lane, (real, booked) in sorted(lanes.items()) for found in _lane(lane, sorted(real), sorted(booked))
    ]


def _lane(lane: str, real: list[str], booked: list[str]) -> list[Unpaired]:
    here, there = [_seconds(at) for at in real], [_seconds(at) for at in booked]
    cost = _costs(here, there)
    found: list[Unpaired] = []
    i, j = len(here), len(there)
    while i or j:
        if i and j and cost[i][j] == cost[i - 1][j - 1] + abs(here[i - 1] - there[j - 1]):
            i, j = i - 1, j - 1
        elif i and cost[i][j] == cost[i - 1][j] + ALONE_S:
            i -= 1
            found.append(Unpaired(lane, real[i], LOST))
        else:
            j -= 1
            found.append(Unpaired(lane, booked[j], INVENTED))
    return found[::-1]


def _costs(here: list[float], there: list[float]) -> list[list[float]]:
    cost = [[j * ALONE_S for j in range(len(there) + 1)]]
    for i, at in enumerate(here, 1):
        row = [i * ALONE_S]
        for j, other in enumerate(there, 1):
            paired = cost[i - 1][j - 1] + abs(at - other)
            row.append(min(paired, cost[i - 1][j] + ALONE_S, row[j - 1] + ALONE_S))
        cost.append(row)
    return cost


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
