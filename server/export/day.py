"""The rows of one day for all sheets: what an open day shows now, and what a close keeps for ever.

`facts` are those that the day counts (`server.frozen`); a late one is among them, with the day that it belongs to.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import case, func
from sqlmodel import Session, col, select

from gate.findings import WORDS, Code, Finding
from gate.reconcile import Day, Report
from gate.working import Standing, What, Word, after
from server import figures
from server.days.spans import chunks
from server.derived import VisitRow
from server.export import booked, journal
from server.export.booked import Booked
from server.export.matches import EXPLANATION, Proofs
from server.export.settled import Paid, Settlements
from server.export.sheets import ADJUSTMENTS, BANK, FINDINGS, OPENINGS, PAYMENTS, SUMMARY, VAT, VISITS, Rows, Value
from server.facts_day import WorkRow
from server.facts_visits import InsideRow, LostEntryRow
from server.frozen import CHARGE, ENTRY, PAYMENT, SUPPLEMENT, Fact, names
from server.reconcile import local_date

OPENING: Final = "opening"
BOX: Final = "box"
SHOWN: Final = (CHARGE, SUPPLEMENT, PAYMENT, OPENING, EXPLANATION)
"""The kinds of facts that the sheets are made of, beside the entries of the ledger."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_AT_ONCE: Final = 900


class Stay(NamedTuple):
    """What a row of a visit shows of its visit."""

    visit: str
    kind: str
    entry_lane: str
    exit_lane: str
    opened_at: datetime
    entered_at: datetime | None
    left_at: datetime | None
    origin: str


def micros(at: datetime | None) -> int | None:
    """A moment as rows hold it."""
    return None if at is None else (at - _EPOCH) // _MICROSECOND


def day_rows(
    session: Session, known: Day, found: Report, facts: dict[str, list[Fact]], ledger: Booked | None = None
) -> Rows:
    """The rows of a day. ledger: what it says of the day, by whoever knows better than its entries among the facts."""
    on = local_date(known.start)
    charges = {each.visit: each for each in figures.charges(session, known.site, facts)}
    settled = Settlements(session, known, charges)
    payments = [dict(zip(names(PAYMENT), line, strict=True)) for _, line in facts[PAYMENT]]
    proofs = Proofs(session, {p.payment for p in known.payments} | {_name(p) for p in payments}, facts)
    ledger = ledger or booked.of_facts(session, known.site, on, facts[ENTRY])
    rows: Rows = {
        VISITS.key: list(_visits(session, known, charges, settled, proofs)),
        PAYMENTS.key: list(_payments(settled, payments)),
        BANK.key: list(proofs.rows(payments)),
        OPENINGS.key: list(_openings(facts[OPENING])),
        FINDINGS.key: list(_findings(session, known, found)),
        VAT.key: list(_vat(on, charges.values())),
        ADJUSTMENTS.key: list(_adjustments(on, ledger)),
        journal.KEY: ledger.moved,
    }
    rows[SUMMARY.key] = [_summary(on, found, rows, len({each.key for each in ledger.late}))]
    return rows


def _summary(on: date, found: Report, rows: Rows, adjustments: int) -> list[Value]:
    counts = found.counts
    return [
        str(on),
        "open",
        *(counts[key] for key in ("entries", "exits", "visits")),
        sum(row[-1] != BOX for row in rows[VISITS.key]),
        counts["openings"],
        _sum(rows, VAT, "charges"),
        *(_sum(rows, VAT, key) for key in ("gross", "net", "vat")),
        *(_sum(rows, VISITS, key) for key in ("paid", "waived", "outstanding")),
        *(_sum(rows, PAYMENTS, key) for key in ("amount", "returned", "unapplied")),
        len(found.findings),
        adjustments,
    ]


def _sum(rows: Rows, sheet: Any, key: str) -> int:
    number = [column.key for column in sheet.columns].index(key)
    return sum(int(row[number] or 0) for row in rows[sheet.key])


# --- visit by visit --------------------------------------------------------------------------------------------


