"""The rows of an export, one local day in memory at a time."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from sqlmodel import Session, col, select

from gate.findings import WORDS, Finding
from gate.messages import OpeningReason
from gate.plate import pretty
from gate.reconcile import Day, Payment, Report, Visit, charged_on, reconcile
from gate.vehicle import VehicleClass
from server.derived import VisitRow
from server.export.sheets import FINDINGS, OPENINGS, PAYMENTS, SUMMARY, VAT, VISITS, Cover, Value
from server.facts import ChargeRow, PaymentRow
from server.language import Language
from server.reconcile import ZONE, Totals, bounds, day, local_date, names
from server.vault import VaultReadRow

Row = tuple[str, Sequence[Value]]
"""The sheet's key and its values in the order of its columns; moments are local."""

REASONS: Final[dict[OpeningReason, tuple[str, str]]] = {
    OpeningReason.ADMITTED: ("Cho vào", "Admitted"),
    OpeningReason.PAID: ("Đã trả tiền", "Paid"),
    OpeningReason.FREE: ("Miễn phí", "Free"),
    OpeningReason.BILLED: ("Cho ra, ghi nợ", "Let out and billed"),
    OpeningReason.PERSON: ("Nhân viên mở", "Opened by a person"),
    OpeningReason.PASS: ("Vé tháng, miễn vé", "Pass or exempt"),
    OpeningReason.MODE: ("Làn mở tự do", "Lane held open or free"),
    OpeningReason.BUTTON: ("Nút bấm tại làn", "Button at the lane"),
    OpeningReason.BY_HAND: ("Nâng bằng tay", "Raised by hand"),
    OpeningReason.FIRE: ("Báo cháy", "Fire"),
}
STATES: Final = {True: ("Đến hạn", "Due"), False: ("Chưa đến hạn", "In transit")}
_NO_TOTALS: Final = Totals(0, 0)  # an export shows no balance of an account


class Plates(StrEnum):
    """Whether visits carry their plate. Asking for it is recorded by whoever calls."""

    NONE = "none"
    MASKED = "masked"
    FULL = "full"


class _Price(NamedTuple):
    tariff: str
    total: int
    vat: int


class _Facts(NamedTuple):
    """A day and what the report of it does not need."""

    on: date
    day: Day
    prices: dict[str, _Price]
    plates: dict[str, str]
    bank_references: dict[str, str]


def masked(plate: str) -> str:
    """`24A-123.78` as `24A-***.78`: the last two characters stay, and all before the number."""
    head, number = re.fullmatch(r"(.*[-\s])?([^-\s]*)", plate, re.DOTALL).groups("")  # type: ignore[union-attr]
    if not head:  # written without separators: province and series have three or more characters
        head, number = plate[:3], plate[3:]
    return head + re.sub(r"[^.]", "*", number[:-2]) + number[-2:]


def every_row(
    session: Session, cover: Cover, dates: Iterable[date], plates: Plates, now: datetime | None = None
) -> Iterator[Iterator[Row]]:
    """The rows of all sheets, day by day, as of the end of the last day or of `now` where that is earlier."""
    seen: set[tuple[str, str]] = set()
    _, end = bounds(cover.end)
    for on in dates:
        facts = _facts(session, cover, on, min(end, now or end), plates)
        report = reconcile(facts.day)
        yield _of_day(cover, facts, report, seen)


def _of_day(cover: Cover, facts: _Facts, report: Report, seen: set[tuple[str, str]]) -> Iterator[Row]:
    new = [
        (finding, due)
        for findings, due in ((report.findings, True), (report.in_transit, False))
        for finding in findings
        if (finding.code, finding.subject) not in seen
    ]
    seen.update((finding.code, finding.subject) for finding, _ in new)
    yield SUMMARY.key, _summary(facts, report, sum(due for _, due in new))
    yield from ((VISITS.key, row) for row in _visits(cover, facts))
    yield from ((PAYMENTS.key, row) for row in _payments(facts))
    yield from ((OPENINGS.key, row) for row in _openings(cover, facts))
    for finding, due in sorted(new, key=lambda each: (each[0].due, each[0].code, each[0].subject)):
        yield FINDINGS.key, _finding(cover, finding, due=due)
    yield from ((VAT.key, row) for row in _vat(facts))


def _summary(facts: _Facts, report: Report, findings: int) -> Sequence[Value]:
    counts, money = report.counts, report.money
    vat = sum(facts.prices[visit.visit].vat for visit in _charged(facts))
    numbers = [counts[key] for key in ("entries", "exits", "visits", "openings", "charges")]
    sums = [money[key] for key in ("paid", "outstanding", "received", "unapplied")]
    return facts.on, *numbers, money["charged"], vat, *sums, findings


def _visits(cover: Cover, facts: _Facts) -> Iterator[Sequence[Value]]:
    by_visit: dict[str, list[Payment]] = defaultdict(list)
    for payment in facts.day.payments:
        by_visit[payment.visit or ""].append(payment)
    for visit in facts.day.visits:
        if not visit.voided and _row_date(cover, visit) == facts.on:
            plate = [facts.plates.get(visit.visit, "")] if cover.with_plates else []
            yield visit.visit, *plate, *_visit(cover, facts, visit, by_visit[visit.visit])


