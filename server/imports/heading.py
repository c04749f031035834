"""Finding the row of headings by its words: banks put any number of lines above it."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from gate.written import folded, spaced
from server.imports.cells import Cell, Row, letter
from server.imports.mapping import Column, Mapping

ROWS_MAX: Final = 100
"""Rows among which the headings are looked for."""
_CELL_MAX: Final = 200
_folded: Final = lru_cache(4_096)(folded)  # every mapping reads the same cells with the same words


class Place(NamedTuple):
    """A field's column and its heading as the file writes it."""

    column: int
    title: str

    def __str__(self) -> str:
        return f'{letter(self.column)} "{self.title}"' if self.title else letter(self.column)


class Heading(NamedTuple):
    """Where the data begin and where each field is; `score` is higher where more words agree exactly."""

    row: int
    places: dict[str, Place]
    score: int


def find(rows: Sequence[Row], mapping: Mapping) -> Heading | None:
    """The best row of headings, or two rows of merged ones; None where no row has all that is needed."""
    single = [(row.number, list(row.cells)) for row in rows]
    double = [(low.number, _joined(high.cells, low.cells)) for high, low in pairwise(rows)]
    found = [heading for number, cells in single + double if (heading := _read(number, cells, mapping))]
    return max(found, key=lambda each: each.score, default=None)


def closest(rows: Sequence[Row], mapping: Mapping) -> list[str]:
    """The fields that the most promising row lacks, for whoever is told that there is no heading."""
    needed = [key for key, column in mapping.columns.items() if not column.optional]
    lacking = [[key for key in needed if _best(_titles(row.cells), mapping.columns[key]) is None] for row in rows]
    return min(lacking, key=len, default=needed)


def _read(number: int, cells: Sequence[Cell], mapping: Mapping) -> Heading | None:
    titles, places, score = _titles(cells), {}, 0
    for key, column in mapping.columns.items():
        best = _best(titles, column)
        if best is None:
            if not column.optional:
                return None
            continue
        places[key] = Place(best[1], spaced(str(cells[best[1]]))[:_CELL_MAX])
        score += best[0]
    own = [(place.column, mapping.columns[key].part) for key, place in places.items()]
    return Heading(number, places, score) if len(set(own)) == len(own) else None


def _titles(cells: Sequence[Cell]) -> list[str]:
    return [_folded(cell) if isinstance(cell, str) and len(cell) <= _CELL_MAX else "" for cell in cells]


def _best(titles: list[str], column: Column) -> tuple[int, int] | None:
    """How well the best title agrees, 2 exactly and 1 as a part, and its place."""
    found = [
        (2 if title == _folded(word) else 1, -place)
        for place, title in enumerate(titles)
        if title
        for word in column.words
        if _folded(word) in title
    ]
    if not found:
        return None
    score, place = max(found)
    return score, -place


def _joined(high: Sequence[Cell], low: Sequence[Cell]) -> list[Cell]:
    width = max(len(high), len(low))
    wide = [[*cells, *[""] * (width - len(cells))] for cells in (high, low)]
    return [f"{above or ''} {below or ''}".strip() for above, below in zip(*wide, strict=True)]
