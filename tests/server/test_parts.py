"""The parts of every figure of a day come to the figure, hour by hour and leaf by leaf."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, update

from gate.reconcile import Report
from server.console.paging import leaf
from server.db import transaction
from server.derived import InClearingRow, StayMoneyRow
from server.effects import Kind
from server.facts import PaymentRow
from server.parts import FIGURES, by_hour, parts_of, whole
from server.reconcile import report
from simulator.statements import Moved
from tests.server.bankworld import at, contract, line, settle, statement, taken
from tests.server.box import MORNING, Box, book, reference
from tests.server.money import agreed, decided
from tests.server.random_days import MIDNIGHT, SITE, Days

DATES = [date(2026, 11, 21) + timedelta(days=n) for n in range(5)]
NOW = MIDNIGHT + timedelta(days=5)
AS_HOURS = {"entries": "entries", "exits": "exits", "charged": "charged", "received": "paid"}
OF_FILES = {"settled", "fees", "fee_vat", "unknown_on_statement"}
"""What only files of banks and providers bring; those are below."""


def told(found: Report, name: str) -> int:
    """A count, or dong: no figure has the name of another."""
    return found.money[name] if name in found.money else found.counts[name]


def walked(session: Session, name: str, on: date, hour: int | None = None) -> list[int]:
    """What each part counts for, walked through leaf by leaf."""
    figure, after, found = FIGURES[name], "", list[int]()
    while True:
        some = leaf(session, parts_of(figure, SITE, on, hour), figure.keys, after, size=5, rising=True)
        found += [getattr(row, figure.adds) if figure.adds else 1 for row in some.rows]
        after = some.after
        if not after:
            return found


@pytest.mark.parametrize("seed", [100])
def test_parts_come_to_their_figure(engine: Engine, seed: int) -> None:
    seen = set[str]()
    with transaction(engine) as session:
        Days(session, seed).write(110)
        for on in DATES:
            found = report(session, SITE, on, NOW)
            for name, figure in FIGURES.items():
                hours = by_hour(session, figure, SITE, on)
                assert whole(hours).comes_to == told(found, name), (name, on)
                seen |= {name} if whole(hours).comes_to else set()
    assert set(FIGURES) - seen <= OF_FILES, set(FIGURES) - seen


def test_money_on_its_way_to_the_bank_comes_to_its_figure(engine: Engine) -> None:
    on = date(2026, 11, 23)
    contract(engine)
    settle(engine, [taken(n, 30_000, at(on, 9, n), on) for n in range(1, 6)], at(on, 20))
    statement(engine, [line(77, 45_000, on), Moved(on, -1_100, "FEE1", "phi duy tri tai khoan")], at(on, 21))
    with transaction(engine) as session:
        found = report(session, SITE, on, NOW)
        assert all(found.money[name] for name in OF_FILES), found.money
        for name in (*OF_FILES, "on_statement"):
            assert whole(by_hour(session, FIGURES[name], SITE, on)).comes_to == found.money[name], name
            assert sum(walked(session, name, on)) == found.money[name], name


def test_leaves_come_to_their_hour(engine: Engine) -> None:
    with transaction(engine) as session:
        Days(session, 7).write(30)
        for name, figure in FIGURES.items():
            hours = by_hour(session, figure, SITE, DATES[2])
            assert sum(walked(session, name, DATES[2])) == whole(hours).comes_to, name
            for hour in list(hours)[:2]:
                found = walked(session, name, DATES[2], hour)
                assert (len(found), sum(found)) == hours[hour], (name, hour)


def test_hours_are_those_of_the_report(sqlite: Engine) -> None:
    with transaction(sqlite) as session:
        Days(session, 3).write(80)
        for on in DATES[1:3]:
            found = report(session, SITE, on, NOW)
            for figure, field in (
                ("entries", "entries"),
                ("exits", "exits"),
                ("charged", "charged"),
                ("received", "paid"),
            ):
                hours = by_hour(session, FIGURES[figure], SITE, on)
                expected = {each.hour: getattr(each, field) for each in found.hours if getattr(each, field)}
                assert {hour: each.comes_to for hour, each in hours.items() if each.comes_to} == expected, figure


def test_what_is_kept_wrong_is_seen_by_its_sum(sqlite: Engine) -> None:
    """The parts are what is kept of each stay; where that is not what the ledger says, they do not add up."""
    with transaction(sqlite) as session:
        Days(session, 7).write(60)
        on = DATES[2]
        before = whole(by_hour(session, FIGURES["charged"], SITE, on)).comes_to
        session.exec(
            update(StayMoneyRow).where(col(StayMoneyRow.charged) > 0).values(charged=col(StayMoneyRow.charged) + 1)
        )
        after = whole(by_hour(session, FIGURES["charged"], SITE, on)).comes_to
        assert after > before == report(session, SITE, on, NOW).money["charged"]


@pytest.mark.parametrize("kind", [Kind.WAIVE, Kind.WRITE_OFF])
def test_what_two_persons_let_off_is_waived_and_not_paid(engine: Engine, kind: Kind) -> None:
    visit, on = reference(1), date(2026, 11, 23)
    book(engine, *Box().stays(visit, MORNING, MORNING + timedelta(hours=1)))
    agreed(engine, decided(engine, kind, visit=visit).decision)
    with transaction(engine) as session:
        found = report(session, "SPS", on, NOW)
        assert found.money["waived"] == 30_000
        for name in ("charged", "paid", "waived", "outstanding"):
            assert whole(by_hour(session, FIGURES[name], "SPS", on)).comes_to == found.money[name], name


def test_cash_awaits_no_bank_line(sqlite: Engine) -> None:
    """Cash comes to the bank as deposits: no payment of it is among those that await theirs."""
    with transaction(sqlite) as session:
        paid: dict[str, Any] = {"site": "SPS", "account": "", "amount": 30_000, "bank_reference": ""}
        for provider in ("cash", "sepay"):
            session.add(
                PaymentRow(provider=provider, provider_id="1", happened_at=MORNING, received_at=MORNING, **paid)
            )
            session.add(InClearingRow(provider=provider, provider_id="1", site="SPS"))
        session.flush()
        parts = session.exec(parts_of(FIGURES["awaiting_bank"], "SPS", date(2026, 11, 23))).all()
        assert [row.name for row in parts] == ["sepay:1"]
