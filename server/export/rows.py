"""The rows of an export, a local day in memory at a time: closed days as their close kept them, others as they are."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Final

from sqlmodel import Session

from gate.findings import Expectation
from server import frozen
from server.export import booked
from server.export.day import SHOWN, day_rows, micros
from server.export.plates import Plates, Shown, plates_of
from server.export.settled import looked
from server.export.sheets import CLOSE, EVERY, FINDINGS, SUMMARY, VISITS, Cover, Rows, Value
from server.facts_day import CloseRow
from server.frozen import ENTRY, ROWS, Close
from server.reconcile import bounds, uncollected
from server.witnesses import every

Row = tuple[str, list[Value]]
"""The sheet's key and its values in the order of its columns."""
_NEXT: Final = timedelta(days=1)
_VISIT: Final = 0
_STATE: Final = [column.key for column in VISITS.columns].index("state")
_CODE, _SUBJECT = ([column.key for column in FINDINGS.columns].index(key) for key in ("code", "subject"))


def every_day(
    session: Session, cover: Cover, dates: Iterable[date], now: datetime | None = None
) -> Iterator[tuple[date, CloseRow | None, Rows]]:
    """Each day's rows, as of the end of the last day or of `now` where that is earlier."""
    newest = frozen.last(session, cover.site)
    _, end = bounds(cover.end)
    at = min(end, now or end)
    awaited: list[Expectation] | None = None  # asked once, and of closed days not at all
    for on in dates:
        closed = session.get(CloseRow, (cover.site, on))
        if closed is None and awaited is None:
            awaited = every(session, cover.site, at)
        with uncollected():
            rows = _kept(session, closed) if closed else _open(session, cover.site, on, at, newest, awaited)
        yield on, closed, rows


def every_row(
    session: Session, cover: Cover, dates: Iterable[date], plates: Plates, now: datetime | None = None
) -> Iterator[Iterator[Row]]:
    """The rows of all sheets, day by day. Who was inside at the end of a day has a row only if no later day has one."""
    seen: set[tuple[Value, Value]] = set()
    inside: dict[Value, list[Value]] = {}
    for on, closed, rows in every_day(session, cover, dates, now):
        rows[SUMMARY.key][0][1] = "closed" if closed else "open"
        rows[CLOSE.key] = [_close(on, closed)]
        rows[VISITS.key] = list(_held_back(rows[VISITS.key], inside))
        rows[FINDINGS.key] = list(_once(rows[FINDINGS.key], seen))
        if on == cover.end:
            rows[VISITS.key] += inside.values()
        if cover.with_plates:
            rows[VISITS.key] = _with_plates(session, rows[VISITS.key], plates)
        yield ((sheet.key, row) for sheet in EVERY for row in rows[sheet.key])


def _kept(session: Session, closed: CloseRow) -> Rows:
    rows: Rows | None = frozen.frozen(session, closed.site, closed.on, ROWS)
    if rows is None:
        raise ValueError(f"{closed.site} {closed.on} is closed, but what it was made of is gone: barie close verify")
    return rows


def _open(
    session: Session, site: str, on: date, at: datetime, newest: Close | None, awaited: list[Expectation] | None
) -> Rows:
    seen = looked(session, site, on, at, awaited)
    if newest is None or on > newest.on + _NEXT:
        facts = frozen.of_day(session, site, on, SHOWN)
        return day_rows(session, seen.day, seen.report, facts, booked.of_open_day(session, site, on, newest))
    facts = frozen.of_day(session, site, on, (*SHOWN, ENTRY), memo=False)  # what its close would take
    ledger = booked.of_facts(session, site, on, facts[ENTRY], newest.on)
    return day_rows(session, seen.day, seen.report, facts, ledger)


def _close(on: date, closed: CloseRow | None) -> list[Value]:
    if closed is None:
        return [str(on), "open", None, "", "", "", ""]
    signed = (closed.sha256, closed.previous, closed.signature)
    return [str(on), "closed", micros(closed.closed_at), closed.by, *signed]


def _held_back(rows: list[list[Value]], inside: dict[Value, list[Value]]) -> Iterator[list[Value]]:
    for row in rows:
        if row[_STATE] == "inside":
            inside[row[_VISIT]] = row
        else:
            inside.pop(row[_VISIT], None)
            yield row


def _once(rows: list[list[Value]], seen: set[tuple[Value, Value]]) -> Iterator[list[Value]]:
    """A finding that several days know is shown with the first of them."""
    for row in rows:
        finding = (row[_CODE], row[_SUBJECT])
        if finding not in seen:
            seen.add(finding)
            yield row


def _with_plates(session: Session, rows: list[list[Value]], plates: Plates) -> list[list[Value]]:
    shown = plates_of(session, {str(row[_VISIT]) for row in rows}, plates)
    return [[row[0], *shown.get(str(row[_VISIT]), Shown()), *row[1:]] for row in rows]
