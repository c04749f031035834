"""What the ledger booked on a day, for its journal and its adjustments.

A close has all entries in its hands and adds them up. For an open day the database adds up what is plain, and only
entries that may be of another day, late, or a refund are read one by one. Both say the same, which a test proves.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, func, not_, or_, union
from sqlmodel import Session, col, select

from gate.ledger import EntryKind
from server import figures, frozen
from server.days.spans import between, bounds, chunks
from server.derived import VisitRow
from server.export import journal
from server.export.sheets import Value
from server.facts import ChargeRow, EntryRow, PostingRow
from server.figures import Late
from server.frozen import ENTRY, Close, Fact, key_of, names

_MEMO_KINDS: Final = frozenset({EntryKind.PEND, EntryKind.UNPEND})
_KINDS: Final = tuple(sorted(kind.value for kind in EntryKind if kind not in _MEMO_KINDS))
_picked: Final[Any] = select
"""Columns chosen at run time have no types of their own."""


class Booked(NamedTuple):
    """moved: the lines of the journal; late: what belongs to a closed day."""

    moved: list[list[Value]]
    late: list[Late]


def of_facts(session: Session, site: str, on: date, entries: list[Fact], closed_to: date | None = None) -> Booked:
    """Of the entries that the day counts. closed_to: only what belongs to a day up to this one is late; None: any."""
    late = _late(session, site, on, entries, closed_to)
    return Booked(journal.moved(on, entries, late), late)


def of_open_day(session: Session, site: str, on: date, newest: Close | None) -> Booked:
    """Of a day after the one that is next to be closed; of any day where no day is closed."""
    start, end = bounds(on)
    plain = _plain(start, end, bounds(newest.on)[1] if newest else None)
    sums = Counter[journal.Group](_sums(session, site, on, plain))
    rest = list(_rest(session, site, start, end, plain, newest))
    late = _late(session, site, on, rest, newest.on if newest else date.min)
    sums.update(journal.sums_of(on, rest, late))
    return Booked(journal.kept(sums), late)


def _late(session: Session, site: str, on: date, entries: list[Fact], closed_to: date | None) -> list[Late]:
    if closed_to == date.min:
        return []  # no day is closed
    found = figures.adjustments(session, site, on, entries)
    return [each for each in found if each.account not in journal.MEMO and (not closed_to or each.belongs <= closed_to)]


def _plain(start: datetime, end: datetime, closed: datetime | None) -> ColumnElement[bool]:
    """Entries that are of the day whatever else is known of them, and none of whose stay belongs to a closed one."""
    kind, recorded = col(EntryRow.kind), col(EntryRow.recorded_at)
    conditions = [
        kind.in_([each for each in _KINDS if each not in journal.REFUNDS]),
        between(col(EntryRow.happened_at), start, end),
        recorded >= start,
        or_(kind != EntryKind.PAYMENT, recorded < end),
        or_(kind != EntryKind.CHARGE, not_(_stay(col(VisitRow.left_at) >= end))),
    ]
    if closed is not None:
        left = or_(col(VisitRow.left_at).is_(None), col(VisitRow.left_at) < closed)
        conditions.append(not_(_charge(col(ChargeRow.happened_at) < closed, left)))
    return and_(*conditions)


def _stay(*where: Any) -> ColumnElement[bool]:
    its = _picked(VisitRow.visit).where(col(VisitRow.visit) == col(EntryRow.visit), *where)
    return its.correlate(EntryRow).exists()  # type: ignore[no-any-return]


def _charge(*where: Any) -> ColumnElement[bool]:
    """Whether its stay was charged, by the stay's charge and, where it is known, its visit."""
    visit = col(ChargeRow.visit)
    its = _picked(visit).join(VisitRow, col(VisitRow.visit) == visit, isouter=True)
    its = its.where(visit == col(EntryRow.visit), col(ChargeRow.site) == col(EntryRow.site), *where)
    return its.correlate(EntryRow).exists()  # type: ignore[no-any-return]


def _sums(session: Session, site: str, on: date, plain: ColumnElement[bool]) -> dict[journal.Group, int]:
    columns = (EntryRow.kind, EntryRow.party, PostingRow.account)
    query = (
        _picked(*columns, func.sum(PostingRow.amount))
        .join(PostingRow, col(PostingRow.key) == col(EntryRow.key))
        .where(EntryRow.site == site, plain, col(PostingRow.account).not_in(journal.MEMO))
        .group_by(*columns)
    )
    rows = session.connection().execute(query).all()
    return {(kind, party, str(on), "", account): int(amount) for kind, party, account, amount in rows}


def _rest(
    session: Session, site: str, start: datetime, end: datetime, plain: ColumnElement[bool], newest: Close | None
) -> Iterator[Fact]:
    """Entries of the day that are not plain, and in no close."""
    keys = session.connection().execute(_near(site, start, end, plain)).scalars().all()
    near = [fact for some in chunks(keys) for fact in _read(session, site, some)]
    found = sorted((each for each in near if start <= each.at < end), key=lambda fact: key_of(ENTRY, fact.line))
    happened = names(ENTRY).index("happened_at")
    if newest is None or all(fact.line[happened] >= bounds(newest.on)[1] for fact in found):
        return iter(found)
    held = frozen.taken_of(session, site, ENTRY, None)
    return (fact for fact in found if key_of(ENTRY, fact.line) not in held)


def _read(session: Session, site: str, keys: list[str]) -> Iterator[Fact]:
    return frozen.live(session, site, ENTRY, col(EntryRow.key).in_(keys), memo=False)


def _near(site: str, start: datetime, end: datetime, plain: ColumnElement[bool]) -> Any:
    """By when they happened, when they were recorded, or when the stay that they charge ended: an index each."""
    kind, key = col(EntryRow.kind), _picked(EntryRow.key)
    rest = (col(EntryRow.site) == site, kind.in_(_KINDS), not_(plain))
    charges = key.join(VisitRow, col(VisitRow.visit) == col(EntryRow.visit)).where(kind == EntryKind.CHARGE)
    ended = and_(col(VisitRow.site) == site, between(col(VisitRow.left_at), start, end))
    return union(
        key.where(*rest, between(col(EntryRow.happened_at), start, end)),
        key.where(*rest, between(col(EntryRow.recorded_at), start, end)),
        charges.where(*rest, ended),
    )
