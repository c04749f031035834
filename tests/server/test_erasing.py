"""An erased plate is found in no column of any table, and no book was touched."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import SQLModel

from gate.messages import Direction
from server import erasing, lists, plate_corrections
from server.corrections import NotPossible
from server.db import reading, transaction
from server.facts import ChargeRow, EntryRow
from server.money_rules import MoneyRules, Speaker
from server.roles import Role
from tests.server.box import MORNING, Box, book, reference
from tests.server.rows import rows
from tests.server.test_lists import listing

READ, TRUE, OTHER = "24A12378", "30F56701", "29B44444"
LEFT = MORNING + timedelta(hours=1)


def tables_with(engine: Engine, text: str) -> list[str]:
    """Every table that has this text somewhere."""
    with reading(engine) as session:
        everything = {
            name: session.connection().execute(table.select()) for name, table in SQLModel.metadata.tables.items()
        }
        return [name for name, found in everything.items() if any(text in str(tuple(row)) for row in found)]


def test_what_is_erased_is_nowhere_and_the_books_are_as_they_were(engine: Engine) -> None:
    visit, other, box = reference(1), reference(2), Box()
    book(engine, *box.stays(visit, MORNING, LEFT, plate=READ))
    book(engine, *box.arrives(other, LEFT, plate=OTHER))
    with transaction(engine) as session:
        lan = Speaker("lan", Role.MANAGER)
        said = {"who": lan, "rules": MoneyRules(), "note": "seen on the picture", "now": LEFT}
        plate_corrections.save(session, visit, Direction.IN, TRUE, seen=0, waive=False, **said)  # type: ignore[arg-type]
        lists.add(session, "SPS", listing(plate=TRUE), "lan", MORNING)
    assert {"vault_plate", "vault_listing", "plate_part"} <= set(tables_with(engine, TRUE))
    before = rows(engine, ChargeRow), rows(engine, EntryRow)
    with transaction(engine) as session:
        assert erasing.erase(session, "30f-567.01", "admin", "the owner asked", LEFT).reads == 1
    assert tables_with(engine, TRUE) == []
    assert (rows(engine, ChargeRow), rows(engine, EntryRow)) == before
    assert {"vault_read", "plate_part"} <= set(tables_with(engine, OTHER))
    with transaction(engine) as session:  # its exit was read as what it was not
        erasing.erase(session, READ, "admin", "the owner asked", LEFT)
    assert tables_with(engine, READ) == []


def test_nobody_who_is_inside_is_erased(engine: Engine) -> None:
    book(engine, *Box().arrives(reference(1), MORNING, plate=READ))
    with transaction(engine) as session, pytest.raises(NotPossible, match="has not ended"):
        erasing.erase(session, READ, "admin", "the owner asked", LEFT)
    assert "vault_read" in tables_with(engine, READ)
