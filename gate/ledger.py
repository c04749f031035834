"""Balanced postings: what each kind of money event does to the accounts of a site.

An amount above zero debits its account, one below credits it; the postings of an entry add up to nothing.
`happened_at` is the world's time; when it was recorded is the book-keeper's business. Nothing is ever updated.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class LedgerAccount(StrEnum):
    """Accounts of a site."""

    RECEIVABLE = "receivable"  # owed by drivers
    REVENUE = "revenue"  # earned, net of VAT
    DEFERRED = "deferred"  # passes and bookings, paid before they are earned
    VAT = "vat"  # owed to the state
    CLEARING = "clearing"  # a provider or feed says it came, nothing else has shown it yet
    PAYOUT = "payout"  # settled by a provider, net of its fee, not on the statement yet
    BANK = "bank"  # a statement line shows it
    FEES = "fees"
    FEE_VAT = "fee_vat"  # input VAT on fees
    SUSPENSE = "suspense"  # came, and nobody knows for what
    PREPAID = "prepaid"
    REFUNDS = "refunds"  # to be sent back
    TILL = "till"
    TILL_DIFFERENCE = "till_difference"  # counted more or less than was taken
    WAIVED = "waived"
    WRITTEN_OFF = "written_off"
    PENDED = "pended"  # memo: quoted and not yet charged
    QUOTED = "quoted"  # memo: the other side of it


class EntryKind(StrEnum):
    """Why an entry was made."""

    PEND = "pend"  # quoted; the first phase of a charge
    UNPEND = "unpend"  # the quote will never be charged
    CHARGE = "charge"  # the second phase
    PAYMENT = "payment"
    APPLIED = "applied"  # suspense found its visit
    RELEASED = "released"  # money that had settled a visit is taken off it again
    CREDIT = "credit"  # what one stay had too much settles another
    WAIVER = "waiver"
    WRITE_OFF = "write_off"
    REFUND_DUE = "refund_due"
    REFUND_SENT = "refund_sent"
    CHARGEBACK = "chargeback"
    SETTLED = "settled"  # a line of a provider's settlement
    PAYOUT = "payout"  # a settlement's net arrived
    BANKED = "banked"  # a statement line proves a notice
    BANK_UNKNOWN = "bank_unknown"  # a statement line that nothing explains
    DEPOSIT = "deposit"  # a till's cash arrived
    TILL_DIFFERENCE = "till_difference"
    UNDONE = "undone"  # a decision taken back


class Posting(NamedTuple):
    """One line: above zero debits, below credits."""

    account: LedgerAccount
    amount: int


class Entry(NamedTuple):
    """A journal entry. `key` is unique for ever: the second entry with it is an error, not a change.

    `payment` is the payment it is about (`provider:provider_id`), `party` the provider or account that it is with;
    both empty where there is none.
    """

    key: str
    kind: EntryKind
    site: str
    visit: str
    happened_at: datetime
    postings: tuple[Posting, ...]
    payment: str = ""
    party: str = ""


class Unbalanced(ValueError):
    """The postings of an entry do not add up to nothing."""


class About(NamedTuple):
    """What an entry is about and when it happened."""

    site: str
    happened_at: datetime
    visit: str = ""
    payment: str = ""
    party: str = ""


A = LedgerAccount


# --- the two phases of a charge ------------------------------------------------------------------------------


def pend(*, key: str, site: str, visit: str, change: int, happened_at: datetime) -> Entry:
    """The visit's price was quoted, or quoted anew: `change` against what was pended before."""
    postings = (Posting(A.PENDED, change), Posting(A.QUOTED, -change))
    return entry(f"pend:{key}", EntryKind.PEND, About(site, happened_at, visit), *postings)


def unpend(*, site: str, visit: str, pended: int, happened_at: datetime) -> Entry:
    """What was quoted will never be charged: the visit was voided."""
    postings = (Posting(A.PENDED, -pended), Posting(A.QUOTED, pended))
    return entry(f"unpend:{visit}", EntryKind.UNPEND, About(site, happened_at, visit), *postings)


