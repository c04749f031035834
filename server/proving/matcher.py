"""Lines of an account against what they can be: payments, deposits, payouts, refunds, charges. The rest is unknown.

Lines that were unknown are looked at again each time: what they are may have become known since.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlmodel import Session, col, or_, select

from gate import refund_reference
from gate.reference import found_in
from gate.written import VIETNAM, spaced
from server import refunds
from server.db import hold, insert_many
from server.facts import PaymentRow
from server.facts_bank import BankLineRow, ExplanationRow, ProofRow
from server.facts_money import DepositRow
from server.proving import booking, settled
from server.proving.already import BANK, bare, keys
from server.proving.booking import Explained
from server.proving.kinds import LINE, MATCHER, Line, Meaning, Proof, accounts, moment_of, sites_of
from server.proving.pairs import Coming, Paid, pair
from server.proving.payouts import Credit, pay

REACH: Final = timedelta(days=60)
"""How long a line that nothing explains is looked at again without being asked to."""
_BEFORE: Final = timedelta(days=12)
"""A payment is at most so much older than its line: a working day after the longest holiday."""


_picked: Final[Any] = select
"""Columns chosen at run time have no types of their own."""
_PAID: Final = _picked(
    PaymentRow.provider,
    PaymentRow.provider_id,
    PaymentRow.amount,
    PaymentRow.reference,
    PaymentRow.bank_reference,
    PaymentRow.happened_at,
)


class Proven(NamedTuple):
    """How many lines are what; `unknown` wait for a person."""

    payments: int = 0
    statements: int = 0
    payouts: int = 0
    deposits: int = 0
    refunds: int = 0
    fees: int = 0
    unknown: int = 0


class Found(NamedTuple):
    """An explanation to be, and all subjects that its line proves."""

    told: Meaning
    subjects: Sequence[str]


def prove_all(session: Session, now: datetime) -> dict[str, Proven]:
    """Look again at the lines of all accounts that nothing explains."""
    return {account: prove(session, account, now) for account in accounts(session)}


def prove(session: Session, account: str, now: datetime) -> Proven:
    """Explain what can be explained of an account's lines, each by exactly one thing. Twice is as good as once."""
    hold(session, "proving")
    hold(session, f"account:{account}")
    sites = sites_of(session, account)
    lines = _open(session, account, now)
    if not lines or not sites:
        return Proven(unknown=len(lines))
    done = _Done(session, account, sites, now)
    done.payments(lines)
    for step in (done.deposits, done.refunds, done.fees, done.payouts):
        step(done.rest(lines))
    done.alone()
    rest = done.rest(lines)
    booking.unknown(session, [line for line in rest if line.recorded_at == now], sites[0], now)
    return done.write(lines, len(rest))


class _Done:
    """What has been explained so far in one transaction."""

    def __init__(self, session: Session, account: str, sites: list[str], now: datetime) -> None:
        self._session, self._account, self._sites, self._now = session, account, sites, now
        self._found: dict[str, Found] = {}
        self._alone: list[Coming] = []
        self._by_digest: dict[str, Line] = {}
        self._counts = dict.fromkeys(Proven._fields, 0)

    def rest(self, lines: Iterable[Line]) -> list[Line]:
        """The lines that nothing explains yet."""
        alone = {line.digest for line in self._alone}
        return [line for line in lines if line.digest not in self._found and line.digest not in alone]

    def payments(self, lines: Sequence[Line]) -> None:
        """Money that came, against the payments that notices told of."""
        self._by_digest = {line.digest: line for line in lines}
        coming = [_coming(line, frozenset(self._sites)) for line in lines if line.amount > 0]
        paid, seen = _paid(self._session, self._account, self._sites, lines)
        pairing = pair(coming, paid, seen)
        for digest, name in pairing.pairs.items():
            self._tell(self._by_digest[digest], Proof.PAYMENT, [name], "payments")
        self._alone = pairing.alone

    def alone(self) -> None:
        """Lines that name a visit and that no notice told of are payments themselves."""
        found, self._alone = self._alone, []
        for each in found:
            line = self._by_digest[each.digest]
            self._tell(line, Proof.PAYMENT, [f"{BANK}{self._account}:{line.digest}"], "statements")

    def deposits(self, lines: Sequence[Line]) -> None:
        """A till's cash, by the deposit's reference and its whole amount."""
        proven = select(ProofRow.subject).where(ProofRow.kind == Proof.DEPOSIT)
        mine = select(DepositRow).where(col(DepositRow.site).in_(self._sites), col(DepositRow.deposit).not_in(proven))
        open_ = list(self._session.exec(mine))
        fit = {
            line.digest: [row for row in open_ if row.amount == line.amount and bare(row.deposit) in bare(line.text)]
            for line in lines
            if open_ and line.amount > 0
        }
        wanted = [row.deposit for rows in fit.values() for row in rows]
        for line in lines:
            rows = fit.get(line.digest, [])
            if len(rows) == 1 and wanted.count(rows[0].deposit) == 1:
                self._tell(line, Proof.DEPOSIT, [rows[0].deposit], "deposits", rows[0].site)

    def refunds(self, lines: Sequence[Line]) -> None:
        """Money that left under the reference of a refund of ours, in its whole amount: the refund is closed."""
        for line in lines:
            names = refund_reference.found_in(line.text) if line.amount < 0 else ()
            if len(names) == 1 and refunds.close(
                self._session, names[0], -line.amount, moment_of(line), line.digest, self._now
            ):
                self._tell(line, Proof.REFUND, [names[0]], "refunds", names[0][2:5])

    def fees(self, lines: Sequence[Line]) -> None:
        """What the bank itself took."""
        for line in lines:
            if line.fee and line.amount < 0:
                self._tell(line, Proof.FEE, [line.digest], "fees")

    def payouts(self, lines: Sequence[Line]) -> None:
        """A provider's money for its sessions."""
        waiting = settled.waiting(self._session, self._account, self._sites)
        credits_ = [Credit(line.digest, line.booked_on, line.amount, line.text) for line in lines if line.amount]
        by_digest = {line.digest: line for line in lines}
        for digest, sessions in (pay(credits_, waiting) if waiting else {}).items():
            self._tell(by_digest[digest], Proof.PAYOUT, [each.name for each in sessions], "payouts")

    def write(self, lines: Sequence[Line], unknown: int) -> Proven:
        """Put down the explanations and what follows from them."""
        insert_many(self._session, ExplanationRow, [found.told._asdict() for found in self._found.values()])
        proofs = [proof for found in self._found.values() for proof in proofs_of(found)]
        insert_many(self._session, ProofRow, proofs)
        by_digest = {line.digest: line for line in lines}
        explained = [Explained(by_digest[digest], found.told) for digest, found in self._found.items()]
        booking.book(self._session, in_order(explained), self._sites[0], self._now)
        return Proven(**{**self._counts, "unknown": unknown})

    def _tell(self, line: Line, kind: Proof, subjects: list[str], count: str, site: str = "") -> None:
        self._found[line.digest] = explanation(line, kind, subjects, site or self._sites[0], MATCHER, self._now)
        self._counts[count] += 1


