"""What becomes of a proven notice: its payment, and the one outcome of `gate.resolving` in the same transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import bindparam, func
from sqlmodel import Session, col, or_, select

from gate import ledger as entries
from gate import slips
from gate.findings import Code
from gate.ledger import EntryKind, LedgerAccount
from gate.reference import found_in
from gate.resolving import Naming, Outcome, Policy, Resolved, Stay, Told, resolve
from server import effects, ledger, proposals
from server.anomalies import anomaly
from server.db import hold, insert_once
from server.derived import VisitRow
from server.facts import EntryRow, PaymentRow, PostingRow
from server.facts_money import OrderRow, SlipRow, TakenBackRow
from server.ingest import Settled
from server.money_rules import RULE, Impossible, policy_of
from server.payments import after_charges
from server.providers.notice import Kind, Notice
from server.proving import already_on_statement
from server.register import PayAccountRow, SiteRow

NEAR_BEFORE, NEAR_AFTER = timedelta(days=7), timedelta(days=2)
"""How long before its money a stay may have begun, and how long before it may have ended, to be a candidate."""
DEBTS_MAX = 2_000
_PAYING = (EntryKind.PAYMENT, EntryKind.APPLIED, EntryKind.CREDIT)
_RETURNING = (EntryKind.REFUND_DUE, EntryKind.UNDONE)
_SUMS: Final = (
    select(EntryRow.visit, PostingRow.account, EntryRow.kind, func.sum(PostingRow.amount))
    .join(EntryRow, col(EntryRow.key) == col(PostingRow.key))
    .where(col(EntryRow.visit).in_(bindparam("visits", expanding=True)))
    .group_by(col(EntryRow.visit), col(PostingRow.account), col(EntryRow.kind))
)


class Named(NamedTuple):
    """What a notice names: the stay, and whether the account is for its site; `pieces` of what may be a reference."""

    reference: str | None
    naming: Naming
    at_home: bool
    pieces: tuple[str, ...] = ()


def receive(session: Session, notice: Notice, now: datetime, policy: Policy | None = None) -> Settled | None:
    """Book the money of a notice, or that a provider took it back. Says which visit owes nothing now.

    `policy`: what becomes of what is over; the centre's own where it is not given.
    """
    if notice.kind is Kind.REVERSED:
        _reverse(session, notice, now)
        return None
    if already_on_statement(session, notice, now):
        return None  # the statement told of it before
    of_account = sites_of(session, notice)
    if not of_account:
        evidence = {"why": "the account is none of ours", "amount": str(notice.amount)}
        subject = f"{notice.provider}:{notice.provider_id}"
        anomaly(session, Code.NOTICE_REFUSED, subject, "", now, evidence, amount=min(notice.amount, 2**31 - 1))
        return None
    named = named_by(session, notice, of_account)
    payment = payment_of(notice, named, of_account, now)
    session.add(payment)
    session.flush()
    for piece in named.pieces:
        insert_once(session, SlipRow(payment=ledger.payment_name(payment), piece=piece))
    return _resolved(session, payment, named, now, policy or policy_of(session))


def payment_of(notice: Notice, named: Named, of_account: Sequence[str], now: datetime) -> PaymentRow:
    """The money of a notice, at the site that it names, else at the account's first."""
    return PaymentRow(
        provider=notice.provider,
        provider_id=notice.provider_id,
        site=named.reference[:3] if named.reference else of_account[0],
        account=notice.account,
        amount=notice.amount,
        reference=named.reference,
        bank_reference=notice.bank_reference,
        happened_at=notice.happened_at,
        received_at=now,
    )


def held_at(session: Session, notice: Notice, now: datetime) -> datetime:
    """Keep others off what the notice is about; the moment as of which it is booked, after all that is recorded."""
    if notice.kind is Kind.REVERSED:
        payment = _payment_of(session, notice)
        held = effects.hold_payment(session, ledger.payment_name(payment)) if payment else set()
        return ledger.later(session, held, now)
    hold(session, f"account:{notice.account}")  # before any visit, as who proves a statement does
    reference = named_by(session, notice, sites_of(session, notice)).reference
    if reference is None:
        return now
    hold(session, reference)
    return after_charges(session, [reference], ledger.later(session, [reference], now))