def charge(*, site: str, visit: str, total: int, vat: int, happened_at: datetime, pended: int = 0) -> Entry:
    """A stay is charged, once for ever: the driver owes it, revenue and VAT are earned, what was pended is released."""
    if not 0 <= vat <= total:
        raise ValueError(f"VAT {vat} is not inside the total {total}")
    postings = (
        Posting(A.RECEIVABLE, total),
        Posting(A.REVENUE, vat - total),
        Posting(A.VAT, -vat),
        Posting(A.PENDED, -pended),
        Posting(A.QUOTED, pended),
    )
    return entry(f"charge:{visit}", EntryKind.CHARGE, About(site, happened_at, visit), *postings)


def supplement(*, site: str, visit: str, number: int, total: int, vat: int, happened_at: datetime) -> Entry:
    """A charged stay that has not left costs `total` more, of which `vat` is VAT: less than nothing where the rate fell
    meanwhile. Raises ValueError unless `total` is above zero."""
    if total <= 0:
        raise ValueError(f"{visit}: a supplement is above zero: {total}")
    postings = (Posting(A.RECEIVABLE, total), Posting(A.REVENUE, vat - total), Posting(A.VAT, -vat))
    return entry(f"charge:{visit}:{number}", EntryKind.CHARGE, About(site, happened_at, visit), *postings)


# --- money that comes ----------------------------------------------------------------------------------------


def payment(
    *, key: str, site: str, visit: str, paid: int, owed: int, happened_at: datetime, into: LedgerAccount = A.CLEARING
) -> Entry:
    """Money came. What is over the debt waits in suspense; nothing is dropped.

    `key` is `provider:provider_id`. `owed` is what the visit still owes, nothing when no visit is known. `into` is
    where it lies: with the provider, or in the till.
    """
    if paid <= 0 or owed < 0:
        raise ValueError(f"a payment is above zero and a debt is not negative: {paid}, {owed}")
    settled = min(paid, owed)
    postings = (Posting(into, paid), Posting(A.RECEIVABLE, -settled), Posting(A.SUSPENSE, settled - paid))
    about = About(site, happened_at, visit, payment=key, party=key.partition(":")[0])
    return entry(f"payment:{key}", EntryKind.PAYMENT, about, *postings)


def applied(*, key: str, site: str, visit: str, amount: int, happened_at: datetime, payment: str = "") -> Entry:
    """Money in suspense found the visit that it was for."""
    about = About(site, happened_at, visit, payment=payment)
    return moved(f"applied:{key}:{visit}", EntryKind.APPLIED, about, amount, debit=A.SUSPENSE, credit=A.RECEIVABLE)


# --- everything else is an amount that moves from one account to another ---------------------------------------


def moved(
    key: str, kind: EntryKind, about: About, amount: int, *, debit: LedgerAccount, credit: LedgerAccount
) -> Entry:
    """An entry of two lines. Raises ValueError unless the amount is above zero."""
    if amount <= 0:
        raise ValueError(f"{key}: what moves is above zero: {amount}")
    return entry(key, kind, about, Posting(debit, amount), Posting(credit, -amount))


def settled(key: str, about: About, *, gross: int, fee: int, fee_vat: int) -> Entry:
    """A line of a provider's settlement: its gross leaves clearing, the net is on its way to the bank.

    A refund or chargeback that the provider took off has a gross below zero.
    """
    net = gross - fee - fee_vat
    postings = (Posting(A.PAYOUT, net), Posting(A.FEES, fee), Posting(A.FEE_VAT, fee_vat), Posting(A.CLEARING, -gross))
    return entry(f"settled:{key}", EntryKind.SETTLED, about, *postings)


def reversed_of(key: str, before: Entry, happened_at: datetime) -> Entry:
    """What takes an entry back."""
    about = About(before.site, happened_at, before.visit, before.payment, before.party)
    back = (Posting(posting.account, -posting.amount) for posting in before.postings)
    return entry(key, EntryKind.UNDONE, about, *back)


def balanced(entry: Entry) -> Entry:
    """The entry. Raises Unbalanced when somebody made it by hand and its postings do not add up to nothing."""
    if sum(posting.amount for posting in entry.postings):
        raise Unbalanced(f"{entry.key}: {entry.postings}")
    return entry


def entry(key: str, kind: EntryKind, about: About, *postings: Posting) -> Entry:
    """An entry of its lines that are not nothing. Raises Unbalanced."""
    real = tuple(posting for posting in postings if posting.amount)
    return balanced(Entry(key, kind, about.site, about.visit, about.happened_at, real, about.payment, about.party))
