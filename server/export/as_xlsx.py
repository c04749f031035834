"""An export as an Excel workbook. Strings are written as strings: no cell is ever a formula."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import xlsxwriter

from server.export.fast_sheet import FastSheet, texts_of
from server.export.sheets import Cover, Kind, Sheet, Value
from server.language import Language

CELL_MAX: Final = 32_767
_MADE: Final = datetime(2026, 1, 1, tzinfo=UTC)  # the same books give the same bytes
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0 cannot write them
_FORMATS: Final = {
    Kind.COUNT: "#,##0",
    Kind.MONEY: "#,##0",
    Kind.MOMENT: "dd/mm/yyyy hh:mm",
    Kind.DATE: "dd/mm/yyyy",
    Kind.RATE: "0.##%",
}


def as_text(value: str) -> str:
    """The text as a cell can hold it; what XML cannot carry shows as a replacement character."""
    return _FORBIDDEN.sub("\ufffd", value)[:CELL_MAX]


class XlsxFile:
    """Writes rows as they come and keeps none of them in memory."""

    def __init__(self, stream: BinaryIO, cover: Cover) -> None:
        self._book = xlsxwriter.Workbook(stream, {"constant_memory": True, "strings_to_formulas": False})
        self._book.set_properties({"title": f"{cover.site} {cover.start} {cover.end}", "created": _MADE})
        self._heading = self._book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._formats = {kind: self._book.add_format({"num_format": shown}) for kind, shown in _FORMATS.items()}
        total = {"bold": True, "top": 1, "num_format": "#,##0"}
        self._total = self._book.add_format(total)
        self._cover, self._texts = cover, texts_of(as_text)
        self._sheets = {sheet.key: self._add(sheet) for sheet in cover.sheets}

    def row(self, sheet: str, values: Sequence[Value]) -> None:
        """The next row of a sheet."""
        self._sheets[sheet].add(values)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        word = "Tổng cộng" if self._cover.language is Language.VI else "Total"
        for sheet in self._sheets.values():
            sheet.finish(word, self._total)
        self._book.close()

    def _add(self, sheet: Sheet) -> FastSheet:
        made: Any = self._book.add_worksheet(sheet.title(self._cover.language), worksheet_class=FastSheet)
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
        made.begin(sheet.columns, self._formats, self._cover.language, self._texts)
        return made  # type: ignore[no-any-return]


def _plain(text: str) -> str:
    """A name inside a page header, where `&` would begin a code."""
    return as_text(text).replace("&", "&&")[:120]