def likely(session: Session, payment: PaymentRow) -> tuple[slips.Candidate, ...]:
    """Whose reference may have been meant by one with a slip: open debts of exactly this amount, near in time, nearest
    first. They are proposed to a person; no rule ever settles by a likeness."""
    pieces = session.exec(select(SlipRow.piece).where(SlipRow.payment == ledger.payment_name(payment))).all()
    if not pieces:
        return ()
    visits = _debts(session, payment)
    near = slips.candidates(pieces, visits)
    return tuple(each for each in near if _owes(session, visits[each.visit]) == payment.amount)


def _resolved(session: Session, payment: PaymentRow, named: Named, now: datetime, policy: Policy) -> Settled | None:
    visit = _held(session, named.reference)
    if visit is not None and priced(visit):
        ledger.charge(session, visit, payment.happened_at, now)
    stay = stays_of(session, [visit])[visit.visit] if visit else None
    end = resolve(Told(payment.amount, payment.happened_at, now, named.naming, named.at_home), stay, policy)
    ledger.post(session, entry_of(payment, end), now)
    if end.outcome is Outcome.REFUND:
        propose(session, payment, end, now)
    return freed(payment, visit, end)


def priced(visit: VisitRow) -> bool:
    """Whether the stay has a price that is to be charged."""
    return visit.quoted is not None and not visit.voided


def entry_of(payment: PaymentRow, end: Resolved) -> entries.Entry:
    """A payment's entry: what settles its stay, and what waits."""
    return entries.payment(
        key=ledger.payment_name(payment),
        site=payment.site,
        visit=payment.reference or "",
        paid=payment.amount,
        owed=end.settles,
        happened_at=payment.happened_at,
    )


def freed(payment: PaymentRow, visit: VisitRow | None, end: Resolved) -> Settled | None:
    """The visit, if it owes nothing now."""
    return Settled(payment.site, visit.visit) if visit and priced(visit) and end.short <= 0 else None


def propose(session: Session, payment: PaymentRow, end: Resolved, now: datetime) -> None:
    """What is over goes back, if two persons agree."""
    proposals.give_back(
        session,
        site=payment.site,
        visit=payment.reference or "",
        payment=ledger.payment_name(payment),
        amount=end.waits,
        note=end.situation,
        now=now,
    )


def _held(session: Session, reference: str | None) -> VisitRow | None:
    """The visit, locked against others."""
    if reference is None:
        return None
    hold(session, reference)
    return session.get(VisitRow, reference, populate_existing=True)


def stays_of(session: Session, visits: Sequence[VisitRow]) -> dict[str, Stay]:
    """What happened to the money of each stay before."""
    known = [row.visit for row in visits if row.quoted is not None or row.voided]
    sums: dict[str, list[tuple[str, str, int]]] = {name: [] for name in known}
    for visit, account, kind, amount in session.connection().execute(_SUMS, {"visits": known}) if known else ():
        sums[visit].append((account, kind, int(amount)))
    return {row.visit: _stay(row, sums.get(row.visit, [])) for row in visits}


def _stay(visit: VisitRow, sums: Iterable[tuple[str, str, int]]) -> Stay:
    if visit.quoted is None and not visit.voided:
        return Stay(priced=False, owed=0, left_at=visit.left_at)
    owed = paid = refunded = 0
    for account, kind, amount in sums:
        if account == LedgerAccount.RECEIVABLE:
            owed += amount
            paid -= amount if kind in _PAYING else 0
        elif account == LedgerAccount.REFUNDS and kind in _RETURNING:
            refunded -= amount
    return Stay(
        priced=visit.quoted is not None,
        owed=max(0, owed),
        paid=paid,
        refunded=refunded,
        left_at=visit.left_at,
        voided=visit.voided,
    )


# --- what a notice names ---------------------------------------------------------------------------------------


