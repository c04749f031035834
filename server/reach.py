"""How far a person's sites reach: the sites of whatever an address names, for those who do not see them all."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlmodel import Session, col, or_, select

from server.auth import Person
from server.derived import FindingRow
from server.facts import EntryRow, OpeningRow, PassageRow, PaymentRow
from server.facts_bank import BankLineRow, SettlementLineRow, StatementRow
from server.facts_money import DecisionRow, RefundRow, TransferRow
from server.money_rules import NoSuch
from server.register import BoxRow, PayAccountRow, SiteRow
from server.vault import VaultPictureRow, VaultReadRow

_SITE: Final = slice(3)
_BY_NAME: Final[Mapping[str, tuple[Any, Any]]] = {
    "passage": (PassageRow.site, PassageRow.passage),
    "opening": (OpeningRow.site, OpeningRow.opening),
    "refund": (RefundRow.site, RefundRow.refund),
    "decision": (DecisionRow.site, DecisionRow.decision),
    "key": (EntryRow.site, EntryRow.key),
}
"""What has its site in its own row."""
_VISITS: Final = ("visit", "reference", "shift")
"""Names that begin with their site."""
_NAMES_OF: Final = {"/passages/": "passage", "/openings/": "opening"}


def is_beyond(session: Session, person: Person, path: str, named: Mapping[str, str]) -> bool:
    """Whether the address names something of other sites only. What nobody knows is beyond nobody's sites."""
    if not person.sites:
        return False
    for name, value in named.items():
        found = sites_named(session, path, named, name, value)
        if found and not found & person.sites:
            return True
    return False


def sites_named(  # noqa: PLR0911 - one for each way that a thing has its site
    session: Session, path: str, named: Mapping[str, str], name: str, value: str
) -> set[str]:
    """The sites of one parameter of an address; empty where it has none."""
    if name == "name":
        name = next((real for start, real in _NAMES_OF.items() if path.startswith(start)), name)
    if name in _BY_NAME:
        site, key = _BY_NAME[name]
        return set(session.exec(select(site).where(key == value)))
    if name in _VISITS:
        return {value[_SITE]}
    if name == "site":
        return {value}
    if name == "settlement":
        its = (SettlementLineRow.provider == named.get("provider"), SettlementLineRow.settlement_id == value)
        return set(session.exec(select(SettlementLineRow.site).where(*its).distinct()))
    if name == "subject" and "code" in named:
        return set(session.exec(_finding(named["code"], value)))
    if name == "sha256" and "/pictures/" in path:
        return _of_picture(session, value)
    return _FURTHER[name](session, value) if name in _FURTHER else set()


def of_account(session: Session, account: str) -> set[str]:
    """The sites that an account, or a provider, is for."""
    own = session.exec(select(SiteRow.site).where(SiteRow.account == account))
    theirs = or_(col(PayAccountRow.account) == account, col(PayAccountRow.provider) == account.lower())
    return {*own, *session.exec(select(PayAccountRow.site).where(theirs))}


def of_file(session: Session, sha256: str) -> set[str]:
    """The sites that an imported file is about."""
    row = session.exec(select(StatementRow.source, StatementRow.site).where(StatementRow.sha256 == sha256)).first()
    return of_account(session, row[0]) or {row[1]} if row else set()


def of_transfers(session: Session, name: str) -> set[str]:
    """The sites of the refunds in a file of transfers."""
    rows = select(RefundRow.site).join(TransferRow, col(TransferRow.refund) == col(RefundRow.refund))
    return set(session.exec(rows.where(TransferRow.file == name).distinct()))


def of_money(session: Session, name: str) -> set[str]:
    """The site of a payment, visit, refund or decision."""
    provider, _, number = name.rpartition(":")
    payment = session.get(PaymentRow, (provider, number))
    if payment is not None:
        return {payment.site}
    found = {site for key in ("decision", "refund") for site in sites_named(session, "", {}, key, name)}
    known = session.exec(select(SiteRow.site).where(SiteRow.site == name[_SITE]))
    return found or set(known)


def keep_to(session: Session, person: Person, *names: str) -> None:
    """Raises NoSuch where one of these payments, visits, refunds or decisions is of a site that is not theirs."""
    for name in filter(None, names):
        if person.sites and of_money(session, name) - person.sites:
            raise NoSuch(f"there is no {name}")


def within(person: Person, site: Any) -> list[Any]:
    """The condition that a row's `site` is one of theirs."""
    return [col(site).in_(sorted(person.sites))] if person.sites else []


def _finding(code: str, subject: str) -> Any:
    return select(FindingRow.site).where(FindingRow.code == code, FindingRow.subject == subject)


def _of_line(session: Session, digest: str) -> set[str]:
    lines = select(BankLineRow.account).where(col(BankLineRow.digest).startswith(digest, autoescape=True))
    return {site for account in session.exec(lines.limit(2)) for site in of_account(session, account)}


def _of_picture(session: Session, sha256: str) -> set[str]:
    """Where it was taken: whose reads show it, else whose box brought it."""
    seen = set(session.exec(select(VaultReadRow.site).where(VaultReadRow.picture == sha256)))
    if seen:
        return seen
    brought = select(BoxRow.site).join(VaultPictureRow, col(VaultPictureRow.box) == col(BoxRow.box))
    return set(session.exec(brought.where(VaultPictureRow.sha256 == sha256)))


_FURTHER: Final[Mapping[str, Callable[[Session, str], set[str]]]] = {
    "account": of_account,
    "source": of_account,
    "provider": of_account,
    "digest": _of_line,
    "sha256": of_file,
    "transfer_file": of_transfers,
    "subject": of_money,
}
