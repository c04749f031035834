"""A worksheet that writes a row of known columns at once.

xlsxwriter keeps each cell as an object until its row is over and then asks each what it is: half of an export's time.
Here each column knows beforehand how its cells are written. Everything else of the sheet is xlsxwriter's.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from xlsxwriter.worksheet import Worksheet

from server.export.cells import local, rate, text_of, worded
from server.export.sheets import Column, Kind, Value
from server.language import Language

_DAY_ONE: Final = date(1899, 12, 30).toordinal()
_MIDNIGHT_US: Final = 86_400_000_000
_TO_1970: Final = date(1970, 1, 1).toordinal() - _DAY_ONE
Cell = Callable[[str, Value], str]
"""The element of a value in a row: it gets the row's number as text."""


class FastSheet(Worksheet):  # type: ignore[misc] # the library ships no types
    """Headings by `write_string`, then `begin`, any number of `add`, and `finish`."""

    def begin(
        self,
        columns: Sequence[Column],
        formats: dict[Kind, Any],
        language: Language,
        as_text: Callable[[str], str],
    ) -> None:
        """Say what the columns are. as_text: a stranger's text as a cell can hold it."""
        self._columns = columns
        self._rows = 0
        self._cells = [
            _cell(_letters(number), column, formats, language, as_text) for number, column in enumerate(columns)
        ]
        self._sums = {place: 0 for place, column in enumerate(columns) if column.total}
        self.dim_colmin, self.dim_colmax = 0, len(columns) - 1

    def add(self, values: Sequence[Value]) -> None:
        """The next row."""
        if len(values) != len(self._cells):
            raise ValueError(f"{self.name}: {len(values)} values for {len(self._cells)} columns")
        if not self._rows:
            self._write_single_row(1)  # the headings, which the library still holds
        self._rows += 1
        number = str(self._rows + 1)
        sums = self._sums
        parts = [f'<row r="{number}">']
        for place, value in enumerate(values):
            if value is None or value == "":
                continue
            parts.append(self._cells[place](number, value))
            if place in sums:
                sums[place] += int(value)
        parts.append("</row>")
        self.fh.write("".join(parts))
        self.previous_row = self.dim_rowmax = self._rows

    def finish(self, word: str, total: Any) -> None:
        """Below the rows their sums, as numbers: what is not a formula cannot be one that a stranger wrote."""
        below = self._rows + 1
        if self._sums:
            self.write_string(below, 0, word, total)
            for place, amount in self._sums.items():
                self.write_number(below, place, amount, total)
        if self._rows:
            self.autofilter(0, 0, self._rows, len(self._columns) - 1)


def escaped(text: str) -> str:
    """The text inside an element."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _letters(number: int) -> str:
    return chr(ord("A") + number)  # no sheet of ours has more than 26 columns


def _cell(
    letter: str, column: Column, formats: dict[Kind, Any], language: Language, as_text: Callable[[str], str]
) -> Cell:
    kind = column.kind
    if kind in {Kind.TEXT, Kind.CODE, Kind.EVIDENCE}:
        return _of_text(letter, worded(column, language) if kind is Kind.CODE else text_of(column, language), as_text)
    style = formats[kind]._get_xf_index()  # noqa: SLF001 # as the library itself asks
    number = _of_number(letter, style, _NUMBERS[kind])
    if kind is not Kind.RATE:
        return number
    text = _of_text(letter, lambda value: rate(value, language), as_text)
    return lambda row, value: number(row, value) if int(value or 0) >= 0 else text(row, value)


def _of_text(letter: str, text: Callable[[Value], str], as_text: Callable[[str], str]) -> Cell:
    @lru_cache(maxsize=1_024)
    def element(value: Value) -> str:
        shown = escaped(as_text(text(value)))
        kept = ' xml:space="preserve"' if shown != shown.strip() or "\n" in shown else ""
        return f't="inlineStr"><is><t{kept}>{shown}</t></is></c>'

    return lambda row, value: f'<c r="{letter}{row}" {element(value)}'


def _of_number(letter: str, style: int, number: Callable[[Any], Any]) -> Cell:
    return lambda row, value: f'<c r="{letter}{row}" s="{style}"><v>{number(value)}</v></c>'


@lru_cache(maxsize=64)
def _offset_us(hour: int) -> int:
    """How far local time is ahead of UTC in that hour."""
    moment: datetime = local(hour * 3_600_000_000)
    offset = moment.utcoffset()
    return 0 if offset is None else int(offset.total_seconds()) * 1_000_000


def _moment(micros: int) -> str:
    """Days since 1899-12-30 in local time, as spreadsheets count; to the microsecond."""
    days, rest = divmod(micros + _offset_us(micros // 3_600_000_000), _MIDNIGHT_US)
    return f"{days + _TO_1970 + rest / _MIDNIGHT_US:.16g}"


def _day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - _DAY_ONE


_NUMBERS: Final[dict[Kind, Callable[[Any], Any]]] = {
    Kind.COUNT: int,
    Kind.MONEY: int,
    Kind.MOMENT: _moment,
    Kind.DATE: _day,
    Kind.RATE: lambda points: f"{points / 10_000:.16g}",
}
