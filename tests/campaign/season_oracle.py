"""What must hold of the books after a season. The simulated world is asked, never the product's own totals."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import func
from sqlmodel import Session, col, select

from gate.ledger import EntryKind, LedgerAccount
from server.close_check import check
from server.derived import VisitRow
from server.facts import ChargeRow, EntryRow, PassageRow, PostingRow
from server.facts_bank import BankLineRow, ExplanationRow
from server.register import SiteRow
from simulator.season.bank import Bank
from simulator.season.scenario import Lot
from simulator.season.truth import Truth
from tests.campaign.season_world import local

A: Final = LedgerAccount


def judged(session: Session, lot: Lot, sheet: Truth) -> Iterator[str]:
    """Each way in which a lot's books are not what happened."""
    where = lot.site
    yield from _differ(f"{where}: charged", sheet.gross, _charged(session, where))
    yield from _differ(f"{where}: gross of the sheet", lot.gross, sheet.gross)
    yield from _differ(f"{where}: VAT by ticket", lot.vat, _vat(session, where))
    yield from _differ(f"{where}: turns by class", _plain(sheet.turns), _turns(session, where))
    yield from _differ(f"{where}: charged by class", _plain(sheet.of_class), _of_class(session, where))
    standing = balances(session, where)
    yield from _differ(f"{where}: outstanding", sheet.outstanding, standing[A.RECEIVABLE])
    yield from _differ(f"{where}: waived", sheet.waived, standing[A.WAIVED])
    yield from _differ(f"{where}: collected", sheet.collected, collected(session, where))
    yield from _differ(f"{where}: revenue and VAT", -sheet.gross, standing[A.REVENUE] + standing[A.VAT])
    yield from _differ(f"{where}: pended", 0, standing[A.PENDED])
    yield from _differ(f"{where}: suspense", 0, standing[A.SUSPENSE])
    yield from _differ(f"{where}: the ledger's sum", 0, sum(standing.values()))
    yield from _differ(f"{where}: entries that do not balance", 0, _unbalanced(session, where))
    yield from _days(session, where, sheet)


def banked(session: Session, bank: Bank) -> Iterator[str]:
    """Each way in which the books' bank is not the bank's own book: every line once, and each with one explanation."""
    for account in bank.accounts.values():
        real = Counter((line.booked_on, line.amount, line.reference) for day in account.lines.values() for line in day)
        rows = session.exec(select(BankLineRow).where(BankLineRow.account == account.number)).all()
        known = Counter((row.booked_on, row.amount, row.bank_reference) for row in rows)
        yield from _differ(f"account {account.number}: lines missing", dict(real - known), {})
        yield from _differ(f"account {account.number}: lines of nobody", {}, dict(known - real))
    moved = sum(line.amount for account in bank.accounts.values() for day in account.lines.values() for line in day)
    standing = Counter[str]()
    for site in session.exec(select(SiteRow.site)):
        standing.update(balances(session, site))
    yield from _differ("on the bank accounts", moved, standing[A.BANK])
    for name in (A.CLEARING, A.PAYOUT, A.REFUNDS, A.TILL):
        yield from _differ(f"left in {name}", 0, standing[name])
    unexplained = (
        select(func.count())
        .select_from(BankLineRow)
        .where(~select(ExplanationRow.digest).where(ExplanationRow.digest == BankLineRow.digest).exists())
    )
    yield from _differ("bank lines without an explanation", 0, session.exec(unexplained).one())


def closed(session: Session, site: str, key: Ed25519PublicKey, days: int) -> Iterator[str]:
    """Each way in which the chain of closes is not whole."""
    found = check(session, site, key)
    yield from _differ(f"{site}: closes", days, found.closes)
    yield from (f"{site}: close of {each.on}: {each.where}: {each.what}" for each in found.wrong)


def balances(session: Session, site: str) -> Counter[str]:
    """What stands on each account of the site."""
    rows = session.exec(
        select(PostingRow.account, func.sum(PostingRow.amount))
        .join(EntryRow, col(EntryRow.key) == col(PostingRow.key))
        .where(EntryRow.site == site)
        .group_by(col(PostingRow.account))
    )
    return Counter({account: int(amount) for account, amount in rows})


def collected(session: Session, site: str) -> int:
    """What money settled of debts."""
    no_money = (EntryKind.CHARGE, EntryKind.WAIVER, EntryKind.WRITE_OFF)
    total = (
        select(func.coalesce(func.sum(-col(PostingRow.amount)), 0))
        .join(EntryRow, col(EntryRow.key) == col(PostingRow.key))
        .where(EntryRow.site == site, PostingRow.account == A.RECEIVABLE, col(EntryRow.kind).not_in(no_money))
    )
    return int(session.exec(total).one())


def _charged(session: Session, site: str) -> int:
    return int(session.exec(select(func.sum(ChargeRow.total)).where(ChargeRow.site == site)).one() or 0)


def _vat(session: Session, site: str) -> int:
    return int(session.exec(select(func.sum(ChargeRow.vat)).where(ChargeRow.site == site)).one() or 0)


def _turns(session: Session, site: str) -> dict[str, int]:
    return dict(_grouped(session, site, func.count()))


def _of_class(session: Session, site: str) -> dict[str, int]:
    return dict(_grouped(session, site, func.sum(ChargeRow.total)))


def _grouped(session: Session, site: str, what: Any) -> Iterator[tuple[str, int]]:
    rows = select(ChargeRow.vehicle_class, what).where(ChargeRow.site == site).group_by(col(ChargeRow.vehicle_class))
    yield from ((kind, int(value)) for kind, value in session.exec(rows))


def _unbalanced(session: Session, site: str) -> int:
    sums = (
        select(PostingRow.key)
        .join(EntryRow, col(EntryRow.key) == col(PostingRow.key))
        .where(EntryRow.site == site)
        .group_by(col(PostingRow.key))
        .having(func.sum(PostingRow.amount) != 0)
    )
    return len(session.exec(sums).all())


def _days(session: Session, site: str, sheet: Truth) -> Iterator[str]:
    ways: dict[str, Counter[date]] = {"in": Counter(), "out": Counter()}
    for direction, at in session.exec(
        select(PassageRow.direction, PassageRow.happened_at).where(PassageRow.site == site)
    ):
        ways[direction][local(at)] += 1
    money = Counter[date]()
    charges = select(ChargeRow.total, VisitRow.left_at).join(VisitRow, col(VisitRow.visit) == col(ChargeRow.visit))
    for total, left_at in session.exec(charges.where(ChargeRow.site == site)):
        if left_at is not None:
            money[local(left_at)] += total
    for name, real, known in (
        ("entries", sheet.entries, ways["in"]),
        ("exits", sheet.exits, ways["out"]),
        ("charged", sheet.charged, money),
    ):
        for day in sorted(set(real) | set(known)):
            yield from _differ(f"{site} {day}: {name}", real[day], known[day])


def _plain(counts: Counter[Any]) -> dict[str, int]:
    return {kind.value: count for kind, count in counts.items() if count}


def _differ(what: str, real: object, booked: object) -> Iterator[str]:
    if real != booked:
        yield f"{what}: {real} in the world, {booked} in the books"
