"""Two readings of one plate, place by place: which character of the one stands for which of the other."""

from typing import Final, NamedTuple

from gate.likeness import GAP, Read, right, wrong

_MISSING: Final = ("", 1.0)
_BOTH, _READ, _WORN = 0, 1, 2  # a step that takes a character of both, of the read only, of the plate only

Sign = tuple[str, float]
"""A character and its probability; an empty one stands for none."""


class Aligned(NamedTuple):
    """A read laid beside a text: what it has `on` each of its characters, and what `between` them (before the first
    to behind the last)."""

    on: tuple[Sign, ...]
    between: tuple[tuple[Sign, ...], ...]


def aligned(read: Read, text: str) -> Aligned:
    """By the likeliest way in which `read` came about if the plate is `text` (`gate.likeness`)."""
    steps = _steps(read, text)
    on: list[Sign] = [_MISSING] * len(text)
    between: list[list[Sign]] = [[] for _ in range(len(text) + 1)]
    number, place = len(read.text), len(text)
    while number or place:
        step = steps[number][place]
        number -= step != _WORN
        place -= step != _READ
        if step == _BOTH:
            on[place] = read.text[number], read.sure[number]
        elif step == _READ:
            between[place].insert(0, (read.text[number], read.sure[number]))
    return Aligned(tuple(on), tuple(map(tuple, between)))


def _steps(read: Read, text: str) -> list[list[int]]:
    """The last step of the cheapest way to each pair of beginnings."""
    costs = [place * GAP for place in range(len(text) + 1)]
    steps = [[_WORN] * (len(text) + 1)]
    for number, (sign, sure) in enumerate(zip(read.text, read.sure, strict=True), 1):
        row, taken = [number * GAP], [_READ]
        for place, worn in enumerate(text, 1):
            price = right(sure) if sign == worn else wrong(sure, sign, worn)
            ways = (costs[place - 1] + price, costs[place] + GAP, row[place - 1] + GAP)
            cheapest = min(ways)
            row.append(cheapest)
            taken.append(ways.index(cheapest))
        costs = row
        steps.append(taken)
    return steps
