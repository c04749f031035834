"""Notices of money: proved, kept once, matched by reference, posted; all in one transaction.

Authentic is not valid: after the signature come account, reference and amount, each a finding where it fails.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from sqlmodel import Session

from gate.findings import Code
from server.anomalies import anomaly
from server.db import insert_once
from server.facts import NoticeRow
from server.ingest import Settled
from server.providers import sepay
from server.providers.notice import Notice
from server.receiving import receive

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
    return Kept(new=True, settled=receive(session, notice, now) if notice else None)


def book_again(session: Session, row: NoticeRow) -> None:
    """What follows from a kept notice, once more, as of when it came."""
    if row.provider_id.startswith(UNREAD):
        return
    notice = _PARSERS[row.provider](row.raw)
    if notice:
        receive(session, notice, row.received_at)


def refuse(session: Session, provider: str, raw: bytes, why: str, now: datetime) -> None:
    """Record that a notice was refused: one row a reason and hour, or whoever forges many would fill the books."""
    subject = f"{provider}:{why}:{now:%Y-%m-%dT%H}"
    evidence = {"why": why, "first_sha256": hashlib.sha256(raw).hexdigest()}
    anomaly(session, Code.NOTICE_REFUSED, subject, "", now, evidence)
