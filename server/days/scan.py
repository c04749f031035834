"""A day's figures, and the names of whatever in it is not plain.

Plain is what cannot be a finding: a passage of a known visit under a known opening, an opening that somebody used, a
stay that was read, priced, paid in full before it left and passed each way once. Only what is sufficient for that is
asked here, in statements over ranges of indexes; the rules themselves are in `gate.reconcile`, and whatever is not
plain goes through them with all of its counterparts. That both ways say the same is proven by test.
"""

from collections import Counter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, literal, or_
from sqlmodel import Session, col, select

from gate.messages import Direction, OpeningReason
from gate.reconcile.rules import UNEXPLAINED
from server.days.items import Names, Span, visit_of_passage, with_words
from server.days.plain import odd
from server.days.spans import COUNTERPART, between, chunks, hour_key, hours_of, there
from server.derived import VisitRow
from server.facts import ChargeRow, OpeningRow, PassageRow, PaymentRow
from server.supplements import added

Way = tuple[int, Direction]
picked: Any = select
"""Columns chosen at run time have no types of their own."""
FLAGS = (
    "visits",
    "unread",
    "voided",
    "inside",
    "charges",
    "visits_in",
    "visits_out",
    "visits_out_charged",
    "came",
    "left",
)
"""What may be true of a visit; the last two also of one that was voided."""
CAME, LEFT = (1 << FLAGS.index(name) for name in ("came", "left"))


class Seen(NamedTuple):
    """What there was in all, and what of it is not plain. `unbalanced`: the sum of postings that should be nothing."""

    counts: dict[str, int]
    ways: Counter[Way]
    charged: Counter[int]
    received: Counter[int]
    troubled: Names
    unbalanced: int


class Passed(NamedTuple):
    """The passages of the day: counted by hour and way, whom they name each way, and the openings they used."""

    ways: Counter[Way]
    seen: dict[str, set[str]]
    used: set[str]


class Came(NamedTuple):
    """The payments of the day: how many, dong by hour, and by visit those whose visit went neither in nor out on it."""

    number: int
    by_hour: Counter[int]
    others: dict[str, list[tuple[str, str]]]


def scan(session: Session, span: Span) -> Seen:
    """Look at all of a day once."""
    troubled = Names(set(), set(), set(), set())
    opened = _opened(session, span)
    passed = _passages(session, span, {each[0] for each in opened}, troubled)
    reasons = _openings(opened, passed, troubled)
    here = there(*span)
    sums, charged, unbalanced = Counter[str](), Counter[int](), 0
    went: dict[Direction, set[str]] = {way: set() for way in Direction}
    for condition in here:
        _count(session, span, condition, sums, charged, went)
    for way in Direction:
        troubled.visits.update(went[way] - passed.seen[way])
    came = _payments(session, span, went[Direction.IN] | went[Direction.OUT], troubled)
    elsewhere = _elsewhere(session, span, came, troubled)
    for condition in elsewhere:
        _count(session, span, condition, sums, charged, went)
    for condition in (*here, *elsewhere):
        found = odd(session, condition)
        troubled.visits.update(found.visits)
        unbalanced += found.unbalanced
    counts = _named(sums, reasons, passed, came)
    return Seen(counts, passed.ways, charged, came.by_hour, troubled, unbalanced)


def _all(session: Session, statement: Any, *, one: bool = False) -> Any:
    """The rows as plain tuples; with `one` the values of the one column."""
    rows = session.connection().execute(statement)
    return rows.scalars().all() if one else rows.all()  # fetched at once: one by one costs as much as the look itself


def _opened(session: Session, span: Span) -> list[tuple[str, str, bool, bool]]:
    """Name, reason, whether somebody said why, and whether it is of the day."""
    at = col(OpeningRow.happened_at)
    found = picked(OpeningRow.opening, OpeningRow.reason, col(OpeningRow.note) != "", at >= span.start)
    near = between(at, span.start - COUNTERPART, span.end)
    rows = _all(session, found.where(OpeningRow.site == span.site, near))
    return [(name, reason, said, today) for name, reason, said, today in rows]


def _passages(session: Session, span: Span, opened: set[str], troubled: Names) -> Passed:
    at = col(PassageRow.happened_at)
    columns = (PassageRow.passage, visit_of_passage(), PassageRow.direction, PassageRow.opening, PassageRow.tailgate)
    found = with_words(picked(*columns, hour_key(session, at)))
    near = between(at, span.start, span.end + COUNTERPART)
    hours, ways, used = hours_of(span.start, span.end), Counter[tuple[str, str]](), set[str]()
    seen: dict[str, set[str]] = {way.value: set() for way in Direction}
    for name, visit, way, opening, tailgate, hour in _all(session, found.where(PassageRow.site == span.site, near)):
        ways[hour, way] += 1
        used.add(opening)
        if tailgate or visit is None or visit in seen[way] or opening not in opened:
            troubled.passages.add(name)
            if visit is not None:
                troubled.visits.add(visit)
        seen[way].add(visit)
    by_hour = {(hours[hour], Direction(way)): n for (hour, way), n in ways.items() if hour in hours}
    return Passed(Counter(by_hour), seen, used)


