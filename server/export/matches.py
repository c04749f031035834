"""Payments beside what proves them: the line of a provider's settlement and the line of the bank."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from sqlmodel import Session, col, select

from server.export.sheets import Value
from server.facts import PaymentRow
from server.facts_bank import BankLineRow, ExplanationRow, ProofRow, SettlementLineRow
from server.frozen import Fact, names

EXPLANATION: Final = "bank_explanation"
CASH: Final = "cash"
_AT_ONCE: Final = 900


class _Line(NamedTuple):
    booked_on: str
    reference: str
    amount: int


class Proofs:
    """What stands behind these payments, and what bank lines were explained on the day."""

    def __init__(self, session: Session, payments: set[str], facts: dict[str, list[Fact]]) -> None:
        told = [dict(zip(names(EXPLANATION), line, strict=True)) for _, line in facts[EXPLANATION]]
        self._told = {row["subject"]: row for row in told}
        wanted = payments | self._told.keys()
        self._settled = _settlement_lines(session, wanted)
        theirs = {_of_settlement(row) for row in self._settled.values()} | {
            row.settlement_id for row in self._settled.values()
        }
        self._lines = _bank_lines(session, wanted | theirs)
        self._payments = _payments(session, self._told.keys() - payments)

    def line_of(self, payment: str) -> str:
        """The bank's reference of the line that shows the payment's money; empty while there is none."""
        line = self._line(payment)
        return line.reference if line else ""

    def rows(self, payments: Iterable[dict[str, Any]]) -> Iterator[list[Value]]:
        """The payments of the day, then whatever else a bank line was found to be on it."""
        shown = set()
        for row in sorted(payments, key=lambda row: (row["provider"], row["provider_id"])):
            name = f"{row['provider']}:{row['provider_id']}"
            shown.add(name)
            yield self._row(name, row["reference"] or "", row["amount"])
        for subject in sorted(self._told.keys() - shown):
            reference, amount = self._payments.get(subject, ("", None))
            yield self._row(subject, reference, amount)

    def _row(self, name: str, visit: str, amount: int | None) -> list[Value]:
        settled, line = self._settled.get(name), self._line(name)
        own: list[Value] = [None] * 4
        if settled is not None:
            own = [settled.gross, settled.fee, settled.fee_vat, settled.net]
        part = None if line is None else settled.net if settled is not None else line.amount
        state = "proved" if line else "till" if name.startswith(f"{CASH}:") else "settled" if settled else "awaited"
        shown = (line.booked_on, line.reference) if line else (None, "")
        return [name, visit, amount, settled.settlement_id if settled else "", *own, *shown, part, state]

    def _line(self, name: str) -> _Line | None:
        if name in self._lines:
            return self._lines[name]
        settled = self._settled.get(name)
        if settled is None:
            return None
        return self._lines.get(_of_settlement(settled)) or self._lines.get(settled.settlement_id)


def _of_settlement(row: SettlementLineRow) -> str:
    return f"{row.provider}:{row.settlement_id}"


def _settlement_lines(session: Session, payments: set[str]) -> dict[str, SettlementLineRow]:
    """By the payment's name; the provider's reference is our id of it, or the order's is."""
    found: dict[str, SettlementLineRow] = {}
    for some in _chunks({name.rpartition(":")[2] for name in payments}):
        for column in (SettlementLineRow.merchant_ref, SettlementLineRow.provider_ref):
            query = select(SettlementLineRow).where(col(column).in_(some)).order_by(col(SettlementLineRow.kind).desc())
            for row in session.exec(query):
                found[f"{row.provider}:{getattr(row, column.key)}"] = row  # type: ignore[attr-defined]
    return {name: row for name, row in found.items() if name in payments}


def _bank_lines(session: Session, subjects: set[str]) -> dict[str, _Line]:
    """By what a line proves, each settlement of a merged payout too; else by what somebody said that it is."""
    shown: Any = select(BankLineRow.booked_on, BankLineRow.bank_reference, ExplanationRow.amount)
    told = shown.join(ExplanationRow, col(BankLineRow.digest) == col(ExplanationRow.digest))
    proven = told.join(ProofRow, col(ProofRow.digest) == col(ExplanationRow.digest))
    found: dict[str, _Line] = {}
    for some in _chunks(subjects):
        for subject, rows in ((col(ExplanationRow.subject), told), (col(ProofRow.subject), proven)):
            query = rows.add_columns(subject).where(subject.in_(some)).order_by(col(ExplanationRow.digest))
            for booked_on, reference, amount, name in session.connection().execute(query).all():
                found[name] = _Line(str(booked_on), reference, amount)
    return found


def _payments(session: Session, wanted: set[str]) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for some in _chunks({name.rpartition(":")[2] for name in wanted}):
        for row in session.exec(select(PaymentRow).where(col(PaymentRow.provider_id).in_(some))):
            found[f"{row.provider}:{row.provider_id}"] = (row.reference or "", row.amount)
    return found


def _chunks(values: set[str]) -> Iterator[list[str]]:
    every = sorted(values)
    for begin in range(0, len(every), _AT_ONCE):
        yield every[begin : begin + _AT_ONCE]
