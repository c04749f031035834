"""The file of outgoing transfers that finance gives to the bank: every refund in one file only, no cell a formula.

A file is recorded before it is written. Lost on the way, it is made again byte for byte from what was recorded.
"""

import csv
import hashlib
import io
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgspec
import xlsxwriter
from sqlmodel import Session, col, select

from gate.ids import uuid7
from server import refunds
from server.auth import audit
from server.db import hold, hold_all, insert_many
from server.facts_money import RefundRow, TransferFileRow, TransferRow
from server.money_rules import Impossible, NoSuch
from server.vault_accounts import VaultAccountRow

HEADINGS: Final = ("STT", "Số tài khoản", "BIN ngân hàng", "Tên người hưởng", "Số tiền", "Nội dung")
TOTAL: Final = "Tổng cộng"
LINES_MAX: Final = 1_000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\0")
Row = tuple[int, str, str, str, int, str]


class Form(StrEnum):
    """How a file is written."""

    CSV = "csv"
    XLSX = "xlsx"


class Transfers(NamedTuple):
    """A file of transfers and its bytes."""

    file: str
    lines: int
    total: int
    sha256: str
    content: bytes


def make(
    session: Session, account: str, form: Form, by: str, now: datetime, sites: Collection[str] | None = None
) -> Transfers:
    """A file of the open refunds whose accounts are known, oldest first; `sites`: of these only. Raises Impossible when
    there are none."""
    hold(session, "transfers")
    hold_all(session, [f"refund:{row.refund}" for row in refunds.payable(session)])
    rows = [(row, to) for row, to in ready(session) if sites is None or row.site in sites][:LINES_MAX]
    if not rows:
        raise Impossible("no refund waits for its transfer with its account known")
    content = _WRITERS[form]([_line(number, row, to) for number, (row, to) in enumerate(rows, 1)])
    names = [row.refund for row, _ in rows]
    file = TransferFileRow(
        file=str(uuid7(now, os.urandom(10))),
        form=form,
        account=account,
        sha256=hashlib.sha256(content).hexdigest(),
        refunds=msgspec.json.encode(names).decode(),
        total=sum(row.amount for row, _ in rows),
        made_at=now,
        by=by,
    )
    session.add(file)
    session.flush()
    insert_many(session, TransferRow, [{"refund": name, "file": file.file} for name in names])
    audit(session, by, "money: made a file of transfers", file.file, now, {"total": str(file.total)})
    return Transfers(file.file, len(rows), file.total, file.sha256, content)


def again(session: Session, name: str) -> Transfers:
    """The same file once more. Raises NoSuch, and Impossible when an account was erased or changed meanwhile."""
    file = session.get(TransferFileRow, name)
    if file is None:
        raise NoSuch(f"there is no file of transfers {name}")
    names = msgspec.json.decode(file.refunds, type=list[str])
    rows = [(refunds.refund(session, each), session.get(VaultAccountRow, each)) for each in names]
    lines = [_line(number, row, to) for number, (row, to) in enumerate(rows, 1) if to]
    content = _WRITERS[Form(file.form)](lines)
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise Impossible(f"{name}: an account was erased or changed since; the file cannot be made again")
    return Transfers(name, len(names), file.total, file.sha256, content)


def ready(session: Session) -> list[tuple[RefundRow, VaultAccountRow]]:
    """The refunds that may go into a file now, with their accounts, oldest first."""
    every = refunds.payable(session)
    gone = {*session.exec(select(TransferRow.refund)), *refunds.with_provider(session, [row.refund for row in every])}
    gone |= refunds.changing(session)
    waiting = [row for row in every if row.refund not in gone]
    known = select(VaultAccountRow).where(col(VaultAccountRow.given_at).is_not(None))
    to = {row.refund: row for row in session.exec(known)}
    return [(row, to[row.refund]) for row in waiting if row.refund in to]


def _line(number: int, row: RefundRow, to: VaultAccountRow) -> Row:
    return number, to.account, to.bank, to.name, row.amount, row.refund


def _as_csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    writer.writerows([[_harmless(cell) for cell in row] for row in rows])
    writer.writerow(["", "", "", TOTAL, sum(row[4] for row in rows), ""])
    return text.getvalue().encode("utf-8-sig")


def _harmless(cell: str | int) -> str | int:
    """What a spreadsheet would take for a formula is text (ASVS 1.2.10)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _as_xlsx(rows: Sequence[Row]) -> bytes:
    """Text as text, amounts as numbers, and no date but one that is always the same."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": datetime(2026, 1, 1)})  # noqa: DTZ001 - a workbook's dates have no zone
    sheet = book.add_worksheet("Lệnh chi")
    whole = book.add_format({"num_format": "#,##0"})
    _write(sheet, 0, HEADINGS, whole)
    for at, row in enumerate(rows, 1):
        _write(sheet, at, row, whole)
    _write(sheet, len(rows) + 1, ("", "", "", TOTAL, sum(row[4] for row in rows), ""), whole)
    sheet.set_column(1, 5, 24)
    book.close()
    return file.getvalue()


def _write(sheet: Any, at: int, cells: Sequence[str | int], whole: Any) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, int):
            sheet.write_number(at, column, cell, whole)
        else:
            sheet.write_string(at, column, cell)


_WRITERS: Final[Mapping[Form, Callable[[Sequence[Row]], bytes]]] = {Form.CSV: _as_csv, Form.XLSX: _as_xlsx}
