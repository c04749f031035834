"""A decision about money is taken back on its case's page or in the list, by as many persons as made it."""

from datetime import UTC, datetime

import httpx
import pytest
from sqlmodel import col, select

from gate.findings import Code
from server import ledger
from server.console.once import fresh
from server.days.spans import local_date
from server.db import reading, transaction
from server.derived import FindingRow
from server.effects import Kind
from server.facts_day import CloseRow
from server.facts_money import DecisionRow
from tests.console.casework import Work, looked, work
from tests.console.conftest import Visitor
from tests.console.scene import Scene
from tests.console.test_access import csrf
from tests.console.test_cases import Worker


@pytest.fixture
def todo(scene: Scene, now: datetime) -> Work:
    found = work(scene, now)
    scene.pays("SPL", ("tien gui xe", 30_000, now))
    looked(scene, now)
    return found


def sends(browser: httpx.Client, path: str, data: dict[str, str]) -> httpx.Response:
    headers = {"x-csrf-token": csrf(browser.get("/cases").text), "hx-request": "true"}
    return browser.post(path, data=data, headers=headers)


def decided(browser: httpx.Client, kind: str, subject: str, **named: str) -> httpx.Response:
    data = {"once": fresh(), "kind": kind, "subject": subject, "note": "theo biên bản", **named}
    return sends(browser, "/decisions", data)


def word(browser: httpx.Client, decision: str) -> httpx.Response:
    data = {"once": fresh(), "decision": decision, "agrees": "true"}
    return sends(browser, "/decisions/word", data)


def last(scene: Scene) -> DecisionRow:
    with reading(scene.centre.engine) as session:
        return session.exec(select(DecisionRow).order_by(col(DecisionRow.made_at).desc())).first()  # type: ignore[return-value]


def owed(scene: Scene, visit: str) -> int:
    with reading(scene.centre.engine) as session:
        return ledger.owed(session, visit)


def is_open(scene: Scene, code: Code, subject: str) -> bool:
    with reading(scene.centre.engine) as session:
        return session.get_one(FindingRow, (code.value, subject)).closed_at is None


def payment_of(scene: Scene) -> str:
    with reading(scene.centre.engine) as session:
        row = session.exec(select(FindingRow).where(FindingRow.code == Code.PAYMENT_UNKNOWN)).one()
    return row.subject


def test_a_waiver_is_taken_back_on_its_case_by_two_and_the_case_is_open_again(
    scene: Scene, todo: Work, visitor: Visitor
) -> None:
    manager, finance = Worker(visitor("manager")), Worker(visitor("finance"))
    assert decided(manager.browser, "waive", todo.debt, visit=todo.debt).status_code == 204
    waiver = last(scene).decision
    assert word(finance.browser, waiver).status_code == 204
    looked(scene, datetime.now(UTC))
    at = (Code.LEFT_NOT_PAID, todo.debt)
    assert (owed(scene, todo.debt), is_open(scene, *at)) == (0, False)
    text = manager.sees(*at)
    assert f'data-decision="{waiver}"' in text
    assert "Hoàn tác" in text
    form: dict[str, str] = {"decision": waiver, "note": "nhầm lượt", "once": fresh()}
    answer = manager.does("undo", Code.LEFT_NOT_PAID, todo.debt, **form)
    assert answer.headers["hx-redirect"].endswith("said=money_waits"), answer.text
    assert manager.does("undo", Code.LEFT_NOT_PAID, todo.debt, **form).status_code == 204, "the form counts once"
    undo = last(scene)
    assert (undo.kind, undo.undoes, owed(scene, todo.debt)) == (Kind.UNDO, waiver, 0)
    assert "Hoàn tác đang chờ người thứ hai" in manager.sees(*at)
    again = manager.does("undo", *at, decision=waiver, note="nữa nhé")
    assert (again.status_code, "đang chờ lời người khác" in again.text) == (409, True)
    assert word(finance.browser, undo.decision).status_code == 204
    assert (owed(scene, todo.debt) > 0, is_open(scene, *at)) == (True, True)
    looked(scene, datetime.now(UTC))
    assert is_open(scene, *at), "its cause is there"
    assert f'data-decision="{waiver}"' not in manager.sees(*at)


def test_a_settlement_is_taken_back_from_the_list_at_once(scene: Scene, todo: Work, visitor: Visitor) -> None:
    browser, payment = visitor("finance"), payment_of(scene)
    assert decided(browser, "settle", payment, payment=payment, to_visit=todo.debt).status_code == 204
    settled = last(scene).decision
    owes = owed(scene, todo.debt)
    text = browser.get("/decisions?which=made").text
    assert f'name="undoes" value="{settled}"' in text
    assert f'name="undoes" value="{settled}"' not in visitor("auditor").get("/decisions?which=made").text
    assert decided(browser, "undo", settled, undoes=settled).headers["hx-redirect"].startswith("/money/")
    assert owed(scene, todo.debt) > owes
    assert f'name="undoes" value="{settled}"' not in browser.get("/decisions?which=made").text


def test_what_a_closed_day_counted_has_no_button_and_says_why(scene: Scene, todo: Work, visitor: Visitor) -> None:
    worker, payment = Worker(visitor("finance")), payment_of(scene)
    decided(worker.browser, "settle", payment, payment=payment, to_visit=todo.debt)
    settled, now = last(scene).decision, datetime.now(UTC)
    with transaction(scene.centre.engine) as session:
        row = CloseRow(
            site="SPL", on=local_date(now), body="{}", previous="", sha256="", signature="", closed_at=now, by="finance"
        )
        session.add(row)
    at = (Code.PAYMENT_UNKNOWN, payment)
    assert "đã chốt, số đã tính giữ nguyên" in worker.sees(*at)
    worker.browser.cookies.set("lang", "en")
    assert "is closed at SPL" in worker.sees(*at)
    answer = worker.does("undo", *at, decision=settled, note="nhầm xe")
    assert (answer.status_code, "is closed at SPL" in answer.text) == (409, True)


def test_who_may_not_decide_takes_nothing_back(scene: Scene, todo: Work, visitor: Visitor) -> None:
    manager, payment = visitor("manager"), payment_of(scene)
    decided(manager, "settle", payment, payment=payment, to_visit=todo.debt)
    settled = last(scene).decision
    for role in ("auditor", "attendant"):
        answer = Worker(visitor(role)).does("undo", Code.PAYMENT_UNKNOWN, payment, decision=settled, note="nhầm")
        assert answer.status_code in {403, 404}, role
    foreign = Worker(manager).does("undo", Code.DEVICE_FAULT, "board <b>1</b>", decision=settled, note="nhầm")
    assert foreign.status_code == 400, "it is about another case"
    assert last(scene).decision == settled


def test_an_accepted_match_says_what_to_do_instead(todo: Work, visitor: Visitor) -> None:
    worker = Worker(visitor("manager"))
    assert 'id="for-good"' not in worker.sees(Code.MATCH_PROPOSED, todo.match)
    assert worker.does("accept", Code.MATCH_PROPOSED, todo.match).status_code == 204
    assert "gộp hoặc tách lượt" in worker.sees(Code.MATCH_PROPOSED, todo.match)
