"""Imported files and bank lines as people look at them."""

from typing import Any

from sqlmodel import Session, col, select

from server.facts_bank import BankLineRow, ExplanationRow, StatementRow

FILES_MAX = 50


def files(session: Session, source: str | None) -> list[dict[str, Any]]:
    """The last files, of one account or provider or of all; their bytes are left out."""
    wanted: tuple[Any, ...] = tuple(getattr(StatementRow, name) for name in StatementRow.model_fields if name != "raw")
    query = select(*wanted).order_by(col(StatementRow.imported_at).desc()).limit(FILES_MAX)
    if source is not None:
        query = query.where(StatementRow.source == source)
    return [dict(row._mapping) for row in session.exec(query)]  # noqa: SLF001 - sqlalchemy's public name


def lines(session: Session, account: str, *, unknown: bool, most: int) -> list[dict[str, Any]]:
    """An account's last lines and what each of them is."""
    query = (
        select(BankLineRow, ExplanationRow)
        .join(ExplanationRow, col(ExplanationRow.digest) == col(BankLineRow.digest), isouter=True)
        .where(BankLineRow.account == account)
        .order_by(col(BankLineRow.booked_on).desc(), col(BankLineRow.line).desc(), col(BankLineRow.digest))
        .limit(most)
    )
    if unknown:
        query = query.where(col(ExplanationRow.digest).is_(None))
    return [_line(line, told) for line, told in session.exec(query)]


def _line(line: BankLineRow, told: ExplanationRow | None) -> dict[str, Any]:
    return {
        "digest": line.digest,
        "booked_on": line.booked_on,
        "amount": line.amount,
        "bank_reference": line.bank_reference,
        "text": line.text,
        "kind": told.kind if told else None,
        "subject": told.subject if told else None,
        "by": told.by if told else None,
    }
