"""Whose plate or picture is old enough to go: reads of closed days about stays of which nothing is open any more.

What is still inside, owed, odd, waiting, or about which a case is open stays, however old it is. A case that names no
stay keeps its own day and the days beside it.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlmodel import Session, col, or_, select, tuple_

from server import ledger
from server.days.spans import bounds, local_date
from server.derived import FindingRow, StayMoneyRow, VisitRow
from server.facts_day import CloseRow
from server.facts_money import DecisionRow, RefundRow
from server.vault import VaultReadRow

AT_ONCE: Final = 500
_BESIDE: Final = timedelta(days=1)


class Day(NamedTuple):
    """A closed day of a site."""

    site: str
    on: date


class Leaf(NamedTuple):
    """Reads that may go, and where to look on; `after` None: that was all."""

    reads: list[VaultReadRow]
    after: tuple[str, datetime, str] | None


def closed_days(session: Session, cutoff: datetime) -> list[Day]:
    """Every closed day that was over before then."""
    rows = select(col(CloseRow.site), col(CloseRow.on)).where(col(CloseRow.on) < local_date(cutoff))
    return [Day(*row) for row in session.exec(rows.order_by(col(CloseRow.site), col(CloseRow.on)))]


def leaf(session: Session, day: Day, cutoff: datetime, after: tuple[str, datetime, str] | None, *, seen: bool) -> Leaf:
    """The next reads of the day. `seen`: those with a picture only."""
    since, until = bounds(day.on)
    if _is_in_question(session, day.site, since, until):
        return Leaf([], None)
    lane = after[0] if after else _lane(session, day.site, "")
    if lane is None:
        return Leaf([], None)
    here = (VaultReadRow.site == day.site, VaultReadRow.lane == lane)
    rows = select(VaultReadRow).where(*here, col(VaultReadRow.happened_at) >= since)
    rows = rows.where(col(VaultReadRow.happened_at) < until)
    if after and after[2]:
        rows = rows.where(tuple_(col(VaultReadRow.happened_at), col(VaultReadRow.approach)) > (after[1], after[2]))
    order = (col(VaultReadRow.happened_at), col(VaultReadRow.approach))
    found = list(session.exec(rows.order_by(*order).limit(AT_ONCE)))
    held = _held(session, day.site, found, cutoff)
    reads = [row for row in found if row.approach not in held and (row.picture or not seen)]
    if len(found) == AT_ONCE:
        return Leaf(reads, (lane, found[-1].happened_at, found[-1].approach))
    following = _lane(session, day.site, lane)
    return Leaf(reads, (following, since, "") if following else None)


def _lane(session: Session, site: str, after: str) -> str | None:
    rows = select(VaultReadRow.lane).where(VaultReadRow.site == site, col(VaultReadRow.lane) > after)
    return session.exec(rows.order_by(col(VaultReadRow.lane)).limit(1)).first()


def _is_in_question(session: Session, site: str, since: datetime, until: datetime) -> bool:
    """Whether an open case that names no stay may be about this day."""
    near = (col(FindingRow.due) >= since - _BESIDE, col(FindingRow.due) < until + _BESIDE)
    nobodys = or_(col(FindingRow.visit).is_(None), FindingRow.visit == "")
    rows = select(FindingRow.subject).where(FindingRow.site == site, col(FindingRow.closed_at).is_(None), nobodys)
    return session.exec(rows.where(*near).limit(1)).first() is not None


def _held(session: Session, site: str, reads: list[VaultReadRow], cutoff: datetime) -> set[str]:
    """The approaches among these that stay."""
    names = [row.approach for row in reads]
    ends = or_(col(VisitRow.entry_approach).in_(names), col(VisitRow.exit_approach).in_(names))
    stays = list(session.exec(select(VisitRow).where(ends))) if names else []
    visits = [stay.visit for stay in stays]
    last = _last(session, stays)
    asked = set(_cases(session, site, [*names, *visits]))
    closed = set(session.exec(select(col(CloseRow.on)).where(CloseRow.site == site)))
    held = {name for name in names if name in asked}
    for stay in stays:
        open_ = stay.visit in asked or last[stay.visit] >= cutoff or _is_open(session, stay)
        if open_ or local_date(stay.left_at or stay.opened_at) not in closed:
            held |= {stay.entry_approach, stay.exit_approach or ""}
    return held


def _is_open(session: Session, stay: VisitRow) -> bool:
    """Whether somebody or some money still waits for the stay."""
    if not stay.voided and stay.left_at is None:
        return True
    money = session.get(StayMoneyRow, stay.visit)
    if money is None or money.charged is None:
        return not stay.voided or bool(ledger.waiting_for(session, stay.visit))
    return bool(money.owed or money.odd or ledger.waiting_for(session, stay.visit))


def _cases(session: Session, site: str, names: list[str]) -> Iterator[str]:
    about = or_(col(FindingRow.visit).in_(names), col(FindingRow.subject).in_(names))
    rows = select(FindingRow.visit, FindingRow.subject).where(FindingRow.site == site, about)
    for pair in session.exec(rows.where(col(FindingRow.closed_at).is_(None))) if names else ():
        yield from (each for each in pair if each)


def _last(session: Session, stays: list[VisitRow]) -> dict[str, datetime]:
    """When something last happened about each: it left, money came, somebody decided."""
    names = [stay.visit for stay in stays]
    last = {stay.visit: stay.left_at or stay.opened_at for stay in stays}
    decided = (DecisionRow.visit, DecisionRow.to_visit, DecisionRow.made_at)
    mine = or_(col(DecisionRow.visit).in_(names), col(DecisionRow.to_visit).in_(names))
    moments: list[tuple[str, Any]] = [
        *session.exec(select(StayMoneyRow.visit, StayMoneyRow.paid_at).where(col(StayMoneyRow.visit).in_(names))),
        *session.exec(select(RefundRow.visit, RefundRow.made_at).where(col(RefundRow.visit).in_(names))),
    ]
    for visit, to_visit, at in session.exec(select(*decided).where(mine)):
        moments += [(visit, at), (to_visit, at)]
    for name, at in moments:
        if at is not None and name in last:
            last[name] = max(last[name], at)
    return last
