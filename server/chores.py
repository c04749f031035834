"""What the jobs do. Each works in the transaction that it is given, and twice is as good as once.

What needs a long look looks first, in a session that holds up nobody, and then writes what it saw.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlmodel import Session, col, delete, select

from gate.findings import Code
from server import duplicates, occupancy
from server.anomalies import anomaly
from server.derived import BoxNowRow, FindingRow
from server.facts import AnomalyRow
from server.facts_forms import FORM_LIFE, FormRow
from server.findings import Looked, look, looks, older_days, write
from server.presence import SILENT
from server.reconcile import bounds, local_date
from server.register import BoxRow, LeaseRow, SessionRow, SiteRow

WAITING_MAX: Final = 1_000
LEASE_SHORT: Final = timedelta(minutes=30)
"""Well below `leases.RENEW`: with this little left the new one did not come."""
HALF_PAST_MIDNIGHT: Final = timedelta(hours=17, minutes=30)
"""In UTC, for the sites' half past midnight."""
DAYS_AT_ONCE: Final = 31
TROUBLE_KEPT: Final = timedelta(days=400)
"""A year and a month: a season's books are compared with those of the season before."""
log = structlog.get_logger()


def sites(session: Session) -> list[str]:
    """All sites."""
    return list(session.exec(select(SiteRow.site).order_by(col(SiteRow.site))))


def look_at_cases(session: Session, now: datetime) -> list[Looked]:
    """What today and yesterday show at every site: late visits, unpaid exits, whatever is due and missing."""
    return [look(session, site, local_date(now), now) for site in sites(session)]


def look_at_older_days(session: Session, now: datetime) -> list[Looked]:
    """Cases of days that nobody looks at every few seconds any more."""
    return [
        each
        for site in sites(session)
        for each in looks(session, site, older_days(session, site, now)[:DAYS_AT_ONCE], now)
    ]


def write_cases(session: Session, looked: list[Looked]) -> set[str]:
    """Open and close cases by what was seen. Says at which sites something changed."""
    return {each.site for each in looked if any(write(session, each))}


def watch_boxes(session: Session, now: datetime, listening_since: datetime) -> None:
    """A box that is silent, or whose facts do not get through, is a missing witness."""
    for box in session.exec(select(BoxNowRow).order_by(col(BoxNowRow.box))):
        if now - max(box.heard_at, listening_since) > SILENT:
            words = {"box": box.box, "heard": box.heard_at.isoformat()}
            subject = f"{box.box}:{box.heard_at.isoformat()}"
            anomaly(session, Code.WITNESS_MISSING, subject, box.site, now, words)
        elif box.waiting > WAITING_MAX:
            words = {"box": box.box, "waiting": str(box.waiting), "why": "facts wait in the box"}
            subject = f"{box.box}:waiting:{local_date(now)}"
            anomaly(session, Code.WITNESS_MISSING, subject, box.site, now, words)

    for row in session.exec(select(BoxRow).where(col(BoxRow.box).not_in(select(BoxNowRow.box)))):
        if now - listening_since > SILENT:  # registered, and never heard of
            words = {"box": row.box, "heard": "", "why": "nobody has ever heard of this box"}
            anomaly(session, Code.WITNESS_MISSING, f"{row.box}:never", row.site, now, words)


def watch_counts(session: Session, now: datetime) -> None:
    """More vehicles inside than places, or fewer than none: a count is wrong. And plates that were read twice."""
    for site in sites(session):
        occupancy.watch(session, site, now)
        duplicates.watch(session, site, now)


def forget_old_trouble(session: Session, now: datetime) -> None:
    """Recorded trouble is kept as long as its books; what no open finding shows and is older goes."""
    shown = select(FindingRow.subject).where(
        FindingRow.code == AnomalyRow.code,
        FindingRow.subject == AnomalyRow.subject,
        col(FindingRow.closed_at).is_(None),
    )
    session.exec(delete(AnomalyRow).where(col(AnomalyRow.happened_at) < now - TROUBLE_KEPT, ~shown.exists()))


def watch_leases(session: Session, now: datetime) -> None:
    """A box whose lease ran out decides on by old prices: somebody must know before it happens."""
    rows = session.exec(select(LeaseRow, BoxRow).join(BoxRow, col(BoxRow.box) == col(LeaseRow.box)))
    for lease, box in rows:
        if lease.expires_at - now < LEASE_SHORT:
            words = {"box": box.box, "device": "lease", "what": f"ends {lease.expires_at.isoformat()}"}
            subject = f"lease:{box.box}:{lease.number}"
            anomaly(session, Code.DEVICE_FAULT, subject, box.site, now, words)


def remind_of_the_day(session: Session, now: datetime) -> None:
    """Half past midnight: say how much of the day that ended is still open. Closing it is a person's deed."""
    yesterday = local_date(now) - timedelta(days=1)
    _, end = bounds(yesterday)
    for site in sites(session):
        waiting = select(FindingRow.amount).where(
            FindingRow.site == site, col(FindingRow.closed_at).is_(None), col(FindingRow.due) < end
        )
        amounts = list(session.exec(waiting))
        log.info("day to close", site=site, date=str(yesterday), cases=len(amounts), amount=sum(amounts))


def end_sessions(session: Session, now: datetime) -> None:
    """Forget logins that are over, and forms that no page can send again."""
    session.exec(delete(SessionRow).where(col(SessionRow.expires_at) < now))
    session.exec(delete(FormRow).where(col(FormRow.at) < now - FORM_LIFE))
