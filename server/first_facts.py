"""On which local day a site's books begin: the first day that anything happened there."""

from datetime import date, datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from server.days.spans import bounds, local_date
from server.facts import ChargeRow, EntryRow, OpeningRow, PassageRow, PaymentRow
from server.facts_day import ReceiptRow
from server.frozen import last

HAPPENED: Final[tuple[tuple[Any, Any], ...]] = (
    (PassageRow.site, PassageRow.happened_at),
    (OpeningRow.site, OpeningRow.happened_at),
    (ChargeRow.site, ChargeRow.happened_at),
    (PaymentRow.site, PaymentRow.received_at),
    (EntryRow.site, EntryRow.happened_at),
    (ReceiptRow.site, ReceiptRow.at),
)


def no_beginning(session: Session, site: str, on: date, now: datetime) -> str:
    """Why the chain of closes should not begin on the day. Empty where it may, and where there is a chain already."""
    return "" if last(session, site) else empty_first(session, site, on, now)


def empty_first(session: Session, site: str, on: date, now: datetime) -> str:
    """Why the day is no first one: nothing happened on it, but on later days there did. Empty where it may be one."""
    start, end = bounds(on)
    if _first(session, site, start, end) is not None or _first(session, site, end, now) is None:
        return ""
    since = began(session, site, now)
    day = f"{since:%d/%m/%Y}" if since else ""
    return (
        f"ngày {on:%d/%m/%Y} không có gì xảy ra; ngày đầu tiên có dữ liệu là {day} (vẫn muốn: --empty) · nothing "
        f"happened on {on}; the first day with facts is {day} (if it is meant: --empty)"
    )


def began(session: Session, site: str, now: datetime) -> date | None:
    """The day on which the site's books begin; None while they are empty."""
    at = _first(session, site, None, now)
    return local_date(at) if at else None


def _first(session: Session, site: str, since: datetime | None, until: datetime) -> datetime | None:
    """The first moment from `since` until before `until` at which something happened."""
    found = []
    for where, moment in HAPPENED:
        query = select(moment).where(where == site, col(moment) < until).order_by(col(moment)).limit(1)
        found.append(session.exec(query if since is None else query.where(col(moment) >= since)).first())
    return min((at for at in found if at is not None), default=None)
