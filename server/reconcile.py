"""A site's day out of the books, for `gate.reconcile`. Days are local: a charge belongs to the date of its exit.

`report` looks at all of a day in a few statements and loads only what may be amiss; `day` loads all of it. Both give
the same report. Every query is bounded by the day.
"""

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Row
from sqlmodel import Session, col, select

from gate.findings import Code, Expectation
from gate.reconcile import Anomaly, Day, Figures, Payment, Report, Tolerance, Visit, put_together
from gate.reconcile.counting import hours, money, taken
from server import stay_money
from server.clocks import CORRECTED, correction_of
from server.days import items, spans
from server.days.items import Known, Names, Span
from server.days.money import (
    BY_PAYMENT,
    BY_VISIT,
    NOTHING,
    Stand,
    awaiting,
    name_of,
    onwards,
    payment,
    payment_rows,
    stands,
)
from server.days.scan import Seen, scan
from server.days.spans import END, SITE, SOME, START, ZONE, among, between, bounds, local_date
from server.derived import VisitRow
from server.facts import AnomalyRow
from server.register import SiteRow
from server.stay_money import Difference
from server.witnesses import awaited
from server.work import settled

__all__ = ["COUNTERPART", "ZONE", "NoSuchSite", "Totals", "bounds", "day", "local_date", "look", "report"]

COUNTERPART: Final = spans.COUNTERPART


SHOWN: Final = 10
"""Stays that a case about many names."""


class NoSuchSite(LookupError):
    """Nobody registered a site of this code."""


class NotYet(ValueError):
    """The day has not begun."""


class Totals(NamedTuple):
    """Given in place of what the ledger says, by whoever shows none of it."""

    clearing: int
    ledger_sum: int


class Looked(NamedTuple):
    """A report, and what it was made of: whatever may be amiss, with its counterparts."""

    day: Day
    report: Report


def report(session: Session, site: str, on: date, now: datetime) -> Report:
    """What the day comes to as of `now`. Raises NoSuchSite, BadDate, NotYet."""
    return look(session, site, on, now).report


def look(
    session: Session,
    site: str,
    on: date,
    now: datetime,
    expected: Iterable[Expectation] | None = None,
    *,
    thorough: bool = False,
) -> Looked:
    """The same, with the items that it was made of. `expected`: what is awaited at the site, if the caller knows it;
    `thorough`: what the ledger says of each stay is asked of the ledger itself."""
    start, _ = bounds(on)
    if start > now:
        raise NotYet(f"{on} has not begun; it is {local_date(now)}")
    span = Span(site, *bounds(on))
    session.flush()  # statements on the connection do not do it themselves
    with uncollected():
        seen = scan(session, span, thorough=thorough)
    part = _day(session, site, on, now, seen, None, expected)
    return Looked(part, put_together(part, _figures(part, seen)))


def day(session: Session, site: str, on: date, now: datetime, totals: Totals | None = None) -> Day:
    """All facts about the site's local date and their counterparts. Raises NoSuchSite, BadDate.

    Trouble that belongs to no site, such as money for an account that is none of ours, is everybody's.
    """
    return _day(session, site, on, now, None, totals, None)