def _visits(
    session: Session,
    known: Day,
    charges: dict[str, figures.Charge],
    settled: Settlements,
    proofs: Proofs,
) -> Iterator[list[Value]]:
    """Who left or was charged on the day, then who came on it and was still inside at its end."""
    visits = {visit.visit: visit for visit in known.visits if not visit.voided}
    left = {name for name, visit in visits.items() if known.has(visit.left_at) and visit.charged is None}
    inside = {
        name
        for name, visit in visits.items()
        if known.has(visit.opened_at) and (visit.left_at is None or visit.left_at >= known.end)
    }
    inside |= _overnight(session, known)
    stays = _stays(session, {*charges, *left, *inside})
    for stay in sorted(stays, key=lambda stay: (stay.left_at or stay.opened_at, stay.visit)):
        charge = charges.get(stay.visit)
        if charge is not None:
            yield _charged(stay, charge, settled.of(stay.visit, charge.total), proofs)
        elif stay.visit in left:
            yield _uncharged(stay, "not_priced")
    for stay in sorted(stays, key=lambda stay: (stay.opened_at, stay.visit)):
        if stay.visit in inside and stay.visit not in charges:
            yield _uncharged(stay._replace(left_at=None, exit_lane=""), "inside")


def _charged(stay: Stay, charge: figures.Charge, paid: Paid, proofs: Proofs) -> list[Value]:
    outstanding = charge.total - paid.paid - paid.waived
    state = "owing" if outstanding > 0 else "free" if not charge.total else "paid" if paid.paid else "waived"
    return [
        *_stay(stay),
        charge.tariff,
        charge.rate_bp,
        charge.total,
        charge.total - charge.vat,
        charge.vat,
        paid.paid,
        paid.waived,
        outstanding,
        " ".join(dict.fromkeys(name.partition(":")[0] for name in paid.payments)),
        " ".join(paid.payments),
        " ".join(filter(None, (proofs.line_of(name) for name in paid.payments))),
        state,
        stay.origin,
    ]


def _uncharged(stay: Stay, state: str) -> list[Value]:
    return [*_stay(stay), "", *([None] * 7), "", "", "", state, stay.origin]


def _stay(stay: Stay) -> list[Value]:
    times = (micros(stay.entered_at), micros(stay.left_at))
    return [stay.visit, stay.kind, stay.entry_lane, stay.exit_lane, *times]


def _overnight(session: Session, known: Day) -> set[str]:
    """Who came on the day and left after it."""
    came = (col(VisitRow.opened_at) >= known.start, col(VisitRow.opened_at) < known.end)
    stayed = (col(VisitRow.left_at) >= known.end, col(VisitRow.voided).is_(False))
    return set(session.exec(select(VisitRow.visit).where(VisitRow.site == known.site, *came, *stayed)))


def _stays(session: Session, wanted: set[str]) -> list[Stay]:
    visit, shown = col(VisitRow.visit), (VisitRow.visit, VisitRow.vehicle_class, VisitRow.entry_lane)
    ends = (func.coalesce(VisitRow.exit_lane, ""), VisitRow.opened_at, VisitRow.entered_at, VisitRow.left_at)
    said: Any = select(*shown, *ends, _origin())  # type: ignore[call-overload]
    every = said.join(InsideRow, col(InsideRow.visit) == visit, isouter=True)
    every = every.join(LostEntryRow, col(LostEntryRow.visit) == visit, isouter=True)
    found: list[Stay] = []
    for some in chunks(wanted):
        found += [Stay(*row) for row in session.connection().execute(every.where(visit.in_(some))).all()]
    return found


def _origin() -> Any:
    """What made the visit: a box, a list of the first day, or a person at an exit."""
    by_list, by_person = col(InsideRow.visit).is_not(None), col(LostEntryRow.visit).is_not(None)
    return case((by_list, "import"), (by_person, "lost_entry"), else_=BOX)


# --- the other sheets ------------------------------------------------------------------------------------------


def _name(payment: dict[str, Any]) -> str:
    return f"{payment['provider']}:{payment['provider_id']}"


