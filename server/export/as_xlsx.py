"""An export as an Excel workbook. Strings are written as strings: no cell is ever a formula."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import xlsxwriter

from server.export.sheets import Column, Cover, Kind, Sheet, Value, sheets
from server.language import Language

CELL_MAX: Final = 32_767
_MADE: Final = datetime(2026, 1, 1, tzinfo=UTC)  # the same books give the same bytes
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML 1.0 has no way to write them
_FORMATS: Final = {
    Kind.COUNT: "#,##0",
    Kind.MONEY: "#,##0",
    Kind.MOMENT: "dd/mm/yyyy hh:mm",
    Kind.DATE: "dd/mm/yyyy",
}


def as_text(value: str) -> str:
    """The text as a cell can hold it; what XML cannot carry shows as a replacement character."""
    return _FORBIDDEN.sub("\ufffd", value)[:CELL_MAX]


class XlsxFile:
    """Writes rows as they come and keeps one row of each sheet in memory."""

    def __init__(self, stream: BinaryIO, cover: Cover) -> None:
        self._book = xlsxwriter.Workbook(stream, {"constant_memory": True, "strings_to_formulas": False})
        self._book.set_properties({"title": f"{cover.site} {cover.start} {cover.end}", "created": _MADE})
        self._heading = self._book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._formats = {kind: self._book.add_format({"num_format": shown}) for kind, shown in _FORMATS.items()}
        total = {"bold": True, "top": 1, "num_format": "#,##0"}
        self._total = self._book.add_format(total)
        self._cover = cover
        self._sheets = {
            sheet.key: _XlsxSheet(self._add(sheet), sheet) for sheet in sheets(with_plates=cover.with_plates)
        }

    def row(self, sheet: str, values: Sequence[Value]) -> None:
        """The next row of a sheet."""
        self._sheets[sheet].add(values, self._formats)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        word = "Tổng cộng" if self._cover.language is Language.VI else "Total"
        for sheet in self._sheets.values():
            sheet.close(word, self._total)
        self._book.close()

    def _add(self, sheet: Sheet) -> Any:
        made = self._book.add_worksheet(sheet.title(self._cover.language))
        made.freeze_panes(1, 0)
        made.set_landscape()
        made.fit_to_pages(1, 0)
        made.repeat_rows(0)
        made.set_header(f"&L{_plain(self._cover.name)} ({self._cover.site})&R{self._cover.start} - {self._cover.end}")
        made.set_footer("&C&P / &N")
        for number, column in enumerate(sheet.columns):
            made.set_column(number, number, column.width)
        for number, heading in enumerate(sheet.headings(self._cover.language)):
            made.write_string(0, number, heading, self._heading)
        return made


class _XlsxSheet:
    def __init__(self, made: Any, sheet: Sheet) -> None:
        self._made, self._columns = made, sheet.columns
        self._rows = 0
        self._sums = dict.fromkeys((n for n, column in enumerate(sheet.columns) if column.total), 0)

    def add(self, values: Sequence[Value], formats: dict[Kind, Any]) -> None:
        self._rows += 1
        for number, (column, value) in enumerate(zip(self._columns, values, strict=True)):
            self._cell(number, column, value, formats)

    def close(self, word: str, total: Any) -> None:
        """Below the rows their sums, as numbers: what is not a formula cannot be one that a stranger wrote."""
        if self._sums:
            self._made.write_string(self._rows + 1, 0, word, total)
            for number, amount in self._sums.items():
                self._made.write_number(self._rows + 1, number, amount, total)
        if self._rows:
            self._made.autofilter(0, 0, self._rows, len(self._columns) - 1)

    def _cell(self, number: int, column: Column, value: Value, formats: dict[Kind, Any]) -> None:
        if value is None or value == "":
            return
        if isinstance(value, datetime):
            self._made.write_datetime(self._rows, number, value.replace(tzinfo=None), formats[column.kind])
        elif isinstance(value, date):
            self._made.write_datetime(self._rows, number, value, formats[column.kind])
        elif isinstance(value, int):
            self._made.write_number(self._rows, number, value, formats[column.kind])
            if number in self._sums:
                self._sums[number] += value
        else:
            self._made.write_string(self._rows, number, as_text(value))


def _plain(text: str) -> str:
    """A name inside a page header, where `&` would begin a code."""
    return as_text(text).replace("&", "&&")[:120]
