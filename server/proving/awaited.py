"""What must still come from providers and banks, and what came and does not agree: all of it unmet, with a due time.

A day without its statement is one expectation for the account, not one for each payment of it.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, Final

from sqlmodel import Session, col, select

from gate.findings import Code, Expectation
from gate.ledger import LedgerAccount
from gate.statements import LineKind
from gate.workdays import after
from gate.written import VIETNAM
from server.derived import InClearingRow
from server.facts import PaymentRow, PostingRow
from server.facts_bank import BankLineRow, ExplanationRow, ProofRow, SettlementLineRow
from server.proving import gaps, settled, taken
from server.proving.kinds import MATCHER, Proof, accounts, sites_of
from server.register import SiteRow

NOON: Final = time(12)
PAYOUT_DAYS: Final = 2
"""Working days from a session to its money on the statement."""


def expected(session: Session, site: str, now: datetime) -> Iterator[Expectation]:  # noqa: ARG001 - as all witnesses
    """Whatever is awaited at the site as of `now`. What has come and agrees is left out."""
    row = session.get(SiteRow, site)
    if row is None:
        return
    yield from _not_in_bank(session, site, row.account)
    yield from _not_in_settlement(session, site)
    yield from _settlements(session, site)
    yield from _payouts(session, site)
    if sites_of(session, row.account)[:1] == [site]:
        yield from _unknown_lines(session, row.account)
        yield from _by_a_person(session, row.account)
        yield from gaps.of_account(session, row.account)


def due_on(on: date) -> datetime:
    """Noon of a day in Vietnam."""
    return datetime.combine(on, NOON, VIETNAM)


# --- payments that a notice told of ------------------------------------------------------------------------------


def _in_clearing(site: str, *wanted: Any) -> Any:
    """Payments of the site that lie with a feed or provider, cash left out; of those that were shown none is read."""
    its = (InClearingRow.provider == PaymentRow.provider) & (InClearingRow.provider_id == PaymentRow.provider_id)
    return select(*wanted).join(InClearingRow, its).where(InClearingRow.site == site)


def _not_in_bank(session: Session, site: str, account: str) -> Iterator[Expectation]:
    """Payments to the bank account itself: on the statement by noon of the next working day."""
    name = col(PaymentRow.provider) + ":" + col(PaymentRow.provider_id)
    proven = select(ProofRow.subject).where(ProofRow.kind == Proof.PAYMENT, ProofRow.subject == name)
    wanted: tuple[Any, ...] = (
        PaymentRow.provider,
        PaymentRow.provider_id,
        PaymentRow.reference,
        PaymentRow.amount,
        PaymentRow.happened_at,
    )
    rows = _in_clearing(site, *wanted).where(PaymentRow.account == account, ~proven.exists())
    covered = gaps.Covered(session, account)
    days: dict[date, list[int]] = defaultdict(list)
    for provider, number, visit, amount, happened_at in session.exec(rows):
        on = happened_at.astimezone(VIETNAM).date()
        if not covered.has(on):
            days[on].append(amount)
            continue
        evidence = {"why": "the statement of its day has no such line", "account": account, "day": on.isoformat()}
        yield _wait(Code.NOT_IN_BANK, f"{provider}:{number}", amount, due_on(after(on, 1)), evidence, visit)
    for on, amounts in sorted(days.items()):
        evidence = {"why": "no statement of this day", "account": account, "payments": str(len(amounts))}
        yield _wait(Code.NOT_IN_BANK, f"{account}:{on.isoformat()}", sum(amounts), due_on(after(on, 1)), evidence)


def _not_in_settlement(session: Session, site: str) -> Iterator[Expectation]:
    """Payments through a gateway: in a settlement by the end of the second working day."""
    line = select(SettlementLineRow.provider_ref).where(
        SettlementLineRow.provider == PaymentRow.provider,
        SettlementLineRow.provider_ref == PaymentRow.provider_id,
        SettlementLineRow.kind == LineKind.PAY,
    )
    rows = _in_clearing(site, PaymentRow).where(col(PaymentRow.account).not_in(accounts(session)), ~line.exists())
    for row in session.exec(rows):
        on = row.happened_at.astimezone(VIETNAM).date()
        evidence = {"provider": row.provider, "session": on.isoformat()}
        due = due_on(after(on, 2))
        yield _wait(
            Code.NOT_IN_SETTLEMENT, f"{row.provider}:{row.provider_id}", row.amount, due, evidence, row.reference
        )


# --- what settlements say ----------------------------------------------------------------------------------------


def _settlements(session: Session, site: str) -> Iterator[Expectation]:
    """Lines without their payment, of another amount, or with another fee than the contract's."""
    known = (PaymentRow.provider == SettlementLineRow.provider) & (
        PaymentRow.provider_id == SettlementLineRow.provider_ref
    )
    rows = (
        select(SettlementLineRow, PaymentRow.amount)
        .join(PaymentRow, known, isouter=True)  # type: ignore[arg-type] # a comparison of columns is no bool
        .where(SettlementLineRow.site == site, SettlementLineRow.kind == LineKind.PAY)
        .where(col(PaymentRow.amount).is_(None) | (col(PaymentRow.amount) != SettlementLineRow.gross))
    )
    found: list[tuple[SettlementLineRow, Any]] = list(session.exec(rows))
    for row, amount in found:
        code = Code.NOT_IN_LEDGER if amount is None else Code.SETTLEMENT_DIFFERS
        more = {"merchant_ref": row.merchant_ref} if amount is None else {"payment": str(amount)}
        off = row.gross - (amount or 0)
        yield _wait(code, _name(row), abs(off), row.recorded_at, {**_where(row), "gross": str(row.gross), **more})
    for row, why in taken.unexplained(session, site):
        evidence = {**_where(row), "why": why, "gross": str(row.gross)}
        yield _wait(Code.SETTLEMENT_DIFFERS, f"{_name(row)}:{row.kind}", abs(row.gross), row.recorded_at, evidence)
    off_fees = select(SettlementLineRow).where(SettlementLineRow.site == site, SettlementLineRow.fee_off != 0)
    for row in session.exec(off_fees):
        evidence = {**_where(row), "fee": str(row.fee), "fee_vat": str(row.fee_vat), "off": str(row.fee_off)}
        yield _wait(Code.FEE_DIFFERS, _name(row), abs(row.fee_off), row.recorded_at, evidence)


