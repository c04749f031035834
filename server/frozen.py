"""The facts of a day as a close keeps them: canonical rows, each in exactly one close of its site.

A fact is of the day of its moment; a charge is of the day of its exit. The close of a day takes whatever is of that day
or an earlier one and in no close yet: what comes late is in the next close, never in none and never in two.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Select, and_, func, or_
from sqlmodel import Session, SQLModel, col, select

from gate.ledger import EntryKind
from server.derived import VisitRow
from server.facts import AnomalyRow, ChargeRow, EntryRow, ExplainedRow, OpeningRow, PassageRow, PaymentRow, PostingRow
from server.facts_bank import ExplanationRow
from server.facts_day import (
    AnchorRow,
    CloseRow,
    FrozenRow,
    HandOverRow,
    ReceiptRow,
    ShiftRow,
    WorkRow,
    WriteOffRow,
)
from server.facts_money import ClaimRow, DecisionRow, DepositRow, OrderRow, RefundRow, TakenBackRow
from server.facts_visits import CorrectionRow, InsideRow, LostEntryRow, PairingWordRow
from server.reconcile import bounds

FACTS: Final = "facts"
ROWS: Final = "rows"
SLACK: Final = timedelta(days=1)
"""How far before the close before it is looked first for what that one did not take."""
Line = tuple[Any, ...]
Key = tuple[str, ...]


class Kept(NamedTuple):
    """A table of facts of a site: the column of its day, and that of its recording where it has one."""

    table: type[SQLModel]
    moment: str
    recorded: str = ""


KEPT: Final[dict[str, Kept]] = {
    str(kept.table.__tablename__): kept
    for kept in (
        Kept(PassageRow, "happened_at"),
        Kept(OpeningRow, "happened_at"),
        Kept(ExplainedRow, "happened_at"),
        Kept(ChargeRow, "happened_at", "recorded_at"),
        Kept(PaymentRow, "received_at", "received_at"),
        Kept(EntryRow, "happened_at", "recorded_at"),
        Kept(ExplanationRow, "at", "at"),
        Kept(DecisionRow, "made_at", "made_at"),
        Kept(RefundRow, "made_at", "made_at"),
        Kept(ClaimRow, "made_at", "made_at"),
        Kept(DepositRow, "made_at", "made_at"),
        Kept(ShiftRow, "began_at", "began_at"),
        Kept(ReceiptRow, "at", "at"),
        Kept(HandOverRow, "ended_at", "ended_at"),
        Kept(WorkRow, "at", "at"),
        Kept(WriteOffRow, "at", "at"),
        Kept(TakenBackRow, "happened_at", "recorded_at"),
        Kept(OrderRow, "created_at", "created_at"),
        Kept(CorrectionRow, "made_at", "made_at"),
        Kept(LostEntryRow, "made_at", "made_at"),
        Kept(PairingWordRow, "at", "at"),
        Kept(InsideRow, "taken_at", "taken_at"),
        Kept(AnchorRow, "at", "at"),
        Kept(AnomalyRow, "happened_at"),
    )
}
ENTRY: Final = str(EntryRow.__tablename__)
CHARGE: Final = str(ChargeRow.__tablename__)
PAYMENT: Final = str(PaymentRow.__tablename__)


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


def names(kind: str) -> list[str]:
    """The columns of a kind of fact, in the order of a line."""
    columns = [column.name for column in KEPT[kind].table.__table__.columns]  # type: ignore[attr-defined]
    return [*columns, "postings"] if kind == ENTRY else columns


def key_of(kind: str, line: Line) -> Key:
    """The primary key within a line: its first columns."""
    width = len(KEPT[kind].table.__table__.primary_key.columns)  # type: ignore[attr-defined]
    return tuple(str(part) for part in line[:width])


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


def unpacked(body: bytes) -> Any:
    """What `packed` took."""
    return msgspec.json.decode(zlib.decompress(body))


def frozen(session: Session, site: str, on: date, part: str) -> Any:
    """A part of a closed day, None where there is none."""
    row = session.get(FrozenRow, (site, on, part))
    return None if row is None else unpacked(row.body)


def gathered(session: Session, site: str, on: date) -> dict[str, list[Fact]]:
    """All facts that the close of the day takes, each kind in the order of its keys."""
    before = last(session, site)
    _, end = bounds(on)
    return {
        kind: sorted((fact for fact in _open(session, site, kind, on, before) if fact.at < end), key=_by_key(kind))
        for kind in KEPT
    }


def taken(session: Session, site: str, since: datetime | None = None) -> dict[str, set[Key]]:
    """The keys of all facts in closes, or in closes made since."""
    query = select(FrozenRow.body).where(FrozenRow.site == site, FrozenRow.part == FACTS)
    if since is not None:
        made = select(col(CloseRow.on)).where(CloseRow.site == site, CloseRow.closed_at >= since)
        query = query.where(col(FrozenRow.on).in_(made))
    keys: dict[str, set[Key]] = {kind: set() for kind in KEPT}
    for body in session.exec(query):
        for kind, held in unpacked(body).items():
            keys[kind].update(key_of(kind, line) for line in held["lines"])
    return keys


def live(session: Session, site: str, kind: str, *where: Any) -> Iterator[Fact]:
    """The facts of a kind as the books have them now."""
    kept = KEPT[kind]
    columns = list(kept.table.__table__.columns)  # type: ignore[attr-defined]
    query: Select[Any] = select(*columns).where(columns[names(kind).index("site")] == site, *where)
    if kind in {ENTRY, CHARGE}:
        visit = columns[names(kind).index("visit")]
        query = query.add_columns(col(VisitRow.left_at)).join(VisitRow, col(VisitRow.visit) == visit, isouter=True)
    postings = _postings(session, site, *where) if kind == ENTRY else {}
    for row in session.connection().execute(query):
        line = tuple(row)[: len(columns)]
        if kind == ENTRY:
            yield Fact(_at(kind, line, row[-1]), (*line, postings.get(line[0], [])))
        else:
            yield Fact(_at(kind, line, row[-1] if kind == CHARGE else None), line)


def plain(line: Line) -> list[Any]:
    """The line as it reads out of JSON, to be compared with what is frozen."""
    return list(msgspec.to_builtins(line))


def _at(kind: str, line: Line, left_at: datetime | None) -> datetime:
    """A clock that is ahead of the recording is not believed."""
    named = names(kind)
    kept = KEPT[kind]
    at: datetime = line[named.index(kept.moment)]
    if kept.recorded:
        at = min(at, line[named.index(kept.recorded)])
    if kind == ENTRY and line[named.index("kind")] == EntryKind.PAYMENT:
        at = line[named.index("recorded_at")]  # as its payment
    of_charge = kind == CHARGE or (kind == ENTRY and line[named.index("kind")] == EntryKind.CHARGE)
    return max(at, left_at) if of_charge and left_at is not None else at


def _postings(session: Session, site: str, *where: Any) -> dict[str, list[list[Any]]]:
    query = (
        select(PostingRow.key, PostingRow.line, PostingRow.account, PostingRow.amount)
        .join(EntryRow, col(EntryRow.key) == col(PostingRow.key))
        .where(EntryRow.site == site, *where)
        .order_by(col(PostingRow.key), col(PostingRow.line))
    )
    found: dict[str, list[list[Any]]] = {}
    for key, line, account, amount in session.connection().execute(query):
        found.setdefault(key, []).append([line, account, amount])
    return found


def _open(session: Session, site: str, kind: str, on: date, before: Close | None) -> Iterable[Fact]:
    """Facts of the kind that no close has. First those near the day; if some must be elsewhere, among all."""
    if before is None:
        return live(session, site, kind)
    kept = KEPT[kind]
    start, _ = bounds(on)
    since = min(start, before.closed_at) - SLACK
    column = getattr(kept.table, kept.recorded or kept.moment)
    held = taken_of(session, site, kind, since)
    near = [fact for fact in live(session, site, kind, column >= since) if key_of(kind, fact.line) not in held]
    if len(near) + before.body["facts"].get(kind, {"total": 0})["total"] == _count(session, site, kept.table):
        return near
    held = taken_of(session, site, kind, None)
    return [fact for fact in live(session, site, kind) if key_of(kind, fact.line) not in held]


def taken_of(session: Session, site: str, kind: str, since: datetime | None) -> set[Key]:
    """The keys of one kind; what is unpacked for it is kept with the session for the next kind."""
    known: dict[datetime | None, dict[str, set[Key]]] = session.info.setdefault(f"taken {site}", {})
    if since not in known:
        known[since] = taken(session, site, since)
    return known[since][kind]


def _count(session: Session, site: str, table: type[SQLModel]) -> int:
    query = select(func.count()).select_from(table).where(table.__table__.columns["site"] == site)  # type: ignore[attr-defined]
    return int(session.exec(query).one())


def _by_key(kind: str) -> Any:
    return lambda fact: key_of(kind, fact.line)


def moment(text: str) -> datetime:
    """A moment out of a frozen line."""
    return datetime.fromisoformat(text).astimezone(UTC)


def counted(facts: dict[str, list[Fact]], on: date, *, first: bool) -> dict[str, list[Fact]]:
    """Those that the day's figures count. A site's first close takes what was before it, and counts only the day."""
    if not first:
        return facts
    start, _ = bounds(on)
    return {kind: [fact for fact in rows if fact.at >= start] for kind, rows in facts.items()}


def of_day(session: Session, site: str, on: date) -> dict[str, list[Fact]]:
    """What counts on a day that is not closed: what its close would take, or, for a later day, what is of it."""
    before = last(session, site)
    if before is not None and on == before.on + timedelta(days=1):
        return gathered(session, site, on)
    start, end = bounds(on)
    found = {}
    for kind in KEPT:
        near = [fact for fact in live(session, site, kind, _near(site, kind, start, end)) if start <= fact.at < end]
        if before is not None and kind in {CHARGE, ENTRY} and any(_older(kind, fact, before) for fact in near):
            held = taken_of(session, site, kind, None)
            near = [fact for fact in near if key_of(kind, fact.line) not in held]
        found[kind] = sorted(near, key=_by_key(kind))
    return found


def _near(site: str, kind: str, start: datetime, end: datetime) -> ColumnElement[bool]:
    """Rows that may be of the day: by their moment, their recording, or the exit of their visit."""
    kept = KEPT[kind]
    conditions = [_within(getattr(kept.table, kept.moment), start, end)]
    if kept.recorded:
        conditions.append(_within(getattr(kept.table, kept.recorded), start, end))
    if kind in {ENTRY, CHARGE}:
        left = select(VisitRow.visit).where(VisitRow.site == site, _within(col(VisitRow.left_at), start, end))
        conditions.append(getattr(kept.table, "visit").in_(left))  # noqa: B009 - one of two tables
    return or_(*conditions)


def _within(column: Any, start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(column >= start, column < end)


def _older(kind: str, fact: Fact, before: Close) -> bool:
    """Whether an earlier close may have it: a charge made while the vehicle stood inside, which left days later."""
    happened: datetime = fact.line[names(kind).index("happened_at")]
    return happened < bounds(before.on)[1]
