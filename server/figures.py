"""The figures of a day from its facts: charges by class and VAT rate, money, accounts, and what came late."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec
from sqlmodel import Session, col, select

from gate.ledger import LedgerAccount
from gate.money import vat_in
from server import frozen
from server.derived import VisitRow
from server.facts import ChargeRow
from server.frozen import CHARGE, ENTRY, PAYMENT, SUPPLEMENT, Fact, names
from server.reconcile import bounds, local_date
from server.register import TariffRow

USUAL_BP: Final = (800, 1_000, 500, 0)
MIXED: Final = -1
"""The VAT of a ticket that no single rate gives: its lines lie on both sides of a change of rate."""


class Charge(NamedTuple):
    """A charge as the figures need it. `rate_bp`: the VAT rate that its VAT is, in basis points, or MIXED."""

    visit: str
    vehicle_class: str
    tariff: str
    total: int
    vat: int
    rate_bp: int
    at: datetime


class Late(NamedTuple):
    """A line of an entry that counts on a day and belongs to an earlier one."""

    key: str
    kind: str
    visit: str
    belongs: date
    account: str
    amount: int


def day_figures(
    session: Session, site: str, on: date, facts: dict[str, list[Fact]], stood: dict[str, int]
) -> dict[str, Any]:
    """What a close says of money: gross, net and VAT, by class and by rate; accounts on the day and at its end.

    facts: those that the day counts; stood: the accounts before it.
    """
    all_charges = charges(session, site, facts)
    moved = accounts(facts[ENTRY])
    at_end = {each: stood.get(each, 0) + moved.get(each, 0) for each in sorted({*stood, *moved})}
    late = adjustments(session, site, on, facts[ENTRY])
    return {
        "money": {
            **_sum(all_charges),
            "received": sum(fact.line[names(PAYMENT).index("amount")] for fact in facts[PAYMENT]),
        },
        "classes": _grouped(all_charges, "vehicle_class"),
        "vat": _grouped(all_charges, "rate_bp"),
        "accounts": {"before": dict(sorted(stood.items())), "moved": moved, "at_end": at_end},
        "tariffs": _tariffs(session, site, {each.tariff for each in all_charges}),
        "adjustments": _late_sums(late),
    }


def charges(session: Session, site: str, facts: dict[str, list[Fact]]) -> list[Charge]:
    """The charges of these facts, a stay's with its supplements; one alone where its charge is another day's."""
    rates, found = Rates(session, site), dict[str, Charge]()
    for kind in (CHARGE, SUPPLEMENT):
        at = [names(kind).index(each) for each in ("visit", "vehicle_class", "tariff", "total", "vat")]
        for happened, line in facts[kind]:
            moment = happened
            visit, vehicle_class, tariff, total, vat = (line[number] for number in at)
            before = found.get(visit)
            if before is not None:
                total, vat, moment = before.total + total, before.vat + vat, max(before.at, moment)
            rate = rates.of(tariff, total, vat, moment)
            found[visit] = Charge(visit, vehicle_class, tariff, total, vat, rate, moment)
    return list(found.values())


def accounts(entries: Iterable[Fact]) -> dict[str, int]:
    """What the entries moved, by account."""
    moved = Counter[str]()
    for fact in entries:
        for _, account, amount in fact.line[-1]:
            moved[account] += amount
    return dict(sorted(moved.items()))


def adjustments(session: Session, site: str, on: date, entries: Iterable[Fact]) -> list[Late]:
    """What counts on the day and belongs to another: it happened before, or is about a stay charged before."""
    at = {name: number for number, name in enumerate(names(ENTRY))}
    start, _ = bounds(on)
    known, numbers = list(entries), (at["visit"], at["happened_at"])
    charged = _charged_before(session, site, start, {fact.line[at["visit"]] for fact in known} - {""})
    found = []
    for _, line in known:
        happened = line[numbers[1]]
        if happened >= start and line[numbers[0]] not in charged:
            continue
        belongs = min(charged.get(line[at["visit"]], on), local_date(happened))
        if belongs < on and not (line[at["kind"]] == "charge" and line[at["visit"]] not in charged):
            named = (line[at["key"]], line[at["kind"]], line[at["visit"]], belongs)
            found += [Late(*named, account, amount) for _, account, amount in line[-1]]
    return found


class Rates:
    """Which VAT rate a ticket's VAT is. The tariff's own rates are asked first, the one of its moment before others."""

    def __init__(self, session: Session, site: str) -> None:
        rows = session.exec(select(TariffRow.code, TariffRow.body).where(TariffRow.site == site))
        self._rates = {code: _rates_in(body) for code, body in rows}

    def of(self, tariff: str, total: int, vat: int, at: datetime) -> int:
        """In basis points, or MIXED."""
        own = self._rates.get(tariff, ())
        holding = [bp for since, bp in own if since <= at][-1:]
        return _rate(total, vat, (*holding, *(bp for _, bp in own), *USUAL_BP))


@lru_cache(maxsize=4_096)
def _rate(total: int, vat: int, candidates: tuple[int, ...]) -> int:
    return next((bp for bp in candidates if vat_in(total, bp) == vat), MIXED)


def _rates_in(body: str) -> tuple[tuple[datetime, int], ...]:
    said = msgspec.json.decode(body).get("vat", ())
    return tuple((datetime.fromisoformat(each["since"]), each["rate_bp"]) for each in said)


def _charged_before(session: Session, site: str, start: datetime, visits: set[str]) -> dict[str, date]:
    """Of these visits, those whose charge is of an earlier day, and that day."""
    found: dict[str, date] = {}
    every = sorted(visits)
    for begin in range(0, len(every), 500):
        query = (
            select(ChargeRow.visit, ChargeRow.happened_at, VisitRow.left_at, ChargeRow.site)
            .join(VisitRow, col(VisitRow.visit) == col(ChargeRow.visit), isouter=True)
            .where(col(ChargeRow.visit).in_(every[begin : begin + 500]))
        )
        for visit, happened_at, left_at, of in session.connection().execute(query).all():
            at = max(happened_at, left_at) if left_at else happened_at
            if at < start and of == site:  # not asked of the database, which would look through all of the site's
                found[visit] = local_date(at)
    return found


def _sum(some: Iterable[Charge]) -> dict[str, int]:
    count = gross = vat = 0
    for each in some:
        count, gross, vat = count + 1, gross + each.total, vat + each.vat
    return {"charges": count, "gross": gross, "net": gross - vat, "vat": vat}


def _grouped(every: Iterable[Charge], name: str) -> dict[str, dict[str, int]]:
    groups: dict[str, list[Charge]] = defaultdict(list)
    for each in every:
        groups[str(getattr(each, name))].append(each)
    return {group: _sum(groups[group]) for group in sorted(groups)}


def _tariffs(session: Session, site: str, used: set[str]) -> dict[str, str]:
    rows = session.exec(select(TariffRow.code, TariffRow.body).where(TariffRow.site == site))
    return {code: frozen.digest(body) for code, body in rows if code in used}


def _late_sums(late: Iterable[Late]) -> dict[str, dict[str, int]]:
    """By the day that it belongs to: how many entries, and what they moved on the accounts that are real money."""
    keys: dict[str, set[str]] = defaultdict(set)
    moved: dict[str, Counter[str]] = defaultdict(Counter)
    for each in late:
        keys[str(each.belongs)].add(each.key)
        if each.account not in {LedgerAccount.PENDED, LedgerAccount.QUOTED}:
            moved[str(each.belongs)][each.account] += each.amount
    return {day: {"entries": len(keys[day]), **dict(sorted(moved[day].items()))} for day in sorted(keys)}
