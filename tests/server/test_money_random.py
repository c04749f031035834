"""Whatever happens in whatever order, the ledger balances, no dong is lost, and the same facts give the same books."""

import pytest
from sqlalchemy import Engine

from gate.ledger import EntryKind
from server.facts import EntryRow
from server.rebuild import SAME, rebuild
from tests.server.money import Days, check
from tests.server.rows import rows

K = EntryKind
OURS = {K.PEND, K.UNPEND, K.CHARGE, K.PAYMENT, K.APPLIED, K.RELEASED, K.CREDIT, K.WAIVER, K.WRITE_OFF, K.UNDONE}
OURS |= {K.REFUND_DUE, K.REFUND_SENT, K.CHARGEBACK}


@pytest.mark.parametrize("seed", range(2))
def test_money_at_random_stays_true_and_a_rebuild_finds_it_again(engine: Engine, seed: int) -> None:
    days = Days(engine, seed)
    days.run(80)
    assert days.refused > 10
    before = [rows(engine, table) for table in SAME]
    rebuild(engine)
    assert [rows(engine, table) for table in SAME] == before


def test_everything_happens_and_all_of_it_is_found_again(sqlite: Engine) -> None:
    """Days prove nothing about what never happens in them."""
    days, left = Days(sqlite, 8), 12
    while left and not (all(days.done.values()) and {row["kind"] for row in rows(sqlite, EntryRow)} >= OURS):
        days.run(100, every=20)
        left -= 1
    assert {row["kind"] for row in rows(sqlite, EntryRow)} == OURS
    assert all(days.done.values()), days.done
    check(sqlite)
    before = [rows(sqlite, table) for table in SAME]
    rebuild(sqlite)
    assert [rows(sqlite, table) for table in SAME] == before
