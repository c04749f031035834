"""The stroke face of a number plate, as data: our own drawing of condensed, round-cornered characters.

A glyph is a width and a few strokes. A stroke is a path of (x, y, r) on a grid where a capital is 10 units high and
an ordinary character 4 units wide; `r` rounds the corner at that point, 0 keeps it sharp. A closed stroke ends where
it began.
"""

from typing import NamedTuple

Point = tuple[float, float, float]


class Stroke(NamedTuple):
    """One pull of the pen: the points in order, and whether the last joins the first."""

    points: tuple[Point, ...]
    closed: bool = False


class Glyph(NamedTuple):
    """The centre lines of one character; `width` in grid units."""

    width: float
    strokes: tuple[Stroke, ...]


def _glyph(width: float, *paths: str) -> Glyph:
    """Read paths such as "0,0 4,0,2 4,10"; a trailing "z" closes the path."""
    return Glyph(width, tuple(_stroke(path) for path in paths))


def _stroke(path: str) -> Stroke:
    words = path.split()
    closed = words[-1] == "z"
    numbers = [[float(number) for number in word.split(",")] for word in words if word != "z"]
    return Stroke(tuple((n[0], n[1], n[2] if len(n) > 2 else 0.0) for n in numbers), closed)


GLYPHS: dict[str, Glyph] = {
    "0": _glyph(4, "0,0,2 4,0,2 4,10,2 0,10,2 z"),
    "1": _glyph(2.4, "0,2.6 2.2,0 2.2,10"),
    "2": _glyph(4, "0,3 0,0,2 4,0,2 4,4.2,2 0,10 4.1,10"),
    "3": _glyph(4, "0,2.6 0,0,2 4,0,2 4,4.7,1.7 1.4,4.7", "1.4,4.7 4,4.7,1.9 4,10,2 0,10,2 0,7.4"),
    "4": _glyph(4.4, "3.2,10 3.2,0 0,7.4 4.6,7.4"),
    "5": _glyph(4, "3.8,0 0.3,0 0.1,5 0.9,3.9,0.8 4,3.9,2 4,10,2 0,10,2 0,7.6"),
    "6": _glyph(4, "4,2.6 4,0,2 0,0,2 0,10,2 4,10,2 4,4.2,2 0,4.2,2 0,6.6"),
    "7": _glyph(4, "0,0 4,0 1.4,10"),
    "8": _glyph(4, "0.2,0,1.8 3.8,0,1.8 3.8,4.7,1.8 0.2,4.7,1.8 z", "0,4.7,2 4,4.7,2 4,10,2 0,10,2 z"),
    "9": _glyph(4, "0,7.4 0,10,2 4,10,2 4,0,2 0,0,2 0,5.8,2 4,5.8,2 4,3.4"),
    "A": _glyph(4.6, "0,10 2.3,0 4.6,10", "0.9,6.8 3.7,6.8"),
    "B": _glyph(4, "-0.3,0 3.8,0,1.8 3.8,4.7,1.7 0,4.7", "0,4.7 4.1,4.7,1.8 4.1,10,1.9 -0.3,10", "0,0 0,10"),
    "C": _glyph(4, "4,2.8 4,0,2 0,0,2 0,10,2 4,10,2 4,7.2"),
    "D": _glyph(4.2, "-0.4,0 4.2,0,2 4.2,10,2 -0.4,10", "0,0 0,10"),
    "Đ": _glyph(4.2, "-0.4,0 4.2,0,2 4.2,10,2 -0.4,10", "0,0 0,10", "-0.9,5 1.6,5"),
    "E": _glyph(3.8, "3.8,0 0,0 0,10 3.8,10", "0,4.8 3.3,4.8"),
    "F": _glyph(3.8, "3.8,0 0,0 0,10", "0,4.8 3.3,4.8"),
    "G": _glyph(4.2, "4.2,2.7 4.2,0,2 0,0,2 0,10,2 4.2,10,2 4.2,5.6 2.4,5.6"),
    "H": _glyph(4.2, "0,0 0,10", "4.2,0 4.2,10", "0,4.9 4.2,4.9"),
    "I": _glyph(1, "0.5,0 0.5,10"),
    "J": _glyph(3.6, "3.6,0 3.6,10,1.8 0,10,1.8 0,7.6"),
    "K": _glyph(4.3, "0,0 0,10", "4.1,0 0.1,6.2", "1.6,4 4.3,10"),
    "L": _glyph(3.6, "0,0 0,10 3.6,10"),
    "M": _glyph(5, "0,10 0,0 2.5,6.6 5,0 5,10"),
    "N": _glyph(4.3, "0,10 0,0 4.3,10 4.3,0"),
    "O": _glyph(4.8, "0,0,2.4 4.8,0,2.4 4.8,10,2.4 0,10,2.4 z"),
    "P": _glyph(4, "0,10 0,0 4,0,2 4,5.4,2 0,5.4"),
    "Q": _glyph(4.8, "0,0,2.4 4.8,0,2.4 4.8,10,2.4 0,10,2.4 z", "2.8,7.4 5,10.6"),
    "R": _glyph(4.2, "0,10 0,0 4,0,2 4,5.2,2 0,5.2", "1.9,5.2 4.2,10"),
    "S": _glyph(4, "4,2.6 4,0,2 0,0,2 0,4.6,2 4,5.2,2 4,10,2 0,10,2 0,7.4"),
    "T": _glyph(4.2, "0,0 4.2,0", "2.1,0 2.1,10"),
    "U": _glyph(4.2, "0,0 0,10,2 4.2,10,2 4.2,0"),
    "V": _glyph(4.6, "0,0 2.3,10 4.6,0"),
    "W": _glyph(6, "0,0 1.5,10 3,2.5 4.5,10 6,0"),
    "X": _glyph(4.5, "0,0 4.5,10", "4.5,0 0,10"),
    "Y": _glyph(4.5, "0,0 2.25,5.2 4.5,0", "2.25,5.2 2.25,10"),
    "Z": _glyph(4.2, "0,0 4.2,0 0,10 4.2,10"),
    "-": _glyph(2, "0,5.2 2,5.2"),
    ".": _glyph(0.4, "0,9.6 0.4,9.6"),
}