def _visit(cover: Cover, facts: _Facts, visit: Visit, payments: list[Payment]) -> Sequence[Value]:
    entered, left = _local(visit.entered_at), _local(visit.left_at)
    at = charged_on(visit)
    if at is None or not cover.start <= local_date(at) <= cover.end:
        return visit.vehicle_class.value, entered, left, "", None, None, None, None, ""
    price = facts.prices[visit.visit]
    paid = sum(payment.applied for payment in payments)
    names_of = " ".join(payment.payment for payment in payments)
    money = (price.total, price.vat, paid, price.total - paid)
    return visit.vehicle_class.value, entered, left, price.tariff, *money, names_of


def _row_date(cover: Cover, visit: Visit) -> date:
    """A visit has one row: on the day that it left or was charged, else on the day that it came."""
    at = visit.left_at or charged_on(visit)
    if at is not None and local_date(at) <= cover.end:
        return local_date(at)
    return local_date(visit.opened_at)


def _payments(facts: _Facts) -> Iterator[Sequence[Value]]:
    for payment in facts.day.payments:
        if local_date(payment.received_at) == facts.on:
            yield (
                _local(payment.received_at),
                _local(payment.at),
                payment.payment,
                payment.reference,
                payment.visit or "",
                payment.amount,
                payment.applied,
                payment.amount - payment.applied,
                facts.bank_references.get(payment.payment, ""),
            )


def _openings(cover: Cover, facts: _Facts) -> Iterator[Sequence[Value]]:
    for opening in facts.day.openings:
        if local_date(opening.at) == facts.on:
            reason = _word(cover, REASONS[opening.reason])
            yield _local(opening.at), opening.lane, reason, opening.by, opening.note, opening.visit or ""


def _finding(cover: Cover, finding: Finding, *, due: bool) -> Sequence[Value]:
    words = WORDS[finding.code]
    return (
        _local(finding.due),
        _word(cover, STATES[due]),
        finding.code.value,
        _word(cover, (words.vi, words.en)),
        finding.amount,
        finding.visit or "",
        finding.subject,
        _word(cover, (words.next_vi, words.next_en)),
        "; ".join(f"{key}={value}" for key, value in sorted(finding.evidence.items())),
    )


def _vat(facts: _Facts) -> Iterator[Sequence[Value]]:
    charges, gross, vat = Counter[str](), Counter[str](), Counter[str]()
    for visit in _charged(facts):
        kind, price = visit.vehicle_class.value, facts.prices[visit.visit]
        charges[kind] += 1
        gross[kind] += price.total
        vat[kind] += price.vat
    for kind in sorted(charges):
        yield facts.on, kind, charges[kind], gross[kind], gross[kind] - vat[kind], vat[kind]


def _charged(facts: _Facts) -> list[Visit]:
    dated = ((visit, charged_on(visit)) for visit in facts.day.visits)
    return [visit for visit, at in dated if at is not None and local_date(at) == facts.on]


def _facts(session: Session, cover: Cover, on: date, now: datetime, plates: Plates) -> _Facts:
    known = day(session, cover.site, on, now, _NO_TOTALS)
    these = names(cover.site, known.start, known.end)
    charges = select(ChargeRow).where(col(ChargeRow.visit).in_(these))
    came = (col(PaymentRow.received_at) >= known.start, col(PaymentRow.received_at) < known.end)
    payments = select(PaymentRow).where(PaymentRow.site == cover.site, *came)
    return _Facts(
        on=on,
        day=known,
        prices={row.visit: _Price(row.tariff, row.total, row.vat) for row in session.exec(charges)},
        plates=_plates(session, known, plates),
        bank_references={f"{p.provider}:{p.provider_id}": p.bank_reference for p in session.exec(payments)},
    )


def _plates(session: Session, known: Day, plates: Plates) -> dict[str, str]:
    if plates is Plates.NONE:
        return {}
    found = (
        select(VisitRow, VaultReadRow)
        .join(VaultReadRow, col(VaultReadRow.approach) == col(VisitRow.entry_approach))
        .where(col(VisitRow.visit).in_(names(known.site, known.start, known.end)))
    )
    shown = {visit.visit: _pretty(visit, read) for visit, read in session.exec(found)}
    return {visit: masked(plate) for visit, plate in shown.items()} if plates is Plates.MASKED else shown


def _pretty(visit: VisitRow, read: VaultReadRow) -> str:
    motorbike = visit.vehicle_class == VehicleClass.MOTO
    return pretty(read.plate, motorbike=motorbike, colour=read.colour, lines=read.lines)


def _local(at: datetime | None) -> datetime | None:
    return at.astimezone(ZONE) if at else None


def _word(cover: Cover, words: tuple[str, str]) -> str:
    return words[cover.language is Language.EN]
