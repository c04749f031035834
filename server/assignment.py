"""All exits in question against all open stays at once: the minimum-cost assignment, and how probable each pair is.

A pair costs minus the log of its odds; leaving both alone costs nothing. Pairs that nearly nothing speaks for are left
out, which cuts the whole into small parts; what they might still have been counts as "somebody else". How probable
each pair is among all assignments comes from passing messages along the pairs that are left (exact where they form
no rings).
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import scipy  # its parts come with their first use, which few that import this ever make
from numpy.typing import NDArray

from gate.assignment import Evidence, Habits, Seen, evidence, prior

KEEP: Final = -5.0
"""Log odds below which a pair is left out of the assignment."""
APART_MOST: Final = 3
"""Characters of two plates that differ in more than so many places are no misread of each other."""
ODDS_MAX: Final = 30.0
ROUNDS: Final = 60
EXACT_MOST: Final = 8
"""Stays of a part up to which all its assignments are summed."""

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


class Pair(NamedTuple):
    """An exit and a stay that the best assignment puts together. `margin`: its lead over all else for this exit."""

    out: str
    stay: str
    probability: float
    margin: float
    evidence: Evidence


class _Edges(NamedTuple):
    """Pairs that are looked at: places of exit and stay, log odds; and what the pairs left out come to, by exit."""

    outs: Places
    stays: Places
    odds: Floats
    parts: list[Evidence]
    rest: Floats


def assign(habits: Habits, outs: Sequence[Seen], stays: Sequence[Seen]) -> list[Pair]:
    """The pairs of the best assignment, in the order of the exits."""
    if not outs or not stays:
        return []
    edges = _edges(habits, outs, stays)
    if not len(edges.outs):
        return []
    parts = _parts(edges, len(outs), len(stays))
    shares = _shares(edges, len(stays))
    for part in parts:
        if len(set(edges.stays[part].tolist())) <= EXACT_MOST:
            shares[part] = _exact(edges, part)
    return [
        Pair(
            outs[edges.outs[edge]].name,
            stays[edges.stays[edge]].name,
            float(shares[edge]),
            _margin(edges, shares, edge),
            edges.parts[edge],
        )
        for edge in sorted((edge for part in parts for edge in _best_of(edges, part)), key=lambda e: int(edges.outs[e]))
    ]


def candidates(habits: Habits, out: Seen, stays: Sequence[Seen], most: int) -> list[Pair]:
    """For one exit alone: the stays that it may be, most probable first. Nothing is left out."""
    found = [(stay.name, parts) for stay in stays if (parts := evidence(habits, out, stay))]
    start = prior(len(stays))
    weights = [math.exp(min(ODDS_MAX, start + parts.total)) for _, parts in found]
    whole = 1.0 + math.fsum(weights)
    ranked = sorted(zip(weights, found, strict=True), key=lambda each: (-each[0], each[1][0]))
    return [Pair(out.name, name, weight / whole, 0.0, parts) for weight, (name, parts) in ranked[:most]]


# --- which pairs there are --------------------------------------------------------------------------------


def _edges(habits: Habits, outs: Sequence[Seen], stays: Sequence[Seen]) -> _Edges:
    start, may_be = prior(len(stays)), _may_be(outs, stays)
    rest = np.ones(len(outs))
    kept: list[tuple[int, int, float, Evidence]] = []
    for place, out in enumerate(outs):
        for other in np.flatnonzero(may_be[place]):
            parts = evidence(habits, out, stays[int(other)])
            if parts is None:
                continue
            odds = start + parts.total
            if odds > KEEP:
                kept.append((place, int(other), min(odds, ODDS_MAX), parts))
            else:
                rest[place] += math.exp(odds)
    columns = list(zip(*kept, strict=True)) if kept else [(), (), (), ()]
    return _Edges(
        np.array(columns[0], np.intp), np.array(columns[1], np.intp), np.array(columns[2]), list(columns[3]), rest
    )


def _may_be(outs: Sequence[Seen], stays: Sequence[Seen]) -> NDArray[np.bool_]:
    """Are the plates near enough to be looked at, exit by stay; always where one is unread or both have tags."""
    ours, theirs = [out.read.text for out in outs], [stay.read.text for stay in stays]
    left = _apart(_codes(ours, from_end=False), _codes(theirs, from_end=False))
    right = _apart(_codes(ours, from_end=True), _codes(theirs, from_end=True))
    unread = np.array([not text for text in ours])[:, None] | np.array([not text for text in theirs])[None, :]
    tags = np.array([bool(out.tag) for out in outs])[:, None] & np.array([bool(stay.tag) for stay in stays])[None, :]
    # a character lost in the middle leaves the beginning as it was from the left, and the end from the right
    longest = max((len(text) for text in (*ours, *theirs)), default=0)
    shifted = left + right <= longest + APART_MOST
    near: NDArray[np.bool_] = (left <= APART_MOST) | (right <= APART_MOST) | (shifted & _other_length(ours, theirs))
    looked_at: NDArray[np.bool_] = near | unread | tags
    return looked_at


def _other_length(ours: list[str], theirs: list[str]) -> NDArray[np.bool_]:
    different: NDArray[np.bool_] = (
        np.array([len(text) for text in ours])[:, None] != np.array([len(text) for text in theirs])[None, :]
    )
    return different


def _codes(texts: list[str], *, from_end: bool) -> NDArray[np.uint32]:
    width = 16
    padded = "".join((text[::-1] if from_end else text)[:width].ljust(width) for text in texts)
    return np.array([padded], f"<U{max(1, len(padded))}").view(np.uint32)[: len(padded)].reshape(len(texts), width)


def _apart(ours: NDArray[np.uint32], theirs: NDArray[np.uint32]) -> NDArray[np.int16]:
    """In how many places each of ours differs from each of theirs."""
    found = np.zeros((len(ours), len(theirs)), np.int16)
    for place in range(ours.shape[1]):
        found += ours[:, place, None] != theirs[None, :, place]
    return found


# --- the best assignment ----------------------------------------------------------------------------------


def _parts(edges: _Edges, outs: int, stays: int) -> list[Places]:
    """The pairs, cut where nothing connects them."""
    ends = outs + stays
    graph = scipy.sparse.coo_array((np.ones(len(edges.outs)), (edges.outs, edges.stays + outs)), shape=(ends, ends))
    _, labels = scipy.sparse.csgraph.connected_components(graph, directed=False)
    order = np.argsort(labels[edges.outs], kind="stable")
    cuts = np.flatnonzero(np.diff(labels[edges.outs[order]])) + 1
    return [part.astype(np.intp) for part in np.split(order, cuts)]


def _best_of(edges: _Edges, part: Places) -> list[int]:
    """Rows are exits; behind the stays each exit has a column of its own, for "somebody else"."""
    rows, row = np.unique(edges.outs[part], return_inverse=True)
    columns, column = np.unique(edges.stays[part], return_inverse=True)
    gains = np.full((len(rows), len(columns) + len(rows)), -1e6)
    gains[np.arange(len(rows)), len(columns) + np.arange(len(rows))] = np.log(edges.rest[rows])
    gains[row, column] = edges.odds[part]
    which = np.full(gains.shape, -1)
    which[row, column] = part
    return [int(edge) for edge in which[scipy.optimize.linear_sum_assignment(gains, maximize=True)] if edge >= 0]


# --- how probable each pair is ----------------------------------------------------------------------------


def _exact(edges: _Edges, part: Places) -> Floats:
    """The same, summed over all assignments of a small part: exit by exit, by which stays are taken."""
    bit = {stay: 1 << place for place, stay in enumerate(sorted(set(edges.stays[part].tolist())))}
    rows: dict[int, list[tuple[int, int, float]]] = {}
    for place, edge in enumerate(part.tolist()):
        row = rows.setdefault(int(edges.outs[edge]), [])
        row.append((place, bit[int(edges.stays[edge])], math.exp(edges.odds[edge])))
    before: list[dict[int, float]] = [{0: 1.0}]
    for out, row in rows.items():
        before.append(_with(before[-1], edges.rest[out], row))
    behind = dict.fromkeys(before[-1], 1.0)
    whole, shares = math.fsum(before[-1].values()), np.zeros(len(part))
    for number, (out, row) in reversed(list(enumerate(rows.items()))):
        earlier = {}
        for taken, weight in before[number].items():
            earlier[taken] = edges.rest[out] * behind[taken]
            for place, stay, odds in row:
                if not taken & stay:
                    shares[place] += weight * odds * behind[taken | stay] / whole
                    earlier[taken] += odds * behind[taken | stay]
        behind = earlier
    return shares


def _with(before: dict[int, float], rest: float, row: list[tuple[int, int, float]]) -> dict[int, float]:
    """The weight of all assignments by which stays they take, with one more exit."""
    found = {taken: weight * rest for taken, weight in before.items()}
    for taken, weight in before.items():
        for _, stay, odds in row:
            if not taken & stay:
                found[taken | stay] = found.get(taken | stay, 0.0) + weight * odds
    return found


def _shares(edges: _Edges, stays: int) -> Floats:
    """Of all assignments, each as heavy as its odds: the part that has this pair."""
    weights = np.exp(edges.odds)
    from_out, from_stay = np.ones(len(weights)), np.ones(len(weights))  # how free each end is, this pair apart
    for _ in range(ROUNDS):
        free_out = _free(edges.outs, weights * from_stay, edges.rest)
        free_stay = _free(edges.stays, weights * free_out, np.ones(stays))
        done = np.allclose(free_out, from_out, rtol=1e-4) and np.allclose(free_stay, from_stay, rtol=1e-4)
        from_out, from_stay = np.sqrt(free_out * from_out), np.sqrt(free_stay * from_stay)  # half steps do not swing
        if done:
            break
    both = weights * from_out * from_stay
    shares: Floats = both / (1.0 + both)
    return shares


def _free(ends: Places, heard: Floats, alone: Floats) -> Floats:
    """For each pair: how free its end is of all its other pairs."""
    whole = np.bincount(ends, heard, minlength=len(alone)) + alone
    free: Floats = 1.0 / np.maximum(whole[ends] - heard, alone[ends])
    return free


def _margin(edges: _Edges, shares: Floats, edge: int) -> float:
    mine = edges.outs == edges.outs[edge]
    mine[edge] = False
    others = shares[mine]
    nobody = max(0.0, 1.0 - float(shares[edge]) - float(others.sum()))
    return max(0.0, float(shares[edge]) - max(nobody, float(others.max(initial=0.0))))
