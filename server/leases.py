"""Leases and their changes: what each box may rely on."""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import Session, col, select

from gate.lease import Account, Delta, Lease, Policy, Unpaid
from gate.signing import sign
from gate.topics import Channel, Topic
from server.derived import BoxNowRow, VisitRow
from server.facts import ChargeRow
from server.ledger import owed
from server.register import BoxRow, LeaseRow, SiteRow
from server.tariffs import Tariffs

RENEW: Final = timedelta(hours=1)
"""A lease with less than this left is given anew."""


class Paper(NamedTuple):
    """A signed lease or change, ready for the wire."""

    topic: Topic
    payload: bytes
    retain: bool


def snapshot(session: Session, tariffs: Tariffs, box: str, life: timedelta, key: Ed25519PrivateKey) -> Paper | None:
    """The next snapshot for a box; None when its site has no tariff yet."""
    registered = session.get(BoxRow, box)
    site = session.get(SiteRow, registered.site) if registered else None
    tariff = tariffs.newest(site.site) if site else None
    if site is None or tariff is None:
        return None
    now = datetime.now(UTC)
    row = session.get(LeaseRow, box) or LeaseRow(box=box, number=0, delta=0, expires_at=now)
    row.number, row.delta, row.expires_at = row.number + 1, 0, now + life
    session.add(row)
    lease = Lease(
        number=row.number,
        site=site.site,
        box=box,
        issued_at=now,
        expires_at=row.expires_at,
        tariff=tariff,
        account=Account(bank=site.bank, number=site.account, name=site.account_name),
        policy=Policy(unpaid=Unpaid(site.unpaid), patience_s=site.patience_s),
        capacity=site.capacity,
        paid=_paid_inside(session, site.site),
    )
    return Paper(Topic(site.site, box, Channel.LEASE), sign(lease, key), retain=True)


def paid_change(session: Session, site: str, visit: str, key: Ed25519PrivateKey) -> list[Paper]:
    """Tell the boxes of a site that a visit is paid."""
    papers = []
    for box in session.exec(select(BoxRow).where(BoxRow.site == site)):
        row = session.get(LeaseRow, box.box)
        if row is None:
            continue
        row.delta += 1
        session.add(row)
        change = Delta(lease=row.number, number=row.delta, box=box.box, paid=(visit,))
        papers.append(Paper(Topic(site, box.box, Channel.DELTA), sign(change, key), retain=False))
    return papers


def is_behind(session: Session, box: BoxNowRow, now: datetime) -> bool:
    """Whether the box needs a new snapshot: none yet, a change missed, or its life nearly over."""
    row = session.get(LeaseRow, box.box)
    if row is None or box.lease_number != row.number or box.delta_number < row.delta:
        return True
    return row.expires_at - now < RENEW


def _paid_inside(session: Session, site: str) -> tuple[str, ...]:
    inside = (
        select(VisitRow.visit)
        .join(ChargeRow, col(ChargeRow.visit) == col(VisitRow.visit))
        .where(VisitRow.site == site, col(VisitRow.left_at).is_(None))
    )
    return tuple(visit for visit in session.exec(inside) if owed(session, visit) <= 0)
