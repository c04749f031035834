"""Whether the clocks of boxes hold together, and when a vehicle truly came in.

Each fact carries its boot, that boot's monotonic time and how well the box knew UTC. Within one boot two facts are as
far apart as their monotonic times, whatever the wall did. A measured offset makes the times of a boot true, also of
its facts from before. Where neither helps, the box's word stands and is a finding.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, bindparam, func, or_
from sqlmodel import Session, col, select

from gate.findings import Code
from gate.messages import ClockQuality, Direction, Envelope
from server.db import insert_once
from server.facts import AnomalyRow, EventRow, ExplainedRow, PassageRow

TOLERANCE: Final = timedelta(minutes=2)
"""What drift and a slow line may do to an honest clock."""
CLOSE: Final = timedelta(seconds=2)
DRIFT: Final = 1e-3
"""Two crystals, 500 ppm each."""
CORRECTED: Final = ":corrected"
"""Ends the subject of the row that names a finding's correction."""


class Timed(NamedTuple):
    """When a fact was recorded, by the box's boot and by what the box took for UTC; and where it stands."""

    box: str
    journal: str
    sequence: int
    boot: str
    monotonic_ms: int
    at: datetime
    quality: str
    measured: bool

    @property
    def base(self) -> datetime:
        """When the boot began, by this fact."""
        return self.at - timedelta(milliseconds=self.monotonic_ms)


class Entry(NamedTuple):
    """When a stay began. `sure`: monotonic or measured time says so, not only the box."""

    at: datetime
    sure: bool


def timed(envelope: Envelope) -> Timed:
    """Of a fact as it came."""
    return Timed(
        envelope.box,
        envelope.journal,
        envelope.sequence,
        str(envelope.boot),
        envelope.monotonic_ms,
        envelope.happened_at,
        envelope.clock_quality,
        envelope.clock_offset_ms is not None,
    )


# --- facts that contradict their receipt or one another -----------------------------------------------------


def heed(session: Session, fresh: Iterable[Envelope], received: datetime) -> None:
    """Record where new facts show that a boot's clock is unsure, once a boot, and its correction once it is known."""
    before: dict[tuple[str, str], Timed | None] = {}
    found: dict[str, AnomalyRow] = {}
    for envelope in fresh:
        journal, this = (envelope.box, envelope.journal), timed(envelope)
        last = before[journal] if journal in before else _before(session, envelope)
        before[journal] = this
        why = _contradiction(this, last, received)
        if why:
            to_blame = last if last and _is_of_the_last(this, last) else this
            row = _row(envelope, to_blame, why, received)
            found.setdefault(row.subject, row)
        correction = _correction(this, last)
        if correction is not None:
            row = _corrected(envelope, correction, received)
            found.setdefault(row.subject, row)
    for row in found.values():
        insert_once(session, row)


_SAID: Final = select(AnomalyRow.evidence).where(
    AnomalyRow.code == Code.CLOCK_UNSURE, AnomalyRow.subject == bindparam("subject")
)


def correction_of(session: Session, subject: str) -> dict[str, str]:
    """What is known by now of how far off a finding's boot was."""
    said = session.connection().execute(_SAID, {"subject": subject + CORRECTED}).scalar()
    return msgspec.json.decode(said, type=dict[str, str]) if said else {}


def _before(session: Session, envelope: Envelope) -> Timed | None:
    place = (EventRow.box == envelope.box, EventRow.journal == envelope.journal)
    return _first(session, *place, EventRow.sequence == envelope.sequence - 1)


def _contradiction(this: Timed, last: Timed | None, received: datetime) -> str:
    if this.quality == ClockQuality.UNKNOWN:
        return "the box does not know its time"
    if this.at > received + TOLERANCE:
        return "a fact from the future"
    if last is None:
        return ""
    if this.at < last.at - TOLERANCE:
        return "a fact older than the one before it"
    if this.boot == last.boot and abs(this.base - last.base) > TOLERANCE:
        return "the time was set within a boot"
    return ""


def _is_of_the_last(this: Timed, last: Timed) -> bool:
    """Whether what contradicts is the fault of the fact before: it knew less of its time."""
    return this.measured and not last.measured


