"""What is kept beside the ledger is what the ledger says, whatever happened; where it is not, the books say so."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Engine, bindparam, text, true
from sqlmodel import Session, col, delete, select

from gate import ledger as entries
from gate.findings import Code, Finding
from gate.ledger import About, EntryKind, LedgerAccount
from gate.reconcile import reconcile
from gate.wire import encode
from server import in_clearing, ledger, stay_money
from server.closing import look as look_to_close
from server.db import connect, insert_once, migrate, migrations, reading, transaction
from server.derived import InClearingRow, StayMoneyRow
from server.facts import EntryRow, PaymentRow, PostingRow
from server.proving import awaited
from server.reconcile import bounds, day, look, report
from server.stay_money import Change, differing
from server.types import UtcDateTime
from tests.bench import month
from tests.server.box import ACCOUNT
from tests.server.random_days import MIDNIGHT, SITE, Days
from tests.server.rows import rows

KEPT = (StayMoneyRow, InClearingRow)
DATES = [date(2026, 11, 21) + timedelta(days=n) for n in range(5)]
NOW = MIDNIGHT + timedelta(days=5)


def written(engine: Engine, seed: int, stays: int = 40) -> None:
    with transaction(engine) as session:
        Days(session, seed).write(stays)


@pytest.mark.parametrize("seed", [11, 12])
def test_days_at_random_leave_what_the_ledger_says(engine: Engine, seed: int) -> None:
    written(engine, seed, 80)
    before = [rows(engine, table) for table in KEPT]
    with transaction(engine) as session:
        assert differing(session, true()) == []
        stay_money.made_again(session)
        in_clearing.made_again(session)
    assert [rows(engine, table) for table in KEPT] == before
    kept, lying = before
    assert len(kept) > 40
    assert {row["odd"] for row in kept} == {True, False}
    assert any(row["owed"] for row in kept)
    assert lying


def test_a_bench_s_month_is_as_it_would_be_booked(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/month.sqlite")
    month.write(engine, 900)
    with transaction(engine) as session:
        assert differing(session, true()) == []
        in_clearing.made_again(session)
    assert rows(engine, InClearingRow) == []
    assert len(rows(engine, StayMoneyRow)) == 900
    engine.dispose()


def test_the_order_of_entries_does_not_matter(engine: Engine) -> None:
    at, later = MIDNIGHT, MIDNIGHT + timedelta(hours=1)
    some = {
        "charge": Change(charged=30_000, charged_at=at, owed=30_000),
        "more": Change(charged=5_000, owed=5_000, odd=True),
        "early": Change(owed=-30_000, paid_at=at),
        "late": Change(owed=-5_000, paid_at=later),
    }
    with transaction(engine) as session:
        for order in ("charge more early late", "late early more charge", "early charge late more"):
            for name in order.split():
                stay_money.write(session, {order: some[name]})
    found = [{**row, "visit": ""} for row in rows(engine, StayMoneyRow)]
    whole = {"visit": "", "charged": 35_000, "charged_at": at, "owed": 0, "odd": True, "paid_at": later}
    assert found == [whole] * 3


def test_many_at_once_add_up(engine: Engine) -> None:
    """Nobody holds the visit: what each adds is there at the end."""

    def pay(number: int) -> None:
        for part in range(3):
            key = f"sepay:{number}-{part}"
            made = entries.payment(key=key, site=SITE, visit="SPS1", paid=1, owed=1, happened_at=MIDNIGHT)
            with transaction(engine) as session:
                ledger.post(session, made, MIDNIGHT + timedelta(seconds=number))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(pay, range(6)))
    (kept,) = rows(engine, StayMoneyRow)
    assert (kept["owed"], kept["paid_at"]) == (-18, MIDNIGHT + timedelta(seconds=5))


def test_what_was_taken_back_with_its_transaction_was_never_kept(engine: Engine) -> None:
    made = entries.payment(key="sepay:1", site=SITE, visit="SPS1", paid=5, owed=5, happened_at=MIDNIGHT)
    with Session(engine) as session:
        assert ledger.post(session, made, MIDNIGHT)
        session.rollback()
    assert rows(engine, StayMoneyRow) == []
    with transaction(engine) as session:
        assert ledger.post(session, made, MIDNIGHT)
        assert not ledger.post(session, made, MIDNIGHT)
    (kept,) = rows(engine, StayMoneyRow)
    assert kept["owed"] == -5, "the second time is no time"


# --- a row that is not what the ledger says ------------------------------------------------------------------------


def plain_stay(session: Session, on: date) -> str:
    """A stay of the day that nothing is wrong with."""
    some = {each.visit for each in look(session, SITE, on, NOW).day.visits}
    return next(each.visit for each in day(session, SITE, on, NOW).visits if each.visit not in some and each.charged)


def unbalanced(found: tuple[Finding, ...]) -> list[Finding]:
    return [each for each in found if each.code == Code.LEDGER_UNBALANCED]


def falsified(engine: Engine, **values: Any) -> tuple[str, date]:
    written(engine, 7, 60)
    on = DATES[2]
    with transaction(engine) as session:
        visit = plain_stay(session, on)
        row = session.get_one(StayMoneyRow, visit)
        for name, value in values.items():
            setattr(row, name, value)
    return visit, on


@pytest.mark.parametrize("values", [{"owed": 1}, {"charged": 1}, {"owed": -10_000, "odd": True}])
def test_a_false_amount_is_a_finding_and_the_day_is_the_ledgers(sqlite: Engine, values: dict[str, Any]) -> None:
    visit, on = falsified(sqlite, **values)
    with reading(sqlite) as session:
        found, whole = report(session, SITE, on, NOW), reconcile(day(session, SITE, on, NOW))
    assert encode(found) == encode(whole)
    (said,) = unbalanced(found.findings)
    assert said.subject == f"stay_money:{SITE}:{on}"
    assert said.evidence["first"] == visit
    assert said.amount > 0


@pytest.mark.parametrize(
    "values", [{"odd": True}, {"paid_at": MIDNIGHT + timedelta(days=9)}, {"charged_at": MIDNIGHT}, {"owed": 3}]
)
def test_a_close_looks_at_the_ledger_itself(sqlite: Engine, values: dict[str, Any]) -> None:
    visit, on = falsified(sqlite, **values)
    with reading(sqlite) as session:
        (said,) = unbalanced(look_to_close(session, SITE, on, NOW, first=True).report.findings)
        assert said.evidence == {"why": "stay_money is not what the ledger says", "stays": "1", "first": visit}
        assert unbalanced(reconcile(day(session, SITE, on, NOW)).findings) == [said]


def test_a_close_does_not_believe_that_a_debt_was_paid(sqlite: Engine) -> None:
    """Two rows that are wrong by the same amount: together they come to what the ledger says."""
    written(sqlite, 7, 60)
    on = DATES[2]
    with transaction(sqlite) as session:
        true_report = report(session, SITE, on, NOW)
        other = session.get_one(StayMoneyRow, plain_stay(session, on))
        debtor = next(row for row in _kept_of(session, on) if row.owed > 0)
        other.owed, debtor.owed = debtor.owed, 0
        session.flush()
        said = look(session, SITE, on, NOW, thorough=True).report
    (differs,) = unbalanced(said.findings)
    assert differs.evidence["stays"] == "2"
    assert [each for each in said.findings if each != differs] == list(true_report.findings)


def _kept_of(session: Session, on: date) -> list[StayMoneyRow]:
    names = [each.visit for each in day(session, SITE, on, NOW).visits]
    return list(session.exec(select(StayMoneyRow).where(col(StayMoneyRow.visit).in_(names))))


def test_a_stay_somebody_thought_about_is_never_plain(sqlite: Engine) -> None:
    """It owes nothing and was paid in time, but not all of it by money."""
    written(sqlite, 7, 120)
    account, on = LedgerAccount, DATES[2]
    start, end = bounds(on)
    with transaction(sqlite) as session:
        some = {each.visit for each in look(session, SITE, on, NOW).day.visits}
        plain = [each for each in day(session, SITE, on, NOW).visits if each.visit not in some and each.charged]
        visit = next(each.visit for each in plain if each.left_at and start <= each.left_at < end)
        for kind, debit, credit in (
            (EntryKind.RELEASED, account.RECEIVABLE, account.REFUNDS),
            (EntryKind.WAIVER, account.WAIVED, account.RECEIVABLE),
        ):
            about = About(SITE, MIDNIGHT, visit)
            ledger.post(session, entries.moved(f"{kind}:x", kind, about, 5_000, debit=debit, credit=credit), MIDNIGHT)
        quick, whole = report(session, SITE, on, NOW), reconcile(day(session, SITE, on, NOW))
    assert whole.money["waived"] >= 5_000
    assert encode(quick) == encode(whole)


# --- what lies in clearing -----------------------------------------------------------------------------------------


def moved(kind: EntryKind, key: str, payment: str, into: LedgerAccount) -> entries.Entry:
    about = About(SITE, MIDNIGHT, "", payment)
    return entries.moved(key, kind, about, 7_000, debit=into, credit=LedgerAccount.CLEARING)


def test_a_payment_lies_in_clearing_until_what_it_awaits_shows_it(engine: Engine) -> None:
    """Its account is the site's own: the bank shows it, a settlement does not."""
    paid = PaymentRow(
        provider="a:b",
        provider_id="c:d",
        site=SITE,
        account=ACCOUNT[SITE],
        amount=7_000,
        bank_reference="",
        happened_at=MIDNIGHT,
        received_at=MIDNIGHT,
    )
    name = "a:b:c:d"
    came = entries.payment(key=name, site=SITE, visit="", paid=7_000, owed=0, happened_at=MIDNIGHT)
    settled = moved(EntryKind.SETTLED, f"settled:{name}:PAY", name, LedgerAccount.PAYOUT)
    with transaction(engine) as session:
        insert_once(session, paid)
        ledger.post(session, came, MIDNIGHT)
        ledger.post_all(session, [settled], MIDNIGHT)
        assert [each.amount for each in awaited.expected(session, SITE, NOW)] == [7_000]
        in_clearing.made_again(session)
        assert session.exec(select(InClearingRow)).one().provider_id == "c:d"
        ledger.post_all(session, [moved(EntryKind.BANKED, "banked:x", name, LedgerAccount.BANK)], MIDNIGHT)
        assert session.exec(select(InClearingRow)).all() == []
        in_clearing.made_again(session)
        assert session.exec(select(InClearingRow)).all() == []