@contextmanager
def uncollected() -> Iterator[None]:
    """Rows are many and hold no circles: looking for circles among them costs as much as the look."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _figures(part: Day, seen: Seen) -> Figures:
    """All of the day: what is plain was paid in full, and what is not is in `part`."""
    charged, received, some = seen.charged.total(), seen.received.total(), taken(part)
    whole = {
        "charged": charged,
        "paid": charged - (some["charged"] - some["paid"]),
        "waived": some["waived"],
        "received": received,
        "applied": received - (some["received"] - some["applied"]),
        "returned": some["returned"],
    }
    return Figures(
        counts=seen.counts,
        money=money(whole, part),
        hours=hours(part, seen.ways, seen.charged, seen.received),
    )


def _day(
    session: Session,
    site: str,
    on: date,
    now: datetime,
    seen: Seen | None,
    totals: Totals | None,
    expected: Iterable[Expectation] | None,
) -> Day:
    session.flush()
    tolerance = session.connection().execute(_TOLERANCE, {"site": site}).scalar_one_or_none()
    if tolerance is None:
        raise NoSuchSite(f"no site {site}")
    span, only = Span(site, *bounds(on)), seen.troubled if seen else None
    passed = items.passages(session, span, only)
    known = items.visits(session, span, only)
    visits, payments, orphans = _money(session, span, known, only)
    anomalies = _anomalies(session, span)
    moved = onwards(session, span)
    unbalanced = seen.unbalanced if seen else _unbalanced(session, known)
    differing = seen.differing if seen else _differing(session, known)
    return Day(
        site=site,
        start=span.start,
        end=span.end,
        now=now,
        openings=items.openings(session, span, passed, only),
        passages=passed,
        visits=visits,
        payments=payments,
        anomalies=(*anomalies, *_kept_wrong(span, differing)),
        clearing=totals.clearing if totals else awaiting(session, span),
        ledger_sum=totals.ledger_sum if totals else moved.whole + unbalanced + orphans,
        expected=awaited(session, site, span.start, span.end, now, expected),
        flows=moved.flows,
        settled=settled(session, site, span.start),
        tolerance=Tolerance(vnd=tolerance),
    )


def _money(
    session: Session, span: Span, known: list[Known], only: Names | None
) -> tuple[tuple[Visit, ...], tuple[Payment, ...], int]:
    """Visits and payments with what the ledger says of each; and how far entries of nobody's are out of balance."""
    rows = payment_rows(session, span, known, only)
    named = {each.visit for each in known}
    by_payment = stands(session, BY_PAYMENT, (name_of(row) for row in rows))
    by_visit = stands(session, BY_VISIT, named)
    made = tuple(payment(row, by_payment.get(name_of(row), NOTHING), named) for row in rows)
    applied: dict[str, int] = defaultdict(int)
    for each in made:
        applied[each.visit or ""] += each.applied
    visits = tuple(_visit(each, by_visit.get(each.visit, NOTHING), applied[each.visit]) for each in known)
    orphans = sum(by_payment[name_of(row)].whole for row in rows if _nobodys(row, named) and name_of(row) in by_payment)
    return visits, made, orphans


def _nobodys(row: Row[Any], named: set[str]) -> bool:
    return row.reference not in named


def _visit(known: Known, stand: Stand, applied: int) -> Visit:
    """What its own payments did not settle and nobody waived was settled by another's money."""
    settled_here = (known.charged or 0) - stand.receivable - stand.waived
    return items.visit(known, credited=settled_here - applied, waived=stand.waived)


def _unbalanced(session: Session, known: list[Known]) -> int:
    found = stands(session, BY_VISIT, (each.visit for each in known))
    return sum(stand.whole for stand in found.values())


def _differing(session: Session, known: list[Known]) -> list[Difference]:
    some = spans.chunks(each.visit for each in known)
    return [each for names in some for each in stay_money.compared(session, _DIFFERING, {SOME: names})]


def _kept_wrong(span: Span, differing: list[Difference]) -> Iterator[Anomaly]:
    """`stay_money` is not what the ledger says of stays of the day, and a rebuild is due: one case for all of them."""
    if differing:
        names = sorted(each.visit for each in differing)
        evidence = {"why": "stay_money is not what the ledger says", "stays": str(len(names))}
        yield Anomaly(
            code=Code.LEDGER_UNBALANCED,
            subject=f"stay_money:{span.site}:{local_date(span.start)}",
            amount=sum(max(abs(each.owed), abs(each.charged)) for each in differing),
            at=span.start,
            evidence=evidence | {"first": ", ".join(names[:SHOWN])},
        )


def _anomalies_of() -> Any:
    here = col(AnomalyRow.site).in_((SITE, ""))
    today = between(col(AnomalyRow.happened_at), START, END)
    whole = ~col(AnomalyRow.subject).endswith(CORRECTED, autoescape=True)
    order = (col(AnomalyRow.happened_at), col(AnomalyRow.code), col(AnomalyRow.subject))
    columns = (AnomalyRow.code, AnomalyRow.subject, AnomalyRow.amount, AnomalyRow.happened_at, AnomalyRow.evidence)
    return items.picked(*columns).where(here, today, whole).order_by(*order)


_ANOMALIES: Final = _anomalies_of()
_DIFFERING: Final = stay_money.differing_of([among(VisitRow.visit)])
_TOLERANCE: Final = select(SiteRow.tolerance_vnd).where(col(SiteRow.site) == SITE)


def _anomalies(session: Session, span: Span) -> tuple[Anomaly, ...]:
    return tuple(
        Anomaly(
            code=Code(row.code),
            subject=row.subject,
            amount=row.amount,
            at=row.happened_at,
            evidence=_evidence(session, row),
        )
        for row in session.connection().execute(_ANOMALIES, span.values).all()
    )


def _evidence(session: Session, row: Row[Any]) -> dict[str, str]:
    said = msgspec.json.decode(row.evidence, type=dict[str, str])
    return {**said, **correction_of(session, row.subject)} if row.code == Code.CLOCK_UNSURE else said
