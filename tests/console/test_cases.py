"""The list of work and a case's page, on books without a browser."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx
import pytest
from sqlmodel import select

from gate.findings import Code
from gate.working import What
from server import ledger
from server import work as words
from server.console.once import fresh
from server.db import reading, transaction
from server.derived import FindingRow, VisitRow
from server.facts import AuditRow
from server.facts_day import WorkRow
from server.facts_visits import CorrectionRow
from tests.console.casework import Work, looked, work
from tests.console.conftest import Visitor
from tests.console.scene import Scene
from tests.console.test_access import csrf

EVERY = {"take", "give_back", "accept", "refuse", "explain", "dismiss", "reopen"}


class Worker:
    """A signed-in person with the page's token."""

    def __init__(self, browser: httpx.Client) -> None:
        self.browser = browser
        self._headers = {"x-csrf-token": csrf(browser.get("/cases").text), "hx-request": "true"}

    def does(self, what: str, code: Code, subject: str, **data: str) -> httpx.Response:
        """As HTMX posts a form."""
        path = f"/cases/{code}/{quote(subject)}/{what}"
        return self.browser.post(path, data={"once": fresh(), **data}, headers=self._headers)

    def sees(self, code: Code, subject: str) -> str:
        """The case's page."""
        answer = self.browser.get(f"/cases/{code}/{quote(subject)}")
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
def todo(scene: Scene, now: datetime) -> Work:
    return work(scene, now)


def places(text: str, *subjects: str) -> list[int]:
    return [text.index(quote(subject)) for subject in subjects]


def said(scene: Scene) -> list[tuple[str, str, str]]:
    with reading(scene.centre.engine) as session:
        rows = session.exec(select(WorkRow).order_by(WorkRow.work)).all()
    return [(row.what, row.by, row.note) for row in rows]


def test_the_list_is_ranked_by_money_over_all_sites_and_escapes(todo: Work, visitor: Visitor) -> None:
    text = visitor("manager").get("/cases").text
    debt, match, opening = places(text, todo.debt, todo.match, todo.opening)
    assert max(debt, match) < opening
    assert "board%20%3Cb%3E1%3C/b%3E" in text
    assert "<b>1</b>" not in text


FILTERS = [
    ("site=SPL", "debt", "opening"),
    ("code=opening_unexplained", "opening", "debt"),
    ("whose=proposed", "visit", "opening"),
    ("whose=free", "debt", None),
]


def test_filters_and_foreign_ones_are_refused(todo: Work, visitor: Visitor) -> None:
    browser = visitor("manager")
    for query, there, gone in FILTERS:
        text = browser.get(f"/cases?{query}").text
        assert getattr(todo, there) in text, query
        assert gone is None or getattr(todo, gone) not in text, query
    for query in ("code=gossip", "whose=god", "after=00", "after=zz"):
        assert browser.get(f"/cases?{query}").status_code == 400, query


def test_everybody_sees_what_is_theirs(todo: Work, visitor: Visitor) -> None:
    attendant, finance, auditor = visitor("attendant"), visitor("finance"), visitor("auditor")
    text = attendant.get("/cases").text
    assert todo.opening in text
    assert f"left_not_paid/{todo.debt}" not in text
    assert attendant.get(f"/cases/left_not_paid/{todo.debt}").status_code == 404
    page = finance.get(f"/cases/left_not_paid/{todo.debt}").text
    assert "/v1/pictures/" not in page, "finance sees no picture"
    assert "29A" not in page
    assert 'data-do="t"' in page
    page = auditor.get(f"/cases/left_not_paid/{todo.debt}").text
    assert 'hx-post="/cases' not in page, "who only reads has no buttons"
    assert "29A" in visitor("manager").get(f"/cases/left_not_paid/{todo.debt}").text


def test_who_may_not_speak_is_refused_and_nothing_is_said(scene: Scene, todo: Work, visitor: Visitor) -> None:
    for worker in (Worker(visitor("auditor")), Worker(visitor("attendant"))):
        for what in sorted(EVERY):
            answer = worker.does(what, Code.MATCH_PROPOSED, todo.match, reason="checked")
            assert answer.status_code == 403, what
    assert said(scene) == []


def test_a_person_of_another_site_sees_no_case(scene: Scene, todo: Work, visitor: Visitor) -> None:
    with transaction(scene.centre.engine) as session:
        session.get_one(FindingRow, ("left_not_paid", todo.debt)).site = "elsewhere"
    assert todo.debt not in visitor("manager").get("/cases?site=elsewhere").text


