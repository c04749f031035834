"""Which payment each line that came is: exactly one for one, or none. Pure: lists in, pairs out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from server.proving.already import within


class Coming(NamedTuple):
    """A line of money that came. `reference` bare, `keys` what survives of references, `visits` those in its text."""

    digest: str
    line: int
    booked_on: date
    amount: int
    reference: str
    text: str
    keys: frozenset[str]
    visits: tuple[str, ...]


class Paid(NamedTuple):
    """A payment of the account, proven by a line already or not."""

    name: str
    on: date
    amount: int
    keys: frozenset[str]
    visit: str
    proven: bool


class Pairing(NamedTuple):
    """`pairs`: line's digest -> payment. `alone`: lines that name a visit and that no notice told of: they are
    payments themselves. `why`: what stands in the way of a line that names something of ours."""

    pairs: dict[str, str]
    alone: list[Coming]
    why: dict[str, str]


def pair(lines: Sequence[Coming], payments: Sequence[Paid], seen: Iterable[tuple[str, int, str]]) -> Pairing:
    """`seen`: bank references, amounts and texts of lines that prove something already.

    First by the bank's reference, then by visit and amount. Two for one, either way, are left to a person.
    """
    known = set(seen)
    fresh, why = _once(lines, known)
    pairs = _by_reference(fresh, payments, why)
    rest = [line for line in fresh if line.digest not in pairs and line.digest not in why]
    taken = set(pairs.values())
    open_ = [paid for paid in payments if not paid.proven and paid.name not in taken]
    more, alone = _by_visit(rest, open_, why)
    return Pairing({**pairs, **more}, alone, why)


def _once(lines: Sequence[Coming], known: set[tuple[str, int, str]]) -> tuple[list[Coming], dict[str, str]]:
    """The lines without those that the bank wrote twice."""
    fresh: list[Coming] = []
    why: dict[str, str] = {}
    here: set[tuple[str, int, str]] = set()
    for line in lines:
        same = (line.reference, line.amount, line.text)
        if line.reference and (same in known or same in here):
            why[line.digest] = "another line has the same reference, amount and text"
            continue
        here.add(same)
        fresh.append(line)
    return fresh, why


def _by_reference(lines: Sequence[Coming], payments: Sequence[Paid], why: dict[str, str]) -> dict[str, str]:
    index: dict[str, list[Paid]] = defaultdict(list)
    for paid in payments:
        for each in paid.keys:
            index[each].append(paid)
    edges: dict[str, set[str]] = {}
    for line in lines:
        near = {paid.name: paid for key in line.keys for paid in index.get(key, ()) if within(paid.on, line.booked_on)}
        same = {name for name, paid in near.items() if paid.amount == line.amount and not paid.proven}
        if same:
            edges[line.digest] = same
        elif near:
            why[line.digest] = _against(line, near.values())
    return _mutual(edges)


def _against(line: Coming, near: Iterable[Paid]) -> str:
    for paid in near:
        if paid.amount == line.amount:
            return f"{paid.name} is proven by another line"
    return "the amount differs from " + ", ".join(f"{paid.name} of {paid.amount}" for paid in near)


def _mutual(edges: Mapping[str, set[str]]) -> dict[str, str]:
    """The pairs in which each is the other's only one."""
    wanted: dict[str, int] = defaultdict(int)
    for names in edges.values():
        for name in names:
            wanted[name] += 1
    only = {digest: next(iter(names)) for digest, names in edges.items() if len(names) == 1}
    return {digest: name for digest, name in only.items() if wanted[name] == 1}


def _by_visit(
    lines: Sequence[Coming], payments: Sequence[Paid], why: dict[str, str]
) -> tuple[dict[str, str], list[Coming]]:
    wanting, offered = defaultdict(list), defaultdict(list)
    for line in lines:
        if len(line.visits) == 1:
            wanting[line.visits[0], line.amount].append(line)
    for paid in payments:
        offered[paid.visit, paid.amount].append(paid)
    pairs: dict[str, str] = {}
    alone: list[Coming] = []
    for key, these in wanting.items():
        there = [paid for paid in offered.get(key, ()) if any(within(paid.on, line.booked_on) for line in these)]
        if not there:
            alone += these
        elif len(there) == len(these) and (found := _in_time(these, there)):
            pairs |= found
        else:
            for line in these:
                why[line.digest] = f"{len(these)} lines, {len(there)} payments of the same visit and amount"
    return pairs, sorted(alone, key=lambda line: (line.booked_on, line.line))


def _in_time(lines: list[Coming], payments: list[Paid]) -> dict[str, str] | None:
    """As many lines as payments, all alike: in the order of their days; None where a day does not fit."""
    ordered = zip(
        sorted(lines, key=lambda line: (line.booked_on, line.line)),
        sorted(payments, key=lambda paid: (paid.on, paid.name)),
        strict=True,
    )
    pairs = list(ordered)
    if not all(within(paid.on, line.booked_on) for line, paid in pairs):
        return None
    return {line.digest: paid.name for line, paid in pairs}
