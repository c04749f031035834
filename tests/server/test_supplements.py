"""A stay that paid early and stayed on: asked for the rest at the exit, once, and counted everywhere."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, true
from sqlmodel import select

from gate.findings import Code
from gate.ledger import LedgerAccount
from gate.reconcile import reconcile
from gate.tariff import Rate, Step, Tariff
from gate.vehicle import VehicleClass
from gate.wire import encode
from server import ledger, money_shown, stay_money, stays
from server.books import balance, books
from server.days.spans import local_date
from server.db import reading, transaction
from server.derived import StayMoneyRow
from server.export.day import day_rows
from server.export.sheets import VAT, VISITS
from server.facts import ChargeRow, EntryRow, SupplementRow
from server.facts_money import DecisionRow
from server.figures import day_figures
from server.frozen import of_day
from server.ingest import Arrival, Taken, ingest
from server.notices import Kept
from server.orders import due
from server.rebuild import SAME, rebuild
from server.reconcile import day, look
from server.register import TariffRow
from server.tariffs import Tariffs
from tests.server.box import MORNING, TARIFF, Box, notice, paid, reference
from tests.server.money import check
from tests.server.rows import ledger_sum, rows

VISIT = reference(1)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
PAID_AT = MORNING + HOUR
BACK = PAID_AT + HOUR
ON = local_date(MORNING)
A = LedgerAccount


def hourly() -> Tariff:
    """30,000 an hour, 90,000 at most, under the code that the boxes of these tests quote."""
    by_hour: dict[VehicleClass, tuple[Step, ...]] = {VehicleClass.CAR9: (Step(price=30_000, every=60),)}
    dear = replace(TARIFF.turns[VehicleClass.CAR9], ceiling=90_000, cap=90_000)
    turns = {**TARIFF.turns, VehicleClass.CAR9: dear}
    return replace(TARIFF, turns=turns, rates=(Rate(name="hourly", rows=by_hour),))


@pytest.fixture
def box(engine: Engine) -> Box:
    """One stay, quoted 30,000 after an hour and paid at once; nobody left."""
    with transaction(engine) as session:
        row = session.get_one(TariffRow, ("SPS", TARIFF.code))
        row.body = encode(hourly()).decode()
    box = Box()
    said(engine, PAID_AT, *box.arrives(VISIT, MORNING), *box.is_priced(VISIT, MORNING, PAID_AT))
    assert comes(engine, 1, PAID_AT).settled is not None
    return box


def said(engine: Engine, at: datetime, *facts: Arrival) -> Taken:
    return ingest(engine, Tariffs(engine), facts, at)


def quoted(engine: Engine, box: Box, at: datetime, total: int) -> Taken:
    return said(engine, at, *box.is_priced(VISIT, MORNING, at, total))


def comes(engine: Engine, number: int, at: datetime, amount: int = 30_000) -> Kept:
    return paid(engine, notice(number, VISIT, amount), at)


def owed(engine: Engine) -> int:
    with reading(engine) as session:
        return ledger.owed(session, VISIT)


def supplements(engine: Engine) -> list[tuple[int, int, int]]:
    return [(row["number"], row["total"], row["vat"]) for row in rows(engine, SupplementRow)]


def trouble(engine: Engine, now: datetime) -> list[tuple[Code, int]]:
    """The findings about the stay, which both ways of looking at its day agree about."""
    with reading(engine) as session:
        quick, whole = look(session, "SPS", ON, now).report, reconcile(day(session, "SPS", ON, now))
    assert quick == whole
    assert Code.LEDGER_UNBALANCED not in {each.code for each in whole.findings}, "stay_money is what the ledger says"
    return [(each.code, each.amount) for each in quick.findings if each.visit == VISIT]


def the_day(engine: Engine, now: datetime) -> dict[str, Any]:
    with reading(engine) as session:
        facts = of_day(session, "SPS", ON)
        known = look(session, "SPS", ON, now)
        whole = day(session, "SPS", ON, now)
        sheets = day_rows(session, whole, known.report, facts)
        return {"figures": day_figures(session, "SPS", ON, facts, {}), "sheets": sheets, "money": known.report.money}


def test_within_the_grace_to_leave_nothing_more_is_owed(engine: Engine, box: Box) -> None:
    quoted(engine, box, PAID_AT + 15 * MINUTE, 60_000)
    assert (supplements(engine), owed(engine)) == ([], 0)


def test_beyond_it_the_rest_is_owed_and_paid_and_the_arm_may_open(engine: Engine, box: Box) -> None:
    quoted(engine, box, BACK, 60_000)
    assert (supplements(engine), owed(engine)) == ([(1, 30_000, 2_222)], 30_000)
    assert sum(row["vat"] for table in (ChargeRow, SupplementRow) for row in rows(engine, table)) == 4_444
    with reading(engine) as session:
        assert due(session, VISIT) == 30_000
    kept = comes(engine, 2, BACK + MINUTE)
    assert kept.settled is not None
    assert kept.settled.visit == VISIT
    assert owed(engine) == 0
    assert rows(engine, DecisionRow) == [], "nothing to give back"
    said(engine, BACK + 2 * MINUTE, *box.leaves(VISIT, BACK + 2 * MINUTE))
    assert trouble(engine, BACK + HOUR) == []
    check(engine)


def test_let_out_without_it_the_stay_owes_the_rest(engine: Engine, box: Box) -> None:
    quoted(engine, box, BACK, 60_000)
    said(engine, BACK + MINUTE, *box.leaves(VISIT, BACK + MINUTE))
    assert trouble(engine, BACK + HOUR) == [(Code.LEFT_NOT_PAID, 30_000)]
    check(engine)


def test_standing_at_the_exit_it_is_no_case_at_once(engine: Engine, box: Box) -> None:
    quoted(engine, box, BACK, 60_000)
    assert trouble(engine, BACK) == []
    assert (Code.AMOUNT_DIFFERS, 30_000) in trouble(engine, BACK + HOUR)


def test_asked_again_only_what_is_more_is_added(engine: Engine, box: Box) -> None:
    quoted(engine, box, BACK, 60_000)
    for total in (60_000, 50_000, 0):
        quoted(engine, box, BACK + MINUTE, total)
    quoted(engine, box, BACK + HOUR, 90_000)
    assert supplements(engine) == [(1, 30_000, 2_222), (2, 30_000, 2_223)]
    assert owed(engine) == 60_000
    comes(engine, 2, BACK + HOUR, 60_000)
    assert owed(engine) == 0
    check(engine)


def test_two_quotes_in_one_batch_are_as_two_batches(engine: Engine, box: Box) -> None:
    facts = [*box.is_priced(VISIT, MORNING, BACK, 60_000), *box.is_priced(VISIT, MORNING, BACK + HOUR, 90_000)]
    said(engine, BACK + HOUR, *facts)
    assert supplements(engine) == [(1, 30_000, 2_222), (2, 30_000, 2_223)]


def test_a_late_repeat_of_the_first_notice_pays_nothing(engine: Engine, box: Box) -> None:
    quoted(engine, box, BACK, 60_000)
    assert not comes(engine, 1, BACK + MINUTE).new
    assert owed(engine) == 30_000


def test_who_never_paid_in_full_has_no_grace(engine: Engine, box: Box) -> None:
    visit = reference(2)
    said(engine, PAID_AT, *box.arrives(visit, MORNING), *box.is_priced(visit, MORNING, PAID_AT))
    paid(engine, notice(7, visit, 10_000), PAID_AT)
    said(engine, PAID_AT + MINUTE, *box.is_priced(visit, MORNING, PAID_AT + MINUTE, 60_000))
    with reading(engine) as session:
        assert ledger.owed(session, visit) == 50_000


def test_a_quote_after_the_exit_adds_nothing(engine: Engine, box: Box) -> None:
    said(engine, PAID_AT + MINUTE, *box.leaves(VISIT, PAID_AT + MINUTE))
    quoted(engine, box, BACK, 60_000)
    assert (supplements(engine), owed(engine)) == ([], 0)


def test_money_that_is_faster_than_the_quote_settles_it(engine: Engine, box: Box) -> None:
    """The box's line was slow: the driver paid the rest before the centre knew that it was asked for."""
    comes(engine, 2, BACK + MINUTE)
    taken = said(engine, BACK + 2 * MINUTE, *box.is_priced(VISIT, MORNING, BACK, 60_000))
    assert [each.visit for each in taken.settled] == [VISIT]
    assert owed(engine) == 0
    with reading(engine) as session:
        assert balance(session, "SPS", A.SUSPENSE) == 0
    check(engine)


