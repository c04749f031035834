"""Vehicles inside a site: from the last count by a person, or from the open visits where nobody counted."""

import os
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from gate.findings import Code
from gate.ids import uuid7
from gate.messages import Direction
from gate.occupancy import Counted, Estimate, Since
from gate.occupancy import estimate as of
from server.anomalies import anomaly
from server.auth import audit
from server.days.spans import local_date
from server.derived import VisitRow
from server.facts import PassageRow
from server.facts_day import AnchorRow
from server.reconcile import NoSuchSite
from server.register import SiteRow

OLD: Final = timedelta(days=31)
"""A count older than this says nothing any more."""
COUNT_MAX: Final = 100_000


def anchor(session: Session, site: str, count: int, off: int, by: str, note: str, now: datetime) -> None:
    """Somebody counted. Raises NoSuchSite, ValueError."""
    _site(session, site)
    if not 0 <= count <= COUNT_MAX or not 0 <= off <= COUNT_MAX:
        raise ValueError(f"a count is from 0 to {COUNT_MAX}, not {count} ± {off}")
    name = str(uuid7(now, os.urandom(10)))
    session.add(AnchorRow(anchor=name, site=site, zone="", count=count, off=off, by=by, note=note[:200], at=now))
    audit(session, by, "counted the vehicles inside", site, now, {"count": str(count), "off": str(off)})


def estimate(session: Session, site: str, now: datetime) -> Estimate:
    """How many are inside now. Raises NoSuchSite."""
    row = _site(session, site)
    last = session.exec(
        select(AnchorRow)
        .where(AnchorRow.site == site, col(AnchorRow.at) > now - OLD, col(AnchorRow.at) <= now)
        .order_by(col(AnchorRow.at).desc())
        .limit(1)
    ).first()
    if last is not None:
        return of(Counted(last.count, last.off, last.at), _since(session, site, last.at, now), row.capacity)
    inside = _open_visits(session, site)
    day = _since(session, site, now - timedelta(days=1), now)
    odd = Since(0, 0, 0, 0)._replace(entries=day.odd_entries, odd_entries=day.odd_entries)
    start = Counted(inside - day.odd_entries, 0, now)  # its odd entries of a day are all that is known to be unsure
    return of(start, odd, row.capacity, by_person=False)


def watch(session: Session, site: str, now: datetime) -> None:
    """Fewer than none inside, or more than there are places: a finding once a day."""
    found = estimate(session, site, now)
    if found.breach:
        evidence = {
            "why": "vehicles inside",
            "estimate": str(found.expected),
            "from": str(found.low),
            "to": str(found.high),
            "likely": found.breach,
        }
        anomaly(session, Code.COUNT_DRIFT, f"inside:{site}:{local_date(now)}", site, now, evidence)


def _since(session: Session, site: str, start: datetime, end: datetime) -> Since:
    odd = case((col(PassageRow.tailgate) | col(PassageRow.opening).is_(None), 1), else_=0)
    picked: Any = select
    found = picked(PassageRow.direction, func.count(), func.sum(odd)).where(
        PassageRow.site == site, col(PassageRow.happened_at) > start, col(PassageRow.happened_at) <= end
    )
    ways = {
        way: (int(count), int(some or 0)) for way, count, some in session.exec(found.group_by(PassageRow.direction))
    }
    entries, odd_entries = ways.get(Direction.IN, (0, 0))
    exits, odd_exits = ways.get(Direction.OUT, (0, 0))
    return Since(entries, exits, odd_entries, odd_exits)


def _open_visits(session: Session, site: str) -> int:
    inside = (col(VisitRow.left_at).is_(None), col(VisitRow.entered_at).is_not(None), col(VisitRow.voided).is_(False))
    return session.exec(select(func.count()).select_from(VisitRow).where(VisitRow.site == site, *inside)).one()


def _site(session: Session, site: str) -> SiteRow:
    row = session.get(SiteRow, site)
    if row is None:
        raise NoSuchSite(f"no site {site}")
    return row
