"""Cases on somebody's screen: the findings of the last days, kept as rows that open and close by themselves.

A row closes only when a report that would show it no longer does. Days further back are looked at again one by
one, so that an old debt is not forgotten because its day is over.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

import msgspec
from sqlmodel import Session, col, select

from gate.findings import Code, Finding
from gate.reconcile import OF_A_VISIT, PASSAGE_DUE, STAY_LONG
from server import ranks, reconcile, witnesses
from server.days.items import Span
from server.days.spans import bounds, known, local_date
from server.db import columns, hold, upsert_many
from server.derived import FindingRow

Key = tuple[str, str]
DAY: Final = timedelta(days=1)


class Looked(NamedTuple):
    """What two days of a site show as of `now`, and which visits of open rows they know."""

    site: str
    now: datetime
    start: datetime
    end: datetime
    found: dict[Key, Finding]
    known: set[str]
    sure: dict[Key, int]
    """How certain each of `found` is (`server.ranks`)."""


def sync(session: Session, site: str, now: datetime) -> tuple[int, int]:
    """Make the rows follow the reports of today and yesterday. Says how many opened and how many closed."""
    return write(session, look(session, site, local_date(now), now))


def look(session: Session, site: str, on: date, now: datetime) -> Looked:
    """The findings of a day and the one before it. Only reads, so that it need not hold up who writes."""
    return looks(session, site, [on], now)[0]


def looks(session: Session, site: str, days: Iterable[date], now: datetime) -> list[Looked]:
    """`look` at each of these days; what is awaited is asked once, and each date is looked at once."""
    expected = witnesses.every(session, site, now)
    seen: dict[date, tuple[Finding, ...]] = {}
    found = []
    for on in days:
        for each in (on - DAY, on):
            if each not in seen:
                seen[each] = reconcile.look(session, site, each, now, expected).report.findings
        both = {(finding.code.value, finding.subject): finding for finding in (*seen[on - DAY], *seen[on])}
        (start, _), (_, end) = bounds(on - DAY), bounds(on)
        visits, sure = _known(session, Span(site, start, end)), ranks.certainties(session, both.values())
        found.append(Looked(site, now, start, end, both, visits, sure))
    return found


def _known(session: Session, span: Span) -> set[str]:
    """Which visits of open rows the days know: if such a row were still so, they would have found it."""
    still_open = select(FindingRow.visit).where(
        FindingRow.site == span.site, col(FindingRow.closed_at).is_(None), col(FindingRow.code).in_(OF_A_VISIT)
    )
    return known(session, *span, {visit for visit in session.exec(still_open) if visit})


def write(session: Session, looked: Looked) -> tuple[int, int]:
    """Make the rows follow what was seen. Says how many opened and how many closed."""
    site, now, found = looked.site, looked.now, looked.found
    hold(session, f"findings:{site}")
    rows = _rows(session, site, found)
    session.expunge_all()
    news = [_as_it_is(rows.get(key), looked, key) for key in found]
    opened = [key for key in found if key not in rows or rows[key].closed_at is not None]
    gone = [row for key, row in rows.items() if row.site == site and key not in found and _would_be_seen(row, looked)]
    closed = [{**columns(row), "closed_at": now} for row in gone]
    upsert_many(session, FindingRow, [row for row in news if row is not None] + closed)
    return len(opened), len(closed)


def older_days(session: Session, site: str, now: datetime) -> list[date]:
    """The days of open rows that `sync` does not look at, newest first."""
    rows = session.exec(select(FindingRow.due).where(FindingRow.site == site, col(FindingRow.closed_at).is_(None)))
    return sorted({local_date(due) for due in rows if local_date(due) < local_date(now)}, reverse=True)


def _rows(session: Session, site: str, found: dict[Key, Finding]) -> dict[Key, FindingRow]:
    """The site's open rows, and the rows of what was found, whoever has them."""
    still_open = select(FindingRow).where(FindingRow.site == site, col(FindingRow.closed_at).is_(None))
    rows = {(row.code, row.subject): row for row in session.exec(still_open)}
    for key in found.keys() - rows.keys():
        row = session.get(FindingRow, key)
        if row is not None:
            rows[key] = row
    return rows


def _as_it_is(row: FindingRow | None, looked: Looked, key: Key) -> dict[str, object] | None:
    """The row as it should be; None when it is so already. What belongs to no site stays with who saw it first."""
    finding = looked.found[key]
    wanted = FindingRow(
        code=finding.code.value,
        subject=finding.subject,
        site=row.site if row else looked.site,
        visit=finding.visit,
        amount=finding.amount,
        due=finding.due,
        evidence=msgspec.json.encode(finding.evidence).decode(),
        opened_at=row.opened_at if row and row.closed_at is None else looked.now,
        closed_at=None,
        **ranks.kept(finding.amount, looked.sure[key]),
    )
    return None if row is not None and columns(row) == columns(wanted) else columns(wanted)


def _would_be_seen(row: FindingRow, looked: Looked) -> bool:
    """Whether the reports just made would show this row if it still were so."""
    start, end = looked.start, looked.end
    if row.code in OF_A_VISIT:
        return row.visit in looked.known or start <= row.due - STAY_LONG < row.due < end
    late = PASSAGE_DUE if row.code == Code.OPENING_UNUSED else timedelta(0)
    return start <= row.due - late < end
