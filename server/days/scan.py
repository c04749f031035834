"""A day's figures, and the names of whatever in it is not plain.

Plain is what cannot be a finding: a passage of a known visit under a known opening, an opening that somebody used, a
stay that was read, priced, paid in full before it left and passed each way once. Only what is sufficient for that is
asked here, in statements over ranges of indexes; the rules themselves are in `gate.reconcile`, and whatever is not
plain goes through them with all of its counterparts. That both ways say the same is proven by test.

What the ledger says of a stay is taken from `stay_money`, and all that it says together from the ledger: where the two
differ, and where a thorough look is asked for, it is asked of each stay.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, literal, or_
from sqlmodel import Session, col, select

from gate.messages import Direction, OpeningReason
from gate.reconcile.rules import UNEXPLAINED
from server import stay_money
from server.days.items import Names, Span, visit_of_passage, with_words
from server.days.plain import BY_THE_LEDGER, KEPT, Book, odd, totals
from server.days.spans import COUNTERPART, between, chunks, hour_key, hours_of, there
from server.derived import VisitRow
from server.facts import OpeningRow, PassageRow, PaymentRow
from server.stay_money import Difference

Way = tuple[int, Direction]
picked: Any = select
"""Columns chosen at run time have no types of their own."""
FLAGS = ("voided", "opened", "unread", "inside", "came", "left", "charged", "odd")
"""What may be true of a visit: that the day saw it opened, come or left, had it inside at its end, and the rest."""
VOIDED, OPENED, UNREAD, INSIDE, CAME, LEFT, CHARGED, ODD = (1 << place for place in range(len(FLAGS)))


class Seen(NamedTuple):
    """What there was in all, and what of it is not plain. `unbalanced`: the sum of postings that should be nothing;
    `differing`: stays of which `stay_money` is not what the ledger says, as far as they were looked for."""

    counts: dict[str, int]
    ways: Counter[Way]
    charged: Counter[int]
    received: Counter[int]
    troubled: Names
    unbalanced: int
    differing: list[Difference]


class Stays:
    """What the visits of the day come to, condition by condition; whom it saw come and go as they say themselves."""

    def __init__(self, session: Session, span: Span, book: Book) -> None:
        self._session, self._span, self._book = session, span, book
        self.sums, self.charged = Counter[str](), Counter[int]()
        self.went: dict[Direction, set[str]] = {way: set() for way in Direction}
        self.odd = set[str]()
        self.owed = self.cost = 0
        """What they owe and cost in all, as the book has it."""

    def add(self, condition: ColumnElement[bool]) -> None:
        """Some more visits."""
        book = self._book
        at = func.coalesce(VisitRow.left_at, book.charged_at)
        hour = case((book.charged.is_not(None), hour_key(self._session, at)), else_="")
        columns = (VisitRow.visit, _bits(self._span, book), hour, func.coalesce(book.charged, 0), book.owed)
        self._take(*_columns(_all(self._session, book.join(picked(*columns)).where(condition)), len(columns)))

    def _take(self, visits: Any, bits: Any, hours: Any, amounts: Any, owed: Any) -> None:
        """Column by column, which costs less than row by row."""
        numbers = hours_of(self._span.start, self._span.end)
        for (flags, hour), number in Counter(zip(bits, hours, strict=True)).items():
            self.sums.update(dict.fromkeys(_counted(flags, charged=hour in numbers), number))
        by_hour = Counter[str]()
        for hour, amount in zip(hours, amounts, strict=True):
            by_hour[hour] += amount
        self.charged.update({numbers[hour]: int(amount) for hour, amount in by_hour.items() if hour in numbers})
        for flag, names in ((CAME, self.went[Direction.IN]), (LEFT, self.went[Direction.OUT]), (ODD, self.odd)):
            names.update([visit for visit, each in zip(visits, bits, strict=True) if each & flag])
        self.owed, self.cost = self.owed + int(sum(owed)), self.cost + int(sum(amounts))


def _counted(flags: int, *, charged: bool) -> Iterator[str]:
    """As what a visit counts; `charged`: on the day."""
    if flags & VOIDED:
        if flags & OPENED:
            yield "voided"
        return
    if flags & OPENED:
        yield "visits"
        if flags & UNREAD:
            yield "unread"
    if flags & INSIDE:
        yield "inside"
    if charged:
        yield "charges"
    if flags & CAME:
        yield "visits_in"
    if flags & LEFT:
        yield "visits_out"
        if flags & CHARGED:
            yield "visits_out_charged"


class Passed(NamedTuple):
    """The passages of the day: counted by hour and way, whom they name each way, and the openings they used."""

    ways: Counter[Way]
    seen: dict[Direction, set[str]]
    used: set[str]


class Came(NamedTuple):
    """The payments of the day: how many, dong by hour, and by visit those whose visit went neither in nor out on it."""

    number: int
    by_hour: Counter[int]
    others: dict[str, list[tuple[str, str]]]


def scan(session: Session, span: Span, *, thorough: bool = False) -> Seen:
    """Look at all of a day once; `thorough`: at what the ledger says of each stay."""
    troubled = Names(set(), set(), set(), set())
    opened = _opened(session, span)
    passed = _passages(session, span, opened, troubled)
    reasons = _openings(opened, passed, troubled)
    stays = Stays(session, span, BY_THE_LEDGER if thorough else KEPT)
    here = there(*span)
    for condition in here:
        stays.add(condition)
    for way in Direction:
        troubled.visits.update(stays.went[way] - passed.seen[way])
    came = _payments(session, span, stays.went[Direction.IN] | stays.went[Direction.OUT], troubled)
    every = (*here, *_elsewhere(session, span, came, troubled))
    for condition in every[len(here) :]:
        stays.add(condition)
    whole = totals(session, every)
    if not thorough and (whole.owed, whole.charged) != (stays.owed, stays.cost):
        return scan(session, span, thorough=True)
    troubled.visits.update(stays.odd)
    differing = []
    if thorough:
        for condition in every:
            troubled.visits.update(odd(session, condition))
            differing += stay_money.differing(session, condition)
    counts = _named(stays.sums, reasons, passed, came)
    return Seen(counts, passed.ways, stays.charged, came.by_hour, troubled, whole.whole, differing)


def _all(session: Session, statement: Any) -> Sequence[Any]:
    """The rows as the database has them: of texts and whole numbers, which need no reading, and all at once."""
    result = session.connection().execute(statement)
    rows = result.cursor.fetchall()  # it is there until all is read
    result.close()
    return rows


def _columns(rows: Sequence[Any], number: int) -> Any:
    """The same by column, which costs less to go through."""
    return zip(*rows, strict=True) if rows else [()] * number


class Opened(NamedTuple):
    """The openings of the day and of the hour before: all names, and of the day's the reasons, those that somebody
    must have passed under, and those of which somebody must say why and did not."""

    names: set[str]
    reasons: Counter[str]
    to_use: set[str]
    unsaid: set[str]


def _opened(session: Session, span: Span) -> Opened:
    at, reason = col(OpeningRow.happened_at), col(OpeningRow.reason)
    today = case((at >= span.start, reason), else_="")
    unsaid = case((and_(reason.in_(UNEXPLAINED), col(OpeningRow.note) == ""), 1), else_=0)
    near = and_(col(OpeningRow.site) == span.site, between(at, span.start - COUNTERPART, span.end))
    names, reasons, said = _columns(_all(session, picked(OpeningRow.opening, today, unsaid).where(near)), 3)
    used = {"", OpeningReason.MODE}
    return Opened(
        names=set(names),
        reasons=Counter(filter(None, reasons)),
        to_use={name for name, why in zip(names, reasons, strict=True) if why not in used},
        unsaid={name for name, why, not_said in zip(names, reasons, said, strict=True) if not_said and why},
    )


def _passages(session: Session, span: Span, opened: Opened, troubled: Names) -> Passed:
    at, way = col(PassageRow.happened_at), col(PassageRow.direction)
    columns = (PassageRow.passage, visit_of_passage(), PassageRow.opening, PassageRow.tailgate)
    near = and_(col(PassageRow.site) == span.site, between(at, span.start, span.end + COUNTERPART))
    rows = _all(session, with_words(picked(*columns, way, hour_key(session, at))).where(near))
    hours, ways, used, seen = hours_of(span.start, span.end), Counter[Way](), set[str](), {}
    for each in Direction:
        found = [row for row in rows if row[4] == each]
        counts = Counter([row[5] for row in found])
        ways.update({(hours[hour], each): number for hour, number in counts.items() if hour in hours})
        under = {row[2] for row in found}
        used.update(under)
        seen[each] = {row[1] for row in found}
        _odd_passages(found, seen[each], under - opened.names, troubled)
    return Passed(ways, seen, used)


def _odd_passages(found: list[Any], visits: set[str], unknown: set[str], troubled: Names) -> None:
    """Those of one way that are not plain: of no visit or of one that was there, under no opening, or a tailgate."""
    odd = [row for row in found if row[3] or row[1] is None or row[2] in unknown]
    if len(visits) < len(found):
        again = {visit for visit, number in Counter([row[1] for row in found]).items() if number > 1}
        odd += [row for row in found if row[1] in again]
    troubled.passages.update(row[0] for row in odd)
    troubled.visits.update(row[1] for row in odd if row[1] is not None)


def _openings(opened: Opened, passed: Passed, troubled: Names) -> Counter[str]:
    troubled.openings.update(opened.unsaid, opened.to_use - passed.used)
    return opened.reasons


def _payments(session: Session, span: Span, here: set[str], troubled: Names) -> Came:
    at = col(PaymentRow.received_at)
    columns = (PaymentRow.provider, PaymentRow.provider_id, PaymentRow.reference, PaymentRow.amount)
    near = and_(col(PaymentRow.site) == span.site, between(at, span.start, span.end))
    rows = _all(session, picked(*columns, hour_key(session, at)).where(near))
    hours, by_hour = hours_of(span.start, span.end), Counter[str]()
    for row in rows:
        by_hour[row[4]] += row[3]
    others: dict[str, list[tuple[str, str]]] = {}
    for provider, its, reference, _, _ in (row for row in rows if row[2] not in here):
        if reference is None:
            troubled.payments.add((provider, its))
        else:
            others.setdefault(reference, []).append((provider, its))
    return Came(len(rows), Counter({hours[hour]: amount for hour, amount in by_hour.items()}), others)


def _elsewhere(session: Session, span: Span, came: Came, troubled: Names) -> list[ColumnElement[bool]]:
    """Conditions on visits that the day knows by their money alone. Money of nobody's is not plain."""
    opened, left = col(VisitRow.opened_at), col(VisitRow.left_at)
    gone = and_(opened < span.start, or_(col(VisitRow.voided), left < span.start))
    conditions, known = [], set[str]()
    for some in chunks(came.others):
        named = and_(col(VisitRow.site) == span.site, col(VisitRow.visit).in_(some))
        known.update(row[0] for row in _all(session, picked(VisitRow.visit).where(named)))
        conditions.append(and_(named, or_(opened >= span.end, gone)))
    for reference, payments in came.others.items():
        if reference not in known:
            troubled.payments.update(payments)
    return conditions


def _bits(span: Span, book: Book) -> Any:
    """What is true of a visit, a bit each: grouping in the database would sort all of them."""
    opened, entered, left = col(VisitRow.opened_at), col(VisitRow.entered_at), col(VisitRow.left_at)
    true = (
        col(VisitRow.voided),
        between(opened, span.start, span.end),
        col(VisitRow.read).is_(False),
        and_(entered < span.end, or_(left.is_(None), left >= span.end)),
        between(entered, span.start, span.end),
        between(left, span.start, span.end),
        book.charged.is_not(None),
        book.odd,
    )
    return sum((case((flag, 1 << place), else_=0) for place, flag in enumerate(true)), literal(0))


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
