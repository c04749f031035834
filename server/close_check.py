"""Whether the closes of a site and the facts of its closed days are as they were when each day was closed.

Checked are the chain (order, hashes, signatures by our key), what each day was made of against its close, and every
fact in the books against what the day was made of: changed, gone, or put in afterwards. Whoever holds the database and
cuts off the newest closes together with their trail is found by a head that was written down elsewhere.
"""

import base64
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlmodel import Session, col, select

from server import frozen
from server.closing import CLOSED, digest_of
from server.facts import AuditRow, EntryRow, EventRow, PostingRow
from server.facts_bank import StatementRow
from server.facts_day import CloseRow, FrozenRow
from server.frozen import FACTS, Fact, Key, key_of, names
from server.kept import KEPT
from server.reconcile import bounds, local_date

ONE: Final = timedelta(days=1)
CLOCKS_APART: Final = timedelta(minutes=10)
"""How far the clocks of two processes of a centre may lie apart."""
Shown = tuple[date, list[Any]]
"""The day whose close has a fact, and its frozen line."""


class Wrong(NamedTuple):
    """Something that is not as it was: of which day, where, and in words what."""

    on: date | None
    where: str
    what: str


class Checked(NamedTuple):
    """What a check found. `late`: facts of closed days that came after their close and wait for the next."""

    closes: int
    facts: int
    head: str
    wrong: list[Wrong]
    late: list[Wrong]


def check(session: Session, site: str, key: Ed25519PublicKey, anchors: Iterable[str] = ()) -> Checked:
    """Look at everything of the site. anchors: hashes of closes that were written down elsewhere."""
    rows = list(session.exec(select(CloseRow).where(CloseRow.site == site).order_by(col(CloseRow.on))))
    wrong = [*_chain(rows, key), *_trail(session, site, rows), *_anchored(rows, anchors)]
    held: dict[str, dict[Key, Shown]] = {kind: {} for kind in KEPT}
    for row in rows:
        wrong += _parts(session, row, held)
    wrong += [*_orphans(session, site, rows), *_strayed(session, site), *_files(session, site)]
    late: list[Wrong] = []
    for kind in KEPT:
        _compare(session, site, kind, held[kind], rows, wrong, late)
    head = rows[-1].sha256 if rows else ""
    return Checked(len(rows), sum(len(each) for each in held.values()), head, wrong, late)


# --- the chain -------------------------------------------------------------------------------------------------


def _chain(rows: list[CloseRow], key: Ed25519PublicKey) -> Iterator[Wrong]:
    before: CloseRow | None = None
    for row in rows:
        for what in _link(row, before):
            yield Wrong(row.on, "close", what)
        if not _signed(row, key):
            yield Wrong(row.on, "close", "the signature is not by this centre's key")
        before = row


def _link(row: CloseRow, before: CloseRow | None) -> Iterator[str]:
    if before is not None and row.on != before.on + ONE:
        yield f"the day before is {before.on}: closes between are gone"
    if row.previous != (before.sha256 if before else ""):
        yield "does not follow the close before it"
    if row.sha256 != digest_of(row.body):
        yield "the body is not the one of its hash"
    said = _body(row)
    told = (said.get("site"), said.get("on"), said.get("previous"), said.get("by"))
    if told != (row.site, str(row.on), row.previous, row.by) or _moment(said.get("closed_at")) != row.closed_at:
        yield "site, day, maker, time or predecessor are not those of the body"


