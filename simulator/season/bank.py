"""The bank's own book in a season: accounts with their lines, and the feed that reads them."""

import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Final, NamedTuple

from simulator.bank import Transfer, worded
from simulator.population import Payer
from simulator.season.transfers import Sending
from simulator.season.turns import VIETNAM

_NAMES: Final = ("NGUYEN VAN AN", "TRAN THI HOA", "LY A PAO", "GIANG SEO DUNG", "MA THI LAN", "VANG MINH SON")


class Line(NamedTuple):
    """A line of an account. Above zero is money that came."""

    booked_on: date
    at: datetime
    amount: int
    reference: str
    text: str


@dataclass
class Account:
    """An account's lines and its balance."""

    number: str
    opening: int = 1_000_000
    balance: int = 1_000_000
    lines: dict[date, list[Line]] = field(default_factory=lambda: defaultdict(list))


class Bank:
    """All accounts of a season. Nothing that is in its book ever changes."""

    def __init__(self, accounts: tuple[str, ...], rng: Random, first_id: int = 1) -> None:
        self.accounts = {number: Account(number) for number in accounts}
        self._numbers = itertools.count(first_id)
        self._rng = rng

    def transferred(self, account: str, sending: Sending) -> Transfer:
        """A driver's transfer to the account, in the words of the payer's bank."""
        serial = next(self._numbers)
        payer = self._payer()
        text = worded(sending.note, payer, account, serial) if sending.note else f"{payer.name} chuyen tien"
        line = self._book(account, sending.at, sending.amount, f"MBVCB.{serial}", text, late=sending.line_late)
        return Transfer(
            number=serial,
            gateway="Vietcombank",
            account=account,
            amount=sending.amount,
            balance=self.accounts[account].balance,
            content=text,
            code=None,
            bank_reference=line.reference,
            at=sending.at.astimezone(VIETNAM),
        )

    def booked(self, account: str, at: datetime, amount: int, text: str) -> Line:
        """Any other line: a payout, a deposit, a refund that went out."""
        return self._book(account, at, amount, f"FT{next(self._numbers):010}", text, late=False)

    def _book(self, account: str, at: datetime, amount: int, reference: str, text: str, *, late: bool) -> Line:
        day = at.astimezone(VIETNAM).date() + timedelta(days=int(late))
        line = Line(day, at, amount, reference, text)
        found = self.accounts[account]
        found.lines[day].append(line)
        found.balance += amount
        return line

    def _payer(self) -> Payer:
        return Payer(
            name=self._rng.choice(_NAMES),
            account=f"0{self._rng.randrange(10**9):09}",
            pays=True,
            after_s=0,
            late_s=0,
            twice=False,
            reordered=False,
            wording=self._rng.randrange(6),
        )
