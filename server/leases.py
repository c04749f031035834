"""Leases and their changes: what each box may rely on."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import case, func
from sqlmodel import Session, col, select

from gate.lease import LEASE_MAX, Account, Delta, Expired, Lease, Policy, Receipt, Unpaid, in_force
from gate.ledger import LedgerAccount
from gate.signing import sign
from gate.tariff import Tariff
from gate.topics import Channel, Topic
from gate.wire import encode
from server import lists, told_stays
from server.derived import BoxNowRow, VisitRow
from server.facts import ChargeRow, EntryRow, PostingRow
from server.register import BoxRow, LeaseRow, SiteRow, TariffRow
from server.tariffs import Tariffs, counting

RENEW: Final = timedelta(hours=1)
"""A lease with less than this left is given anew; none is given for less than twice as long."""
STANDS_STILL: Final = timedelta(seconds=5)
ROWS_A_CHANGE: Final = 100
"""Rows of the lists that one change carries: it stays within what a wire carries, however long they are."""
ROWS_TOO_MANY: Final = 500
"""From here on a new snapshot is the smaller paper."""


class Paper(NamedTuple):
    """A signed lease or change, ready for the wire."""

    topic: Topic
    payload: bytes
    retain: bool


def due(
    session: Session,
    tariffs: Tariffs,
    laggards: "Laggards",
    box: BoxNowRow,
    life: timedelta,
    key: Ed25519PrivateKey,
    now: datetime,
) -> list[Paper]:
    """What a box that has just said its state must be sent: a snapshot, numbered changes, or nothing.

    Asked at every state, so a change of lists, capacity, settings or price list reaches a box with its next one,
    whoever made it and however.
    """
    row, site = _held(session, box.box), session.get(SiteRow, box.site)
    behind = laggards.needs_snapshot(session, box, now)
    if site is None or row is None or behind or row.terms != _terms_now(session, tariffs, site, now):
        paper = snapshot(session, tariffs, box.box, life, key, now)
        return [paper] if paper else []
    pending = lists.changes(session, site.site, row.listed, now)
    if len(pending.listed) + len(pending.ended) > ROWS_TOO_MANY:
        paper = snapshot(session, tariffs, box.box, life, key, now)
        return [paper] if paper else []
    return _changes(session, site, row, pending, key)


def snapshot(
    session: Session,
    tariffs: Tariffs,
    box: str,
    life: timedelta,
    key: Ed25519PrivateKey,
    now: datetime | None = None,
) -> Paper | None:
    """The next snapshot for a box; None when its site has no tariff yet."""
    now = now or datetime.now(UTC)
    registered = session.get(BoxRow, box)
    site = session.get(SiteRow, registered.site) if registered else None
    if site is None:
        return None
    versions = _versions(session, tariffs, site, now)
    tariff = in_force(versions, now)
    if tariff is None:
        return None
    row = _held(session, box) or LeaseRow(box=box, number=0, delta=0, expires_at=now)
    row.number, row.delta, row.expires_at = row.number + 1, 0, now + life
    row.terms, row.capacity = _terms(session, site, versions, now), site.capacity
    row.listed = lists.last_change(session, site.site)
    session.add(row)
    lease = Lease(
        number=row.number,
        site=site.site,
        box=box,
        issued_at=now,
        expires_at=row.expires_at,
        tariff=tariff,
        account=Account(bank=site.bank, number=site.account, name=site.account_name),
        policy=_policy(site),
        capacity=site.capacity,
        paid=_paid_inside(session, site.site),
        coming=_coming(versions, now),
        lists=lists.entries(session, site.site, now),
        receipts=_receipts(session, _inside(site.site)),
        inside=told_stays.inside(session, site.site),
        gone=told_stays.gone(session, site.site, now),
    )
    return Paper(Topic(site.site, box, Channel.LEASE), sign(lease, key, LEASE_MAX), retain=True)


def paid_change(session: Session, site: str, visit: str, key: Ed25519PrivateKey) -> list[Paper]:
    """Tell the boxes of a site that a visit is paid, and how much when."""
    receipts = _receipts(session, select(VisitRow.visit).where(VisitRow.visit == visit))
    boxes = session.exec(select(BoxRow.box).where(BoxRow.site == site).order_by(col(BoxRow.box)))
    rows = [_held(session, box) for box in boxes.all()]
    return [_change(session, site, row, key, paid=(visit,), receipts=receipts) for row in rows if row]


def _changes(
    session: Session, site: SiteRow, row: LeaseRow, pending: lists.Changes, key: Ed25519PrivateKey
) -> list[Paper]:
    """The capacity and the rows that this box was not told yet."""
    papers = []
    if row.capacity != site.capacity:
        row.capacity = site.capacity
        papers.append(_change(session, site.site, row, key, capacity=site.capacity))
    for start in range(0, max(len(pending.listed), len(pending.ended)), ROWS_A_CHANGE):
        part = slice(start, start + ROWS_A_CHANGE)
        rows: dict[str, Any] = {"listed": pending.listed[part], "ended": pending.ended[part]}
        papers.append(_change(session, site.site, row, key, **rows))
    if row.listed != pending.last:
        row.listed = pending.last
        session.add(row)
    return papers


def _change(session: Session, site: str, row: LeaseRow, key: Ed25519PrivateKey, **what: Any) -> Paper:
    row.delta += 1
    session.add(row)
    change = Delta(lease=row.number, number=row.delta, box=row.box, **what)
    return Paper(Topic(site, row.box, Channel.DELTA), sign(change, key), retain=False)


def _held(session: Session, box: str) -> LeaseRow | None:
    """What the box was given. Others wait until this transaction ends: no number may be given twice."""
    return session.get(LeaseRow, box, with_for_update=True)


class Laggards:
    """Which boxes need a new snapshot: those that have none, whose life ends, or that stand still behind.

    A state that was on its way when a paper went out says the old number and proves nothing; answering it with
    another snapshot, whose answer is again a state, would go round for ever. So a box is behind only when it says the
    same old numbers for a while. One that takes its changes one by one moves on and never is.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[tuple[int, int], datetime]] = {}

    def needs_snapshot(self, session: Session, box: BoxNowRow, now: datetime) -> bool:
        """Whether to send one now. Asked at every state of the box."""
        row = session.get(LeaseRow, box.box)
        if row is None or row.expires_at - now < RENEW:
            return True
        if box.lease_number == row.number and box.delta_number >= row.delta:
            self._seen.pop(box.box, None)
            return False
        said = (box.lease_number, box.delta_number)
        before, since = self._seen.setdefault(box.box, (said, now))
        stands_still = before == said and now - since >= STANDS_STILL
        if before != said or stands_still:
            self._seen[box.box] = (said, now)
        return stands_still