def _signed(row: CloseRow, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(base64.b64decode(row.signature, validate=True), row.body.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _trail(session: Session, site: str, rows: list[CloseRow]) -> Iterator[Wrong]:
    """Each close left a line in the audit log."""
    told = select(AuditRow.subject, AuditRow.detail).where(AuditRow.what == CLOSED)
    logged = {subject: detail for subject, detail in session.exec(told) if subject.startswith(f"{site} ")}
    for row in rows:
        detail = logged.pop(f"{site} {row.on}", None)
        if detail is None:
            yield Wrong(row.on, "close", "the audit log does not know of it")
        elif msgspec.json.decode(detail).get("sha256") != row.sha256:
            yield Wrong(row.on, "close", "the audit log has another hash of it")
    for subject in sorted(logged):
        yield Wrong(date.fromisoformat(subject.split(" ")[1]), "close", "was made, and is gone")


def _anchored(rows: list[CloseRow], anchors: Iterable[str]) -> Iterator[Wrong]:
    known = {row.sha256 for row in rows}
    for anchor in anchors:
        if anchor not in known:
            yield Wrong(None, "close", f"no close has the hash {anchor} that was written down")


# --- what each day was made of -----------------------------------------------------------------------------------


def _parts(session: Session, row: CloseRow, held: dict[str, dict[Key, Shown]]) -> Iterator[Wrong]:
    """Its frozen parts against the close; the facts go into `held`."""
    parts = _body(row).get("parts", {})
    for part, digest in parts.items():
        body = _unzipped(session.get(FrozenRow, (row.site, row.on, part)))
        if body is None:
            yield Wrong(row.on, part, "what the day was made of is gone or cannot be read")
        elif hashlib.sha256(body).hexdigest() != digest:
            yield Wrong(row.on, part, "what the day was made of is not what its close names")
        elif part == FACTS:
            yield from _facts(row, msgspec.json.decode(body), held)


def _facts(row: CloseRow, said: dict[str, Any], held: dict[str, dict[Key, Shown]]) -> Iterator[Wrong]:
    for kind, kept in said.items():
        if kept["columns"] != list(names(kind)):  # a later version has more columns: those of then are compared
            continue
        for line in kept["lines"]:
            key = key_of(kind, line)
            if key in held[kind]:
                yield Wrong(row.on, kind, f"{' '.join(key)} is in the close of {held[kind][key][0]} too")
            held[kind][key] = (row.on, line)


def _orphans(session: Session, site: str, rows: list[CloseRow]) -> Iterator[Wrong]:
    known = {(row.on, part) for row in rows for part in _body(row).get("parts", {})}
    query = select(col(FrozenRow.on), col(FrozenRow.part)).where(FrozenRow.site == site)
    for on, part in session.exec(query.order_by(col(FrozenRow.on), col(FrozenRow.part))):
        if (on, part) not in known:
            yield Wrong(on, part, "belongs to no close")


def _strayed(session: Session, site: str) -> Iterator[Wrong]:
    """Postings that name another visit than their entry: what stands on a visit is read from them."""
    own = select(PostingRow.key, PostingRow.visit).join(EntryRow, col(EntryRow.key) == col(PostingRow.key))
    for key, visit in session.exec(own.where(EntryRow.site == site, col(PostingRow.visit) != EntryRow.visit)):
        yield Wrong(None, "posting", f"{key}: names the visit {visit}, and its entry another")


def _files(session: Session, site: str) -> Iterator[Wrong]:
    """Files whose bytes are not those of their hash, one in memory at a time."""
    known = select(StatementRow.sha256, StatementRow.name, StatementRow.imported_at).where(StatementRow.site == site)
    for sha256, name, at in session.exec(known.order_by(col(StatementRow.imported_at))).all():
        raw: Any = session.exec(select(StatementRow.raw).where(StatementRow.sha256 == sha256)).one()
        if not isinstance(raw, bytes) or hashlib.sha256(raw).hexdigest() != sha256:  # SQLite takes any type
            yield Wrong(local_date(at), "statement", f"{name}: the bytes are not those of {sha256}")


def _unzipped(row: FrozenRow | None) -> bytes | None:
    if row is None:
        return None
    try:
        return zlib.decompress(row.body)
    except zlib.error:
        return None


# --- the facts in the books --------------------------------------------------------------------------------------


def _compare(
    session: Session,
    site: str,
    kind: str,
    held: dict[Key, Shown],
    rows: list[CloseRow],
    wrong: list[Wrong],
    late: list[Wrong],
) -> None:
    """The books' facts of a kind against what the closes have."""
    left = dict(held)
    closed_to = bounds(rows[-1].on)[1] if rows else None
    for fact in frozen.live(session, site, kind):
        key = key_of(kind, fact.line)
        known = left.pop(key, None)
        if known is not None:
            wrong += [Wrong(known[0], kind, what) for what in _differs(kind, key, known[1], fact)]
        elif closed_to is not None and fact.at < closed_to:
            _outside(session, kind, key, fact, rows, wrong, late)
    wrong += [Wrong(on, kind, f"{' '.join(key)} is gone") for key, (on, _) in left.items()]


def _differs(kind: str, key: Key, line: list[Any], fact: Fact) -> Iterator[str]:
    for name, then, now in zip(names(kind), line, frozen.plain(fact.line), strict=True):
        if then != now:
            yield f"{' '.join(key)}: {name} was {then!r} and is {now!r}"


def _outside(
    session: Session, kind: str, key: Key, fact: Fact, rows: list[CloseRow], wrong: list[Wrong], late: list[Wrong]
) -> None:
    """A fact of a closed day that no close has came after the close, or somebody put it in."""
    on = local_date(fact.at)
    day = max(on, rows[0].on)
    closed_at = next((row.closed_at for row in rows if row.on >= day), rows[-1].closed_at)
    recorded = _recorded(session, kind, fact)
    if recorded is not None and recorded >= closed_at - CLOCKS_APART:
        late.append(Wrong(on, kind, f"{' '.join(key)} came after the close and counts on the next day to be closed"))
    else:
        wrong.append(Wrong(on, kind, f"{' '.join(key)} was put in after the close"))


def _recorded(session: Session, kind: str, fact: Fact) -> datetime | None:
    """When the books learnt of it: by its own column, or by the message of the box that it came with."""
    named = dict(zip(names(kind), fact.line, strict=True))
    if KEPT[kind].recorded:
        recorded: datetime = named[KEPT[kind].recorded]
        return recorded
    told = select(EventRow.recorded_at).where(EventRow.site == named["site"], EventRow.happened_at == fact.at)
    return session.exec(told.order_by(col(EventRow.recorded_at).desc()).limit(1)).first()


def _body(row: CloseRow) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(row.body)
    except msgspec.DecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _moment(said: Any) -> datetime | None:
    try:
        return frozen.moment(str(said))
    except ValueError:
        return None
