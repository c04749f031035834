"""What a file is, by its bytes and never by its name."""

from enum import StrEnum
from typing import Final

from server.imports import as_csv, as_html, as_xlsx
from server.imports.cells import Rows
from server.imports.flaws import Flaws

BYTES_MAX: Final = 32 * 2**20


class FileKind(StrEnum):
    """A kind of file that can be read."""

    TEXT = "csv"
    PAGE = "html"
    WORKBOOK = "xlsx"
    CAMT = "camt.053"


_OTHERS: Final = {
    b"\xd0\xcf\x11\xe0": "is an old or an encrypted workbook: open it and save it as .xlsx, without a password",
    b"%PDF": "is a PDF: ask the bank for the statement as a workbook or as text",
    b"\x89PNG": "is a picture",
    b"\xff\xd8\xff": "is a picture",
    b"\x1f\x8b": "is packed: unpack it first",
    b"Rar!": "is packed: unpack it first",
}


def kind_of(raw: bytes, flaws: Flaws) -> FileKind:
    """What the file is. Raises BadFile."""
    if not raw.strip():
        raise flaws.refuse("is empty")
    if len(raw) > BYTES_MAX:
        raise flaws.refuse(f"has {len(raw)} bytes, at most {BYTES_MAX} are read")
    for magic, why in _OTHERS.items():
        if raw.startswith(magic):
            raise flaws.refuse(why)
    if raw.startswith(b"PK"):
        return FileKind.WORKBOOK
    if as_html.looks_so(raw[:4_000].replace(b"\x00", b"")):
        return FileKind.PAGE
    start = raw[:4_000].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return FileKind.CAMT if start.startswith(b"<") else FileKind.TEXT


def rows(raw: bytes, kind: FileKind, sheet: str, flaws: Flaws) -> Rows:
    """The rows of a table. Raises BadFile, also while they are read."""
    if kind is FileKind.WORKBOOK:
        return as_xlsx.rows(raw, sheet, flaws)
    text = as_csv.decoded(raw, flaws)
    return as_html.rows(text, flaws) if kind is FileKind.PAGE else as_csv.rows(text, flaws)
