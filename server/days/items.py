"""The items of a day as `gate.reconcile` wants them: all of them, or those of a few names with all counterparts."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, false, func
from sqlmodel import Session, col, select

from gate.messages import Direction, OpeningReason
from gate.reconcile import Opening, Passage, Visit
from gate.vehicle import VehicleClass
from server.days import spans
from server.days.spans import COUNTERPART, between, chunks, names, unindexed
from server.derived import VisitRow
from server.facts import ChargeRow, ExplainedRow, OpeningRow, PassageRow
from server.facts_money import ClaimRow
from server.facts_visits import CorrectionRow
from server.supplements import added, picked


class Span(NamedTuple):
    """A site's day."""

    site: str
    start: datetime
    end: datetime


class Names(NamedTuple):
    """What to load of a day: these visits with their passages and payments, and these items by themselves."""

    visits: set[str]
    passages: set[str]
    openings: set[str]
    payments: set[tuple[str, str]]


def visit_of_passage() -> ColumnElement[str]:
    """Whose passage it was: by a person's correction, by the box, by what it said afterwards."""
    return func.coalesce(CorrectionRow.visit, PassageRow.visit, ExplainedRow.visit)


def with_words(found: Any) -> Any:
    """Passages with what was said of them later."""
    explained: Any = found.join(ExplainedRow, col(ExplainedRow.passage) == col(PassageRow.passage), isouter=True)
    return explained.join(CorrectionRow, col(CorrectionRow.passage) == col(PassageRow.passage), isouter=True)


def passages(session: Session, span: Span, only: Names | None) -> tuple[Passage, ...]:
    """Those of the day and of the hour after it."""
    at = col(PassageRow.happened_at)
    if only is None:
        wheres = iter([and_(col(PassageRow.site) == span.site, between(at, span.start, span.end + COUNTERPART))])
    else:
        near = and_(unindexed(PassageRow.site) == span.site, between(unindexed(at), span.start, span.end + COUNTERPART))
        wheres = (and_(where, near) for where in _passages(only))
    found = {row.passage: _passage(row, visit) for where in wheres for row, visit in _with_visits(session, where)}
    return tuple(sorted(found.values(), key=lambda each: (each.at, each.passage)))


def _with_visits(session: Session, where: ColumnElement[bool]) -> Iterator[Any]:
    wanted: Any = select(PassageRow, visit_of_passage())
    yield from session.exec(with_words(wanted).where(where))


def _passages(only: Names) -> Iterator[ColumnElement[bool]]:
    """Each way of finding one through an index of its own."""
    passage = col(PassageRow.passage)
    for some in chunks(only.visits):
        yield col(PassageRow.visit).in_(some)
        for told in (ExplainedRow, CorrectionRow):
            yield passage.in_(select(told.passage).where(col(told.visit).in_(some)))
    for some in chunks(only.passages):
        yield passage.in_(some)


def _passage(row: PassageRow, visit: str | None) -> Passage:
    return Passage(
        passage=row.passage,
        lane=row.lane,
        direction=Direction(row.direction),
        visit=visit,
        opening=row.opening,
        tailgate=row.tailgate,
        at=row.happened_at,
    )


def openings(session: Session, span: Span, passed: tuple[Passage, ...], only: Names | None) -> tuple[Opening, ...]:
    """Those of the day, and those of before under which somebody passed on it: an arm may be held up for days."""
    near = between(col(OpeningRow.happened_at), span.start - COUNTERPART, span.end)
    used = {each.opening for each in passed if each.opening and each.at < span.end}
    found = {}
    for where in _openings(and_(col(OpeningRow.site) == span.site, near), used, only):
        for row in session.exec(select(OpeningRow).where(where)):
            if row.site == span.site:  # not asked of the database, which would look through all of the site's
                found[row.opening] = _opening(row)
    return tuple(sorted(found.values(), key=lambda each: (each.at, each.opening)))


def _openings(near: ColumnElement[bool], used: set[str], only: Names | None) -> Iterator[ColumnElement[bool]]:
    if only is None:
        yield near
    for some in chunks(used if only is None else used | only.openings):
        yield col(OpeningRow.opening).in_(some)


def _opening(row: OpeningRow) -> Opening:
    return Opening(
        opening=row.opening,
        lane=row.lane,
        reason=OpeningReason(row.reason),
        by=row.by,
        note=row.note,
        visit=row.visit,
        at=row.happened_at,
    )


class Known(NamedTuple):
    """A visit and what it was charged, with its supplements; `asked_at`: when the last of it was asked for."""

    row: VisitRow
    charged: int | None
    charged_at: datetime | None
    asked_at: datetime | None
    claimed: bool


def visits(session: Session, span: Span, only: Names | None) -> list[Known]:
    """The visits of the day, in the order they were opened."""
    more, claimed = added(span.site), col(ClaimRow.visit).is_not(None)
    total = ChargeRow.total + func.coalesce(more.c.total, 0)
    every = (
        picked(VisitRow, total, ChargeRow.happened_at, func.coalesce(more.c.at, ChargeRow.happened_at), claimed)
        .join(ChargeRow, col(ChargeRow.visit) == col(VisitRow.visit), isouter=True)
        .join(more, more.c.visit == col(VisitRow.visit), isouter=True)
        .join(ClaimRow, col(ClaimRow.visit) == col(VisitRow.visit), isouter=True)
    )
    if only is None:
        wheres: list[Any] = [col(VisitRow.visit).in_(names(*span))]
    else:
        wheres = [col(VisitRow.visit).in_(some) for some in chunks(spans.known(session, *span, only.visits))]
    found = [Known(*row) for where in wheres or [false()] for row in session.exec(every.where(where))]
    return sorted(found, key=lambda each: (each.row.opened_at, each.row.visit))


def visit(known: Known, *, credited: int, waived: int) -> Visit:
    """As the rules want it."""
    row = known.row
    return Visit(
        visit=row.visit,
        vehicle_class=VehicleClass(row.vehicle_class),
        read=row.read,
        opened_at=row.opened_at,
        entered_at=row.entered_at,
        left_at=row.left_at,
        voided=row.voided,
        quoted=row.quoted,
        recomputed=row.recomputed,
        charged=known.charged,
        charged_at=known.charged_at,
        asked_at=known.asked_at,
        claimed=known.claimed,
        credited=credited,
        waived=waived,
    )