def explanation(
    line: Line | BankLineRow, kind: Proof, subjects: Sequence[str], site: str, by: str, now: datetime
) -> Found:
    """What is to be written of a line."""
    return Found(Meaning(line.digest, kind, subjects[0], site, line.amount, by, now), subjects)


def proofs_of(found: Found) -> list[dict[str, str]]:
    """The rows of `bank_proof`."""
    told = found.told
    return [{"kind": told.kind, "subject": subject, "digest": told.digest} for subject in found.subjects]


def in_order(explained: Iterable[Explained]) -> list[Explained]:
    """As they are booked, now and in a rebuild: of two lines for one debt the first settles it."""
    return sorted(
        explained, key=lambda each: (each.line.account, each.line.booked_on, each.line.line, each.line.digest)
    )


def _open(session: Session, account: str, now: datetime) -> list[Line]:
    """The account's lines without an explanation: the new ones and those of the last weeks."""
    told = select(ExplanationRow.digest).where(ExplanationRow.digest == BankLineRow.digest)
    since = (now - REACH).astimezone(VIETNAM).date()
    found = (
        _picked(*LINE)
        .where(BankLineRow.account == account, ~told.exists())
        .where(or_(col(BankLineRow.booked_on) >= since, BankLineRow.recorded_at == now))
        .order_by(col(BankLineRow.booked_on), col(BankLineRow.line), col(BankLineRow.digest))
    )
    return [Line(*row) for row in session.connection().execute(found).all()]


def _coming(line: Line, sites: frozenset[str]) -> Coming:
    return Coming(
        digest=line.digest,
        line=line.line,
        booked_on=line.booked_on,
        amount=line.amount,
        reference=bare(line.bank_reference),
        text=spaced(line.text),
        keys=keys(line.bank_reference, line.text) | ({bare(line.bank_reference)} - {""}),
        visits=found_in(line.text, sites),
    )


def _paid(
    session: Session, account: str, sites: list[str], lines: Sequence[Line]
) -> tuple[list[Paid], list[tuple[str, int, str]]]:
    """The account's payments around the lines' days, and the references of lines around them that prove something."""
    first = moment_of(lines[0]) - _BEFORE
    found = _PAID.where(col(PaymentRow.site).in_(sites), PaymentRow.account == account).where(
        col(PaymentRow.received_at) >= first, col(PaymentRow.happened_at) >= first
    )
    wanted: tuple[Any, ...] = (
        ProofRow.kind,
        ProofRow.subject,
        BankLineRow.bank_reference,
        BankLineRow.amount,
        BankLineRow.text,
    )
    around = (
        select(*wanted)
        .join(BankLineRow, col(BankLineRow.digest) == col(ProofRow.digest))
        .where(BankLineRow.account == account, col(BankLineRow.booked_on) >= first.astimezone(VIETNAM).date())
    )
    proven: set[str] = set()
    seen: list[tuple[str, int, str]] = []
    for kind, subject, reference, amount, text in session.connection().execute(around).all():
        if kind == Proof.PAYMENT:
            proven.add(subject)
        if bare(reference):
            seen.append((bare(reference), amount, spaced(text)))
    return [_as_paid(row, proven) for row in session.connection().execute(found).all()], seen


def _as_paid(row: Any, proven: set[str]) -> Paid:
    name = f"{row.provider}:{row.provider_id}"
    return Paid(
        name=name,
        on=row.happened_at.astimezone(VIETNAM).date(),
        amount=row.amount,
        keys=keys(row.bank_reference) or frozenset({bare(row.bank_reference)} - {""}),
        visit=row.reference or "",
        proven=name in proven,
    )
