"""Notices of money: proved, kept once, checked against their order, and what follows; all in one transaction.

Authentic is not valid: after the proof come order, account and amount, each a finding where it fails. What was proven
and is not taken stays as bytes under its hash, so that their id is free for the right one.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from sqlmodel import Session, select

from gate.findings import Code
from server import early_reversals
from server.anomalies import anomaly
from server.db import hold, insert_once
from server.facts import AnomalyRow, NoticeRow
from server.facts_money import OrderAnswerRow, OrderRow
from server.ingest import Settled
from server.providers import registry
from server.providers.contract import Outcome, Received, Verdict
from server.providers.notice import Kind, Notice
from server.receiving import held_at, receive
from server.register import PayAccountRow

UNREAD: Final = "unread-"
"""Before the hash of a notice that proved itself and could not be read."""
REFUSED: Final = "refused-"
"""Before the hash of one that proved itself and fits no order of ours."""
_ANSWER: Final = {"about": "answer"}
_MOST: Final = 2**31 - 1
_OUTCOMES: Final = {Kind.PAID: Outcome.PAID, Kind.FAILED: Outcome.FAILED, Kind.REVERSED: Outcome.FAILED}
_WHY: Final = {
    Verdict.UNKNOWN_ORDER: "it names no order of ours",
    Verdict.WRONG_ACCOUNT: "the order is not for this account",
    Verdict.WRONG_AMOUNT: "the order is for another amount",
}


class Kept(NamedTuple):
    """What became of a notice. `new` is false for a repeat; `settled` is the visit that owes nothing now."""

    verdict: Verdict
    settled: Settled | None = None

    @property
    def new(self) -> bool:
        """Whether anything followed from it."""
        return self.verdict is Verdict.TAKEN


def keep(session: Session, received: Received, notice: Notice, fingerprint: str) -> Kept:
    """Keep a proven notice, or a provider's answer that tells of a payment, and book its money."""
    if notice.order:
        hold(session, f"order:{notice.order}")
        verdict = _checked(session, notice)
        if verdict is not Verdict.TAKEN:
            _set_aside(session, received, notice, verdict)
            return Kept(verdict)
    received = received._replace(at=early_reversals.after(session, notice, held_at(session, notice, received.at)))
    row = row_of(notice, received, fingerprint)
    if not insert_once(session, row):
        return Kept(_again(session, notice, row))
    if notice.order:
        _answered(session, notice, row)
    return Kept(Verdict.TAKEN, _followed(session, notice, received.at))


def keep_unread(session: Session, provider: str, received: Received, why: str) -> None:
    """A notice that proved itself and cannot be read may be money: its bytes are kept once, under their hash, and it
    is a case of its own. Nobody but the provider can bring many."""
    digest = hashlib.sha256(received.raw).hexdigest()
    insert_once(session, _bytes_of(provider, f"{UNREAD}{digest}", received, digest))
    evidence = {"why": why[:200], "first_sha256": digest}
    anomaly(session, Code.NOTICE_REFUSED, f"{provider}:{UNREAD}{digest}", "", received.at, evidence)


def book_again(session: Session, row: NoticeRow) -> None:
    """What follows from a kept notice, once more, as of when it came."""
    if not row.provider_id.startswith((UNREAD, REFUSED)):
        _followed(session, registry.parse(row.provider, _received(row)), row.received_at)


def refusal_known(session: Session, provider: str, why: str, now: datetime) -> bool:
    """Whether such a refusal is on record for this hour: whoever forges many shall not keep the books from writing."""
    return session.get(AnomalyRow, (Code.NOTICE_REFUSED, _refusal(provider, why, now))) is not None


def refuse(session: Session, provider: str, raw: bytes, why: str, now: datetime) -> None:
    """Record that a notice was refused: one row a reason and hour, or whoever forges many would fill the books."""
    evidence = {"why": why, "first_sha256": hashlib.sha256(raw).hexdigest()}
    anomaly(session, Code.NOTICE_REFUSED, _refusal(provider, why, now), "", now, evidence)


def _refusal(provider: str, why: str, now: datetime) -> str:
    return f"{provider}:{why}:{now:%Y-%m-%dT%H}"


