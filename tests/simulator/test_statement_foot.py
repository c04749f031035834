"""A statement's foot says that it was printed the day after its last line."""

from datetime import date

from simulator.statements import Moved, bank_table


def test_it_is_printed_the_day_after() -> None:
    moves = [Moved(date(2026, 12, day), 1, str(day), "") for day in (31, 30)]
    assert bank_table("vietcombank-web", "1", 0, moves)[-1][0] == "In ngày 01/01/2027"
    assert str(bank_table("vietcombank-web", "1", 0, [])[-1][0]).startswith("In ngày ")
