"""Money that only a statement told of is money like any other: people see it and decide about it."""

from datetime import date

from sqlalchemy import Engine
from sqlmodel import select

from server.db import reading
from server.facts import PaymentRow
from server.money_shown import shown
from tests.server.bankworld import END, at, line, statement
from tests.server.money import refunded
from tests.server.money_desk import stand_at_the_exit

ON = date(2026, 11, 23)


def over(engine: Engine) -> str:
    """A transfer of 50,000 for a stay of 30,000 that no notice told of; its name."""
    (visit,) = stand_at_the_exit(engine, [1])
    statement(engine, [line(1, 50_000, ON, visit)], at(date(2026, 11, 24)))
    with reading(engine) as session:
        row = session.exec(select(PaymentRow)).one()
    return f"{row.provider}:{row.provider_id}"


def test_what_is_over_can_be_looked_at_and_given_back(sqlite: Engine) -> None:
    name = over(sqlite)
    with reading(sqlite) as session:
        assert shown(session, name)["payment"]["waits"] == 20_000
    assert refunded(sqlite, name, END).startswith("RF")
