"""Money that a provider took back: chargebacks that nobody has answered, and payments that went back twice.

Money that waits because nobody knows for what is seen by `gate.reconcile` itself, payment by payment.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from gate.findings import Code, Expectation
from gate.ledger import LedgerAccount
from server import decisions
from server.effects import CHARGEBACK, REVERSAL, Kind
from server.facts import EntryRow, PostingRow
from server.facts_money import TakenBackRow


def expected(session: Session, site: str, now: datetime) -> Iterator[Expectation]:  # noqa: ARG001 - as all witnesses
    """An answer to each chargeback of the site, and the return of what was refunded and reversed as well."""
    yield from _chargebacks(session, site)
    yield from _gone_twice(session, site)


def _chargebacks(session: Session, site: str) -> Iterator[Expectation]:
    """Until one is contested or accepted. One that was contested is over until the provider says otherwise."""
    rows = session.exec(select(TakenBackRow).where(TakenBackRow.site == site, TakenBackRow.kind == CHARGEBACK)).all()
    ended = decisions.ended_all(session, [row.payment for row in rows], (Kind.CONTEST, Kind.ACCEPT))
    for row in rows:
        yield _of(row, Code.CHARGEBACK, row.amount, ended.get(row.payment))


def _gone_twice(session: Session, site: str) -> Iterator[Expectation]:
    """What stands in suspense on the wrong side: given back by us, then taken back by the provider."""
    rows = session.exec(select(TakenBackRow).where(TakenBackRow.site == site, TakenBackRow.kind == REVERSAL)).all()
    total = func.sum(PostingRow.amount)
    missing = (
        select(EntryRow.payment, total)
        .join(PostingRow, col(PostingRow.key) == col(EntryRow.key))
        .where(col(EntryRow.payment).in_([row.payment for row in rows]), PostingRow.account == LedgerAccount.SUSPENSE)
        .group_by(col(EntryRow.payment))
        .having(total > 0)
    )
    amounts = {payment: int(amount) for payment, amount in session.exec(missing)} if rows else {}
    for row in rows:
        if row.payment in amounts:
            yield _of(row, Code.AMOUNT_DIFFERS, amounts[row.payment], None)


def _of(row: TakenBackRow, code: Code, amount: int, ended: datetime | None) -> Expectation:
    return Expectation(
        code=code,
        subject=row.payment,
        visit=row.visit or None,
        amount=amount,
        due=row.recorded_at,
        evidence={"payment": row.payment, "note": row.note, "by": row.by},
        met_at=ended,
    )
