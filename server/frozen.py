"""The facts of a day as a close keeps them: canonical rows, each in exactly one close of its site.

A fact is of the day of its moment; a charge is of the day of its exit. The close of a day takes whatever is of that day
or an earlier one and in no close yet: what comes late is in the next close, never in none and never in two.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, LargeBinary, Select, and_, bindparam, func, or_, union
from sqlmodel import Session, col, select

from gate.ledger import EntryKind, LedgerAccount
from server.derived import VisitRow
from server.facts import ChargeRow, EntryRow, PaymentRow, PostingRow, SupplementRow
from server.facts_day import CloseRow, FrozenRow
from server.kept import KEPT
from server.reconcile import bounds

FACTS: Final = "facts"
ROWS: Final = "rows"
SLACK: Final = timedelta(days=1)
"""How far before the close before it is looked first for what that one did not take."""
_REACHES: Final = (1, 8, 64)
"""How many times as far it is looked before it is looked among all."""
Line = tuple[Any, ...]
Key = tuple[str, ...]


MEMO: Final = (LedgerAccount.PENDED, LedgerAccount.QUOTED)
ENTRY: Final = str(EntryRow.__tablename__)
CHARGE: Final = str(ChargeRow.__tablename__)
SUPPLEMENT: Final = str(SupplementRow.__tablename__)
PAYMENT: Final = str(PaymentRow.__tablename__)
_OF_A_STAY: Final = frozenset({ENTRY, CHARGE, SUPPLEMENT})
"""Facts that may belong to the day on which their stay ended."""


class Close(NamedTuple):
    """A close of the chain without its weight."""

    on: date
    closed_at: datetime
    body: dict[str, Any]
    sha256: str


class Fact(NamedTuple):
    """A fact: the moment that says its day, and its columns (an entry's: its postings as the last)."""

    at: datetime
    line: Line


@cache
def names(kind: str) -> tuple[str, ...]:
    """The columns of a kind of fact, in the order of a line."""
    columns = tuple(column.name for column in _columns(kind))
    return (*columns, "postings") if kind == ENTRY else columns


def _columns(kind: str) -> list[Any]:
    """The columns of its table but bytes, which are known by their hash."""
    every = KEPT[kind].table.__table__.columns  # type: ignore[attr-defined]
    return [column for column in every if not isinstance(column.type, LargeBinary)]


def key_of(kind: str, line: Line) -> Key:
    """The primary key within a line: its first columns."""
    return key_in(kind)(line)


@cache
def key_in(kind: str) -> Callable[[Line], Key]:
    """Says the primary key within a line of this kind."""
    width = _width(kind)
    return (lambda line: (str(line[0]),)) if width == 1 else lambda line: tuple(map(str, line[:width]))


@cache
def _width(kind: str) -> int:
    return len(KEPT[kind].table.__table__.primary_key.columns)  # type: ignore[attr-defined]


def chain(session: Session, site: str) -> list[Close]:
    """The site's closes, oldest first."""
    rows = session.exec(select(CloseRow).where(CloseRow.site == site).order_by(col(CloseRow.on)))
    return [Close(row.on, row.closed_at, msgspec.json.decode(row.body), row.sha256) for row in rows]


def last(session: Session, site: str) -> Close | None:
    """The site's newest close."""
    row = session.exec(select(CloseRow).where(CloseRow.site == site).order_by(col(CloseRow.on).desc()).limit(1)).first()
    return Close(row.on, row.closed_at, msgspec.json.decode(row.body), row.sha256) if row else None


def packed(value: Any) -> tuple[bytes, str]:
    """The value's canonical JSON, compressed, and the hash of the JSON."""
    body = msgspec.json.encode(value, order="deterministic")
    return zlib.compress(body, 6), hashlib.sha256(body).hexdigest()


def digest(value: Any) -> str:
    """The hash of the value's canonical JSON, as `packed` gives it."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


def unpacked(body: bytes) -> Any:
    """What `packed` took."""
    return msgspec.json.decode(zlib.decompress(body))


def frozen(session: Session, site: str, on: date, part: str) -> Any:
    """A part of a closed day, None where there is none."""
    row = session.get(FrozenRow, (site, on, part))
    return None if row is None else unpacked(row.body)


def gathered(session: Session, site: str, on: date, kinds: Iterable[str] = tuple(KEPT)) -> dict[str, list[Fact]]:
    """All facts that the close of the day takes, each kind in the order of its keys."""
    before = last(session, site)
    _, end = bounds(on)
    some = tuple(kinds)
    counts = _counts(session, site, some, end) if before else {}
    found: dict[str, list[Fact]] = {}
    for kind in some:
        key = key_in(kind)
        every = _open(session, site, kind, on, before, counts.get(kind, 0))
        found[kind] = sorted((fact for fact in every if fact.at < end), key=lambda fact: key(fact.line))
    return found


def taken(session: Session, site: str, since: datetime | None = None) -> dict[str, set[Key]]:
    """The keys of all facts in closes, or in closes made since."""
    query = select(FrozenRow.body).where(FrozenRow.site == site, FrozenRow.part == FACTS)
    if since is not None:
        made = select(col(CloseRow.on)).where(CloseRow.site == site, CloseRow.closed_at >= since)
        query = query.where(col(FrozenRow.on).in_(made))
    keys: dict[str, set[Key]] = {kind: set() for kind in KEPT}
    for body in session.exec(query):
        for kind, held in unpacked(body).items():
            keys[kind].update(map(key_in(kind), held["lines"]))
    return keys


def live(session: Session, site: str, kind: str, *where: Any, memo: bool = True) -> Iterator[Fact]:
    """The facts of a kind as the books have them now. memo: with the lines of entries that are no money."""
    money = () if memo or kind != ENTRY else (col(EntryRow.kind).not_in((EntryKind.PEND, EntryKind.UNPEND)),)
    query, lines = _facts_of(kind).where(*where, *money), None
    if kind == ENTRY:
        lines = _POSTINGS.where(*where, *money, *(() if memo else (col(PostingRow.account).not_in(MEMO),)))
    return _read(session, kind, query, lines, {"site": site})


@cache
def _facts_of(kind: str) -> Select[Any]:
    """The site's facts of a kind."""
    return _every_of(kind).where(KEPT[kind].table.__table__.columns["site"] == bindparam("site"))  # type: ignore[attr-defined]


def _every_of(kind: str) -> Select[Any]:
    """All facts of a kind; those of stays with when their stay ended."""
    columns = _columns(kind)
    query: Select[Any] = select(*columns)
    if kind in _OF_A_STAY:
        visit = columns[names(kind).index("visit")]
        query = query.add_columns(col(VisitRow.left_at)).join(VisitRow, col(VisitRow.visit) == visit, isouter=True)
    return query


_POSTINGS: Final[Select[Any]] = (
    select(PostingRow.key, PostingRow.line, PostingRow.account, PostingRow.amount)  # type: ignore[assignment]
    .join(EntryRow, col(EntryRow.key) == col(PostingRow.key))
    .where(EntryRow.site == bindparam("site"))
    .order_by(col(PostingRow.key), col(PostingRow.line))
)


@cache
def _since(kind: str) -> tuple[Select[Any], Select[Any] | None]:
    """The facts of a kind that were recorded from a moment on, without those of later days; of entries their lines."""
    kept = KEPT[kind]
    near = getattr(kept.table, kept.recorded or kept.moment) >= bindparam("since"), ~_later(kind)
    return _facts_of(kind).where(*near), _POSTINGS.where(*near) if kind == ENTRY else None


def _later(kind: str) -> ColumnElement[bool]:
    """Facts that are of a later day, whatever else is known of them: a moment of theirs is the earliest they can be
    of. None of them is in the close of this day or of one before it."""
    kept = KEPT[kind]
    return and_(*(getattr(kept.table, name) >= bindparam("end") for name in (kept.moment, kept.recorded) if name))


def _read(
    session: Session, kind: str, query: Select[Any], lines: Select[Any] | None, values: dict[str, Any]
) -> Iterator[Fact]:
    connection = session.connection()
    postings = _by_entry(connection.execute(lines, values).all()) if lines is not None else {}
    width, of_a_stay, moment_of = len(names(kind)) - (kind == ENTRY), kind in _OF_A_STAY, _moment_of(kind)
    for row in connection.execute(query, values).all():  # fetched at once: one by one costs as much as the rest
        line = tuple(row)[:width]
        at = moment_of(line, row[-1] if of_a_stay else None)
        yield Fact(at, (*line, postings.get(line[0], [])) if kind == ENTRY else line)


def plain(line: Line) -> list[Any]:
    """The line as it reads out of JSON, to be compared with what is frozen."""
    return list(msgspec.to_builtins(line))


@cache
def _moment_of(kind: str) -> Callable[[Line, datetime | None], datetime]:
    """Says which moment a line of the kind is of; its second argument is when its stay ended."""
    named, kept = names(kind), KEPT[kind]
    own, recorded = named.index(kept.moment), named.index(kept.recorded) if kept.recorded else None
    what, always = named.index("kind") if kind == ENTRY else None, kind in {CHARGE, SUPPLEMENT}

    def moment_of(line: Line, left_at: datetime | None) -> datetime:
        """A clock that is ahead of the recording is not believed."""
        at: datetime = line[own] if recorded is None else min(line[own], line[recorded])
        if what is not None and recorded is not None and line[what] == EntryKind.PAYMENT:
            at = line[recorded]  # as its payment
        of_charge = always or (what is not None and line[what] == EntryKind.CHARGE)
        return max(at, left_at) if of_charge and left_at is not None else at

    return moment_of


def _by_entry(rows: Iterable[Any]) -> dict[str, list[list[Any]]]:
    found: dict[str, list[list[Any]]] = {}
    for key, line, account, amount in rows:
        found.setdefault(key, []).append([line, account, amount])
    return found


def _open(session: Session, site: str, kind: str, on: date, before: Close | None, count: int) -> Iterable[Fact]:
    """Facts of the kind that no close has. First those near the day; if some must be elsewhere, further and further
    back: a late fact costs what lies between, and not the whole chain.

    count: how many facts of the kind the site has in all but those of later days.
    """
    if before is None:
        return live(session, site, kind)
    start, end = bounds(on)
    missing, key = count - before.body["facts"].get(kind, {"total": 0})["total"], key_in(kind)
    for days in _REACHES:
        since = min(start, before.closed_at) - days * SLACK
        held = taken_of(session, site, kind, since)
        some = _read(session, kind, *_since(kind), {"site": site, "since": since, "end": end})
        near = [fact for fact in some if key(fact.line) not in held]
        if len(near) == missing:
            return near
    held = taken_of(session, site, kind, None)
    return [fact for fact in live(session, site, kind) if key(fact.line) not in held]


def taken_of(session: Session, site: str, kind: str, since: datetime | None) -> set[Key]:
    """The keys of one kind; what is unpacked for it is kept with the session for the next kind."""
    known: dict[datetime | None, dict[str, set[Key]]] = session.info.setdefault(f"taken {site}", {})
    if since not in known:
        known[since] = taken(session, site, since)
    return known[since][kind]


def _counts(session: Session, site: str, kinds: tuple[str, ...], end: datetime) -> dict[str, int]:
    """How many facts of each kind the site has that are not of later days, in one statement."""
    found = session.connection().execute(_count_of(kinds), {"site": site, "end": end}).one()
    return dict(zip(kinds, found, strict=True))


@cache
def _count_of(kinds: tuple[str, ...]) -> Select[Any]:
    """All of them less those of later days: an index has each."""
    counts = []
    for kind in kinds:
        table = KEPT[kind].table.__table__  # type: ignore[attr-defined]
        here = select(func.count()).select_from(table).where(table.columns["site"] == bindparam("site"))
        counts.append(here.scalar_subquery() - here.where(_later(kind)).scalar_subquery())
    query: Select[Any] = select(*counts)
    return query


def moment(text: str) -> datetime:
    """A moment out of a frozen line."""
    return datetime.fromisoformat(text).astimezone(UTC)


def counted(facts: dict[str, list[Fact]], on: date, *, first: bool) -> dict[str, list[Fact]]:
    """Those that the day's figures count. A site's first close takes what was before it, and counts only the day."""
    if not first:
        return facts
    start, _ = bounds(on)
    return {kind: [fact for fact in rows if fact.at >= start] for kind, rows in facts.items()}


def of_day(
    session: Session, site: str, on: date, kinds: Iterable[str] = tuple(KEPT), *, memo: bool = True
) -> dict[str, list[Fact]]:
    """What counts on a day that is not closed: what its close would take, or, for a later day, what is of it."""
    before = last(session, site)
    if before is not None and on == before.on + timedelta(days=1):
        return gathered(session, site, on, kinds)
    start, end = bounds(on)
    found = {}
    for kind in kinds:
        every = _around(session, site, kind, start, end, memo=memo)
        near = [fact for fact in every if start <= fact.at < end]
        if before is not None and kind in _OF_A_STAY and any(_older(kind, fact, before) for fact in near):
            held = taken_of(session, site, kind, None)
            near = [fact for fact in near if key_of(kind, fact.line) not in held]
        key = key_in(kind)
        found[kind] = sorted(near, key=lambda fact: key(fact.line))
    return found


def _around(session: Session, site: str, kind: str, start: datetime, end: datetime, *, memo: bool) -> Iterator[Fact]:
    """Facts that may be of the day: by their moment, their recording, or the exit of their visit; an index each."""
    kept = KEPT[kind]
    columns = kept.table.__table__.columns  # type: ignore[attr-defined]
    conditions = [_within(columns[name], start, end) for name in (kept.moment, kept.recorded) if name]
    if kind not in _OF_A_STAY:
        return live(session, site, kind, or_(*conditions), memo=memo)
    left = select(VisitRow.visit).where(VisitRow.site == site, _within(col(VisitRow.left_at), start, end))
    if kind == ENTRY:
        return live(session, site, kind, or_(*conditions, columns["visit"].in_(left)), memo=memo)
    its = select(columns["visit"]).where(columns["site"] == site)
    of_day = union(*(its.where(condition) for condition in conditions), left)
    return _read(session, kind, _every_of(kind).where(columns["visit"].in_(of_day)), None, {})


def _within(column: Any, start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(column >= start, column < end)


def _older(kind: str, fact: Fact, before: Close) -> bool:
    """Whether an earlier close may have it: a charge made while the vehicle stood inside, which left days later."""
    happened: datetime = fact.line[names(kind).index("happened_at")]
    return happened < bounds(before.on)[1]
