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
"""A lease with less than this left is given anew; none is given for less than twice as long."""
STANDS_STILL: Final = timedelta(seconds=5)


class Paper(NamedTuple):
    """A signed lease or change, ready for the wire."""

    topic: Topic
    payload: bytes
    retain: bool


def snapshot(session: Session, tariffs: Tariffs, box: str, life: timedelta, key: Ed25519PrivateKey) -> Paper | None:
    """The next snapshot for a box; None when its site has no tariff yet."""
    now = datetime.now(UTC)
    registered = session.get(BoxRow, box)
    site = session.get(SiteRow, registered.site) if registered else None
    tariff = tariffs.in_force(site.site, now) if site else None
    if site is None or tariff is None:
        return None
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


def _paid_inside(session: Session, site: str) -> tuple[str, ...]:
    inside = (
        select(VisitRow.visit)
        .join(ChargeRow, col(ChargeRow.visit) == col(VisitRow.visit))
        .where(VisitRow.site == site, col(VisitRow.left_at).is_(None))
    )
    return tuple(visit for visit in session.exec(inside) if owed(session, visit) <= 0)