def _openings(opened: list[tuple[str, str, bool, bool]], passed: Passed, troubled: Names) -> Counter[str]:
    reasons = Counter[str]()
    for name, reason, said, today in opened:
        if not today:
            continue
        reasons[reason] += 1
        if (reason in UNEXPLAINED and not said) or (reason != OpeningReason.MODE and name not in passed.used):
            troubled.openings.add(name)
    return reasons


def _payments(session: Session, span: Span, here: set[str], troubled: Names) -> Came:
    at = col(PaymentRow.received_at)
    columns = (PaymentRow.provider, PaymentRow.provider_id, PaymentRow.reference, PaymentRow.amount)
    found = picked(*columns, hour_key(session, at))
    hours, number, by_hour = hours_of(span.start, span.end), 0, Counter[int]()
    others: dict[str, list[tuple[str, str]]] = {}
    for provider, its, reference, amount, hour in _all(
        session, found.where(PaymentRow.site == span.site, between(at, span.start, span.end))
    ):
        number += 1
        by_hour[hours[hour]] += amount
        if reference is None:
            troubled.payments.add((provider, its))
        elif reference not in here:
            others.setdefault(reference, []).append((provider, its))
    return Came(number, by_hour, others)


def _elsewhere(session: Session, span: Span, came: Came, troubled: Names) -> list[ColumnElement[bool]]:
    """Conditions on visits that the day knows by their money alone. Money of nobody's is not plain."""
    opened, left = col(VisitRow.opened_at), col(VisitRow.left_at)
    gone = and_(opened < span.start, or_(col(VisitRow.voided), left < span.start))
    conditions, known = [], set[str]()
    for some in chunks(came.others):
        named = and_(col(VisitRow.site) == span.site, col(VisitRow.visit).in_(some))
        known.update(_all(session, picked(VisitRow.visit).where(named), one=True))
        conditions.append(and_(named, or_(opened >= span.end, gone)))
    for reference, payments in came.others.items():
        if reference not in known:
            troubled.payments.update(payments)
    return conditions


def _count(
    session: Session,
    span: Span,
    condition: ColumnElement[bool],
    sums: Counter[str],
    charged: Counter[int],
    went: dict[Direction, set[str]],
) -> None:
    """Add the figures of some visits, and whom the day saw come and go as they say themselves."""
    at = case((col(ChargeRow.visit).is_not(None), func.coalesce(VisitRow.left_at, ChargeRow.happened_at)))
    today = func.coalesce(between(at, span.start, span.end), False)
    key = case((today, hour_key(session, at)), else_="")
    more = added(span.site)
    total = func.coalesce(ChargeRow.total + func.coalesce(more.c.total, 0), 0)
    found = picked(VisitRow.visit, _bits(span, today), key, total)
    joined = found.join_from(VisitRow, ChargeRow, col(ChargeRow.visit) == col(VisitRow.visit), isouter=True)
    joined = joined.join(more, more.c.visit == col(VisitRow.visit), isouter=True)
    hours, alike = Counter[str](), Counter[int]()
    for visit, bits, hour, amount in _all(session, joined.where(condition)):
        alike[bits] += 1
        hours[hour] += amount
        if bits & CAME:
            went[Direction.IN].add(visit)
        if bits & LEFT:
            went[Direction.OUT].add(visit)
    for bits, number in alike.items():
        sums.update({name: number for place, name in enumerate(FLAGS) if bits >> place & 1})
    numbers = hours_of(span.start, span.end)
    charged.update({numbers[hour]: int(amount) for hour, amount in hours.items() if hour})


def _bits(span: Span, today: Any) -> Any:
    """What is true of a visit, a bit each: grouping in the database would sort all of them."""
    return sum((case((flag, 1 << place), else_=0) for place, flag in enumerate(_flags(span, today))), literal(0))


def _flags(span: Span, today: Any) -> tuple[Any, ...]:
    """In the order of FLAGS."""
    real, entered, left = col(VisitRow.voided).is_(False), col(VisitRow.entered_at), col(VisitRow.left_at)
    opened = between(col(VisitRow.opened_at), span.start, span.end)
    out = and_(real, between(left, span.start, span.end))
    return (
        and_(real, opened),
        and_(real, opened, col(VisitRow.read).is_(False)),
        and_(col(VisitRow.voided), opened),
        and_(real, entered < span.end, or_(left.is_(None), left >= span.end)),
        and_(real, today),
        and_(real, between(entered, span.start, span.end)),
        out,
        and_(out, col(ChargeRow.visit).is_not(None)),
        between(entered, span.start, span.end),
        between(left, span.start, span.end),
    )


def _named(sums: Counter[str], reasons: Counter[str], passed: Passed, came: Came) -> dict[str, int]:
    ways = Counter[Direction]()
    for (_, way), number in passed.ways.items():
        ways[way] += number
    return {
        "openings": reasons.total(),
        "passages": ways.total(),
        "entries": ways[Direction.IN],
        "exits": ways[Direction.OUT],
        "visits": sums["visits"],
        "inside": sums["inside"],
        "charges": sums["charges"],
        "payments": came.number,
        "unread": sums["unread"],
        "voided": sums["voided"],
        "visits_in": sums["visits_in"],
        "visits_out": sums["visits_out"],
        "visits_out_charged": sums["visits_out_charged"],
        **{f"openings_{reason}": reasons[reason] for reason in OpeningReason},
    }