# --- what a snapshot says ---------------------------------------------------------------------------------


def _policy(site: SiteRow) -> Policy:
    return Policy(
        unpaid=Unpaid(site.unpaid),
        patience_s=site.patience_s,
        pass_when_full=site.pass_when_full,
        expired=Expired(site.expired),
    )


def _versions(session: Session, tariffs: Tariffs, site: SiteRow, now: datetime) -> list[Tariff]:
    """The site's price lists that are not over, nor withdrawn."""
    codes = session.exec(select(TariffRow.code).where(*counting(site.site, now))).all()
    return [found for code in codes if (found := tariffs.get(site.site, code))]


def _coming(versions: list[Tariff], now: datetime) -> tuple[Tariff, ...]:
    """Those that take over later, soonest first: with one's beginning, or again when another is over."""
    turns = sorted({at for each in versions for at in (each.since, each.until) if at and at > now})
    later = [found for at in turns if (found := in_force(versions, at))]
    holds = in_force(versions, now)
    return tuple({each.code: each for each in later if each != holds}.values())


def _terms_now(session: Session, tariffs: Tariffs, site: SiteRow, now: datetime) -> str:
    return _terms(session, site, _versions(session, tariffs, site, now), now)


def _terms(session: Session, site: SiteRow, versions: list[Tariff], now: datetime) -> str:
    """A digest of what only a new snapshot changes at a box. A stored price list never changes: its code is enough."""
    holds = in_force(versions, now)
    said = (
        encode(_policy(site)).decode(),
        site.bank,
        site.account,
        site.account_name,
        holds.code if holds else "",
        *(each.code for each in _coming(versions, now)),
        *told_stays.terms(session, site.site),
    )
    return hashlib.sha256("\0".join(said).encode()).hexdigest()


def _paid_inside(session: Session, site: str) -> tuple[str, ...]:
    """Visits that are inside and owe nothing, by the ledger."""
    inside = (
        _on_debts(select(VisitRow.visit).join(ChargeRow, col(ChargeRow.visit) == col(VisitRow.visit)))
        .where(col(VisitRow.visit).in_(_inside(site)))
        .group_by(col(VisitRow.visit))
        .having(_debt() <= 0)
    )
    return tuple(sorted(session.exec(inside)))


def _receipts(session: Session, visits: Any) -> tuple[Receipt, ...]:
    """What those of the visits paid that owe nothing, and when the centre knew: a late notice shortens no grace."""
    credit = case((col(PostingRow.amount) < 0, -col(PostingRow.amount)), else_=0)
    known_at = case((col(PostingRow.amount) < 0, col(EntryRow.recorded_at)))
    found = (
        _on_debts(select(VisitRow.visit, func.sum(credit), func.max(known_at)))
        .where(col(VisitRow.visit).in_(visits))
        .group_by(col(VisitRow.visit))
        .having(_debt() <= 0, func.max(known_at).is_not(None))
        .order_by(col(VisitRow.visit))
    )
    return tuple(Receipt(visit=visit, amount=int(amount), at=at) for visit, amount, at in session.exec(found))


def _inside(site: str) -> Any:
    return select(VisitRow.visit).where(VisitRow.site == site, col(VisitRow.left_at).is_(None))


def _on_debts(visits: Any) -> Any:
    """With the postings on their debts, if there are any."""
    on_debt = (col(PostingRow.key) == col(EntryRow.key)) & (col(PostingRow.account) == LedgerAccount.RECEIVABLE)
    return visits.outerjoin(EntryRow, col(EntryRow.visit) == col(VisitRow.visit)).outerjoin(PostingRow, on_debt)


def _debt() -> Any:
    return func.coalesce(func.sum(PostingRow.amount), 0)
