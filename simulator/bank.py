"""The bank's twin: accounts, transfers, and the words that payers' banks put around a note.

A transfer is final. Its note reaches the payee inside a text that the banks wrote: prefixed, spaced, in lower case.
"""

import itertools
import re
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final, NamedTuple

from simulator.population import Payer
from simulator.statements import Moved, as_workbook, bank_table

VIETNAM: Final = timezone(timedelta(hours=7))
BANKS: Final = {
    "970436": "Vietcombank",
    "970415": "VietinBank",
    "970418": "BIDV",
    "970405": "Agribank",
    "970422": "MBBank",
}
_PAYMENT_CODE: Final = re.compile(r"[A-Z][A-Z0-9]{2}[2-9A-HJKMNP-Z]{8}")


class Refused(RuntimeError):
    """The bank did not carry out the transfer; the message says why."""


@dataclass(slots=True)
class Account:
    """A payee's account. Balances are dong."""

    bank: str
    number: str
    balance: int = 0
    moves: list[Moved] = field(default_factory=list)


class Transfer(NamedTuple):
    """Money that moved. `number` is the feed's own id, `code` the payment code that the feed found by itself."""

    number: int
    gateway: str
    account: str
    amount: int
    balance: int
    content: str
    code: str | None
    bank_reference: str
    at: datetime


class Bank:
    """All accounts that can be paid. Ids begin with the clock, so that a later world never gives one again."""

    def __init__(self, accounts: dict[str, str]) -> None:
        """`accounts`: number -> bank."""
        self._accounts = {number: Account(bank, number) for number, bank in accounts.items()}
        self._numbers = itertools.count(int(time.time()) * 1000)

    def transfer(self, payer: Payer, bank: str, number: str, amount: int, note: str) -> Transfer:
        """Carry out a transfer. Raises Refused when there is no such account or nothing to send."""
        account = self._accounts.get(number)
        if account is None or account.bank != bank:
            raise Refused(f"bank {bank} has no account {number}")
        if amount <= 0:
            raise Refused(f"an amount of {amount} cannot be sent")
        account.balance += amount
        serial = next(self._numbers)
        content = worded(note, payer, number, serial)
        found = _PAYMENT_CODE.search(content)
        now, bank_reference = datetime.now(VIETNAM), f"MBVCB.{serial % 10**10}"
        account.moves.append(Moved(now.date(), amount, bank_reference, content))
        return Transfer(
            number=serial,
            gateway=BANKS.get(bank, "Napas"),
            account=number,
            amount=amount,
            balance=account.balance,
            content=content,
            code=found[0] if found else None,
            bank_reference=bank_reference,
            at=now,
        )

    def write_statements(self, folder: Path) -> None:
        """A workbook for each account that money reached, as the bank's own pages export it: what finance imports."""
        folder.mkdir(parents=True, exist_ok=True)
        for account in filter(lambda account: account.moves, self._accounts.values()):
            table = bank_table("vietcombank-web", account.number, 0, account.moves)
            (folder / f"{account.number}.xlsx").write_bytes(as_workbook(table))


def worded(note: str, payer: Payer, payee: str, serial: int) -> str:
    """The transfer's text as the payee's bank shows it; `payer.wording` chooses among the ways that were seen."""
    trace = f"{serial % 10**10}"
    ways = (
        note,
        f"MBVCB.{trace}.{note}.CT tu {payer.account} {payer.name} toi {payee}",
        f"{note[:3]} {note[3:7]} {note[7:]}",
        f"MBVCB.{trace}.{note}.CT tu {payer.account} {payer.name} toi {payee}".lower(),
        f"{payer.account}-{note}-CHUYEN TIEN-OQCH{trace}-MOMO{payer.account}MOMO",
        f"{payer.name} chuyen tien {note} FT{trace} Ma giao dich Trace{trace[-6:]}",
    )
    return ways[payer.wording % len(ways)]