def named_by(session: Session, notice: Notice, of_account: Sequence[str]) -> Named:
    """By our own order where the provider knows it, else by the text. Two references are nobody's."""
    order = session.get(OrderRow, notice.order) if notice.order else None
    if order is not None:
        return Named(order.visit, Naming.SOUND, at_home=order.site in of_account)
    found = (found_in(text, _all_sites(session)) for text in notice.texts)
    references = tuple(dict.fromkeys(name for names in found for name in names))
    home = tuple(name for name in references if name[:3] in of_account)
    if len(home) == 1:
        return Named(home[0], Naming.SOUND, at_home=True)
    if len(references) == 1:
        return Named(None, Naming.SOUND, at_home=False)
    pieces = () if references else tuple(piece for text in notice.texts for piece in slips.pieces_of(text, of_account))
    return Named(None, Naming.SLIP if pieces else Naming.NOTHING, at_home=True, pieces=pieces[: slips.PIECES_MAX])


def sites_of(session: Session, notice: Notice) -> list[str]:
    """The sites that the account is for: as its bank account, or as `pay_account` says."""
    known: dict[tuple[str, str], list[str]] = session.info.setdefault("sites of accounts", {})
    found = known.get((notice.provider, notice.account))
    if found is None:
        own = session.exec(select(SiteRow.site).where(SiteRow.account == notice.account))
        where = (PayAccountRow.provider == notice.provider, PayAccountRow.account == notice.account)
        found = sorted({*own, *session.exec(select(PayAccountRow.site).where(*where))})
        known[notice.provider, notice.account] = found
    return found


def _all_sites(session: Session) -> frozenset[str]:
    """Asked once in a transaction."""
    known: frozenset[str] | None = session.info.get("all sites")
    if known is None:
        known = session.info["all sites"] = frozenset(session.exec(select(SiteRow.site)))
    return known


def _debts(session: Session, payment: PaymentRow) -> dict[str, VisitRow]:
    """Stays near in time whose price is at least the amount."""
    sites = session.exec(select(SiteRow.site).where(SiteRow.account == payment.account)).all()
    rows = (
        select(VisitRow)
        .where(col(VisitRow.site).in_({payment.site, *sites}), col(VisitRow.quoted) >= payment.amount)
        .where(VisitRow.opened_at > payment.happened_at - NEAR_BEFORE, VisitRow.opened_at <= payment.received_at)
        .where(or_(col(VisitRow.left_at).is_(None), col(VisitRow.left_at) > payment.happened_at - NEAR_AFTER))
        .order_by(col(VisitRow.opened_at).desc(), col(VisitRow.visit))
        .limit(DEBTS_MAX)
    )
    return {row.visit: row for row in session.exec(rows)}


def _owes(session: Session, visit: VisitRow) -> int:
    try:
        return effects.owes(session, visit)
    except Impossible:
        return 0


# --- a provider takes back what it told of -----------------------------------------------------------------------


def _reverse(session: Session, notice: Notice, now: datetime) -> None:
    """The stay owes again; what was given back before is left standing in suspense, against whoever has it."""
    payment = _payment_of(session, notice)
    if payment is None:
        evidence = {"why": "a reversal of no payment that we know", "amount": str(notice.amount)}
        subject = f"{notice.provider}:{notice.provider_id}"
        anomaly(session, Code.NOTICE_REFUSED, subject, "", now, evidence, amount=min(notice.amount, 2**31 - 1))
        return
    name = ledger.payment_name(payment)
    effects.hold_payment(session, name)
    row = TakenBackRow(
        payment=name,
        kind=effects.REVERSAL,
        site=payment.site,
        visit=payment.reference or "",
        amount=payment.amount,
        note="reversed by the provider",
        by=RULE,
        happened_at=notice.happened_at,
        recorded_at=now,
    )
    insert_once(session, row)
    effects.reverse_again(session, name, now)


def _payment_of(session: Session, notice: Notice) -> PaymentRow | None:
    """The payment that was taken back: of the same number. Another attempt at the same order is another payment."""
    number = notice.provider_id.rpartition("/")[0] if notice.order else notice.provider_id
    return session.get(PaymentRow, (notice.provider, number))  # a reversal's own id is its payment's and a word more
