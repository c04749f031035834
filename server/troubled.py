"""Exits that are nobody's and stays that never ended, as the vault's reads show them; and what is usual at the site."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, or_, select

from gate.assignment import Clean, Habits, Seen, learned
from gate.likeness import as_read
from gate.messages import Direction, TagRead, VehiclePassed
from gate.vehicle import VehicleClass
from gate.wire import Malformed, decode
from server import vault_plates
from server.corrections import DOUBTED, RULE
from server.derived import VisitRow
from server.facts import EventRow, ExplainedRow, OpeningRow, PassageRow
from server.facts_visits import CorrectionRow
from server.vault import VaultReadRow

BACK: Final = timedelta(hours=36)
"""How far back exits are looked at again."""
LEARNED: Final = timedelta(days=7)
LEARNED_MOST: Final = 20_000
SAID: Final = 0.999
"""How sure each character of a plate is that a person has read off the picture."""
_AT_ONCE: Final = 500


class Exit(NamedTuple):
    """A passage in question. `before`: the visit it was booked on; `approach` empty where nothing was looked at."""

    passage: str
    approach: str
    lane: str
    at: datetime
    before: str


class Known(NamedTuple):
    """What is known of vehicles by their approaches: the readers' reads, people's plates, the tags."""

    reads: dict[str, VaultReadRow]
    said: dict[str, str]
    tags: dict[str, str]


class Troubled(NamedTuple):
    """All of a site's trouble at a moment. `outs` and `exits` go together."""

    exits: list[Exit]
    outs: list[Seen]
    stays: list[Seen]
    habits: Habits


def look(session: Session, site: str, now: datetime) -> Troubled:
    """Exits of the last day and a half, all stays that may be theirs. Only reads."""
    exits = [*_nobodys(session, site, now), *_doubted(session, site, now)]
    stays = open_stays(session, site, now)
    approaches = [each.approach for each in exits] + [each.entry_approach for each in stays]
    known = Known(reads_of(session, approaches), vault_plates.said(session, approaches), tags_of(session, site, now))
    outs = [_seen(each.passage, each.at, each.lane, each.approach, known) for each in exits]
    return Troubled(exits, outs, [_came(stay, known) for stay in stays], habits_of(session, site, now))


def habits_of(session: Session, site: str, now: datetime) -> Habits:
    """What is usual at the site, by its clean stays of a week."""
    columns = (
        vault_plates.known_as(),
        VisitRow.vehicle_class,
        VisitRow.entered_at,
        VisitRow.left_at,
        VisitRow.entry_lane,
        VisitRow.exit_lane,
    )
    clean = (
        select(*columns)  # type: ignore[call-overload] # six columns are more than its stubs know
        .join(VaultReadRow, col(VaultReadRow.approach) == col(VisitRow.entry_approach))
        .where(VisitRow.site == site, col(VisitRow.left_at) >= now - LEARNED, col(VisitRow.entered_at).is_not(None))
        .where(col(VisitRow.match_probability) >= DOUBTED)
        .order_by(col(VisitRow.left_at).desc())
        .limit(LEARNED_MOST)
    )
    return learned(
        Clean(plate, VehicleClass(kind), entered, left, entry, exit_ or "")
        for plate, kind, entered, left, entry, exit_ in session.exec(clean)
    )


def open_stays(session: Session, site: str, now: datetime) -> Sequence[VisitRow]:
    """Who came in and never left, and who left of late by a match that is in doubt."""
    never_left, of_late = col(VisitRow.left_at).is_(None), col(VisitRow.left_at) >= now - BACK
    here = (VisitRow.site == site, col(VisitRow.entered_at).is_not(None), col(VisitRow.voided).is_(False))
    return session.exec(
        select(VisitRow).where(*here, or_(never_left, and_(of_late, in_doubt()))).order_by(col(VisitRow.visit))
    ).all()


def in_doubt() -> ColumnElement[bool]:
    """The condition of a visit that left by a match in doubt."""
    return and_(col(VisitRow.matched_by) == RULE, col(VisitRow.match_probability) < DOUBTED)


def came(session: Session, site: str, now: datetime) -> list[Seen]:
    """The entries of all stays that may be leaving."""
    stays = open_stays(session, site, now)
    names = [each.entry_approach for each in stays]
    known = Known(reads_of(session, names), vault_plates.said(session, names), tags_of(session, site, now))
    return [_came(stay, known) for stay in stays if stay.left_at is None]


def seen_at(session: Session, read: VaultReadRow, tags: dict[str, str]) -> Seen:
    """A vehicle that stands, or stood, at a lane."""
    known = Known({read.approach: read}, vault_plates.said(session, [read.approach]), tags)
    return _seen(read.approach, read.happened_at, read.lane, read.approach, known)


# --- exits ------------------------------------------------------------------------------------------------


