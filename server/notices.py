"""Notices of money: proved, kept once, matched by reference, posted; all in one transaction.

Authentic is not valid: after the signature come account, reference and amount, each a finding where it fails.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from sqlmodel import Session, select

from gate.findings import Code
from gate.reference import found_in
from server import ledger
from server.db import insert_once
from server.facts import AnomalyRow, NoticeRow, PaymentRow
from server.ingest import Settled
from server.providers import sepay
from server.providers.notice import Notice
from server.register import SiteRow

UNREAD: Final = "unread-"
"""Before the hash of a notice that proved itself and could not be read."""
_PARSERS: Final = {sepay.PROVIDER: sepay.parse}


class Kept(NamedTuple):
    """What became of a notice. `new` is false for a repeat; `settled` is the visit that owes nothing now."""

    new: bool
    settled: Settled | None


def keep(
    session: Session,
    provider: str,
    provider_id: str,
    raw: bytes,
    headers: Mapping[str, str],
    notice: Notice | None,
    now: datetime,
) -> Kept:
    """Keep a proven notice and book its money. `notice` is None when it tells of no incoming money."""
    fingerprint = hashlib.sha256(raw).hexdigest()
    kept_headers = msgspec.json.encode(dict(sorted(headers.items()))).decode()
    row = NoticeRow(
        provider=provider,
        provider_id=provider_id,
        fingerprint=fingerprint,
        received_at=now,
        headers=kept_headers,
        raw=raw,
    )
    if not insert_once(session, row):
        known = session.get_one(NoticeRow, (provider, provider_id))
        if known.fingerprint != fingerprint:
            subject = f"{provider}:{provider_id}:{fingerprint[:16]}"
            anomaly(session, Code.NOTICE_REUSED, subject, "", now, {"why": "the same id with other content"})
        return Kept(new=False, settled=None)
    return Kept(new=True, settled=_book(session, notice, now) if notice else None)


def book_again(session: Session, row: NoticeRow) -> None:
    """What follows from a kept notice, once more, as of when it came."""
    if row.provider_id.startswith(UNREAD):
        return
    notice = _PARSERS[row.provider](row.raw)
    if notice:
        _book(session, notice, row.received_at)


def refuse(session: Session, provider: str, raw: bytes, why: str, now: datetime) -> None:
    """Record that a notice was refused: one row a reason and hour, or whoever forges many would fill the books."""
    subject = f"{provider}:{why}:{now:%Y-%m-%dT%H}"
    evidence = {"why": why, "first_sha256": hashlib.sha256(raw).hexdigest()}
    anomaly(session, Code.NOTICE_REFUSED, subject, "", now, evidence)


def anomaly(
    session: Session, code: Code, subject: str, site: str, now: datetime, evidence: dict[str, str], amount: int = 0
) -> None:
    """Record trouble once."""
    row = AnomalyRow(
        code=code,
        subject=subject,
        site=site,
        amount=amount,
        happened_at=now,
        evidence=msgspec.json.encode(evidence).decode(),
    )
    insert_once(session, row)


def _book(session: Session, notice: Notice, now: datetime) -> Settled | None:
    sites = {row.site: row for row in session.exec(select(SiteRow))}
    of_account = sorted(site for site, row in sites.items() if row.account == notice.account)
    if not of_account:
        evidence = {"why": "the account is none of ours", "amount": str(notice.amount)}
        subject = f"{notice.provider}:{notice.provider_id}"
        anomaly(session, Code.NOTICE_REFUSED, subject, "", now, evidence, amount=min(notice.amount, 2**31 - 1))
        return None
    found = (found_in(text, frozenset(of_account)) for text in notice.texts)
    references = tuple(dict.fromkeys(name for names in found for name in names))
    reference = references[0] if len(references) == 1 else None  # two references are nobody's
    payment = PaymentRow(
        provider=notice.provider,
        provider_id=notice.provider_id,
        site=reference[:3] if reference else of_account[0],
        account=notice.account,
        amount=notice.amount,
        reference=reference,
        bank_reference=notice.bank_reference,
        happened_at=notice.happened_at,
        received_at=now,
    )
    session.add(payment)
    session.flush()
    if ledger.receive(session, payment, now) and reference:
        return Settled(payment.site, reference)
    return None
