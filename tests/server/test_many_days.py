"""The days of a range are what each day is by itself."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from gate.findings import Code, Expectation
from gate.wire import encode
from server.db import reading, transaction
from server.many_days import asked_for, reports
from server.reconcile import NotYet, report
from tests.server.random_days import MIDNIGHT, SITE, Days

DATES = [date(2026, 11, 22) + timedelta(days=n) for n in range(5)]
NOW = MIDNIGHT + timedelta(days=4, hours=9)


@pytest.mark.parametrize("processors", [1, 3])
def test_a_range_is_its_days(engine: Engine, monkeypatch: pytest.MonkeyPatch, processors: int) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(processors)))
    with transaction(engine) as session:
        Days(session, 11).write(40)
    days = [on for on in DATES if on <= NOW.date()]
    with reading(engine) as session:
        alone = [encode(report(session, SITE, on, NOW)) for on in days]
    assert [encode(found) for found in reports(engine, SITE, days, NOW)] == alone


def test_what_is_due_later_is_for_today() -> None:
    dues = {
        "before": NOW - timedelta(days=9),
        "of the range": NOW - timedelta(days=1),
        "later": NOW + timedelta(days=9),
    }
    listed = [
        Expectation(code=Code.NOT_IN_BANK, subject=name, visit=None, amount=1, due=due, evidence={})
        for name, due in dues.items()
    ]
    assert [each.subject for each in asked_for(listed, DATES, NOW)] == ["of the range", "later"]
    assert [each.subject for each in asked_for(listed, DATES[:4], NOW)] == ["of the range"]


def test_a_range_into_the_future_is_refused(sqlite: Engine) -> None:
    with transaction(sqlite) as session:
        Days(session, 11).write(5)
    with pytest.raises(NotYet, match="has not begun"):
        list(reports(sqlite, SITE, [NOW.date(), NOW.date() + timedelta(days=2)], NOW))
