"""References with a slip: what a driver typed by hand and the check character refuses.

Nothing is ever settled by a likeness: candidates are shown to a person, who decides.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from gate.reference import DIGITS, is_sound

LENGTH: Final = 3 + DIGITS + 1
PIECES_MAX: Final = 4
_LOOKS: Final = str.maketrans("0OQ1IL8527V", "DDDJJJBSZZU")
"""Characters that are taken for one another, each as the one of them that stands for all (vietnam.md 1.7, 2.2)."""


class Candidate(NamedTuple):
    """A visit whose reference may have been meant. `slips` is how many letters differ, look-alikes not counted."""

    visit: str
    slips: int
    differs: int


def pieces_of(text: str, sites: Iterable[str]) -> tuple[str, ...]:
    """The pieces of a transfer's text that look like a reference of these sites, at most four: nothing else of the
    text is kept."""
    bare = re.sub(r"[^A-Z0-9]", "", text.upper())
    found = (bare[at : at + LENGTH + 1] for at in range(len(bare) - LENGTH + 2))
    known = tuple(sites)
    like = (piece for piece in found if _is_like(piece, known))
    return tuple(dict.fromkeys(like))[:PIECES_MAX]


def candidates(pieces: Iterable[str], references: Iterable[str]) -> tuple[Candidate, ...]:
    """The references that one slip away give a piece, nearest first."""
    known = tuple(pieces)
    near = (best for reference in references if (best := _nearest(known, reference)))
    return tuple(sorted(near, key=lambda each: (each.slips, each.differs, each.visit)))


def _is_like(piece: str, sites: tuple[str, ...]) -> bool:
    """A site's letters before a broken token, or a sound token behind letters of which one is wrong."""
    if piece[:3] in sites:
        return not is_sound(piece[:LENGTH])
    return is_sound(piece[:LENGTH]) and any(_distance(piece[:3], site) <= 1 for site in sites)


def _nearest(pieces: tuple[str, ...], reference: str) -> Candidate | None:
    looks = reference.translate(_LOOKS)
    token = looks[3:]
    best: Candidate | None = None
    for piece in pieces:
        seen = piece.translate(_LOOKS)
        if token[:4] not in seen and token[4:] not in seen:  # one slip leaves one half whole
            continue
        for cut in _cuts(seen):
            slips = _distance(cut, looks)
            differs = _distance(piece[: len(cut)], reference)
            if slips <= 1 and (best is None or (slips, differs) < best[1:]):
                best = Candidate(reference, slips, differs)
    return best


def _cuts(piece: str) -> Iterator[str]:
    """A letter may have been left out or typed twice."""
    return (piece[:size] for size in range(LENGTH - 1, LENGTH + 2) if size <= len(piece))


def _distance(one: str, other: str) -> int:
    """Letters changed, left out, added or swapped with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, earlier[j - 2] + 1)
            row.append(best)
    return row[-1]