def _correction(this: Timed, last: Timed | None) -> timedelta | None:
    """How far off the facts before were, where this one of the same boot knows better."""
    if last is None or last.boot != this.boot or this.quality == ClockQuality.UNKNOWN:
        return None
    moved = this.base - last.base
    return moved if last.quality == ClockQuality.UNKNOWN or abs(moved) > TOLERANCE else None


def _row(envelope: Envelope, blamed: Timed, why: str, received: datetime) -> AnomalyRow:
    return _anomaly(
        envelope,
        f"{envelope.box}:{blamed.boot}",
        received,
        {
            "why": why,
            "box": envelope.box,
            "said": envelope.happened_at.isoformat(),
            "received": received.isoformat(),
            "fact": f"{envelope.journal}:{envelope.sequence}",
        },
    )


def _corrected(envelope: Envelope, by: timedelta, received: datetime) -> AnomalyRow:
    seconds = f"{by.total_seconds():+.1f} s"
    words = {"correction": seconds, "corrected_before": f"{envelope.journal}:{envelope.sequence}"}
    return _anomaly(envelope, f"{envelope.box}:{envelope.boot}{CORRECTED}", received, words)


def _anomaly(envelope: Envelope, subject: str, received: datetime, evidence: dict[str, str]) -> AnomalyRow:
    return AnomalyRow(
        code=Code.CLOCK_UNSURE,
        subject=subject,
        site=envelope.site,
        amount=0,
        happened_at=received,
        evidence=msgspec.json.encode(evidence).decode(),
    )


# --- when a stay began --------------------------------------------------------------------------------------


def entries(session: Session, visits: Sequence[str], boxes: set[str]) -> dict[str, Timed]:
    """The facts of the entries of these visits."""
    explained = select(ExplainedRow.passage).where(col(ExplainedRow.visit).in_(visits))
    theirs = or_(col(PassageRow.visit).in_(visits), col(PassageRow.passage).in_(explained))
    facts = (
        select(func.coalesce(PassageRow.visit, ExplainedRow.visit), EventRow)
        .join(ExplainedRow, col(ExplainedRow.passage) == col(PassageRow.passage), isouter=True)
        .join(
            EventRow,
            (col(EventRow.journal) == col(PassageRow.journal)) & (col(EventRow.sequence) == col(PassageRow.sequence)),
        )
        .where(theirs, PassageRow.direction == Direction.IN, col(EventRow.box).in_(boxes))
    )
    return {visit: _timed(row) for visit, row in session.exec(facts) if visit}


def entered(session: Session, came: Timed | None, quoted: Timed, said: datetime) -> Entry:
    """When the stay began that is priced by the fact `quoted`; `said` is the box's word for it.

    A word that agrees with what is found is taken, so that both sides price the same stretch.
    """
    if came is None:
        return Entry(said, sure=True)
    if came.boot == quoted.boot:
        ago = timedelta(milliseconds=quoted.monotonic_ms - came.monotonic_ms)
        return Entry(_agreed(quoted.at - ago, said, ago), sure=True)
    at: datetime | None = came.at if came.measured else _measured_later(session, came)
    if at is None or not quoted.measured:
        return Entry(said, sure=False)
    return Entry(_agreed(at, said, quoted.at - at), sure=True)


def _agreed(found: datetime, said: datetime, stretch: timedelta) -> datetime:
    return said if abs(found - said) <= CLOSE + DRIFT * abs(stretch) else found


def _measured_later(session: Session, came: Timed) -> datetime | None:
    """When it was, by the first fact of the same boot that knew its time; rare, and it reads on in the journal."""
    behind = (EventRow.box == came.box, EventRow.journal == came.journal, EventRow.sequence > came.sequence)
    known = _first(session, *behind, EventRow.boot == came.boot, col(EventRow.clock_offset_ms).is_not(None))
    return known.base + timedelta(milliseconds=came.monotonic_ms) if known else None


def _first(session: Session, *where: ColumnElement[bool] | bool) -> Timed | None:
    row = session.exec(select(EventRow).where(*where).order_by(col(EventRow.sequence)).limit(1)).first()
    return _timed(row) if row else None


def _timed(row: EventRow) -> Timed:
    return Timed(
        row.box,
        row.journal,
        row.sequence,
        row.boot,
        row.monotonic_ms,
        row.happened_at,
        row.clock_quality,
        row.clock_offset_ms is not None,
    )
