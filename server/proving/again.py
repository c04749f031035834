"""A rebuild's part: entries of statements and settlements once more, from what was decided then. Nothing is matched
anew: explanations are facts."""

from collections import defaultdict
from datetime import datetime

from sqlmodel import Session, col, select

from server.facts_bank import BankLineRow, ExplanationRow, SettlementLineRow
from server.proving import booking, settled
from server.proving.booking import Explained
from server.proving.kinds import sites_of
from server.proving.matcher import in_order


def history(session: Session) -> list[tuple[datetime, str]]:
    """The moments at which lines were imported or explained, in order, each with a name."""
    moments = set(session.exec(select(BankLineRow.recorded_at).distinct()))
    moments |= set(session.exec(select(ExplanationRow.at).distinct()))
    moments |= set(session.exec(select(SettlementLineRow.recorded_at).distinct()))
    return [(at, at.isoformat()) for at in sorted(moments)]


def again(session: Session, _: str, at: datetime) -> None:
    """What followed from files and explanations of that moment."""
    order = (col(SettlementLineRow.provider), col(SettlementLineRow.statement), col(SettlementLineRow.line))
    rows = session.exec(select(SettlementLineRow).where(SettlementLineRow.recorded_at == at).order_by(*order))
    settled.book(session, rows.all(), at)
    told = (
        select(BankLineRow, ExplanationRow)
        .join(ExplanationRow, col(ExplanationRow.digest) == col(BankLineRow.digest))
        .where(ExplanationRow.at == at)
    )
    explained: dict[str, list[Explained]] = defaultdict(list)
    for line, row in session.exec(told):
        explained[line.account].append(Explained(line, row))
    unknown: dict[str, list[BankLineRow]] = defaultdict(list)
    at_once = {each.line.digest for some in explained.values() for each in some}
    for line in session.exec(select(BankLineRow).where(BankLineRow.recorded_at == at)):
        if line.digest not in at_once:
            unknown[line.account].append(line)
    for account in sorted({*explained, *unknown}):
        site = sites_of(session, account)[0]
        booking.unknown(session, unknown[account], site, at)
        booking.book(session, in_order(explained[account]), site, at)
    session.flush()