def _payments(settled: Settlements, payments: list[dict[str, Any]]) -> Iterator[list[Value]]:
    about = settled.applied({_name(row): row["amount"] for row in payments})
    for row in sorted(payments, key=lambda row: (row["received_at"], _name(row))):
        amount = row["amount"]
        visit, applied, returned = about[_name(row)]
        yield [
            micros(row["received_at"]),
            micros(row["happened_at"]),
            row["provider"],
            row["provider_id"],
            row["reference"] or "",
            visit,
            amount,
            applied,
            returned,
            amount - applied - returned,
            row["bank_reference"],
        ]


def _openings(facts: Iterable[Fact]) -> Iterator[list[Value]]:
    for at, line in sorted(facts, key=lambda fact: (fact.at, fact.line[0])):
        row = dict(zip(names(OPENING), line, strict=True))
        yield [micros(at), row["lane"], row["reason"], row["by"], row["note"], row["visit"] or ""]


def _findings(session: Session, known: Day, found: Report) -> Iterator[list[Value]]:
    stated = [("due", each) for each in found.findings] + [("in_transit", each) for each in found.in_transit]
    stated += [("explained", each) for each in found.explained]
    work = _work(session, known.site, {finding.subject for _, finding in stated}, known.now)
    for state, finding in sorted(stated, key=lambda each: (each[1].due, each[1].code, each[1].subject)):
        taken, note = work.get((finding.code, finding.subject), ("", ""))
        yield _finding(known, finding, state, taken, note)


def _finding(known: Day, finding: Finding, state: str, taken: str, note: str) -> list[Value]:
    age = max(timedelta(0), known.now - finding.due)
    return [
        micros(finding.due),
        state,
        finding.code.value,
        finding.amount,
        finding.amount if state == "due" else 0,
        finding.amount if state == "in_transit" else 0,
        finding.visit or "",
        finding.subject,
        WORDS[finding.code].owner.value,
        taken,
        age // timedelta(hours=1),
        finding.code.value,
        note,
        msgspec.json.encode(finding.evidence, order="sorted").decode(),
    ]


def _work(session: Session, site: str, subjects: set[str], now: datetime) -> dict[tuple[str, str], tuple[str, str]]:
    """Who took each finding, and the last explanation of it."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    stands: dict[tuple[str, str], Standing] = defaultdict(Standing)
    every = sorted(subjects)
    for begin in range(0, len(every), _AT_ONCE):
        mine = (WorkRow.site == site, col(WorkRow.at) <= now)
        some = col(WorkRow.subject).in_(every[begin : begin + _AT_ONCE])
        for row in session.exec(select(WorkRow).where(*mine, some).order_by(col(WorkRow.at), col(WorkRow.work))):
            key = (row.code, row.subject)
            _, note = found.get(key, ("", ""))
            stands[key] = after(stands[key], Word(Code(row.code), row.subject, What(row.what), row.by, row.amount))
            found[key] = (stands[key].taken_by, row.note or note)
    return {key: (taken, _half(stands[key]) + note) for key, (taken, note) in found.items()}


def _half(stands: Standing) -> str:
    """What to say before an explanation that is not final: one person's dismissal of what two must dismiss."""
    alone = stands.dismissed_by and (stands.settled is None or stands.settled < stands.dismissed_for)
    return "chờ người thứ hai · second person needed: " if alone else ""


def _adjustments(on: date, ledger: Booked) -> Iterator[list[Value]]:
    for each in ledger.late:
        yield [str(on), str(each.belongs), each.kind, each.visit, each.account, each.amount, each.key]


def _vat(on: date, charges: Iterable[figures.Charge]) -> Iterator[list[Value]]:
    count, gross, vat = Counter[tuple[int, str]](), Counter[tuple[int, str]](), Counter[tuple[int, str]]()
    for each in charges:
        group = (each.rate_bp, each.vehicle_class)
        count[group] += 1
        gross[group] += each.total
        vat[group] += each.vat
    for group in sorted(count):
        yield [str(on), *group, count[group], gross[group], gross[group] - vat[group], vat[group]]
