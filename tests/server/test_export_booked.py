"""What the database adds up of an open day's entries is what all of them come to, one by one."""

import random
from datetime import date, timedelta
from typing import Any, Final

import msgspec
import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from server import frozen
from server.db import transaction
from server.derived import VisitRow
from server.export.booked import Booked, of_facts, of_open_day
from server.facts import EntryRow
from server.facts_day import CloseRow, FrozenRow
from server.frozen import ENTRY, FACTS
from server.kept import KEPT
from server.reconcile import bounds
from tests.server.random_days import MIDNIGHT, SITE, Days

DATES: Final = [date(2026, 11, 20) + timedelta(days=n) for n in range(8)]
OFF: Final = (0, 0, 0, 1, -1, 30, -30, 70, -70)
"""Hours by which a recording lies beside what it records."""


def written(session: Session, seed: int, stays: int = 60) -> None:
    """Days of which many an entry happened far from its stay or was recorded at another time, also before its clock."""
    Days(session, seed).write(stays)
    chance = random.Random(seed)
    for entry in session.exec(select(EntryRow).order_by(col(EntryRow.key))):
        entry.happened_at += timedelta(hours=chance.choice(OFF))
        entry.recorded_at = entry.happened_at + timedelta(hours=chance.choice(OFF), seconds=chance.choice((0, 1)))
        session.add(entry)
    session.flush()


def taken(session: Session, on: date) -> None:
    """A close of the day as far as a later day asks for it: what it took."""
    facts = frozen.gathered(session, SITE, on)
    held = {kind: {"columns": frozen.names(kind), "lines": [f.line for f in rows]} for kind, rows in facts.items()}
    body = msgspec.json.encode({"facts": {kind: {"total": len(facts[kind])} for kind in KEPT}}).decode()
    row: dict[str, Any] = {"previous": "", "sha256": "x", "signature": "", "closed_at": MIDNIGHT, "by": "x"}
    session.add(CloseRow(site=SITE, on=on, body=body, **row))
    session.add(FrozenRow(site=SITE, on=on, part=FACTS, body=frozen.packed(held)[0]))
    session.flush()


def taken_while_inside(session: Session, on: date) -> None:
    """The same, before the centre heard of whoever left after the day: a charge is of its exit only once that came."""
    stays = session.exec(select(VisitRow).where(col(VisitRow.left_at) >= bounds(on)[1])).all()
    left = {stay.visit: stay.left_at for stay in stays}
    for stay in stays:
        stay.left_at = None
    session.flush()
    taken(session, on)
    for stay in stays:
        stay.left_at = left[stay.visit]
    session.flush()


def both(session: Session, on: date) -> tuple[Booked, Booked]:
    newest = frozen.last(session, SITE)
    facts = frozen.of_day(session, SITE, on, (ENTRY,), memo=False)
    whole = of_facts(session, SITE, on, facts[ENTRY], newest.on if newest else date.min)
    return of_open_day(session, SITE, on, newest), whole


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sums_of_days_none_of_which_is_closed(engine: Engine, seed: int) -> None:
    with transaction(engine) as session:
        written(session, seed)
        found = [both(session, on) for on in DATES]
    assert sum(bool(whole.moved) for _, whole in found) >= 5
    for quick, whole in found:
        assert quick == whole


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_sums_and_adjustments_after_a_close(engine: Engine, seed: int) -> None:
    with transaction(engine) as session:
        written(session, seed)
        taken_while_inside(session, DATES[2])
        found = [both(session, on) for on in DATES[4:]]
    assert any(whole.late for _, whole in found)
    for quick, whole in found:
        assert quick == whole
