"""The items of a day as `gate.reconcile` wants them: all of them, or those of a few names with all counterparts."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Row, and_, cast, func, union_all
from sqlmodel import Session, col, select

from gate.messages import Direction, OpeningReason
from gate.reconcile import Opening, Passage, Visit
from gate.vehicle import VehicleClass
from server.days import spans
from server.days.spans import AFTER, BEFORE, END, NAMES, SITE, SOME, START, among, between, chunks, unindexed
from server.derived import VisitRow
from server.facts import ChargeRow, ExplainedRow, OpeningRow, PassageRow, SupplementRow
from server.facts_money import ClaimRow
from server.facts_visits import CorrectionRow

picked: Final[Any] = select
"""Columns chosen at run time have no types of their own."""


class Span(NamedTuple):
    """A site's day."""

    site: str
    start: datetime
    end: datetime

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of statements about it."""
        return spans.values(*self)

    def values_of(self, names: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The same for statements about some of its items, so many names at a time; nothing where there is none."""
        return (self.values | {SOME: some} for some in chunks(names))


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


_A_PASSAGE: Final[Any] = with_words(
    picked(
        PassageRow.passage,
        PassageRow.lane,
        PassageRow.direction,
        PassageRow.opening,
        PassageRow.tailgate,
        PassageRow.happened_at,
        visit_of_passage().label("whose"),
    )
)
_AT: Final = col(PassageRow.happened_at)
_ALL_PASSAGES: Final = _A_PASSAGE.where(col(PassageRow.site) == SITE, between(_AT, START, AFTER))
_NEAR: Final = and_(unindexed(PassageRow.site) == SITE, between(unindexed(_AT), START, AFTER))
_TOLD: Final[Any] = union_all(
    *(picked(each.passage).where(among(each.visit)) for each in (ExplainedRow, CorrectionRow))
)
_PASSAGES_OF: Final = _A_PASSAGE.where(among(PassageRow.visit), _NEAR)
_PASSAGES_TOLD_OF: Final = _A_PASSAGE.where(col(PassageRow.passage).in_(_TOLD), _NEAR)
_PASSAGES: Final = _A_PASSAGE.where(among(PassageRow.passage), _NEAR)


def passages(session: Session, span: Span, only: Names | None) -> tuple[Passage, ...]:
    """Those of the day and of the hour after it."""
    asked = [(_ALL_PASSAGES, span.values)] if only is None else _passages(span, only)
    connection = session.connection()
    rows = (row for statement, given in asked for row in connection.execute(statement, given).all())
    found = {row.passage: _passage(row) for row in rows}
    return tuple(sorted(found.values(), key=lambda each: (each.at, each.passage)))


def _passages(span: Span, only: Names) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Each way of finding one through an index of its own."""
    for given in span.values_of(only.visits):
        yield _PASSAGES_OF, given
        yield _PASSAGES_TOLD_OF, given
    for given in span.values_of(only.passages):
        yield _PASSAGES, given


def _passage(row: Row[Any]) -> Passage:
    return Passage(
        passage=row.passage,
        lane=row.lane,
        direction=Direction(row.direction),
        visit=row.whose,
        opening=row.opening,
        tailgate=row.tailgate,
        at=row.happened_at,
    )


_AN_OPENING: Final[Any] = picked(
    OpeningRow.opening,
    OpeningRow.site,
    OpeningRow.lane,
    OpeningRow.reason,
    OpeningRow.by,
    OpeningRow.note,
    OpeningRow.visit,
    OpeningRow.happened_at,
)
_ALL_OPENINGS: Final = _AN_OPENING.where(
    col(OpeningRow.site) == SITE, between(col(OpeningRow.happened_at), BEFORE, END)
)
_OPENINGS: Final = _AN_OPENING.where(among(OpeningRow.opening))


def openings(session: Session, span: Span, passed: tuple[Passage, ...], only: Names | None) -> tuple[Opening, ...]:
    """Those of the day, and those of before under which somebody passed on it: an arm may be held up for days."""
    used = {each.opening for each in passed if each.opening and each.at < span.end}
    asked = [(_OPENINGS, given) for given in span.values_of(used if only is None else used | only.openings)]
    if only is None:
        asked.append((_ALL_OPENINGS, span.values))
    found = {}
    for statement, given in asked:
        for row in session.connection().execute(statement, given).all():
            if row.site == span.site:  # not asked of the database, which would look through all of the site's
                found[row.opening] = _opening(row)
    return tuple(sorted(found.values(), key=lambda each: (each.at, each.opening)))


def _opening(row: Row[Any]) -> Opening:
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

    visit: str
    vehicle_class: str
    read: bool
    opened_at: datetime
    entered_at: datetime | None
    left_at: datetime | None
    voided: bool
    quoted: int | None
    recomputed: int | None
    charged: int | None
    charged_at: datetime | None
    asked_at: datetime | None
    claimed: bool


def _every_visit() -> Any:
    name = col(VisitRow.visit)
    its = (col(SupplementRow.visit) == name, unindexed(SupplementRow.site) == SITE)
    more, last = (
        picked(each).where(*its).correlate(VisitRow).scalar_subquery()
        for each in (cast(func.sum(SupplementRow.total), BigInteger), func.max(SupplementRow.happened_at))
    )
    columns = (getattr(VisitRow, name) for name in Known._fields[: Known._fields.index("charged")])
    charged = (ChargeRow.total + func.coalesce(more, 0), ChargeRow.happened_at)
    return (
        picked(*columns, *charged, func.coalesce(last, ChargeRow.happened_at), col(ClaimRow.visit).is_not(None))
        .join_from(VisitRow, ChargeRow, col(ChargeRow.visit) == name, isouter=True)
        .join(ClaimRow, col(ClaimRow.visit) == name, isouter=True)
    )


_A_VISIT: Final = _every_visit()
_ALL_VISITS: Final = _A_VISIT.where(col(VisitRow.visit).in_(NAMES))
_VISITS: Final = _A_VISIT.where(among(VisitRow.visit))


def visits(session: Session, span: Span, only: Names | None) -> list[Known]:
    """The visits of the day, in the order they were opened."""
    if only is None:
        asked = [(_ALL_VISITS, span.values)]
    else:
        asked = [(_VISITS, given) for given in span.values_of(spans.known(session, *span, only.visits))]
    connection = session.connection()
    found = [Known(*row) for statement, given in asked for row in connection.execute(statement, given).all()]
    return sorted(found, key=lambda each: (each.opened_at, each.visit))


def visit(known: Known, *, credited: int, waived: int) -> Visit:
    """As the rules want it."""
    return Visit(
        visit=known.visit,
        vehicle_class=VehicleClass(known.vehicle_class),
        read=known.read,
        opened_at=known.opened_at,
        entered_at=known.entered_at,
        left_at=known.left_at,
        voided=known.voided,
        quoted=known.quoted,
        recomputed=known.recomputed,
        charged=known.charged,
        charged_at=known.charged_at,
        asked_at=known.asked_at,
        claimed=known.claimed,
        credited=credited,
        waived=waived,
    )
