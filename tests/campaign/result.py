"""What a campaign says when it is over."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

Figure = int | float | str
Say = Callable[[str], None]
"""Hears a line of progress now and then."""


class Result(NamedTuple):
    """A campaign's figures, and every way in which what happened is not what was promised; none is a pass."""

    name: str
    seed: int
    figures: dict[str, Figure]
    failures: list[str]


def missing(happened: Mapping[str, int]) -> list[str]:
    """A failure for each kind of fault that never happened: a campaign without faults proves nothing."""
    return [f"{name} never happened: this run proves nothing about it" for name, count in happened.items() if not count]