def test_a_case_shows_pictures_readings_money_and_its_visit(scene: Scene, todo: Work, visitor: Visitor) -> None:
    text = Worker(visitor("manager")).sees(Code.MATCH_PROPOSED, todo.match)
    assert text.count("/v1/pictures/") == 2
    assert f'href="/visits/{todo.visit}"' in text
    for shown in ("24A", "30.000", "chưa có", "còn trong bãi"):
        assert shown in text
    with reading(scene.centre.engine) as session:
        looks = session.exec(select(AuditRow).where(AuditRow.what == "looked at a case")).all()
        assert session.get_one(VisitRow, todo.visit).left_at is None, "to look does nothing"
        assert session.exec(select(CorrectionRow)).all() == []
    assert [(row.who, row.subject) for row in looks] == [("manager", f"match_proposed {todo.match}")]


def test_a_proposal_is_accepted_once_and_does_what_was_shown(scene: Scene, todo: Work, visitor: Visitor) -> None:
    worker, form = Worker(visitor("manager")), {"once": fresh(), "back": "site=SPS&whose=proposed&evil=1"}
    for _ in range(2):
        answer = worker.does("accept", Code.MATCH_PROPOSED, todo.match, **form)
        assert answer.status_code == 204, answer.text
    assert answer.headers["hx-redirect"] == "/cases?site=SPS&whose=proposed&said=case_accepted"
    with reading(scene.centre.engine) as session:
        assert ledger.owed(session, todo.visit) == 30_000
        assert session.get_one(VisitRow, todo.visit).left_at is not None
    assert said(scene) == [("accept", "manager", "as_proposed")]
    text = worker.browser.get("/cases").text
    assert todo.match not in text
    assert "<b>Hôm nay: 0 việc tự khép, 1 việc cần người</b>" in text
    assert worker.does("accept", Code.MATCH_PROPOSED, todo.match).status_code == 400, "it is over"


def test_a_proposal_is_refused_with_a_reason(scene: Scene, todo: Work, visitor: Visitor) -> None:
    worker = Worker(visitor("manager"))
    refused = worker.does("refuse", Code.MATCH_PROPOSED, todo.match, reason="whim")
    assert (refused.status_code, "Hãy chọn hoặc ghi rõ lý do" in refused.text) == (400, True)
    assert worker.does("refuse", Code.MATCH_PROPOSED, todo.match, reason="other", note="x").status_code == 400
    assert worker.does("refuse", Code.MATCH_PROPOSED, todo.match, reason="not_so").status_code == 204
    looked(scene, datetime.now(UTC))
    assert todo.match not in worker.browser.get("/cases").text
    with reading(scene.centre.engine) as session:
        assert session.get_one(VisitRow, todo.visit).left_at is None


def test_taken_given_back_and_seen_by_others(scene: Scene, todo: Work, visitor: Visitor) -> None:
    mine, other = Worker(visitor("attendant")), visitor("manager")
    at = (Code.OPENING_UNEXPLAINED, todo.opening)
    answer = mine.does("take", *at)
    assert answer.headers["hx-redirect"] == f"/cases/opening_unexplained/{todo.opening}?said=case_taken"
    assert "attendant đang lo" in other.get("/cases").text
    assert todo.opening in mine.browser.get("/cases?whose=mine").text
    assert "Trả lại" in mine.sees(*at)
    assert Worker(other).does("give_back", *at).status_code == 400
    assert mine.does("give_back", *at, at="list").headers["hx-redirect"] == "/cases?said=case_given_back"
    assert "đang lo" not in other.get("/cases").text
    assert said(scene) == [("take", "attendant", ""), ("give_back", "attendant", "")]


def test_an_opening_gets_its_reason_and_a_manager_takes_it_back(scene: Scene, todo: Work, visitor: Visitor) -> None:
    attendant, manager = Worker(visitor("attendant")), Worker(visitor("manager"))
    at = (Code.OPENING_UNEXPLAINED, todo.opening)
    assert attendant.does("explain", *at, reason="priority", note=" xe <b> ").status_code == 204
    assert said(scene) == [("explain", "attendant", "priority: xe <b>")]
    assert todo.opening not in attendant.browser.get("/cases").text
    text = attendant.browser.get("/cases?closed=1").text
    assert todo.opening in text
    text = attendant.sees(*at)
    assert "Xe ưu tiên “xe &lt;b&gt;”" in text
    assert 'data-do="z"' not in text, "an attendant takes nothing back"
    assert attendant.does("reopen", *at).status_code == 403
    assert manager.does("reopen", *at).status_code == 204
    assert todo.opening in attendant.browser.get("/cases").text


