"""People work findings off."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from gate.findings import Code
from gate.messages import ArmRaised, OpeningReason
from server import work
from server.anomalies import anomaly
from server.db import reading, transaction
from server.derived import FindingRow
from server.facts import AuditRow
from server.findings import sync
from server.reconcile import local_date, report
from server.work import NoSuchFinding, NotSo
from tests.server.box import MORNING, Box, book

NOW = MORNING + timedelta(minutes=5)
FAULT, PRICE = Code.DEVICE_FAULT, Code.PRICE_DIFFERS


def trouble(session: Session, code: Code = FAULT, amount: int = 0) -> None:
    anomaly(session, code, "X", "SPS", MORNING, {"why": "so"}, amount)
    sync(session, "SPS", NOW)


def open_codes(session: Session) -> list[str]:
    return [row["code"] for row in work.shown(session, "SPS", NOW)]


def test_an_opening_by_hand_is_settled_by_its_reason(engine: Engine) -> None:
    box = Box()
    opening = box.id()
    raised = ArmRaised(lane="out-1", opening=opening, reason=OpeningReason.BY_HAND, by="hand")
    book(engine, box.fact(raised, MORNING))
    with transaction(engine) as session:
        sync(session, "SPS", NOW)
        assert open_codes(session) == ["opening_unexplained"]
        assert work.explain(session, Code.OPENING_UNEXPLAINED, str(opening), "lan", "xe cấp cứu", NOW)
        assert open_codes(session) == []
        assert sync(session, "SPS", NOW + timedelta(seconds=20)) == (0, 0), "it does not come back"
        found = report(session, "SPS", local_date(MORNING), NOW)
        assert [each.code for each in found.explained] == [Code.OPENING_UNEXPLAINED]
        work.reopen(session, Code.OPENING_UNEXPLAINED, str(opening), "minh", "wrong opening", NOW)
        assert open_codes(session) == ["opening_unexplained"]
        sync(session, "SPS", NOW + timedelta(seconds=40))
        assert open_codes(session) == ["opening_unexplained"]


def test_recorded_trouble_closes_by_a_dismissal_and_only_with_a_reason(engine: Engine) -> None:
    with transaction(engine) as session:
        trouble(session)
        with pytest.raises(NotSo, match="a reason is needed"):
            work.dismiss(session, FAULT, "X", "lan", "  ", NOW)
        assert work.dismiss(session, FAULT, "X", "lan", "board changed", NOW)
        assert sync(session, "SPS", NOW + timedelta(seconds=20)) == (0, 0)
        assert open_codes(session) == []
    with reading(engine) as session:
        assert [row.who for row in session.exec(select(AuditRow).where(AuditRow.what == "finding: dismiss"))] == ["lan"]


def test_money_is_dismissed_by_two_persons(engine: Engine) -> None:
    with transaction(engine) as session:
        trouble(session, PRICE, 5_000)
        assert not work.dismiss(session, PRICE, "X", "lan", "seen", NOW)
        with pytest.raises(NotSo, match="second person"):
            work.dismiss(session, PRICE, "X", "lan", "seen again", NOW)
        assert open_codes(session) == ["price_differs"]
        assert work.dismiss(session, PRICE, "X", "minh", "seen", NOW)
        assert open_codes(session) == []


def test_a_debt_cannot_be_dismissed_and_what_is_not_there_cannot_be_worked_off(engine: Engine) -> None:
    with transaction(engine) as session:
        trouble(session, Code.CHARGEBACK, 5_000)
        with pytest.raises(NotSo, match="cannot be dismissed"):
            work.dismiss(session, Code.CHARGEBACK, "X", "lan", "never mind", NOW)
        with pytest.raises(NoSuchFinding):
            work.take(session, FAULT, "Y", "lan", NOW)
        with pytest.raises(NotSo, match="nobody has explained"):
            work.reopen(session, Code.CHARGEBACK, "X", "lan", "why not", NOW)


def test_who_took_it_its_age_and_history_are_shown(engine: Engine) -> None:
    with transaction(engine) as session:
        trouble(session)
        work.take(session, FAULT, "X", "lan", NOW)
        work.explain(session, FAULT, "X", "lan", "spare part ordered", NOW)
        found = work.one(session, FAULT, "X", NOW)
    assert (found["owner"], found["taken_by"], found["age_s"]) == ("engineer", "lan", 300)
    assert [(each["what"], each["note"]) for each in found["work"]] == [("take", ""), ("explain", "spare part ordered")]
    assert found["closed_at"] is None


def test_more_money_than_was_dismissed_opens_it_again(engine: Engine) -> None:
    with transaction(engine) as session:
        trouble(session, PRICE, 5_000)
        for by in ("lan", "minh"):
            work.dismiss(session, PRICE, "X", by, "seen", NOW)
        row = session.get_one(FindingRow, (PRICE.value, "X"))
        assert row.closed_at is not None
        anomaly(session, PRICE, "Z", "SPS", MORNING, {"why": "so"}, 6_000)
        sync(session, "SPS", NOW)
        assert [(each["subject"], each["amount"]) for each in work.shown(session, "SPS", NOW)] == [("Z", 6_000)]