def test_one_payment_may_find_its_stay_twice(engine: Engine) -> None:
    box = Box()
    said(engine, MORNING, *box.arrives(VISIT, MORNING))
    comes(engine, 1, MORNING, 60_000)
    said(engine, PAID_AT, *box.is_priced(VISIT, MORNING, PAID_AT))
    said(engine, BACK, *box.is_priced(VISIT, MORNING, BACK, 60_000))
    assert sorted(row["key"] for row in rows(engine, EntryRow) if row["kind"] == "applied") == [
        f"applied:sepay:1.2:{VISIT}",
        f"applied:sepay:1:{VISIT}",
    ]
    assert owed(engine) == 0
    check(engine)


@pytest.mark.parametrize("pays", [True, False])
def test_every_reader_says_the_same_price(engine: Engine, box: Box, *, pays: bool) -> None:
    quoted(engine, box, BACK, 60_000)
    if pays:
        comes(engine, 2, BACK + MINUTE)
    said(engine, BACK + 2 * MINUTE, *box.leaves(VISIT, BACK + 2 * MINUTE))
    outstanding = 0 if pays else 30_000
    with reading(engine) as session:
        assert books(session, "SPS")["charges"][0]["amount"] == 60_000
        assert money_shown.shown(session, VISIT)["visit"]["charged"] == 60_000
    with transaction(engine) as session:
        shown = stays.shown(session, VISIT, "lan", BACK, plates=False)
    assert shown is not None
    assert (shown["charged"], shown["owed"]) == (60_000, outstanding)
    seen = the_day(engine, BACK + HOUR)
    assert (seen["money"]["charged"], seen["money"]["outstanding"]) == (60_000, outstanding)
    assert (seen["figures"]["money"]["gross"], seen["figures"]["money"]["vat"]) == (60_000, 4_444)
    assert seen["figures"]["vat"] == {"800": {"charges": 1, "gross": 60_000, "net": 55_556, "vat": 4_444}}
    row = dict(zip((column.key for column in VISITS.columns), seen["sheets"][VISITS.key][0], strict=True))
    assert (row["price"], row["vat"], row["outstanding"]) == (60_000, 4_444, outstanding)
    totals = dict(zip((column.key for column in VAT.columns), seen["sheets"][VAT.key][0], strict=True))
    assert (totals["gross"], totals["vat"]) == (60_000, 4_444)
    with reading(engine) as session:
        assert -balance(session, "SPS", A.REVENUE) - balance(session, "SPS", A.VAT) == 60_000
    assert ledger_sum(engine) == 0


def test_a_rebuild_finds_it_again(engine: Engine, box: Box) -> None:
    quoted(engine, box, PAID_AT + MINUTE, 60_000)
    quoted(engine, box, BACK, 60_000)
    comes(engine, 2, BACK + MINUTE)
    quoted(engine, box, BACK + HOUR, 90_000)
    said(engine, BACK + 2 * HOUR, *box.leaves(VISIT, BACK + 2 * HOUR))
    before = [rows(engine, table) for table in SAME]
    rebuild(engine)
    assert [rows(engine, table) for table in SAME] == before
    with reading(engine) as session:
        assert len(session.exec(select(SupplementRow)).all()) == 2


def test_a_stay_is_kept_with_its_own_supplements_only(engine: Engine, box: Box) -> None:
    other = reference(2)
    said(engine, PAID_AT, *box.stays(other, MORNING, PAID_AT))
    quoted(engine, box, BACK, 60_000)
    with transaction(engine) as session:
        assert stay_money.differing(session, true()) == []
        stay_money.made_again(session)
    assert {row["visit"]: row["charged"] for row in rows(engine, StayMoneyRow)} == {VISIT: 60_000, other: 30_000}