def _nobodys(session: Session, site: str, now: datetime) -> list[Exit]:
    """Passages out without a visit that nothing has explained since."""
    explained = select(ExplainedRow.passage).where(ExplainedRow.passage == PassageRow.passage)
    rows = session.exec(
        select(PassageRow)
        .where(PassageRow.site == site, PassageRow.direction == Direction.OUT, col(PassageRow.visit).is_(None))
        .where(col(PassageRow.happened_at) >= now - BACK, ~explained.exists())
        .order_by(col(PassageRow.happened_at), col(PassageRow.passage))
    ).all()
    approaches = approaches_of(session, site, rows)
    return [Exit(row.passage, approaches.get(row.passage, ""), row.lane, row.happened_at, "") for row in rows]


def _doubted(session: Session, site: str, now: datetime) -> list[Exit]:
    corrected = select(CorrectionRow.passage).where(CorrectionRow.passage == VisitRow.exit_passage)
    rows = session.exec(
        select(VisitRow)
        .where(VisitRow.site == site, in_doubt(), col(VisitRow.left_at) >= now - BACK)
        .where(col(VisitRow.exit_passage).is_not(None), ~corrected.exists())
        .order_by(col(VisitRow.left_at), col(VisitRow.visit))
    )
    return [
        Exit(row.exit_passage, row.exit_approach or "", row.exit_lane or "", row.left_at, row.visit)
        for row in rows
        if row.exit_passage and row.left_at
    ]


def approaches_of(session: Session, site: str, passages: Sequence[PassageRow]) -> dict[str, str]:
    """Where each passage's vehicle was looked at: as the box said with it, else as its opening was given."""
    found: dict[str, str] = {}
    for some in _chunks([row for row in passages if row.opening and not row.tailgate]):
        names = {row.opening: row.passage for row in some}
        rows = select(OpeningRow.opening, OpeningRow.approach).where(col(OpeningRow.opening).in_(list(names)))
        found |= {names[opening]: approach for opening, approach in session.exec(rows) if approach}
    for some in _chunks(passages):
        said = select(EventRow.body).where(
            EventRow.site == site,
            EventRow.kind == "vehicle_passed",
            col(EventRow.sequence).in_({row.sequence for row in some}),
            col(EventRow.journal).in_({row.journal for row in some}),
        )
        for body in _bodies(session.exec(said), VehiclePassed):
            if body.approach:
                found[str(body.passage)] = str(body.approach)
    return found


# --- what was seen ----------------------------------------------------------------------------------------


def reads_of(session: Session, approaches: Iterable[str]) -> dict[str, VaultReadRow]:
    """The vault's reads of these approaches."""
    found: dict[str, VaultReadRow] = {}
    for some in _chunks([each for each in approaches if each]):
        rows = session.exec(select(VaultReadRow).where(col(VaultReadRow.approach).in_(some)))
        found |= {row.approach: row for row in rows}
    return found


def tags_of(session: Session, site: str, now: datetime) -> dict[str, str]:
    """Which tag was before which lane's reader of late, by approach."""
    said = select(EventRow.body).where(
        EventRow.site == site, EventRow.kind == "tag_read", col(EventRow.happened_at) >= now - BACK
    )
    return {str(body.approach): body.tag_sha256 for body in _bodies(session.exec(said), TagRead)}


def _bodies(said: Iterable[str], kind: Any) -> Iterator[Any]:
    for body in said:
        try:
            yield decode(body.encode(), kind)
        except Malformed:  # of another version: it is evidence for nothing
            continue


def _came(stay: VisitRow, known: Known) -> Seen:
    seen = _seen(stay.visit, stay.entered_at or stay.opened_at, stay.entry_lane, stay.entry_approach, known)
    return seen._replace(kind=VehicleClass(stay.vehicle_class))


def _seen(name: str, at: datetime, lane: str, approach: str, known: Known) -> Seen:
    """The plate is a person's word where there is one: it is sure, and is nothing else."""
    read, plate, tag = known.reads.get(approach), known.said.get(approach), known.tags.get(approach, "")
    kind = VehicleClass(read.vehicle_class) if read and read.vehicle_class else None
    if plate:
        return Seen(name, at, lane, as_read(plate, [SAID] * len(plate)), kind, tag)
    if read is None:
        return Seen(name, at, lane, as_read(""), None, tag)
    return Seen(name, at, lane, as_read(read.plate, _sure(read), _others(read)), kind, tag)


def _sure(read: VaultReadRow) -> list[float]:
    """The reader's probability of each character; where it gave none, of the whole plate."""
    signs = msgspec.json.decode(read.characters or "[]", type=list[tuple[str, float]])
    return [share for _, share in signs] or [read.confidence]


def _others(read: VaultReadRow) -> list[tuple[str, float]]:
    """What else its reader held the plate to be."""
    return msgspec.json.decode(read.others or "[]", type=list[tuple[str, float]])


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
