"""Money on its way back: made by a decision, closed only by the bank's debit line or the provider's answer."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from gate import ledger as entries
from gate import refund_reference
from gate.findings import Code, Expectation
from gate.ledger import About, EntryKind, LedgerAccount
from server import ledger
from server.db import hold, insert_once
from server.facts import EntryRow
from server.facts_money import (
    DecisionRow,
    OrderAnswerRow,
    OrderAskedRow,
    RefundRow,
    RefundSentRow,
    TakenBackRow,
    TransferFileRow,
    TransferRow,
)
from server.money_rules import Impossible, NoSuch
from server.providers.contract import Outcome
from server.vault_accounts import VaultAccountChangeRow, VaultAccountRow

SEND_WITHIN: Final = timedelta(days=1)
"""From the second word to the file of transfers."""
BOOKED_WITHIN: Final = timedelta(days=2)
"""From the file to the bank's debit line."""
ASKED: Final = "refund:"
"""Before a refund's name in what was asked of a provider and what it answered."""
_ATTEMPTS: Final = 100


def make(session: Session, decision: DecisionRow, provider: str, now: datetime) -> RefundRow:
    """The refund that a decision leads to, once; its reference follows from the decision. Raises Impossible."""
    made = session.exec(select(RefundRow).where(RefundRow.decision == decision.decision)).first()
    if made is not None:
        return made
    for attempt in range(_ATTEMPTS):
        row = RefundRow(
            refund=refund_reference.mint(decision.site, decision.decision, attempt),
            decision=decision.decision,
            site=decision.site,
            visit=decision.visit,
            payment=decision.payment,
            provider=provider,
            amount=decision.amount,
            made_at=now,
        )
        if insert_once(session, row):
            return row
    raise Impossible(f"{decision.decision}: no free reference of a refund was found")


def refund(session: Session, name: str) -> RefundRow:
    """The refund. Raises NoSuch."""
    row = session.get(RefundRow, name)
    if row is None:
        raise NoSuch(f"there is no refund {name}")
    return row


def close(
    session: Session, refund_reference: str, amount: int, happened_at: datetime, bank_digest: str, now: datetime
) -> bool:
    """The bank's debit line shows the refund: it is closed. False when it is not this refund's line: no such
    reference, another amount, taken back before, or closed by another line. The same line again is True."""
    return _sent(session, refund_reference, amount, "bank", bank_digest, happened_at, now)


def by_provider(session: Session, name: str, amount: int, proof: str, happened_at: datetime, now: datetime) -> bool:
    """The provider has given the money back by itself (`proof`: its own number or the answer's hash): the refund is
    closed. False as `close`."""
    return _sent(session, name, amount, "provider", proof, happened_at, now)


def due_at_provider(session: Session, provider: str) -> list[RefundRow]:
    """The refunds of payments through this provider that are open and in no file of transfers."""
    given = set(session.exec(select(TransferRow.refund)))
    return [row for row in payable(session) if row.provider == provider and row.refund not in given]


def payable(session: Session) -> list[RefundRow]:
    """The open refunds that may go out."""
    gone = taken_back(session)
    return [row for row in open_refunds(session) if row.payment not in gone]


def taken_back(session: Session) -> set[str]:
    """Payments that a provider took back, or is asked to and nobody contests: they would be given back twice."""
    contested = select(DecisionRow.payment).where(DecisionRow.kind == "contest")
    rows = select(TakenBackRow.payment).where(
        or_(TakenBackRow.kind == "reversal", col(TakenBackRow.payment).not_in(contested))
    )
    return set(session.exec(rows))


def on_its_way(session: Session, payment: str) -> RefundRow | None:
    """An open refund of the payment."""
    return next((row for row in open_refunds(session) if row.payment == payment), None)


def with_provider(session: Session, refunds: Sequence[str]) -> set[str]:
    """Those of the refunds that were asked for at a provider and not refused there: the money may have left."""
    names = [f"{ASKED}{name}" for name in refunds]
    asked = session.exec(select(OrderAskedRow.about).where(col(OrderAskedRow.about).in_(names)))
    refused = session.exec(
        select(OrderAnswerRow.about).where(
            col(OrderAnswerRow.about).in_(names), OrderAnswerRow.outcome == Outcome.REFUND_REFUSED
        )
    )
    return {about.removeprefix(ASKED) for about in set(asked) - set(refused)}


def may_be_asked(session: Session, name: str) -> None:
    """Raises Impossible unless the refund, if it is one of ours, may leave through its provider now; it is held."""
    hold(session, f"refund:{name}")
    row = session.get(RefundRow, name)
    if row is not None and row.refund not in {each.refund for each in due_at_provider(session, row.provider)}:
        raise Impossible(f"{name} was sent, taken back, or is in a file of transfers")


def not_away(session: Session, name: str) -> None:
    """Hold the refund. Raises Impossible when its money is on its way already."""
    hold(session, f"refund:{name}")
    if session.get(RefundSentRow, name) or session.get(TransferRow, name):
        raise Impossible(f"{name}: the money is on its way already")


