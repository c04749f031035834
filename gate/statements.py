"""Lines of bank statements and of providers' settlements, whatever file they came in, and what must hold of them."""

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from gate.money import BASIS_POINTS
from gate.written import spaced


class LineKind(StrEnum):
    """What a line of a settlement is (vietnam.md 4.2)."""

    PAY = "PAY"
    REFUND = "REFUND"
    ADJUST = "ADJUST"
    FEE = "FEE"
    CHARGEBACK = "CHARGEBACK"


class BankLine(NamedTuple):
    """A line of a statement: dong above zero came, below went. `line` is its row in the file, `balance` what the
    bank says stood on the account after it, `fee` whether the bank's words say that it is its own charge."""

    line: int
    booked_on: date
    amount: int
    bank_reference: str
    text: str
    balance: int | None = None
    fee: bool = False


class BankStatement(NamedTuple):
    """What a bank says of one account: its lines in the order of their booking, and the balances around them."""

    account: str
    lines: tuple[BankLine, ...]
    opening: int | None
    closing: int | None


class SettlementLine(NamedTuple):
    """A line of a provider's settlement (vietnam.md 4.2). `net` is what it adds to the payout."""

    line: int
    provider: str
    settlement_id: str
    session_date: date
    txn_time: datetime
    merchant_ref: str
    provider_ref: str
    bank_ref: str
    kind: LineKind
    gross: int
    fee: int
    fee_vat: int
    net: int
    status: str
    site_code: str
    terminal_code: str
    payer_instrument: str
    raw_line: str


class Rounding(StrEnum):
    """How a contract rounds its fee to dong."""

    HALF_UP = "half_up"
    DOWN = "down"
    UP = "up"


class FeeTerms(NamedTuple):
    """What a contract says of its fee: a rate and a fixed part of each payment, VAT on their sum."""

    rate_bp: int
    fixed: int
    vat_bp: int
    rounding: Rounding = Rounding.HALF_UP


class Unsound(ValueError):
    """A line or a statement contradicts itself; `line` is the row that shows it, 0 for the whole."""

    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.line = line


def fee_of(terms: FeeTerms, gross: int) -> tuple[int, int]:
    """The fee of a payment of `gross` and the VAT on the fee, each rounded to dong as the contract says."""
    fee = _share(gross, terms.rate_bp, terms.rounding) + terms.fixed
    return fee, _share(fee, terms.vat_bp, terms.rounding)


def nets(line: SettlementLine) -> SettlementLine:
    """The line itself if its net is its gross less the fee and the fee's VAT. Raises Unsound."""
    net = line.gross - line.fee - line.fee_vat
    if net != line.net:
        raise Unsound(f"gross {line.gross} - fee {line.fee} - VAT {line.fee_vat} is {net}, not {line.net}", line.line)
    return line


def in_order(lines: Sequence[BankLine]) -> tuple[BankLine, ...]:
    """The lines as they were booked: banks list the oldest first or the newest. Each balance must follow from the one
    before it; lines without a balance are taken on trust. Raises Unsound, naming the first row that does not fit."""
    ordered = tuple(lines)
    wrong = _first_break(ordered)
    if wrong is None:
        return ordered if _rising(ordered) or _chained(ordered) else ordered[::-1]
    if _first_break(ordered[::-1]) is None:
        return ordered[::-1]
    raise Unsound(f"the balance {wrong.balance} does not follow from the line before it", wrong.line)


def balanced(statement: BankStatement) -> BankStatement:
    """The statement itself if opening + lines = closing, where it says both. Raises Unsound."""
    if statement.opening is not None and statement.closing is not None:
        moved = sum(line.amount for line in statement.lines)
        if statement.opening + moved != statement.closing:
            raise Unsound(
                f"opening {statement.opening} and lines of {moved} come to {statement.opening + moved}, "
                f"not to the closing {statement.closing}"
            )
    return statement


def digests(account: str, lines: Iterable[BankLine]) -> list[str]:
    """The lines' names for ever: of account, date, amount, reference, text, and which of equal lines of its day."""
    seen: Counter[str] = Counter()
    names = []
    for line in lines:
        parts = (account, line.booked_on.isoformat(), str(line.amount), spaced(line.bank_reference), spaced(line.text))
        said = "\x1f".join(parts)
        names.append(hashlib.sha256(f"{said}\x1f{seen[said]}".encode()).hexdigest())
        seen[said] += 1
    return names


def _share(of: int, rate_bp: int, rounding: Rounding) -> int:
    part = of * rate_bp
    if rounding is Rounding.DOWN:
        return part // BASIS_POINTS
    if rounding is Rounding.UP:
        return -(-part // BASIS_POINTS)
    return (2 * part + BASIS_POINTS) // (2 * BASIS_POINTS)


def _first_break(lines: Sequence[BankLine]) -> BankLine | None:
    for before, line in itertools.pairwise(lines):
        if before.balance is not None and line.balance is not None and before.balance + line.amount != line.balance:
            return line
    return None


def _chained(lines: Sequence[BankLine]) -> bool:
    """Whether balances tell the order, so that dates need not."""
    return any(line.balance is not None for line in lines)


def _rising(lines: Sequence[BankLine]) -> bool:
    return not lines or lines[0].booked_on <= lines[-1].booked_on
