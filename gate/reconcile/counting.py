"""The plain figures of a day and of its hours, whatever is amiss."""

from collections import Counter
from datetime import datetime

from gate.messages import Direction, OpeningReason
from gate.reconcile.facts import HOUR, Day, Visit
from gate.reconcile.flow import Stream
from gate.reconcile.visits import paid_by_visit
from gate.wire import Contract


class Hour(Contract):
    """An hour of the day: passages each way, what was charged to those who left, what money came and went on."""

    hour: int
    entries: int
    exits: int
    charged: int
    paid: int
    settled: int = 0
    fees: int = 0
    fee_vat: int = 0
    on_statement: int = 0
    unknown_on_statement: int = 0


class Figures(Contract):
    """What there was: counts, sums in dong, and hours."""

    counts: dict[str, int]
    money: dict[str, int]
    hours: tuple[Hour, ...]


def figures(day: Day) -> Figures:
    """The day's figures, by all of its items."""
    return Figures(counts=_counts(day), money=money(taken(day), day), hours=_hours(day))


def charged_on(visit: Visit) -> datetime | None:
    """When a visit's charge counts: when it left, or when it was charged while it is still inside."""
    return (visit.left_at or visit.charged_at) if visit.charged is not None else None


def _counts(day: Day) -> dict[str, int]:
    openings = [opening for opening in day.openings if day.has(opening.at)]
    directions = Counter(passage.direction for passage in day.passages if day.has(passage.at))
    reasons = Counter(opening.reason for opening in openings)
    visits = [visit for visit in day.visits if not visit.voided]
    opened = [visit for visit in visits if day.has(visit.opened_at)]
    left = [visit for visit in visits if day.has(visit.left_at)]
    return {
        "openings": len(openings),
        "passages": directions.total(),
        "entries": directions[Direction.IN],
        "exits": directions[Direction.OUT],
        "visits": len(opened),
        "inside": sum(_is_inside(visit, day.end) for visit in visits),
        "charges": sum(day.has(charged_on(visit)) for visit in visits),
        "payments": sum(day.has(payment.received_at) for payment in day.payments),
        "unread": sum(not visit.read for visit in opened),
        "voided": sum(visit.voided and day.has(visit.opened_at) for visit in day.visits),
        "visits_in": sum(day.has(visit.entered_at) for visit in visits),
        "visits_out": len(left),
        "visits_out_charged": sum(visit.charged is not None for visit in left),
        **{f"openings_{reason}": reasons[reason] for reason in OpeningReason},
    }


def taken(day: Day) -> dict[str, int]:
    """Dong charged on the day, with what was paid and waived of it; and received on it, applied and returned."""
    of_day = {visit.visit: visit for visit in day.visits if day.has(charged_on(visit))}
    paid = paid_by_visit(day)
    came = [payment for payment in day.payments if day.has(payment.received_at)]
    return {
        "charged": sum(visit.charged or 0 for visit in of_day.values()),
        "paid": sum(paid[name] for name in of_day),
        "waived": sum(visit.waived for visit in of_day.values()),
        "received": sum(payment.amount for payment in came),
        "applied": sum(payment.applied for payment in came),
        "returned": sum(payment.returned for payment in came),
    }


def money(taken: dict[str, int], day: Day) -> dict[str, int]:
    """`charged` to those who left or were charged on the day, `paid` and `waived` of exactly that, whenever it came;
    `received` on the day for whatever day, `returned` and `unapplied` of that; and what reached the bank on the day."""
    streams = Counter[Stream]()
    for flow in day.flows:
        streams[flow.stream] += flow.amount
    return {
        "charged": taken["charged"],
        "paid": taken["paid"],
        "outstanding": taken["charged"] - taken["paid"] - taken["waived"],
        "received": taken["received"],
        "unapplied": taken["received"] - taken["applied"] - taken["returned"],
        "awaiting_bank": day.clearing,
        "waived": taken["waived"],
        "returned": taken["returned"],
        "settled": streams[Stream.SETTLED],
        "fees": streams[Stream.FEES],
        "fee_vat": streams[Stream.FEE_VAT],
        "on_statement": streams[Stream.ON_STATEMENT],
        "unknown_on_statement": streams[Stream.UNKNOWN_ON_STATEMENT],
        "in_transit": sum(each.amount for each in day.expected if each.met_at is None and each.due > day.now),
    }


def _hours(day: Day) -> tuple[Hour, ...]:
    ways, charged, paid = Counter[tuple[int, Direction]](), Counter[int](), Counter[int]()
    for passage in day.passages:
        if day.has(passage.at):
            ways[day.hour(passage.at), passage.direction] += 1
    for visit in day.visits:
        at = charged_on(visit)
        if at is not None and day.has(at):
            charged[day.hour(at)] += visit.charged or 0
    for payment in day.payments:
        if day.has(payment.received_at):
            paid[day.hour(payment.received_at)] += payment.amount
    return hours(day, ways, charged, paid)


def hours(
    day: Day, ways: Counter[tuple[int, Direction]], charged: Counter[int], paid: Counter[int]
) -> tuple[Hour, ...]:
    """The hours of the day, of what there was in each."""
    streams = Counter[tuple[int, Stream]]()
    for flow in day.flows:
        streams[flow.hour, flow.stream] += flow.amount
    return tuple(
        Hour(
            hour=n,
            entries=ways[n, Direction.IN],
            exits=ways[n, Direction.OUT],
            charged=charged[n],
            paid=paid[n],
            settled=streams[n, Stream.SETTLED],
            fees=streams[n, Stream.FEES],
            fee_vat=streams[n, Stream.FEE_VAT],
            on_statement=streams[n, Stream.ON_STATEMENT],
            unknown_on_statement=streams[n, Stream.UNKNOWN_ON_STATEMENT],
        )
        for n in range((day.end - day.start) // HOUR)
    )


def _is_inside(visit: Visit, at: datetime) -> bool:
    return visit.entered_at is not None and visit.entered_at < at and (visit.left_at is None or visit.left_at >= at)
