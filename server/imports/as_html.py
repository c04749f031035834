"""Web pages that call themselves workbooks: the cells of all their tables, one under the other."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final

from server.imports.cells import COLUMNS_MAX, LINES_MAX, TEXT_MAX, Cell, Row
from server.imports.flaws import Flaws

_ROOM: Final = 1_000
"""Rows beyond the lines of a table: its heading, its foot."""


def looks_so(head: bytes) -> bool:
    """Whether a file's beginning is a page's."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:2_000].lower()
    return start.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head")) or b"<table" in start


def rows(text: str, flaws: Flaws) -> Iterator[Row]:
    """The rows of the page's tables. A merged cell says its text once, at its first place. Raises BadFile."""
    page = _Page(flaws)
    page.feed(text)
    page.close()
    if page.inside:
        raise flaws.refuse("ends inside its table: the file is cut off", len(page.rows))
    for number, cells in enumerate(page.rows, 1):
        yield Row(number, cells)


class _Page(HTMLParser):
    """Fills `rows`; what is outside cells is left out, scripts too."""

    def __init__(self, flaws: Flaws) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[Cell]] = []
        self.inside = 0
        self._flaws = flaws
        self._cell: list[str] | None = None
        self._span = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.inside += 1
        elif tag == "tr":
            self._end_cell()
            if len(self.rows) > LINES_MAX + _ROOM:
                raise self._flaws.refuse(f"has more than {LINES_MAX} rows")
            self.rows.append([])
        elif tag in {"td", "th"}:
            self._end_cell()
            self._cell, self._span = [], _number(dict(attrs).get("colspan"))
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th", "tr", "table"}:
            self._end_cell()
        if tag == "table":
            self.inside = max(0, self.inside - 1)

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        if not self.rows:
            self.rows.append([])
        row, said = self.rows[-1], "".join(self._cell)
        if len(row) + self._span > COLUMNS_MAX:
            raise self._flaws.refuse(f"more than {COLUMNS_MAX} cells", len(self.rows))
        row += [said[: TEXT_MAX + 1].strip(" \t\r\n")] + [""] * (self._span - 1)
        self._cell = None


def _number(said: str | None) -> int:
    return min(COLUMNS_MAX + 1, int(said)) if said and said.isascii() and said.isdigit() and len(said) < 6 else 1
