"""A table of cells, whatever file it was in."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from gate.written import NotWritten, amount, day, moment, spaced

TEXT_MAX: Final = 4_000
LINES_MAX: Final = 200_000
"""Lines of one file: more than any account of a car park has in a year."""
COLUMNS_MAX: Final = 200
_EXACT: Final = 2**53

Cell = str | int | float | bool | date | datetime | time | timedelta | None


class Row(NamedTuple):
    """A row as a spreadsheet numbers it, from 1. `computed` has the columns whose cells hold formulas."""

    number: int
    cells: Sequence[Cell]
    computed: frozenset[int] = frozenset()

    def cell(self, column: int) -> Cell:
        """The cell of a column from 0; None beyond the row's end."""
        return self.cells[column] if column < len(self.cells) else None


Rows = Iterator[Row]


def letter(column: int) -> str:
    """A column's letters in a spreadsheet: 0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def text(cell: Cell) -> str:
    """What the cell says. Whole numbers lose the point that spreadsheets give them. Raises NotWritten."""
    if cell is None:
        return ""
    said = str(int(cell)) if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT else str(cell)
    if len(said) > TEXT_MAX:
        raise NotWritten(f"{len(said)} characters, at most {TEXT_MAX} are read")
    if "\x00" in said:
        raise NotWritten("a NUL character is in it")
    return said


def is_blank(cell: Cell) -> bool:
    """Whether there is nothing in it but spaces."""
    return cell is None or (isinstance(cell, str) and not spaced(cell))


def money(cell: Cell, scale: int = 1) -> int:
    """Dong in a cell that is a number or a text; `scale` 100 where the file counts hundredths. Raises NotWritten."""
    if isinstance(cell, bool) or not isinstance(cell, (int, float, str)):
        raise NotWritten(f"{text(cell)!r} is no amount")
    if isinstance(cell, float):
        if not cell.is_integer() or abs(cell) >= _EXACT:
            raise NotWritten(f"{cell!r} is no whole number of dong")
        cell = int(cell)
    value = cell if isinstance(cell, int) else amount(text(cell))
    if value % scale:
        raise NotWritten(f"{value} is no whole number of dong in units of 1/{scale}")
    return amount(str(value // scale))


def on(cell: Cell, order: str) -> date:
    """The date in a cell. Raises NotWritten."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if not isinstance(cell, str):
        raise NotWritten(f"{text(cell)!r} is no date")
    return day(text(cell), order)


def at(cell: Cell, order: str) -> datetime:
    """The moment in a cell, Vietnam's time where it says no other. Raises NotWritten."""
    if isinstance(cell, (datetime, date)):
        return moment(cell.isoformat())
    return moment(text(cell), order)
