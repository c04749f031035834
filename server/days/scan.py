"""A day's figures, and the names of whatever in it is not plain.

Plain is what cannot be a finding: a passage of a known visit under a known opening, an opening that somebody used, a
stay that was read, priced, paid in full before it left and passed each way once. Only what is sufficient for that is
asked here, in statements over ranges of indexes; the rules themselves are in `gate.reconcile`, and whatever is not
plain goes through them with all of its counterparts. That both ways say the same is proven by test.

What the ledger says of a stay is taken from `stay_money`, and all that it says together from the ledger: where the two
differ, and where a thorough look is asked for, it is asked of each stay.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, literal_column, or_, union_all
from sqlmodel import Session, col, select

from gate.messages import Direction, OpeningReason
from gate.reconcile.rules import UNEXPLAINED
from server import stay_money
from server.days.items import Names, Span, visit_of_passage, with_words
from server.days.plain import BY_THE_LEDGER, KEPT, Book, Totals, odd_of, totals, totals_of
from server.days.spans import AFTER, BEFORE, END, SITE, START, THERE, HourKey, among, between, hours_of
from server.derived import VisitRow
from server.facts import OpeningRow, PassageRow, PaymentRow
from server.stay_money import Difference

Way = tuple[int, Direction]
picked: Any = select
"""Columns chosen at run time have no types of their own."""
FLAGS = ("voided", "opened", "unread", "inside", "came", "left", "charged", "odd")
"""What may be true of a visit: that the day saw it opened, come or left, had it inside at its end, and the rest."""
_NONE: Final[Any] = literal_column("0")
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


def _bits(book: Book) -> Any:
    """What is true of a visit, a bit each: grouping in the database would sort all of them."""
    opened, entered, left = col(VisitRow.opened_at), col(VisitRow.entered_at), col(VisitRow.left_at)
    true = (
        col(VisitRow.voided),
        between(opened, START, END),
        col(VisitRow.read).is_(False),
        and_(entered < END, or_(left.is_(None), left >= END)),
        between(entered, START, END),
        between(left, START, END),
        book.charged.is_not(None),
        book.odd,
    )
    bits = (case((flag, literal_column(str(1 << place))), else_=_NONE) for place, flag in enumerate(true))
    return sum(bits, _NONE)


def _stays_of(book: Book, conditions: Iterable[ColumnElement[bool]]) -> Any:
    """The statement for what the visits of conditions come to: name, bits, hour of the charge, its amount, what is
    owed."""
    hour = case((book.charged.is_not(None), HourKey(func.coalesce(VisitRow.left_at, book.charged_at))), else_="")
    columns = (VisitRow.visit, _bits(book), hour, func.coalesce(book.charged, 0), book.owed)
    found = book.join(picked(*columns))
    return union_all(*(found.where(each) for each in conditions))


class Asked(NamedTuple):
    """The statements about the visits of some conditions, made once."""

    kept: Any
    by_the_ledger: Any
    totals: Any
    odd: Any
    differing: Any

    @classmethod
    def of(cls, *conditions: ColumnElement[bool]) -> "Asked":
        """No two of the conditions are true of one visit."""
        return cls(
            _stays_of(KEPT, conditions),
            _stays_of(BY_THE_LEDGER, conditions),
            totals_of(conditions),
            odd_of(conditions),
            stay_money.differing_of(conditions),
        )


_NAMED: Final = and_(col(VisitRow.site) == SITE, among(VisitRow.visit))
_NAMES: Final = picked(VisitRow.visit).where(_NAMED)
_OPENED, _LEFT = col(VisitRow.opened_at), col(VisitRow.left_at)
_GONE: Final = and_(_OPENED < START, or_(col(VisitRow.voided), _LEFT < START))
HERE: Final = Asked.of(*THERE)
ELSEWHERE: Final = Asked.of(and_(_NAMED, or_(_OPENED >= END, _GONE)))
"""Of names: those that the day knows by their money alone."""
Part = tuple[Asked, dict[str, Any]]
"""Some visits of a day: the statements about them with their parameters."""


class Stays:
    """What the visits of the day come to, part by part; whom it saw come and go as they say themselves."""

    def __init__(self, session: Session, span: Span, *, thorough: bool) -> None:
        self._session, self._span, self._thorough = session, span, thorough
        self.sums, self.charged = Counter[str](), Counter[int]()
        self.went: dict[Direction, set[str]] = {way: set() for way in Direction}
        self.odd = set[str]()
        self.owed = self.cost = 0
        """What they owe and cost in all, as the book has it."""

    def add(self, asked: Asked, given: dict[str, Any]) -> None:
        """Some more visits."""
        statement = asked.by_the_ledger if self._thorough else asked.kept
        self._take(*_columns(_all(self._session, statement, given), 5))

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
    stays = Stays(session, span, thorough=thorough)
    parts: list[Part] = [(HERE, span.values)]
    stays.add(*parts[0])
    for way in Direction:
        troubled.visits.update(stays.went[way] - passed.seen[way])
    came = _payments(session, span, stays.went[Direction.IN] | stays.went[Direction.OUT], troubled)
    parts += _elsewhere(session, span, came, troubled)
    for part in parts[1:]:
        stays.add(*part)
    whole = Totals(0, 0, 0)
    for asked, given in parts:
        whole = whole.plus(totals(session, asked.totals, given))
    if not thorough and (whole.owed, whole.charged) != (stays.owed, stays.cost):
        return scan(session, span, thorough=True)
    troubled.visits.update(stays.odd)
    differing = _by_the_ledger(session, parts, troubled) if thorough else []
    counts = _named(stays.sums, reasons, passed, came)
    return Seen(counts, passed.ways, stays.charged, came.by_hour, troubled, whole.whole, differing)


def _by_the_ledger(session: Session, parts: list[Part], troubled: Names) -> list[Difference]:
    differing = []
    for asked, given in parts:
        troubled.visits.update(session.connection().execute(asked.odd, given).scalars())
        differing += stay_money.compared(session, asked.differing, given)
    return differing


def _all(session: Session, statement: Any, given: dict[str, Any]) -> Sequence[Any]:
    """The rows as the database has them: of texts and whole numbers, which need no reading, and all at once."""
    result = session.connection().execute(statement, given)
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


def _opened_of() -> Any:
    at, reason = col(OpeningRow.happened_at), col(OpeningRow.reason)
    today = case((at >= START, reason), else_="")
    unsaid = case((and_(reason.in_(UNEXPLAINED), col(OpeningRow.note) == ""), 1), else_=0)
    near = and_(col(OpeningRow.site) == SITE, between(at, BEFORE, END))
    return picked(OpeningRow.opening, today, unsaid).where(near)


_OPENINGS: Final = _opened_of()


def _opened(session: Session, span: Span) -> Opened:
    names, reasons, said = _columns(_all(session, _OPENINGS, span.values), 3)
    used = {"", OpeningReason.MODE}
    return Opened(
        names=set(names),
        reasons=Counter(filter(None, reasons)),
        to_use={name for name, why in zip(names, reasons, strict=True) if why not in used},
        unsaid={name for name, why, not_said in zip(names, reasons, said, strict=True) if not_said and why},
    )


def _passages_of() -> Any:
    at = col(PassageRow.happened_at)
    columns = (PassageRow.passage, visit_of_passage(), PassageRow.opening, PassageRow.tailgate, PassageRow.direction)
    near = and_(col(PassageRow.site) == SITE, between(at, START, AFTER))
    return with_words(picked(*columns, HourKey(at))).where(near)


_PASSAGES: Final = _passages_of()


def _passages(session: Session, span: Span, opened: Opened, troubled: Names) -> Passed:
    rows = _all(session, _PASSAGES, span.values)
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


def _payments_of() -> Any:
    at = col(PaymentRow.received_at)
    columns = (PaymentRow.provider, PaymentRow.provider_id, PaymentRow.reference, PaymentRow.amount)
    return picked(*columns, HourKey(at)).where(col(PaymentRow.site) == SITE, between(at, START, END))


_PAYMENTS: Final = _payments_of()


def _payments(session: Session, span: Span, here: set[str], troubled: Names) -> Came:
    rows = _all(session, _PAYMENTS, span.values)
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


def _elsewhere(session: Session, span: Span, came: Came, troubled: Names) -> Iterator[Part]:
    """Visits that the day knows by their money alone. Money of nobody's is not plain."""
    known = set[str]()
    for given in span.values_of(came.others):
        known.update(row[0] for row in _all(session, _NAMES, given))
        yield ELSEWHERE, given
    for reference, payments in came.others.items():
        if reference not in known:
            troubled.payments.update(payments)


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
