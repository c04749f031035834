"""The files that banks and gateways give out: a day's statement of an account, a session's settlement."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from simulator.season.bank import Line

HEADINGS: Final = ("Ngày giao dịch", "Số tham chiếu", "Số tiền ghi nợ", "Số tiền ghi có", "Mô tả")
"""Of Vietcombank's web export (vietnam.md 4.3)."""


def statement(account: str, day: date, lines: Sequence[Line]) -> bytes:
    """The account's lines of a day, as a customer of Vietcombank saves them."""
    rows: list[Sequence[str]] = [
        ("SAO KÊ TÀI KHOẢN",),
        (f"Số tài khoản: {account}",),
        (f"Từ ngày {day:%d/%m/%Y} đến ngày {day:%d/%m/%Y}",),
        HEADINGS,
    ]
    rows += [
        (line.booked_on.isoformat(), line.reference, _figure(-line.amount), _figure(line.amount), line.text)
        for line in sorted(lines, key=lambda line: line.at)
    ]
    went, came = (sum(max(0, sign * line.amount) for line in lines) for sign in (-1, 1))
    rows.append(("Tổng số", "", f"{went:,}", f"{came:,}", ""))
    return _written(rows)


def _figure(amount: int) -> str:
    return f"{amount:,}" if amount > 0 else ""


def _written(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()
