"""How far each refund is on its way back: from the word of two persons to the bank's debit line."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlmodel import Session, col, select

from server import refunds
from server.facts import EntryRow
from server.facts_money import RefundRow, RefundSentRow, TransferRow
from server.vault_accounts import VaultAccountRow


class Step(StrEnum):
    """What is awaited of a refund, or that nothing is any more."""

    SENT = "sent"  # the bank's line or the provider's answer shows it
    UNDONE = "undone"  # the decision was taken back
    TAKEN_BACK = "taken_back"  # a provider took the payment back: it would be given back twice
    IN_FILE = "in_file"  # given to the bank; its debit line is awaited
    AT_PROVIDER = "at_provider"  # the provider was asked to give it back
    CHANGING = "changing"  # another account waits for a second person's word
    READY = "ready"  # its account is known: it goes into the next file
    ASKED = "asked"  # the driver has the page, and has said nothing yet
    NO_ACCOUNT = "no_account"


OPEN = frozenset(Step) - {Step.SENT, Step.UNDONE}
HERE = frozenset({Step.CHANGING, Step.READY, Step.ASKED, Step.NO_ACCOUNT})
"""Its money has not left, and its account may still be said or changed."""


class Stand(NamedTuple):
    """How a refund stands. `file`: the file of transfers that it is in; `sent_at`: when the money left; `given_by`: who
    said its account, empty where nobody did. The account itself stays in the vault."""

    step: Step
    file: str
    sent_at: datetime | None
    given_by: str


def stands(session: Session, rows: Sequence[RefundRow]) -> dict[str, Stand]:
    """How each of these stands, by its name."""
    names = [row.refund for row in rows]
    sent = {row.refund: row for row in session.exec(select(RefundSentRow).where(col(RefundSentRow.refund).in_(names)))}
    files = dict(
        session.exec(select(TransferRow.refund, TransferRow.file).where(col(TransferRow.refund).in_(names))).all()
    )
    told = {
        row.refund: row for row in session.exec(select(VaultAccountRow).where(col(VaultAccountRow.refund).in_(names)))
    }
    undone = [f"undo:{row.decision}" for row in rows]
    off = set(session.exec(select(EntryRow.key).where(col(EntryRow.key).in_(undone))))
    gone, away, changing = refunds.taken_back(session), refunds.with_provider(session, names), refunds.changing(session)

    def step(row: RefundRow) -> Step:
        account = told.get(row.refund)
        known = account is not None and account.given_at is not None
        chosen = (
            (Step.SENT, row.refund in sent),
            (Step.UNDONE, f"undo:{row.decision}" in off),
            (Step.TAKEN_BACK, row.payment in gone),
            (Step.IN_FILE, row.refund in files),
            (Step.AT_PROVIDER, row.refund in away),
            (Step.CHANGING, row.refund in changing),
            (Step.READY, known),
            (Step.ASKED, account is not None),
        )
        return next((each for each, holds in chosen if holds), Step.NO_ACCOUNT)

    def stand(row: RefundRow) -> Stand:
        account, left = told.get(row.refund), sent.get(row.refund)
        by = account.given_by if account is not None and account.given_at is not None else ""
        return Stand(step(row), files.get(row.refund, ""), left.happened_at if left else None, by)

    return {row.refund: stand(row) for row in rows}