def _payouts(session: Session, site: str) -> Iterator[Expectation]:
    """Sessions whose money is not on the statement; one for the account, at the site of its first line."""
    for each in settled.awaited_at(session, site):
        evidence = {"provider": each.provider, "session": each.on.isoformat()}
        due = due_on(after(each.on, PAYOUT_DAYS))
        yield _wait(Code.NOT_IN_BANK, each.name, abs(each.net), due, evidence)


# --- what the bank says ------------------------------------------------------------------------------------------


def _unknown_lines(session: Session, account: str) -> Iterator[Expectation]:
    told = select(ExplanationRow.digest).where(ExplanationRow.digest == BankLineRow.digest)
    for row in session.exec(select(BankLineRow).where(BankLineRow.account == account, ~told.exists())):
        evidence = {
            "account": account,
            "day": row.booked_on.isoformat(),
            "amount": str(row.amount),
            "bank_reference": row.bank_reference,
            "line": str(row.line),
        }
        yield _wait(Code.BANK_LINE_UNKNOWN, row.digest, abs(row.amount), row.recorded_at, evidence)


def _by_a_person(session: Session, account: str) -> Iterator[Expectation]:
    """What one person's word has put aside: charges that no mapping knows, what is not ours, what is over a payout."""
    about = (BankLineRow.account == account, col(ExplanationRow.by) != MATCHER)
    rows = select(BankLineRow, ExplanationRow).join(
        ExplanationRow, col(ExplanationRow.digest) == col(BankLineRow.digest)
    )
    for row, told in session.exec(rows.where(*about, col(ExplanationRow.kind).in_((Proof.FEE, Proof.OTHER)))):
        code = Code.FEE_DIFFERS if told.kind == Proof.FEE else Code.SETTLEMENT_DIFFERS
        evidence = {"account": account, "as": told.kind, "by": told.by, "amount": str(row.amount)}
        yield _wait(code, f"line:{row.digest}", abs(row.amount), told.at, evidence)
    rest = (
        select(BankLineRow, PostingRow.amount)
        .join(PostingRow, col(PostingRow.key) == "payout_rest:" + col(BankLineRow.digest))
        .where(BankLineRow.account == account, PostingRow.account == LedgerAccount.BANK)
    )
    for row, amount in session.exec(rest):
        evidence = {"account": account, "why": "not what its settlements come to", "amount": str(row.amount)}
        yield _wait(Code.SETTLEMENT_DIFFERS, f"line:{row.digest}", abs(amount), row.recorded_at, evidence)


def _wait(
    code: Code, subject: str, amount: int, due: datetime, evidence: dict[str, str], visit: str | None = None
) -> Expectation:
    return Expectation(code=code, subject=subject, visit=visit, amount=amount, due=due, evidence=evidence)


def _name(row: SettlementLineRow) -> str:
    return f"{row.provider}:{row.provider_ref}"


def _where(row: SettlementLineRow) -> dict[str, str]:
    return {"settlement": row.settlement_id, "session": row.session_date.isoformat(), "line": str(row.line)}