def changing(session: Session) -> set[str]:
    """Refunds whose account somebody asked to change, and nobody else has said a word yet."""
    return set(session.exec(select(VaultAccountChangeRow.refund).where(col(VaultAccountChangeRow.word_at).is_(None))))


def open_refunds(session: Session, site: str | None = None) -> list[RefundRow]:
    """The refunds that were neither sent nor taken back, oldest first."""
    rows = open_rows()
    if site is not None:
        rows = rows.where(RefundRow.site == site)
    return list(session.exec(rows.order_by(col(RefundRow.made_at), col(RefundRow.refund))))


def open_rows() -> SelectOfScalar[RefundRow]:
    """A statement for the refunds that were neither sent nor taken back."""
    sent, undone = select(RefundSentRow.refund), select(EntryRow.key).where(EntryRow.kind == EntryKind.UNDONE)
    return select(RefundRow).where(
        col(RefundRow.refund).not_in(sent), ("undo:" + col(RefundRow.decision)).not_in(undone)
    )


def still_here(session: Session, decision: str) -> None:
    """Hold the decision's refund. Raises Impossible when it was given to the bank or has left."""
    row = session.exec(select(RefundRow).where(RefundRow.decision == decision)).first()
    if row is not None:
        hold(session, f"refund:{row.refund}")
    look_here(session, decision)


def look_here(session: Session, decision: str) -> None:
    """`still_here`, holding nothing: what it says may be otherwise in a moment."""
    row = session.exec(select(RefundRow).where(RefundRow.decision == decision)).first()
    if row is None:
        raise Impossible(f"{decision}: it has made no refund")
    if session.get(RefundSentRow, row.refund):
        raise Impossible(f"{row.refund}: the money has left")
    taken = session.get(TransferRow, row.refund)
    if taken:
        raise Impossible(f"{row.refund}: it is in the file of transfers {taken.file}")
    if with_provider(session, [row.refund]):
        raise Impossible(f"{row.refund}: {row.provider} was asked to give it back")


def expected(session: Session, site: str, now: datetime) -> Iterator[Expectation]:  # noqa: ARG001 - as all witnesses
    """What must come of each open refund: its file, then the bank's debit line."""
    rows = open_refunds(session, site)
    files, changed = _files(session, [row.refund for row in rows]), changing(session)
    for row in rows:
        file = files.get(row.refund)
        due = file.made_at + BOOKED_WITHIN if file else row.made_at + SEND_WITHIN
        asked = session.get(VaultAccountRow, row.refund)
        evidence = {
            "payment": row.payment,
            "decision": row.decision,
            "file": file.file if file else "",
            "account": "known" if asked and asked.given_at else "not known",
        }
        if row.refund in changed:
            evidence["account"] = "a change waits for a second person"
        yield Expectation(
            code=Code.REFUND_OPEN,
            subject=row.refund,
            visit=row.visit or None,
            amount=row.amount,
            due=due,
            evidence=evidence,
        )


def history(session: Session) -> Iterable[tuple[datetime, str]]:
    """When each refund that was sent was recorded as sent: what a rebuild replays."""
    return list(session.exec(select(RefundSentRow.recorded_at, RefundSentRow.refund)))


def again(session: Session, name: str, at: datetime) -> None:
    """The entry of a refund that was sent, once more."""
    _post_sent(session, refund(session, name), session.get_one(RefundSentRow, name), at)


def _sent(session: Session, name: str, amount: int, way: str, proof: str, happened_at: datetime, now: datetime) -> bool:
    hold(session, f"refund:{name}")
    row = session.get(RefundRow, name)
    undone = row is not None and session.get(EntryRow, f"undo:{row.decision}") is not None
    if row is None or row.amount != amount or undone:
        return False
    now = max(now, row.made_at + timedelta(microseconds=1))
    whose = {"refund": name, "site": row.site, "way": way, "proof": proof}
    sent = RefundSentRow(**whose, amount=amount, happened_at=happened_at, recorded_at=now)
    if not insert_once(session, sent):
        known = session.get_one(RefundSentRow, name)
        return (known.way, known.proof) == (way, proof)
    _post_sent(session, row, sent, now)
    return True


def _post_sent(session: Session, row: RefundRow, sent: RefundSentRow, now: datetime) -> None:
    into = LedgerAccount.BANK if sent.way == "bank" else LedgerAccount.CLEARING
    about = About(row.site, sent.happened_at, row.visit, row.payment, row.provider)
    entry = entries.moved(
        f"refund_sent:{row.refund}",
        EntryKind.REFUND_SENT,
        about,
        sent.amount,
        debit=LedgerAccount.REFUNDS,
        credit=into,
    )
    ledger.post(session, entry, now)


def _files(session: Session, names: Sequence[str]) -> dict[str, TransferFileRow]:
    found = (
        select(TransferRow.refund, TransferFileRow)
        .join(TransferFileRow, col(TransferFileRow.file) == col(TransferRow.file))
        .where(col(TransferRow.refund).in_(names))
    )
    return dict(session.exec(found).all())
