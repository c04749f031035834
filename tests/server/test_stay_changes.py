"""Visits voided, merged and split by a person: no charge is touched, boxes are told, a rebuild gives the same books."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import col

from gate.ledger import LedgerAccount
from gate.messages import OpeningReason
from server import lists, stay_changes, told_stays
from server.corrections import NotPossible
from server.db import reading, transaction
from server.derived import StayMoneyRow, VisitRow
from server.effects import Kind
from server.facts import ChargeRow, EntryRow, PostingRow
from server.facts_money import DecisionRow
from server.facts_stays import StayChangeRow
from server.ledger import standing
from server.rebuild import rebuild
from server.stay_changes import Change, Plan
from tests.server.box import MORNING, Box, book, notice, paid, reference
from tests.server.money import LAN, MINH, agreed, decided
from tests.server.people import people
from tests.server.rows import ledger_sum, rows
from tests.server.test_lists import listing

HOUR = timedelta(hours=1)
FIRST, SECOND = reference(1), reference(2)
TABLES = (VisitRow, ChargeRow, EntryRow, StayMoneyRow)


def changed(engine: Engine, kind: Change, visit: str, other: str = "", note: str = "seen on video") -> StayChangeRow:
    with transaction(engine) as session:
        return stay_changes.make(session, kind, visit, other, by="lan", note=note, now=datetime.now(MORNING.tzinfo))


def planned(engine: Engine, kind: Change, visit: str, other: str = "") -> Plan:
    with reading(engine) as session:
        return stay_changes.planned(session, kind, visit, other)


def stay(engine: Engine, visit: str) -> VisitRow:
    with reading(engine) as session:
        return session.get_one(VisitRow, visit)


def told(engine: Engine) -> tuple[set[str], set[str]]:
    """What boxes are told: who is inside, who is gone."""
    with reading(engine) as session:
        now = datetime.now(MORNING.tzinfo)
        return {each.visit for each in told_stays.inside(session, "SPS")}, set(told_stays.gone(session, "SPS", now))


def same_again(engine: Engine) -> None:
    """A rebuild gives the same books, and they balance."""
    before = {table: rows(engine, table) for table in TABLES}
    rebuild(engine)
    assert {table: rows(engine, table) for table in TABLES} == before
    assert ledger_sum(engine) == 0


def test_a_visit_that_was_none_is_voided_once_and_its_money_proposed_back(engine: Engine) -> None:
    box = Box()
    book(engine, *box.arrives(FIRST, MORNING), *box.is_priced(FIRST, MORNING, MORNING + HOUR))
    terms = told(engine)
    changed(engine, Change.VOID, FIRST)
    assert stay(engine, FIRST).voided
    assert (terms, told(engine)) == ((set(), set()), (set(), {FIRST}))
    with pytest.raises(NotPossible, match="was voided"):
        changed(engine, Change.VOID, FIRST)
    paid(engine, notice(1, FIRST), datetime.now(MORNING.tzinfo))
    assert rows(engine, ChargeRow) == []
    with reading(engine) as session:
        pended = standing(session, col(PostingRow.visit), [FIRST], LedgerAccount.PENDED)
    assert pended == {FIRST: 0}
    same_again(engine)


def test_money_that_stands_on_a_visit_keeps_it_from_being_voided(engine: Engine) -> None:
    people(engine)
    box = Box()
    book(engine, *box.stays(FIRST, MORNING, MORNING + HOUR))
    with pytest.raises(NotPossible, match=f"{FIRST} owes 30000: waive it first"):
        changed(engine, Change.VOID, FIRST)
    waiver = decided(engine, Kind.WAIVE, LAN, visit=FIRST)
    agreed(engine, waiver.decision, MINH)
    changed(engine, Change.VOID, FIRST)
    book(engine, *box.stays(SECOND, MORNING, MORNING + HOUR, plate="24B10008"))
    paid(engine, notice(1, SECOND), datetime.now(MORNING.tzinfo))
    with pytest.raises(NotPossible, match=f"{SECOND} was paid 30000: give it back first"):
        changed(engine, Change.VOID, SECOND)
    same_again(engine)


def test_two_entries_of_one_vehicle_become_one_stay_with_one_price(engine: Engine) -> None:
    box = Box()
    book(engine, *box.arrives(FIRST, MORNING), *box.arrives(SECOND, MORNING + timedelta(minutes=1)))
    book(engine, *box.is_priced(SECOND, MORNING, MORNING + HOUR), *box.leaves(SECOND, MORNING + HOUR))
    charges = rows(engine, ChargeRow)
    plan = planned(engine, Change.MERGE, FIRST, SECOND)
    assert (plan.keep, plan.drop, plan.charged, plan.will_cost, plan.cost) == (SECOND, FIRST, 30_000, 30_000, None)
    changed(engine, Change.MERGE, FIRST, SECOND)
    kept, dropped = stay(engine, SECOND), stay(engine, FIRST)
    assert (kept.entered_at, kept.entry_approach) == (dropped.entered_at, dropped.entry_approach)
    assert (kept.left_at is not None, dropped.voided) == (True, True)
    assert rows(engine, ChargeRow) == charges
    assert told(engine)[1] == {FIRST, SECOND}
    same_again(engine)


def test_an_entry_and_an_exit_that_nobody_priced_are_charged_once_when_they_are_merged(engine: Engine) -> None:
    box = Box()
    book(engine, *box.arrives(FIRST, MORNING), *box.arrives(SECOND, MORNING + timedelta(minutes=1)))
    book(engine, *box.leaves(SECOND, MORNING + HOUR, OpeningReason.PERSON, by="lan"))
    changed(engine, Change.MERGE, SECOND, FIRST)
    charge = rows(engine, ChargeRow)
    assert [(row["visit"], row["total"]) for row in charge] == [(FIRST, 30_000)]
    assert stay(engine, FIRST).left_at == MORNING + HOUR + timedelta(seconds=1)
    same_again(engine)


def test_what_left_as_another_is_split_and_who_came_is_inside_again(engine: Engine) -> None:
    box = Box()
    book(engine, *box.stays(FIRST, MORNING, MORNING + HOUR))
    charges, before = rows(engine, ChargeRow), stay(engine, FIRST)
    new = changed(engine, Change.SPLIT, FIRST).other
    inside, left = stay(engine, new), stay(engine, FIRST)
    assert (inside.entered_at, inside.left_at) == (before.entered_at, None)
    assert inside.entry_approach == before.entry_approach
    assert (left.left_at, left.entry_approach) == (before.left_at, before.exit_approach)
    assert rows(engine, ChargeRow) == charges
    assert told(engine) == ({new}, set())
    with pytest.raises(NotPossible, match="not both"):
        changed(engine, Change.SPLIT, FIRST)
    leaving = datetime.now(MORNING.tzinfo)
    book(engine, *box.is_priced(new, MORNING, leaving), *box.leaves(new, leaving))
    assert len(rows(engine, ChargeRow)) == 2
    same_again(engine)


def test_two_stays_one_after_the_other_are_not_merged(engine: Engine) -> None:
    box = Box()
    book(engine, *box.stays(FIRST, MORNING, MORNING + HOUR), *box.arrives(SECOND, MORNING + 2 * HOUR))
    for one, two, why in (
        (FIRST, SECOND, "they are two stays"),
        (FIRST, FIRST, "not two visits"),
        (FIRST, reference(9), "no visit"),
    ):
        with pytest.raises(NotPossible, match=why):
            changed(engine, Change.MERGE, one, two)
    with pytest.raises(NotPossible, match="note"):
        changed(engine, Change.SPLIT, FIRST, note=" ")
    assert rows(engine, StayChangeRow) == rows(engine, DecisionRow) == []


def test_a_merged_stay_of_a_pass_costs_nothing(engine: Engine) -> None:
    with transaction(engine) as session:
        lists.add(session, "SPS", listing(plate="24A12378"), "lan", MORNING)
    box = Box()
    book(engine, *box.arrives(FIRST, MORNING), *box.arrives(SECOND, MORNING + timedelta(minutes=1), plate=""))
    book(engine, *box.leaves(SECOND, MORNING + HOUR, OpeningReason.PERSON, by="lan"))
    assert planned(engine, Change.MERGE, FIRST, SECOND).will_cost == 0