def _checked(session: Session, notice: Notice) -> Verdict:
    order = session.get(OrderRow, notice.order)
    if order is None or order.provider != notice.provider:
        return Verdict.UNKNOWN_ORDER
    if session.get(PayAccountRow, (notice.provider, notice.account, order.site)) is None:
        return Verdict.WRONG_ACCOUNT
    return Verdict.TAKEN if order.amount == notice.amount else Verdict.WRONG_AMOUNT


def _set_aside(session: Session, received: Received, notice: Notice, verdict: Verdict) -> None:
    digest = hashlib.sha256(received.raw).hexdigest()
    insert_once(session, _bytes_of(notice.provider, f"{REFUSED}{digest}", received, digest))
    order = session.get(OrderRow, notice.order)
    evidence = {
        "why": _WHY[verdict],
        "order": notice.order[:100],
        "amount": str(notice.amount),
        "ordered": str(order.amount) if order else "",
        "kind": notice.kind,
    }
    subject = f"{notice.provider}:{notice.provider_id}"
    money = min(notice.amount, _MOST) if notice.kind is Kind.PAID else 0
    site = order.site if order else ""
    anomaly(session, Code.NOTICE_REFUSED, subject, site, received.at, evidence, amount=money)


def _again(session: Session, notice: Notice, row: NoticeRow) -> Verdict:
    """Their id again: the same news, or other news under it, which is a case."""
    known = session.get_one(NoticeRow, (notice.provider, notice.provider_id))
    if known.fingerprint == row.fingerprint or _same_news(known, notice, row):
        return Verdict.REPEATED
    subject = f"{notice.provider}:{notice.provider_id}:{row.fingerprint[:16]}"
    evidence = {"why": "the same id with other content"}
    anomaly(session, Code.NOTICE_REUSED, subject, "", row.received_at, evidence)
    return Verdict.REUSED


def _same_news(known: NoticeRow, notice: Notice, row: NoticeRow) -> bool:
    """An answer and a notice of the same payment have other bytes."""
    was = _received(known)
    if not (was.answer or _received(row).answer):
        return False
    before = registry.parse(known.provider, was)
    return (before.account, before.amount, before.order) == (notice.account, notice.amount, notice.order)


def _followed(session: Session, notice: Notice, now: datetime) -> Settled | None:
    if notice.kind is Kind.REVERSED and notice.order and early_reversals.is_early(session, notice):
        early_reversals.wait(session, notice, now)
        if not _was_paid(session, notice.order, now):
            return None  # debited at the payer's bank and perhaps never ours: no case
    settled = receive(session, notice, now) if notice.kind in {Kind.PAID, Kind.REVERSED} else None
    return None if early_reversals.take_effect(session, notice, now) else settled


def _was_paid(session: Session, order: str, by: datetime) -> bool:
    paid = select(OrderAnswerRow.order).where(
        OrderAnswerRow.order == order, OrderAnswerRow.outcome == Outcome.PAID, OrderAnswerRow.received_at <= by
    )
    return session.exec(paid).first() is not None


def _answered(session: Session, notice: Notice, row: NoticeRow) -> None:
    answer = OrderAnswerRow(
        order=notice.order,
        sha256=hashlib.sha256(row.raw).hexdigest(),
        about="notice",
        outcome=_OUTCOMES.get(notice.kind, Outcome.OPEN),
        transaction=notice.provider_id.split("/")[2] if notice.kind is Kind.PAID else "",
        received_at=row.received_at,
        raw=row.raw,
    )
    insert_once(session, answer)


def row_of(notice: Notice, received: Received, fingerprint: str) -> NoticeRow:
    """The row of the inbox: the bytes, and the headers that prove them."""
    return _bytes_of(notice.provider, notice.provider_id, received, fingerprint)


def _bytes_of(provider: str, provider_id: str, received: Received, fingerprint: str) -> NoticeRow:
    headers: Mapping[str, str] = _ANSWER if received.answer else dict(sorted(received.headers.items()))
    return NoticeRow(
        provider=provider,
        provider_id=provider_id,
        fingerprint=fingerprint,
        received_at=received.at,
        headers=msgspec.json.encode(headers).decode(),
        raw=received.raw,
    )


def _received(row: NoticeRow) -> Received:
    headers = msgspec.json.decode(row.headers, type=dict[str, str])
    return Received(row.raw, headers, row.received_at, answer=headers == _ANSWER)
