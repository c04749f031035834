"""An export as CSV (RFC 4180): the sheets one below the other, each under its name.

UTF-8 with a byte order mark, without which Excel garbles Vietnamese. A text that a spreadsheet would take for a
formula gets an apostrophe before it (OWASP ASVS 1.2.10).
"""

import csv
import io
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date
from types import TracebackType
from typing import IO, BinaryIO, Final, Self

from server.export.cells import text_of
from server.export.sheets import Column, Cover, Kind, Sheet, Value

SPOOL_BYTES: Final = 1 << 20
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\0")


def as_text(value: str) -> str:
    """The text as no spreadsheet takes it for anything else; a NUL, on which readers stop, shows as a replacement."""
    guarded = f"'{value}" if value.lstrip(" \n").startswith(_DANGEROUS) else value
    return guarded.replace("\0", "\ufffd")


class CsvFile:
    """Keeps each sheet's rows in a file of its own, which memory holds while it is small, and joins them at the end."""

    def __init__(self, stream: BinaryIO, cover: Cover) -> None:
        self._stream, self._cover = stream, cover
        self._open = ExitStack()
        self._sheets = {sheet.key: self._begun(sheet) for sheet in cover.sheets}
        self._shown = {sheet.key: [_shown(column, cover) for column in sheet.columns] for sheet in cover.sheets}

    def row(self, sheet: str, values: Sequence[Value]) -> None:
        """The next row of a sheet."""
        shown = zip(self._shown[sheet], values, strict=True)
        _write(self._sheets[sheet], [show(value) for show, value in shown])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._open:
            if error is not None:
                return
            self._stream.write(b"\xef\xbb\xbf")
            for number, file in enumerate(self._sheets.values()):
                self._stream.write(b"\r\n" if number else b"")
                file.seek(0)
                shutil.copyfileobj(file, self._stream)

    def _begun(self, sheet: Sheet) -> IO[bytes]:
        file = self._open.enter_context(spooled())
        _write(file, [sheet.title(self._cover.language), self._cover.site, *_period(self._cover)])
        _write(file, sheet.headings(self._cover.language))
        return file


def spooled() -> IO[bytes]:
    """A file that lies in memory while it is small."""
    return tempfile.SpooledTemporaryFile(SPOOL_BYTES)


def _period(cover: Cover) -> tuple[str, str]:
    return _day(cover.start), _day(cover.end)


def _day(on: date) -> str:
    return f"{on:%d/%m/%Y}"


def _shown(column: Column, cover: Cover) -> Callable[[Value], str]:
    """Numbers are ours and stay numbers, also below zero; all else is somebody's text."""
    text = text_of(column, cover.language)
    if column.kind in {Kind.COUNT, Kind.MONEY}:
        return text
    return lambda value: as_text(text(value))


def _write(file: IO[bytes], cells: Sequence[str]) -> None:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)
    file.write(line.getvalue().encode())
