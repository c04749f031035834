"""The files that banks and gateways give out: statements of an account, a day's settlement."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from simulator.season.bank import Account, Line
from simulator.statements import Moved, Taken, as_csv, as_workbook, bank_table, settlement_table

FORMS: Final = ("vietcombank-web", "vietinbank-efast", "bidv")
"""Which bank each account of a season is with, in turn; workbooks and text likewise."""


def statement(account: Account, form: str, since: date, until: date) -> bytes | None:
    """The account's lines of these days, both included, as its bank writes them; None where nothing moved."""
    some = (line for day, lines in account.lines.items() if since <= day <= until for line in lines)
    lines = sorted(some, key=_moment)
    if not lines:
        return None
    before = (line.amount for other, some in account.lines.items() if other < since for line in some)
    opening = account.opening + sum(before)
    moved = [Moved(line.booked_on, line.amount, line.reference, line.text) for line in lines]
    table = bank_table(form, account.number, opening, moved)
    return as_workbook(table) if form == "bidv" else as_csv(table)


def settlement(provider: str, lines: Sequence[Taken]) -> bytes:
    """A gateway's file of a session."""
    return as_csv(settlement_table(provider, lines))


def _moment(line: Line) -> tuple[date, float, str]:
    return line.booked_on, line.at.timestamp(), line.reference
