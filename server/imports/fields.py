"""Reading a row's fields by its heading; what is wrong is collected with its row and column."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from itertools import chain, islice
from typing import NamedTuple, TypeVar

from gate.written import NotWritten, folded, sane, spaced
from server.imports import cells
from server.imports.cells import LINES_MAX, Cell, Row
from server.imports.flaws import Flaws
from server.imports.heading import ROWS_MAX, Heading, closest, find
from server.imports.mapping import Mapping, starts

T = TypeVar("T")


class Sheet(NamedTuple):
    """A table whose headings were found: `above` are the rows before the data, `data` those after."""

    mapping: Mapping
    heading: Heading
    above: tuple[Row, ...]
    data: Iterator[Row]


def sheet(rows: Iterator[Row], mappings: Iterable[Mapping], flaws: Flaws) -> Sheet:
    """The table under the mapping that fits best. Raises BadFile when none does, or two as well."""
    head = list(islice(rows, ROWS_MAX))
    found = [(mapping, heading) for mapping in mappings if (heading := find(head, mapping))]
    best = max((heading.score for _, heading in found), default=0)
    fit = [each for each in found if each[1].score == best]
    if len(fit) != 1:
        raise flaws.refuse(_no_heading(head, list(mappings), [mapping.name for mapping, _ in fit]))
    mapping, heading = fit[0]
    above = tuple(row for row in head if row.number < heading.row)
    return Sheet(mapping, heading, above, chain((row for row in head if row.number > heading.row), rows))


def _no_heading(head: list[Row], mappings: list[Mapping], fit: list[str]) -> str:
    if fit:
        return f"fits {' and '.join(fit)} as well: name its layout (--mapping)"
    if len(mappings) == 1:
        lacks = ", ".join(f"{key} ({mappings[0].columns[key].words[0]})" for key in closest(head, mappings[0]))
        return f"has no row of headings as {mappings[0].name} wants it: what is missing is {lacks}"
    return f"has no row of headings that any of {', '.join(each.name for each in mappings)} knows"


class Fields:
    """The fields of one row after another. A field that cannot be read is a flaw and comes back as its default."""

    def __init__(self, sheet: Sheet, today: date, flaws: Flaws) -> None:
        self._sheet, self._today, self._flaws = sheet, today, flaws
        self._above: dict[str, Cell] = {}
        self._begun = 0, ""
        self.row = Row(0, ())

    def data(self) -> Iterator[Row]:
        """The rows with anything in them, each made the present one. Raises BadFile beyond the limit."""
        for count, row in enumerate(self._sheet.data):
            if count > LINES_MAX:
                raise self._flaws.refuse(f"has more than {LINES_MAX} lines", row.number)
            self.row = row
            if not all(cells.is_blank(cell) for cell in row.cells):
                yield row

    def has(self, key: str) -> bool:
        """Whether the present row says anything in this field."""
        place = self._sheet.heading.places.get(key)
        return (place is not None and place.column in self.row.computed) or not cells.is_blank(self._cell(key))

    def text(self, key: str) -> str:
        """The field's words, with single spaces; empty where there is no such column."""
        return self._read(key, lambda cell: spaced(cells.text(cell)), "")

    def plain(self, key: str) -> str:
        """What the cell says, without a judgement."""
        return spaced(str(self._cell(key) or ""))[:100]

    def money(self, key: str) -> int:
        """The field's dong; a blank cell is nothing."""
        if not self.has(key):
            return 0
        return self._read(key, lambda cell: cells.money(cell, self._sheet.mapping.scale), 0)

    def date(self, key: str) -> date:
        """The field's date, between our first day and today."""
        order = self._sheet.mapping.order
        return self._read(key, lambda cell: sane(cells.on(cell, order), self._today), self._today)

    def moment(self, key: str, default: datetime) -> datetime:
        """The field's moment, between our first day and today."""

        def read(cell: Cell) -> datetime:
            at = cells.at(cell, self._sheet.mapping.order)
            sane(at.date(), self._today)
            return at

        return self._read(key, read, default)

    def flaw(self, key: str, why: str) -> None:
        """Something is wrong with the present row's field."""
        place = self._sheet.heading.places.get(key)
        self._flaws.add(self.row.number, str(place) if place else "", why)

    def starts(self, words: tuple[str, ...]) -> bool:
        """Whether the present row's first words are one of these."""
        if not words:
            return False
        if self._begun[0] != self.row.number:
            first = next((cell for cell in self.row.cells if isinstance(cell, str) and spaced(cell)), "")
            self._begun = self.row.number, folded(first[:200])
        return starts(self._begun[1], words)

    def _read(self, key: str, read: Callable[[Cell], T], default: T) -> T:
        place = self._sheet.heading.places.get(key)
        if place is not None and place.column in self.row.computed:
            self.flaw(key, "holds a formula; only what the bank wrote is read")
            return default
        try:
            return read(self._cell(key))
        except NotWritten as error:
            self.flaw(key, str(error))
            return default

    def _cell(self, key: str) -> Cell:
        if key in self._sheet.mapping.values:
            return self._sheet.mapping.values[key]
        place = self._sheet.heading.places.get(key)
        if place is None:
            return None
        cell = _part(self.row.cell(place.column), self._sheet.mapping.columns[key].part)
        if key not in self._sheet.mapping.fill_down:
            return cell
        if not cells.is_blank(cell):
            self._above[key] = cell
        return self._above.get(key)


def _part(cell: Cell, part: int | None) -> Cell:
    """One line of a cell of several."""
    if part is None or not isinstance(cell, str):
        return cell if not part else None
    lines = [line for line in cell.splitlines() if line.strip()]
    return lines[part] if part < len(lines) else None
