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
    CLEARING = "clearing"  # a provider or feed says it came, the statement has not shown it yet
    BANK = "bank"  # a statement line shows it
    FEES = "fees"
    SUSPENSE = "suspense"  # came, and nobody knows for what
    PREPAID = "prepaid"
    REFUNDS = "refunds"  # to be sent back
    TILL = "till"
    WAIVED = "waived"
    WRITTEN_OFF = "written_off"


class EntryKind(StrEnum):
    """Why an entry was made."""

    CHARGE = "charge"
    PAYMENT = "payment"
    APPLIED = "applied"  # suspense found its visit


class Posting(NamedTuple):
    """One line: above zero debits, below credits."""

    account: LedgerAccount
    amount: int


class Entry(NamedTuple):
    """A journal entry. `key` is unique for ever: the second entry with it is an error, not a change."""

    key: str
    kind: EntryKind
    site: str
    visit: str
    happened_at: datetime
    postings: tuple[Posting, ...]


class Unbalanced(ValueError):
    """The postings of an entry do not add up to nothing."""


def charge(*, site: str, visit: str, total: int, vat: int, happened_at: datetime) -> Entry:
    """A stay is charged, once for ever: the driver owes it, revenue and VAT are earned."""
    if not 0 <= vat <= total:
        raise ValueError(f"VAT {vat} is not inside the total {total}")
    postings = (
        Posting(LedgerAccount.RECEIVABLE, total),
        Posting(LedgerAccount.REVENUE, vat - total),
        Posting(LedgerAccount.VAT, -vat),
    )
    return _entry(f"charge:{visit}", EntryKind.CHARGE, site, visit, happened_at, postings)


def payment(*, key: str, site: str, visit: str, paid: int, owed: int, happened_at: datetime) -> Entry:
    """Money came. What is over the debt waits in suspense; nothing is dropped.

    `owed` is what the visit still owes, nothing when no visit is known.
    """
    if paid <= 0 or owed < 0:
        raise ValueError(f"a payment is above zero and a debt is not negative: {paid}, {owed}")
    settled = min(paid, owed)
    postings = (
        Posting(LedgerAccount.CLEARING, paid),
        Posting(LedgerAccount.RECEIVABLE, -settled),
        Posting(LedgerAccount.SUSPENSE, settled - paid),
    )
    return _entry(f"payment:{key}", EntryKind.PAYMENT, site, visit, happened_at, postings)


def applied(*, key: str, site: str, visit: str, amount: int, happened_at: datetime) -> Entry:
    """Money in suspense found the visit that it was for."""
    if amount <= 0:
        raise ValueError(f"what is applied is above zero: {amount}")
    postings = (Posting(LedgerAccount.SUSPENSE, amount), Posting(LedgerAccount.RECEIVABLE, -amount))
    return _entry(f"applied:{key}:{visit}", EntryKind.APPLIED, site, visit, happened_at, postings)


def _entry(
    key: str, kind: EntryKind, site: str, visit: str, happened_at: datetime, postings: tuple[Posting, ...]
) -> Entry:
    real = tuple(posting for posting in postings if posting.amount)
    if sum(posting.amount for posting in real):
        raise Unbalanced(f"{key}: {real}")
    return Entry(key, kind, site, visit, happened_at, real)
