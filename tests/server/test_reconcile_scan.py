"""The quick look at a day says what the rules say when they see all of it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, delete, select

from gate.reconcile import Report, reconcile
from gate.wire import encode
from server.db import transaction
from server.facts import PostingRow
from server.reconcile import day, look, report
from tests.server.random_days import MIDNIGHT, SITE, Days

DATES = [date(2026, 11, 21) + timedelta(days=n) for n in range(5)]
NOW = MIDNIGHT + timedelta(days=5)


def both(session: Session, on: date) -> tuple[Report, Report]:
    return report(session, SITE, on, NOW), reconcile(day(session, SITE, on, NOW))


@pytest.mark.parametrize("seed", range(8))
def test_a_quick_look_is_the_whole_truth(sqlite: Engine, seed: int) -> None:
    with transaction(sqlite) as session:
        Days(session, seed).write(40)
        for on in DATES:
            quick, whole = both(session, on)
            assert quick.counts == whole.counts
            assert quick.money == whole.money
            assert quick.hours == whole.hours
            assert quick.findings == whole.findings
            assert encode(quick) == encode(whole)


@pytest.mark.parametrize("seed", [100, 101])
def test_on_each_database(engine: Engine, seed: int) -> None:
    codes = set()
    with transaction(engine) as session:
        Days(session, seed).write(120)
        for on in DATES:
            quick, whole = both(session, on)
            assert encode(quick) == encode(whole)
            codes |= {finding.code for finding in whole.findings}
    assert len(codes) >= 14, f"the days have all kinds of trouble, not only {sorted(codes)}"


def test_a_posting_that_is_gone_is_seen_both_ways(sqlite: Engine) -> None:
    with transaction(sqlite) as session:
        Days(session, 7).write(40)
        charges = select(PostingRow.key).where(col(PostingRow.key).startswith("charge:")).order_by(col(PostingRow.key))
        lost = session.exec(charges.limit(1)).one()
        session.exec(delete(PostingRow).where(col(PostingRow.key) == lost, col(PostingRow.line) == 1))
        seen = [both(session, on) for on in DATES]
    assert any("ledger_unbalanced" in {finding.code for finding in quick.findings} for quick, _ in seen)
    for quick, whole in seen:
        assert encode(quick) == encode(whole)


def test_what_is_plain_is_not_loaded(sqlite: Engine) -> None:
    with transaction(sqlite) as session:
        Days(session, 3).write(120)
        on = DATES[2]
        some, whole = look(session, SITE, on, NOW).day, day(session, SITE, on, NOW)
    assert 0 < len(some.visits) < len(whole.visits)
    assert 0 < len(some.passages) < len(whole.passages)
