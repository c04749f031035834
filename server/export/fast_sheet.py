"""A worksheet that writes a row of known columns at once.

xlsxwriter keeps each cell as an object until its row is over and then asks each what it is: half of an export's time.
Here each column knows beforehand how its cells are written. Everything else of the sheet is xlsxwriter's.
"""

import re
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
_SPECIAL: Final = re.compile(r"[&<>\r\n]|^\s|\s$")
_KEPT: Final = 16_384
"""Texts whose elements are kept: a visit stands in five sheets of its day."""
Texts = Callable[[str], str]
Cell = tuple[str, Callable[[Any], str]]
"""How a cell begins, up to the number of its row, and how it goes on for a value."""


class FastSheet(Worksheet):  # type: ignore[misc] # the library ships no types
    """Headings by `write_string`, then `begin`, any number of `add`, and `finish`."""

    def begin(
        self,
        columns: Sequence[Column],
        formats: dict[Kind, Any],
        language: Language,
        texts: Texts,
    ) -> None:
        """Say what the columns are. texts: of `texts_of`, one for all sheets of a workbook."""
        self._columns = columns
        self._rows = 0
        self._cells = [
            (f'<c r="{_letters(number)}', _rest(column, formats, language, texts))
            for number, column in enumerate(columns)
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
        parts = [
            f"{begun}{number}{rest(value)}"
            for (begun, rest), value in zip(self._cells, values, strict=True)
            if value is not None and value != ""
        ]
        for place in self._sums:
            self._sums[place] += int(values[place] or 0)
        self.fh.write(f'<row r="{number}">{"".join(parts)}</row>')
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


def texts_of(as_text: Callable[[str], str]) -> Texts:
    """How a cell goes on with a text; as_text: a stranger's text as a cell can hold it."""

    @lru_cache(maxsize=_KEPT)
    def element(said: str) -> str:
        shown = as_text(said)
        if not _SPECIAL.search(shown):
            return f'" t="inlineStr"><is><t>{shown}</t></is></c>'
        kept = ' xml:space="preserve"' if shown != shown.strip() or "\n" in shown else ""
        return f'" t="inlineStr"><is><t{kept}>{escaped(shown)}</t></is></c>'

    return element


def escaped(text: str) -> str:
    """The text inside an element."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _letters(number: int) -> str:
    return chr(ord("A") + number)  # no sheet of ours has more than 26 columns


def _rest(column: Column, formats: dict[Kind, Any], language: Language, texts: Texts) -> Callable[[Any], str]:
    """How a cell of this column goes on after the number of its row."""
    kind = column.kind
    if kind is Kind.TEXT:
        return lambda value: texts(str(value))
    if kind is Kind.CODE:
        said = worded(column, language)
        return lru_cache(maxsize=1_024)(lambda value: texts(said(value)))
    if kind is Kind.EVIDENCE:
        told = text_of(column, language)
        return lambda value: texts(told(value))
    style = formats[kind]._get_xf_index()  # noqa: SLF001 # as the library itself asks
    if kind in {Kind.COUNT, Kind.MONEY}:
        return f'" s="{style}"><v>%d</v></c>'.__mod__
    shown = _NUMBERS[kind]
    if kind is not Kind.RATE:
        return lambda value: f'" s="{style}"><v>{shown(value)}</v></c>'
    return lambda value: f'" s="{style}"><v>{shown(value)}</v></c>' if value >= 0 else texts(rate(value, language))


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
    Kind.MOMENT: _moment,
    Kind.DATE: _day,
    Kind.RATE: lambda points: f"{points / 10_000:.16g}",
}
