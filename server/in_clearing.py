"""`in_clearing`: payments that nothing but their notice has shown, written with the entries that put them there.

A payment to the account of a site is shown by the bank, any other by its provider's settlement (vietnam.md 4.2).
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Insert, and_, bindparam, case, delete, exists, insert
from sqlmodel import Session, col, select

from gate.ledger import Entry, EntryKind, LedgerAccount
from gate.statements import LineKind
from server.derived import InClearingRow
from server.facts import EntryRow, PaymentRow, PostingRow
from server.register import SiteRow

_COLUMNS: Final = ("provider", "provider_id", "site")
_SHOWN_BY: Final = (EntryKind.SETTLED, EntryKind.BANKED)
_picked: Final[Any] = select
"""Columns chosen at run time have no types of their own."""


def follow(session: Session, entries: Iterable[Entry]) -> None:
    """What the entries, which were just posted, do to it."""
    came: list[dict[str, str]] = []
    shown: list[dict[str, str]] = []
    for each in entries:
        if each.kind is EntryKind.PAYMENT and any(line.account is LedgerAccount.CLEARING for line in each.postings):
            came += _of(each.payment)
        elif each.kind in _SHOWN_BY and each.payment:
            shown += _of(each.payment)
    if came:
        session.connection().execute(_CAME, came)
    if shown:
        session.connection().execute(_GONE, shown)


def made_again(session: Session) -> None:
    """All of it anew, from the payments and the ledger."""
    session.connection().execute(delete(InClearingRow))
    key = "payment:" + _name()
    posted = _picked(PostingRow.key).where(PostingRow.key == key, PostingRow.account == LedgerAccount.CLEARING)
    session.connection().execute(_added(exists(posted)))


def is_shown() -> ColumnElement[bool]:
    """Whether the payment of a statement is shown: by the entry of its bank line or of its settlement line, whichever
    it awaits."""
    banked = exists(_picked(EntryRow.key).where(EntryRow.payment == _name(), EntryRow.kind == EntryKind.BANKED))
    settled = exists(_picked(EntryRow.key).where(EntryRow.key == "settled:" + _name() + f":{LineKind.PAY}"))
    ours = col(PaymentRow.account).in_(select(SiteRow.account))
    return case((ours, banked), else_=settled)


def _of(payment: str) -> Iterator[dict[str, str]]:
    """Whose name it may be: a provider's name and its number may have colons."""
    words = payment.split(":")
    for at in range(1, len(words)):
        yield {"whose": ":".join(words[:at]), "number": ":".join(words[at:])}


def _name() -> ColumnElement[str]:
    return col(PaymentRow.provider) + ":" + col(PaymentRow.provider_id)


def _named(table: Any) -> ColumnElement[bool]:
    return and_(col(table.provider) == bindparam("whose"), col(table.provider_id) == bindparam("number"))


def _added(which: ColumnElement[bool]) -> Insert:
    rows = _picked(*(getattr(PaymentRow, name) for name in _COLUMNS)).where(which, ~is_shown())
    return insert(InClearingRow).from_select(list(_COLUMNS), rows)


_CAME: Final = _added(_named(PaymentRow))
_GONE: Final = delete(InClearingRow).where(
    _named(InClearingRow), exists(_picked(PaymentRow.provider).where(_named(PaymentRow), is_shown()))
)
