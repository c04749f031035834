"""A corrected plate: its effect on the money is known before it is kept, what was read stays, no charge is touched."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from gate.lease import Standing
from gate.messages import Direction, OpeningReason
from server import lists, plate_corrections, vault_plates
from server.corrections import NotPossible
from server.db import reading, transaction
from server.facts import AuditRow, ChargeRow
from server.facts_money import DecisionRow
from server.money_rules import MoneyRules, NotYours, Speaker
from server.plate_corrections import Corrected, Effect
from server.plate_search import approaches_of, plates_like, visits_of
from server.roles import Role
from server.vault import VaultReadRow
from tests.server.box import MORNING, Box, book, notice, paid, reference
from tests.server.rows import rows
from tests.server.test_lists import listing

LATER = MORNING + timedelta(hours=3)
LAN, MINH = Speaker("lan", Role.MANAGER), Speaker("minh", Role.ATTENDANT)
PASS = "24A05678"


@pytest.fixture
def stay(engine: Engine) -> str:
    """A car that was read as 24A12378, came, was let out owing 30,000; the holder of PASS has a pass."""
    box, visit = Box(), reference(1)
    left = MORNING + timedelta(hours=1)
    book(engine, *box.arrives(visit, MORNING), *box.is_priced(visit, MORNING, left))
    book(engine, *box.leaves(visit, left, OpeningReason.BILLED))
    with transaction(engine) as session:
        lists.add(session, "SPS", listing(plate=PASS, standing=Standing.PASS), "lan", MORNING)
    return visit


def looked(engine: Engine, visit: str, plate: str, side: Direction = Direction.IN) -> Effect:
    with reading(engine) as session:
        return plate_corrections.effect(session, visit, side, plate, LATER)


def saved(engine: Engine, visit: str, plate: str, seen: int, **changes: Any) -> Corrected:
    said = {"waive": False, "who": LAN, "rules": MoneyRules(), "note": "seen on the picture", "now": LATER, **changes}
    with transaction(engine) as session:
        return plate_corrections.save(session, visit, Direction.IN, plate, seen=seen, **said)


def test_the_effect_is_shown_and_nothing_is_kept_by_looking(engine: Engine, stay: str) -> None:
    found = looked(engine, stay, "24a-056.78")
    assert (found.was, found.plate, found.costs, found.will_cost) == ("24A12378", PASS, 30_000, 0)
    assert (found.difference, found.charged, found.over, found.waivable) == (-30_000, 30_000, 30_000, 30_000)
    assert found.standing == Standing.PASS
    assert looked(engine, stay, "24A12379").difference == 0
    assert rows(engine, vault_plates.VaultPlateRow) == []


def test_it_is_kept_beside_what_was_read_and_found_by_both(engine: Engine, stay: str) -> None:
    read, charges = rows(engine, VaultReadRow), rows(engine, ChargeRow)
    done = saved(engine, stay, PASS, -30_000, waive=True)
    assert done.waiver is not None
    assert (done.waiver.missing, done.waiver.refused) == (1, False)
    assert (rows(engine, VaultReadRow), rows(engine, ChargeRow)) == (read, charges)
    with reading(engine) as session:
        waiver = session.exec(select(DecisionRow)).one()
        for plate in (PASS, "24A12378"):
            assert visits_of(session, approaches_of(session, plates_like(session, plate).plates)) == {stay}
        said = session.exec(select(AuditRow.detail).where(AuditRow.what == "corrected a plate")).one()
    assert (waiver.kind, waiver.amount, waiver.visit, waiver.by) == ("waive", 30_000, stay, "lan")
    assert PASS not in said
    assert looked(engine, stay, "24A12378").difference == 30_000


def test_what_was_paid_is_over_and_not_waived(engine: Engine, stay: str) -> None:
    paid(engine, notice(1, stay), MORNING + timedelta(hours=2))
    found = looked(engine, stay, PASS)
    assert (found.over, found.waivable) == (30_000, 0)
    assert saved(engine, stay, PASS, -30_000, waive=True).waiver is None


@pytest.mark.parametrize(
    ("changes", "error", "why"),
    [
        ({"seen": 0}, NotPossible, "the difference is -30000, not 0"),
        ({"note": " x "}, NotPossible, "note"),
        ({"plate": "<b>"}, NotPossible, "plate"),
        ({"plate": "24a-123.78"}, NotPossible, "24A12378 already"),
        ({"waive": True, "who": MINH}, NotYours, "minh"),
        ({"waive": True, "rules": MoneyRules(limits={Role.MANAGER: 29_999})}, NotYours, "29,999"),
    ],
)
def test_a_refusal_keeps_nothing(
    engine: Engine, stay: str, changes: dict[str, Any], error: type[Exception], why: str
) -> None:
    said = {"plate": PASS, "seen": -30_000, **changes}
    with pytest.raises(error, match=why):
        saved(engine, stay, said.pop("plate"), said.pop("seen"), **said)
    assert rows(engine, vault_plates.VaultPlateRow) == rows(engine, DecisionRow) == []


def test_an_end_that_is_not_there_is_not_corrected(engine: Engine) -> None:
    visit = reference(2)
    book(engine, *Box().arrives(visit, MORNING))
    with pytest.raises(NotPossible, match="no exit"):
        looked(engine, visit, PASS, Direction.OUT)
    with pytest.raises(NotPossible, match="no entry"):
        looked(engine, reference(3), PASS)
