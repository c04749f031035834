"""Which class of plate a reading is, by its text, its background, its lines and its shape."""

from typing import Final

from edge.reader.weigh import Candidate
from gate.plate import MOTORBIKES, PlateClass, classes, narrow

# Width to height of the text of two lines: on a motorbike's plate (190 x 140 mm) about 1.3, on a car's (330 x 165) 2.
_SQUARE: Final = 1.7
# Which is said first where several remain: the commoner.
_ORDER: Final = (
    PlateClass.CAR,
    PlateClass.MOTO_OLD,
    PlateClass.MOTO_NEW,
    PlateClass.SPECIAL,
    PlateClass.MOTO_EV,
    *PlateClass,
)


def kinds(candidate: Candidate, colour: str) -> tuple[str, ...]:
    """Classes that remain, the likeliest first; none for a text that the grammar does not know."""
    lines = len(candidate.rows)
    left = narrow(classes(candidate.text), colour=colour, lines=lines)
    square = lines == 2 and aspect(candidate) < _SQUARE
    ordered = sorted(left, key=lambda kind: (square is not (kind in MOTORBIKES), _ORDER.index(kind)))
    return tuple(kind.value for kind in ordered)


def aspect(candidate: Candidate) -> float:
    """Width to height of the text of both lines, along the reading direction."""
    top, bottom = candidate.places[0], candidate.places[-1]
    _, down = top.offset(bottom)
    height = down + (top.height + bottom.height) / 2
    return max(place.width for place in candidate.places) / max(height, 1.0)