def test_a_settlement_may_be_known_before_its_payment(engine: Engine) -> None:
    paid = PaymentRow(
        provider="momo",
        provider_id="1",
        site=SITE,
        account="a partner code",
        amount=7_000,
        bank_reference="",
        happened_at=MIDNIGHT,
        received_at=MIDNIGHT,
    )
    came = entries.payment(key="momo:1", site=SITE, visit="", paid=7_000, owed=0, happened_at=MIDNIGHT)
    with transaction(engine) as session:
        ledger.post_all(
            session, [moved(EntryKind.SETTLED, "settled:momo:1:REFUND", "momo:1", LedgerAccount.PAYOUT)], MIDNIGHT
        )
        insert_once(session, paid)
        ledger.post(session, came, MIDNIGHT)
        assert session.exec(select(InClearingRow)).one().site == SITE, "a refund is no proof that it came"
        session.exec(delete(PostingRow).where(col(PostingRow.key) == "payment:momo:1"))
        session.exec(delete(EntryRow).where(col(EntryRow.key) == "payment:momo:1"))
        session.exec(delete(InClearingRow))
        ledger.post_all(
            session, [moved(EntryKind.SETTLED, "settled:momo:1:PAY", "momo:1", LedgerAccount.PAYOUT)], MIDNIGHT
        )
        ledger.post(session, came, MIDNIGHT)
        assert session.exec(select(InClearingRow)).all() == []


