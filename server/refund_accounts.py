"""The driver is asked for an account: a page with a token of 128 bits, and what was said, kept in the vault."""

import hashlib
import re
import secrets
import unicodedata
from datetime import datetime
from typing import Final

from sqlmodel import Session, select

from server import account_changes, refunds
from server.account_changes import Account
from server.auth import audit
from server.facts_money import RefundRow
from server.money_rules import NoSuch
from server.vault_accounts import DRIVER, PURPOSE, VaultAccountRow

NAME_MAX: Final = 70
_BANK: Final = re.compile(r"97[0-9]{4}")
_ACCOUNT: Final = re.compile(r"[0-9A-Z]{4,19}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{22}")


class BadAccount(ValueError):
    """No account to which money can be sent; the message names the field."""


def account(bank: str, number: str, name: str) -> Account:
    """What a stranger typed, checked. Raises BadAccount."""
    digits, numbered = re.sub(r"\s", "", bank), re.sub(r"[\s.-]", "", number).upper()
    if not _BANK.fullmatch(digits):
        raise BadAccount("bank: six digits beginning with 97 are a bank's number")
    if not _ACCOUNT.fullmatch(numbered):
        raise BadAccount("account: 4 to 19 letters and digits")
    plain = _plain(name)
    if not 2 <= len(plain) <= NAME_MAX or not all(each.isalpha() or each == " " for each in plain):
        raise BadAccount(f"name: 2 to {NAME_MAX} letters and spaces")
    return Account(digits, numbered, plain)


def ask(session: Session, name: str, by: str, now: datetime) -> str:
    """A token for the driver's page; one given before ends. Said once: only its hash is kept. Raises NoSuch,
    Impossible."""
    refunds.refund(session, name)
    refunds.not_away(session, name)
    token = secrets.token_urlsafe(16)
    kept = session.get(VaultAccountRow, name, populate_existing=True)
    if kept is None:
        kept = VaultAccountRow(refund=name, token_sha256="", purpose=PURPOSE, asked_at=now)
    kept.token_sha256, kept.asked_at, kept.asked_by = _digest(token), now, by
    session.add(kept)
    session.flush()
    audit(session, by, "money: asked for an account", name, now, {})
    return token


def asked(session: Session, token: str) -> RefundRow:
    """The refund that the token is for. Raises NoSuch."""
    if not _TOKEN.fullmatch(token):
        raise NoSuch("this page does not exist")
    row = session.exec(select(VaultAccountRow).where(VaultAccountRow.token_sha256 == _digest(token))).first()
    if row is None:
        raise NoSuch("this page does not exist")
    return refunds.refund(session, row.refund)


def give(session: Session, token: str, to: Account, now: datetime) -> RefundRow:
    """The driver says where the money goes. Raises NoSuch, Impossible once it is on its way."""
    row = asked(session, token)
    refunds.not_away(session, row.refund)
    _keep(session, asked(session, token), to, DRIVER, now)  # the link may have ended while we waited
    return row


def enter(session: Session, name: str, to: Account, by: str, now: datetime) -> bool:
    """A person enters what the driver said at the desk. False: another account is known, and this one waits for
    a second person's word. Raises NoSuch, Impossible."""
    row = refunds.refund(session, name)
    refunds.not_away(session, name)
    if session.get(VaultAccountRow, name, populate_existing=True) is None:
        ask(session, name, by, now)
    return _keep(session, row, to, by, now)


def _keep(session: Session, row: RefundRow, to: Account, by: str, now: datetime) -> bool:
    """Whether it is the refund's account now."""
    kept = session.get_one(VaultAccountRow, row.refund, populate_existing=True)
    if kept.given_at is not None:
        return not account_changes.wish(session, kept, to, by, now)
    kept.bank, kept.account, kept.name = to
    kept.given_at, kept.given_by = now, by
    session.add(kept)
    session.flush()
    audit(session, by, "money: entered an account", row.refund, now, {})
    return True


def _plain(name: str) -> str:
    """Capitals without marks, single spaces."""
    apart = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    bare = "".join(each for each in apart if not unicodedata.combining(each))
    return " ".join(bare.upper().split())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
