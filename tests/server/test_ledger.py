"""Balanced postings that are never changed, and books that follow again from what was said."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from sqlmodel import SQLModel

from gate.ledger import LedgerAccount
from gate.vehicle import VehicleClass
from server.books import balance
from server.db import reading, transaction
from server.derived import JournalMarkRow, LaneNowRow, VisitRow
from server.facts import EntryRow, EventRow, NoticeRow
from server.ledger import charge, owed
from server.rebuild import SAME, RebuildDiffers, rebuild
from server.vault import VaultReadRow
from tests.server.box import MORNING, Box, book, newest, notice, paid, reference
from tests.server.rows import ledger_sum, rows

HOUR = timedelta(hours=1)
DERIVED: tuple[type[SQLModel], ...] = (*SAME, VisitRow, JournalMarkRow, LaneNowRow, VaultReadRow, EventRow, NoticeRow)


def some_days(engine: Engine, seed: int) -> None:
    """Stays and money at random: early, late, twice, too little, too much, for nobody, in any batches."""
    chance, box, numbers = random.Random(seed), Box(), iter(range(1, 1_000))
    for number in range(1, 9):
        visit, entered = reference(number), MORNING + 2 * number * HOUR
        parts = [
            box.arrives(visit, entered, chance.choice([VehicleClass.CAR9, VehicleClass.MOTO])),
            box.is_priced(visit, entered, entered + HOUR, chance.choice([0, 10_000, 30_000])),
            box.leaves(visit, entered + HOUR),
        ]
        for part in parts:
            book(engine, *part) if chance.random() < 0.7 else [book(engine, fact) for fact in part]
            for _ in range(chance.choice([0, 0, 1, 2])):
                raw = notice(next(numbers), chance.choice([visit, visit, "?"]), chance.choice([10_000, 20_000, 30_000]))
                paid(engine, raw, newest(part))
                paid(engine, raw, newest(part))


@pytest.mark.parametrize("seed", range(4))
def test_every_entry_balances_and_every_dong_is_somewhere(engine: Engine, seed: int) -> None:
    some_days(engine, seed)
    assert ledger_sum(engine) == 0
    with reading(engine) as session:
        stands = {account: balance(session, "SPS", account) for account in LedgerAccount}
        each = session.connection().execute(text("SELECT sum(amount) FROM posting GROUP BY key")).scalars()
        assert set(each) <= {0}
        received = session.connection().execute(text("SELECT sum(amount) FROM payment")).scalar()
        charged = session.connection().execute(text("SELECT sum(total) FROM charge")).scalar()
    assert stands[LedgerAccount.CLEARING] == received
    assert -stands[LedgerAccount.REVENUE] - stands[LedgerAccount.VAT] == charged
    assert stands[LedgerAccount.RECEIVABLE] >= 0 >= stands[LedgerAccount.SUSPENSE]


def test_a_charge_is_posted_once_for_ever(engine: Engine) -> None:
    box, visit = Box(), reference(1)
    book(engine, *box.stays(visit, MORNING, MORNING + HOUR))
    before = rows(engine, EntryRow)
    book(engine, *box.is_priced(visit, MORNING, MORNING + 2 * HOUR, 99_000), *box.leaves(visit, MORNING + 2 * HOUR))
    with transaction(engine) as session:
        assert not charge(session, session.get_one(VisitRow, visit), MORNING, MORNING)
        assert owed(session, visit) == 30_000
    assert rows(engine, EntryRow) == before


@pytest.mark.parametrize("seed", range(4))
def test_a_rebuild_gives_the_same_books(engine: Engine, seed: int) -> None:
    some_days(engine, seed)
    before = [rows(engine, table) for table in DERIVED]
    done = rebuild(engine)
    assert done.events == len(rows(engine, EventRow)) > 80
    assert done.notices == len(rows(engine, NoticeRow))
    assert [rows(engine, table) for table in DERIVED] == before


def lose_an_event(engine: Engine) -> None:
    execute(engine, "DELETE FROM event WHERE kind = 'quoted'")


def change_a_posting(engine: Engine) -> None:
    execute(engine, "UPDATE posting SET amount = amount + 1")


def lose_the_notices(engine: Engine) -> None:
    execute(engine, "DELETE FROM notice")


def execute(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount


@pytest.mark.parametrize("harm", [lose_an_event, change_a_posting, lose_the_notices])
def test_a_rebuild_that_would_change_money_changes_nothing(engine: Engine, harm: Callable[[Engine], None]) -> None:
    some_days(engine, 1)
    harm(engine)
    before = [rows(engine, table) for table in DERIVED]
    with pytest.raises(RebuildDiffers, match="posting"):
        rebuild(engine)
    assert [rows(engine, table) for table in DERIVED] == before


def test_a_lost_derived_table_comes_back(engine: Engine) -> None:
    some_days(engine, 2)
    before = [rows(engine, table) for table in DERIVED]
    execute(engine, "DELETE FROM visit")
    execute(engine, "DELETE FROM journal_mark")
    rebuild(engine)
    assert [rows(engine, table) for table in DERIVED] == before


def test_erasing_plates_touches_no_book_and_a_rebuild_brings_none_back(engine: Engine) -> None:
    some_days(engine, 3)
    execute(engine, "DELETE FROM vault_read")
    before = [rows(engine, table) for table in DERIVED]
    rebuild(engine)
    assert [rows(engine, table) for table in DERIVED] == before
    assert rows(engine, VaultReadRow) == []