def test_a_dismissal_needs_a_reason_and_with_money_a_second_person(scene: Scene, visitor: Visitor) -> None:
    at, now = (Code.PRICE_DIFFERS, "SPS23456789"), datetime.now(UTC)
    with transaction(scene.centre.engine) as session:
        row = FindingRow(
            code=at[0].value, subject=at[1], site="SPS", amount=5_000, due=now, evidence="{}", opened_at=now
        )
        session.add(row)
    first, second = Worker(visitor("manager")), Worker(visitor("finance"))
    assert first.does("dismiss", *at, reason="").status_code == 400
    assert first.does("dismiss", *at, reason="checked").headers["hx-redirect"] == "/cases?said=case_dismissed_half"
    again = first.does("dismiss", *at, reason="checked")
    assert (again.status_code, "Cần một người thứ hai" in again.text) == (400, True)
    assert "manager đã bỏ qua; cần người thứ hai." in second.sees(*at)
    assert second.does("dismiss", *at, reason="agreed").headers["hx-redirect"] == "/cases?said=case_dismissed"
    with reading(scene.centre.engine) as session:
        assert words.standing(session, *at).settled == 5_000


def test_the_list_is_read_in_leaves(scene: Scene, visitor: Visitor, now: datetime) -> None:
    with transaction(scene.centre.engine) as session:
        for number in range(53):
            due = now - timedelta(minutes=number)
            row = FindingRow(
                code="tailgate", subject=f"T{number:02}", site="SPS", amount=0, due=due, evidence="{}", opened_at=now
            )
            session.add(row)
    browser = visitor("manager")
    text = browser.get("/cases?site=SPS").text
    assert text.count('class="case-row"') == 50
    link = text.split('class="more"><a href="')[1].split('"')[0].replace("&amp;", "&")
    rest = browser.get(link).text
    assert rest.count('class="case-row"') == 3
    assert "<html" not in rest
    assert "T00" in rest, "the newest is last"


def test_the_part_beside_the_list_has_no_frame(todo: Work, visitor: Visitor) -> None:
    path = f"/cases/opening_unexplained/{todo.opening}"
    part = visitor("manager").get(path, headers={"hx-request": "true", "hx-target": "case-pane"}).text
    assert "<html" not in part
    assert 'name="at" value="list"' in part
    assert What.TAKE in part


def test_nobody_hears_that_nothing_is_left_while_anything_is(scene: Scene, todo: Work, visitor: Visitor) -> None:
    def says(role: str, query: str = "") -> tuple[str, str]:
        text = visitor(role).get(f"/cases?{query}").text
        well = re.search(r'<p class="all-well">(.*?)</p>', text)
        banner = re.search(r'<p id="today" class="(\w*)"><b id="left">.*?(\d+)', text)
        assert banner
        return well[1] if well else "", f"{banner[1]} {banner[2]}"

    left = len(visitor("manager").get("/cases").text.split("data-row")) - 1
    assert left > 3
    assert says("manager") == ("", f" {left}"), "not good while any is open"
    assert says("manager", "code=left_not_paid&whose=mine")[0] == "Không có việc nào như đang lọc."
    assert says("attendant")[1].strip() != "0", "an attendant's own"
    with transaction(scene.centre.engine) as session:
        for row in session.exec(select(FindingRow).where(FindingRow.code != Code.LEFT_NOT_PAID)):
            row.closed_at = todo_over(row)
    assert says("attendant") == ("Không có việc nào cần bạn xử lý.", "good 0")
    assert says("manager")[1] == " 1"
    with transaction(scene.centre.engine) as session:
        row = session.get_one(FindingRow, (Code.LEFT_NOT_PAID, todo.debt))
        row.closed_at = todo_over(row)
    assert says("manager") == ("Không còn việc nào ở các bãi của bạn.", "good 0")


def todo_over(row: FindingRow) -> datetime:
    """When it ended: yesterday."""
    return row.opened_at - timedelta(days=1)
