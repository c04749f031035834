"""Settlement lines in the books: whose they are, what their fee should be, and which sessions wait for their money."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import func
from sqlmodel import Session, col, select

from gate import ledger as entries
from gate.ledger import About, Entry
from gate.statements import FeeTerms, LineKind, Rounding, SettlementLine, fee_of
from server import ledger
from server.facts import PaymentRow
from server.facts_bank import ContractRow, ProofRow, SettlementLineRow
from server.facts_money import OrderRow
from server.proving import payouts
from server.proving.kinds import Proof
from server.register import PayAccountRow, SiteRow

_AT_ONCE: Final = 900
TOLERANCE: Final = 1
"""Dong by which a fee may differ from the contract's before it is a finding: providers round as they please."""


class Contracts:
    """What providers take and where they pay to."""

    def __init__(self, session: Session) -> None:
        rows = session.exec(select(ContractRow).order_by(col(ContractRow.since).desc()))
        self._rows = list(rows)

    def of(self, provider: str, instrument: str, on: date) -> ContractRow | None:
        """The contract in force on a date: of this instrument, else of all."""
        found = [row for row in self._rows if row.provider == provider and row.since <= on]
        own = [row for row in found if row.instrument == instrument.lower()]
        return next(iter([*own, *(row for row in found if not row.instrument)]), None)

    def fee_off(self, line: SettlementLine) -> int:
        """How far a payment's fee and its VAT are from the contract, where that is more than a dong."""
        row = self.of(line.provider, line.payer_instrument, line.session_date)
        if row is None or line.kind is not LineKind.PAY:
            return 0
        fee, vat = fee_of(FeeTerms(row.rate_bp, row.fixed, row.vat_bp, Rounding(row.rounding)), line.gross)
        off = [line.fee - fee, line.fee_vat - vat]
        return sum(off) or max(off, key=abs) if max(map(abs, off)) > TOLERANCE else 0


class Homes:
    """Whose a settlement line is: by its payment, its site code, or the terminal that `pay_account` knows."""

    def __init__(self, session: Session, provider: str) -> None:
        self._sites = frozenset(session.exec(select(SiteRow.site)))
        known = session.exec(select(PayAccountRow).where(PayAccountRow.provider == provider))
        self._terminals = {row.account: row.site for row in sorted(known, key=lambda row: row.site, reverse=True)}

    def of(self, line: SettlementLine, paid_at: str | None) -> str | None:
        """The site, None where nothing tells."""
        if paid_at is not None:
            return paid_at
        if line.site_code in self._sites:
            return line.site_code
        told = self._terminals.get(line.terminal_code) or next(iter(sorted(set(self._terminals.values()))), None)
        return told or (next(iter(self._sites)) if len(self._sites) == 1 else None)


def book(session: Session, rows: Iterable[SettlementLineRow], now: datetime) -> None:
    """What settlement lines do to the ledger."""
    ledger.post_all(session, [made for row in rows if (made := _entry(row)).postings], now)


def named(session: Session, provider: str, lines: Sequence[SettlementLine]) -> tuple[SettlementLine, ...]:
    """The lines by our names of their payments: one about an order of ours is `account/order/number`, as the gateway's
    notice is (`server.providers`); any other keeps the provider's reference."""
    ours: dict[str, str] = {}
    for start in range(0, len(lines), _AT_ONCE):
        refs = [line.merchant_ref for line in lines[start : start + _AT_ONCE] if line.merchant_ref]
        known = (OrderRow.provider == provider, col(OrderRow.order).in_(refs))
        ours |= dict(session.exec(select(OrderRow.order, OrderRow.site).where(*known)).all())
    accounts = select(PayAccountRow.site, PayAccountRow.account).where(PayAccountRow.provider == provider)
    of_site = dict(session.exec(accounts).all())
    return tuple(
        line._replace(provider_ref=f"{line.terminal_code or of_site.get(site)}/{line.merchant_ref}/{line.provider_ref}")
        if (site := ours.get(line.merchant_ref))
        else line
        for line in lines
    )


def paid_at(session: Session, lines: Sequence[SettlementLine]) -> dict[str, str]:
    """The site of the payment that each line is about, by the provider's reference."""
    refs = [line.provider_ref for line in lines]
    found: dict[str, str] = {}
    for start in range(0, len(refs), _AT_ONCE):
        some = col(PaymentRow.provider_id).in_(refs[start : start + _AT_ONCE])
        rows = select(PaymentRow.provider_id, PaymentRow.site).where(PaymentRow.provider == lines[0].provider, some)
        found |= dict(session.exec(rows).all())
    return found


def waiting(session: Session, account: str, sites: Sequence[str]) -> list[payouts.Session]:
    """The sessions that are to be paid out to this account and that no line has shown."""
    return [each for each, to, first in _unproven(session) if to == account or (not to and first in sites)]


def awaited_at(session: Session, site: str) -> list[payouts.Session]:
    """Those that are awaited at this site: with lines of several, at the first of them."""
    return [each for each, _, first in _unproven(session) if first == site]


def _unproven(session: Session) -> Iterator[tuple[payouts.Session, str, str]]:
    """Sessions without their money, the account that it should come to where a contract says, and the first site."""
    proven = set(session.exec(select(ProofRow.subject).where(ProofRow.kind == Proof.PAYOUT)))
    wanted: tuple[Any, ...] = (
        SettlementLineRow.provider,
        SettlementLineRow.settlement_id,
        func.max(SettlementLineRow.session_date),
        func.sum(SettlementLineRow.net),
        func.min(SettlementLineRow.site),
    )
    sums = select(*wanted).group_by(col(SettlementLineRow.provider), col(SettlementLineRow.settlement_id))
    contracts = Contracts(session)
    for provider, settlement, on, net, site in session.exec(sums):
        contract = contracts.of(provider, "", on)
        words, to = (contract.words, contract.payout_account) if contract else ("", "")
        each = payouts.Session(provider, settlement, on, int(net), words)
        if net and each.name not in proven:
            yield each, to, site


def _entry(row: SettlementLineRow) -> Entry:
    key = f"{row.provider}:{row.provider_ref}"
    about = About(row.site, row.txn_time, payment=key, party=row.provider)
    return entries.settled(f"{key}:{row.kind}", about, gross=row.gross, fee=row.fee, fee_vat=row.fee_vat)