# --- books of the version before -----------------------------------------------------------------------------------


FIRST = """
INSERT INTO charge (visit, site, tariff, vehicle_class, total, vat, lines, happened_at, recorded_at)
    VALUES ('SPS1', 'SPS', 't', 'CAR9', 30000, 0, '[]', :at, :at),
        ('SPS2', 'SPS', 't', 'CAR9', 30000, 0, '[]', :at, :at);
INSERT INTO payment (provider, provider_id, site, account, amount, reference, bank_reference, happened_at, received_at)
    VALUES ('sepay', '1', 'SPS', '1', 40000, 'SPS1', '', :at, :at), ('sepay', '2', 'SPS', '1', 5, NULL, '', :at, :at);
INSERT INTO entry (key, kind, site, visit, happened_at, recorded_at)
    VALUES ('charge:SPS1', 'charge', 'SPS', 'SPS1', :at, :at), ('charge:SPS2', 'charge', 'SPS', 'SPS2', :at, :at),
        ('payment:sepay:1', 'payment', 'SPS', 'SPS1', :at, :at), ('payment:sepay:2', 'payment', 'SPS', '', :at, :at);
INSERT INTO posting (key, line, account, amount)
    VALUES ('charge:SPS1', 0, 'receivable', 30000), ('charge:SPS1', 1, 'revenue', -30000),
        ('charge:SPS2', 0, 'receivable', 30000), ('charge:SPS2', 1, 'revenue', -30000),
        ('payment:sepay:1', 0, 'clearing', 40000), ('payment:sepay:1', 1, 'receivable', -30000),
        ('payment:sepay:1', 2, 'suspense', -10000),
        ('payment:sepay:2', 0, 'clearing', 5), ('payment:sepay:2', 1, 'suspense', -5)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without any table."""
    if request.param == "sqlite":
        yield connect(f"sqlite:///{tmp_path}/old.sqlite")
        return
    with request.getfixturevalue("postgres").database() as url:
        engine = connect(url)
        yield engine
        engine.dispose()


def test_books_of_the_first_version_are_brought_here(empty: Engine) -> None:
    config = migrations()
    with empty.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in FIRST.split(";"):
            at = [bindparam("at", MIDNIGHT, UtcDateTime())] if ":at" in statement else []
            connection.execute(text(statement).bindparams(*at))
    migrate(empty)
    found = [rows(empty, table) for table in KEPT]
    assert [(row["visit"], row["charged"], row["owed"], row["odd"]) for row in found[0]] == [
        ("SPS1", 30_000, 0, True),
        ("SPS2", 30_000, 30_000, False),
    ]
    assert [row["provider_id"] for row in found[1]] == ["1", "2"]
    with transaction(empty) as session:
        stay_money.made_again(session)
        in_clearing.made_again(session)
    assert [rows(empty, table) for table in KEPT] == found
