"""Another account for a refund whose account is known: two persons' words, and both accounts stay in the vault.

Whoever enters an account, or holds the driver's link, could send the money elsewhere after the driver's word. So a
known account is never written over: a change waits for somebody who neither asked for it nor printed its link. While
it waits, the refund goes into no file of transfers.
"""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session, col, select

from server import refunds
from server.auth import audit
from server.money_rules import Impossible, MoneyRules, NoSuch, NotYours, Speaker, within
from server.vault_accounts import DRIVER, PURPOSE, VaultAccountChangeRow, VaultAccountRow


class Account(NamedTuple):
    """A bank's six digits, the account there and whose it is, in capitals without marks as banks print it."""

    bank: str
    account: str
    name: str


class Change(NamedTuple):
    """A change as it stands, for whoever has to say the second word. `agrees` None: it waits."""

    number: int
    was: Account
    was_by: str
    to: Account
    by: str
    asked_at: datetime
    word_by: str
    agrees: bool | None


def wish(session: Session, kept: VaultAccountRow, to: Account, by: str, now: datetime) -> bool:
    """Ask for another account than the one that is kept; hold the refund before. False where it is the same one.
    Raises Impossible while another change waits."""
    if to == of(kept):
        return False
    before = _rows(session, kept.refund)
    if before and before[-1].word_at is None:
        raise Impossible(f"{kept.refund}: another account waits for a second person's word already")
    row = VaultAccountChangeRow(
        refund=kept.refund,
        number=len(before) + 1,
        purpose=PURPOSE,
        was_bank=kept.bank,
        was_account=kept.account,
        was_name=kept.name,
        was_by=kept.given_by,
        bank=to.bank,
        account=to.account,
        name=to.name,
        by=by,
        link_by=kept.asked_by if by == DRIVER else "",
        asked_at=now,
    )
    session.add(row)
    session.flush()
    audit(session, by, "money: asked for another account", kept.refund, now, {"change": str(row.number)})
    return True


def speak(session: Session, name: str, who: Speaker, rules: MoneyRules, now: datetime, *, agrees: bool) -> int:
    """The second person's word on the change that waits; the number of the change. Raises NoSuch, Impossible,
    NotYours."""
    refund = refunds.refund(session, name)
    refunds.not_away(session, name)
    row = next((each for each in _rows(session, name) if each.word_at is None), None)
    if row is None:
        raise NoSuch(f"{name}: no other account waits for a word")
    if who.name in {row.by, row.link_by}:
        raise NotYours(f"{name}: {who.name} asked for this account or printed its link; another person must agree")
    within(session, rules, who, refund.amount)
    row.word_by, row.agrees, row.word_at = who.name, agrees, now
    if agrees:
        kept = session.get_one(VaultAccountRow, name, populate_existing=True)
        kept.bank, kept.account, kept.name = row.bank, row.account, row.name
        kept.given_at, kept.given_by = now, row.by
        session.add(kept)
    session.add(row)
    session.flush()
    said = "money: agreed to another account" if agrees else "money: refused another account"
    audit(session, who.name, said, name, now, {"change": str(row.number), "asked_by": row.by})
    return row.number


def seen(session: Session, name: str, by: str, now: datetime) -> list[Change]:
    """All changes of a refund's account with both accounts, oldest first: a look into the vault, which is recorded.
    Raises NoSuch."""
    refunds.refund(session, name)
    audit(session, by, "money: looked at accounts", name, now, {})
    return [
        Change(
            row.number,
            Account(row.was_bank, row.was_account, row.was_name),
            row.was_by,
            Account(row.bank, row.account, row.name),
            row.by,
            row.asked_at,
            row.word_by,
            row.agrees if row.word_at else None,
        )
        for row in _rows(session, name)
    ]


def of(kept: VaultAccountRow) -> Account:
    """The account as it is kept."""
    return Account(kept.bank, kept.account, kept.name)


def _rows(session: Session, name: str) -> list[VaultAccountChangeRow]:
    found = select(VaultAccountChangeRow).where(VaultAccountChangeRow.refund == name)
    in_order = found.order_by(col(VaultAccountChangeRow.number)).execution_options(populate_existing=True)
    return list(session.exec(in_order))
