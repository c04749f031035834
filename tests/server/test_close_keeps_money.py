"""A second person's word, a refund that was sent, a bank's line and a file are kept by their close like any fact."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from server import refunds
from server.close_check import Checked, check
from server.db import transaction
from server.rebuild import rebuild
from simulator.statements import Moved
from tests.server.bankworld import at, contract, settle, statement, taken
from tests.server.box import Box, notice, paid
from tests.server.closed import DAY, FIRST, KEY, a_day, closed
from tests.server.money import refunded

NOON = at(FIRST, 12)
AWAY = -50_000


@pytest.fixture
def closed_day(engine: Engine) -> Engine:
    """A day with a refund of two persons, its debit line, a settlement and a line that nothing explains; closed."""
    box = Box()
    contract(engine)
    paid(engine, notice(70, "tiền gửi xe", 50_000), NOON)
    name = refunded(engine, "sepay:70", now=NOON + timedelta(minutes=1))
    moves = [Moved(FIRST, 50_000, "7.70", "MBVCB.70"), Moved(FIRST, AWAY, "R1", name), Moved(FIRST, 1_234, "X", "la")]
    settle(engine, [taken(1, 40_000, NOON, FIRST)], at(FIRST, 20))
    statement(engine, moves, at(FIRST, 21), 10_000_000)
    a_day(engine, box, FIRST)
    closed(engine, FIRST)
    return engine


def looked(engine: Engine) -> Checked:
    with transaction(engine) as session:
        return check(session, "SPS", KEY.public_key())


def test_it_closes_is_well_and_stays_so_after_a_rebuild(closed_day: Engine) -> None:
    assert looked(closed_day).wrong == []
    with transaction(closed_day) as session:
        assert refunds.open_refunds(session) == []
    rebuild(closed_day)
    assert looked(closed_day).wrong == []


COPY = "INSERT INTO decision_word SELECT decision, 'minh', site, agrees, note, at FROM decision_word"
TAMPERED = (
    ("decision_word", "UPDATE decision_word SET by = 'lan2'", "hoa is gone"),
    ("decision_word", "UPDATE decision_word SET note = 'khác'", "note was '' and is 'khác'"),
    ("decision_word", "DELETE FROM decision_word", "is gone"),
    ("refund_sent", "UPDATE refund_sent SET proof = 'another'", "proof was"),
    ("refund_sent", "DELETE FROM refund_sent", "is gone"),
    ("bank_line", "UPDATE bank_line SET amount = 1235 WHERE amount = 1234", "amount was 1234 and is 1235"),
    ("bank_line", "UPDATE bank_line SET text = 'x' WHERE amount = 1234", "text was 'la' and is 'x'"),
    ("bank_line", "DELETE FROM bank_line WHERE amount < 0", "is gone"),
    ("settlement_line", "UPDATE settlement_line SET fee = fee - 1", "fee was 320 and is 319"),
    ("statement", "UPDATE statement SET closing = closing + 1 WHERE kind = 'bank'", "closing was"),
    ("statement", "DELETE FROM statement WHERE kind = 'bank'", "is gone"),
    ("statement", "UPDATE statement SET raw = '12' WHERE kind = 'bank'", "the bytes are not those of"),
    ("decision_word", COPY, "was put in after the close"),
)


def test_what_is_changed_or_put_in_is_named(closed_day: Engine) -> None:
    with transaction(closed_day) as session:
        for table, statement_, words in TAMPERED:
            with session.begin_nested() as tampered:
                assert session.connection().execute(text(statement_)).rowcount, statement_
                wrong = check(session, "SPS", KEY.public_key()).wrong
                assert {(each.where, each.on) for each in wrong} == {(table, FIRST)}, statement_
                assert any(words in each.what for each in wrong), wrong
                tampered.rollback()
            session.expire_all()
        assert check(session, "SPS", KEY.public_key()).wrong == []


def test_a_statement_that_comes_after_the_close_is_of_the_day_it_came(closed_day: Engine) -> None:
    came: datetime = at(FIRST + DAY, 9)
    statement(closed_day, [Moved(FIRST, 7_000, "late", "muon")], came, 10_001_234)
    found = looked(closed_day)
    assert found.wrong == []
    assert "bank_line" not in {each.where for each in found.late}
