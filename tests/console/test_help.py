"""Help for a driver: what is stored, and what is refused."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlmodel import select

from gate.messages import Command, Display, Open, OpeningReason, Outcome, Reply
from server.console.once import fresh
from server.db import reading, transaction
from server.facts import AuditRow, CommandRow
from server.presence import reply_said
from tests.console.conftest import Visitor
from tests.console.scene import Scene
from tests.console.test_access import csrf
from tests.console.test_live import waiting

AT: Final = "/live/SPS/out-1"


class Helper:
    """A signed-in person with the page's token."""

    def __init__(self, browser: httpx.Client) -> None:
        self.browser = browser
        self._headers = {"x-csrf-token": csrf(browser.get("/live").text), "hx-request": "true"}

    def post(self, path: str, **data: str) -> httpx.Response:
        """As HTMX posts a form."""
        return self.browser.post(path, data={"once": fresh(), **data}, headers=self._headers)


def orders(scene: Scene) -> list[Any]:
    """The actions ordered so far."""
    with reading(scene.centre.engine) as session:
        rows = session.exec(select(CommandRow).order_by(CommandRow.command)).all()
    return [msgspec.json.decode(row.body, type=Command).action for row in rows]


def test_this_vehicle_orders_the_box_to_show_its_price(scene: Scene, visitor: Visitor, now: datetime) -> None:
    approach, visit = waiting(scene, now)
    answer = Helper(visitor("attendant")).post(f"{AT}/display", approach=approach, visit=visit)
    assert answer.status_code == 200
    assert answer.headers["hx-trigger"] == "helped"
    assert "Đã gửi lệnh" in answer.text
    assert orders(scene) == [Display(lane="out-1", approach=UUID(approach), visit=visit)]


def test_opening_keeps_the_reason_and_the_person(scene: Scene, visitor: Visitor, now: datetime) -> None:
    approach, _ = waiting(scene, now)
    helper = Helper(visitor("attendant"))
    answer = helper.post(f"{AT}/open", approach=approach, because="priority", note=" xe cứu thương <b> ")
    assert answer.status_code == 200
    note = "priority: xe cứu thương <b>"
    action = Open(lane="out-1", reason=OpeningReason.PERSON, approach=UUID(approach), note=note)
    assert orders(scene) == [action]
    with reading(scene.centre.engine) as session:
        row = session.exec(select(AuditRow).where(AuditRow.what == "opened by hand")).one()
    assert (row.who, row.subject) == ("attendant", "SPS/out-1")
    assert note in row.detail


def test_a_form_that_is_sent_twice_orders_once(scene: Scene, visitor: Visitor, now: datetime) -> None:
    approach, visit = waiting(scene, now)
    helper, once = Helper(visitor("attendant")), fresh()
    for _ in range(2):
        answer = helper.post(f"{AT}/display", approach=approach, visit=visit, once=once)
        assert (answer.status_code, answer.headers["hx-trigger"]) == (200, "helped")
    assert len(orders(scene)) == 1
    assert helper.post(f"{AT}/display", approach=approach, visit=visit, once="").status_code == 400


def test_the_reasons_are_a_list_and_another_reason_needs_words(scene: Scene, visitor: Visitor, now: datetime) -> None:
    approach, _ = waiting(scene, now)
    helper = Helper(visitor("attendant"))
    form = helper.browser.get(f"{AT}/open", params={"approach": approach}).text
    assert form.count('name="because"') == 7
    refused = helper.post(f"{AT}/open", approach=approach, because="other", note=" x ")
    assert (refused.status_code, "Hãy ghi rõ lý do" in refused.text) == (400, True)
    assert helper.post(f"{AT}/open", approach=approach, because="whim").status_code == 400
    assert helper.post(f"{AT}/open", approach=approach, because="staff", note="x" * 201).status_code == 400
    assert helper.post(f"{AT}/open", approach="no approach", because="staff").status_code == 400
    assert orders(scene) == []


def test_a_vehicle_that_has_gone_is_not_helped(scene: Scene, visitor: Visitor, now: datetime) -> None:
    old, visit = waiting(scene, now)
    scene.read("SPS", "out-1", "29B12345", now)  # the next one has rolled up
    helper = Helper(visitor("attendant"))
    for answer in (
        helper.post(f"{AT}/open", approach=old, because="staff"),
        helper.post(f"{AT}/display", approach=old, visit=visit),
    ):
        assert (answer.status_code, "Xe đã đi khỏi làn" in answer.text) == (409, True)
    assert orders(scene) == []


@pytest.mark.parametrize("way", ["open", "display"])
def test_without_the_pages_token_nothing_moves(scene: Scene, visitor: Visitor, now: datetime, way: str) -> None:
    approach, visit = waiting(scene, now)
    data = {"approach": approach, "visit": visit, "because": "staff"}
    browser = visitor("attendant")
    for headers in ({}, {"x-csrf-token": ""}, {"x-csrf-token": "stale"}):
        assert browser.post(f"{AT}/{way}", data=data, headers=headers).status_code == 403
    assert orders(scene) == []


@pytest.mark.parametrize("way", ["open", "display"])
def test_finance_may_not_help(scene: Scene, visitor: Visitor, now: datetime, way: str) -> None:
    approach, visit = waiting(scene, now)
    helper = Helper(visitor("finance"))
    assert helper.post(f"{AT}/{way}", approach=approach, visit=visit, because="staff").status_code == 403
    for form in ("open", "choose"):
        assert helper.browser.get(f"{AT}/{form}", params={"approach": approach}).status_code == 403
    assert orders(scene) == []


def test_an_unknown_lane_is_told(visitor: Visitor) -> None:
    helper = Helper(visitor("attendant"))
    answer = helper.post("/live/SPS/out-9/open", approach=str(UUID(int=1)), because="staff")
    assert answer.status_code == 404


def test_a_lane_whose_box_was_never_heard_is_told(scene: Scene, visitor: Visitor, now: datetime) -> None:
    approach = scene.read("SPS", "out-1", "30A12345", now)  # facts came, its state never did
    answer = Helper(visitor("attendant")).post(f"{AT}/open", approach=str(approach), because="staff")
    assert (answer.status_code, "Chưa từng có tín hiệu" in answer.text) == (404, True)


def test_those_inside_are_found_by_a_part_of_their_plate(scene: Scene, visitor: Visitor, now: datetime) -> None:
    approach, visit = waiting(scene, now, plate="30A12345")
    other = scene.admits("SPS", "in-1", scene.read("SPS", "in-1", "29B67890", now), now)
    helper = Helper(visitor("attendant"))

    def found(**more: str) -> str:
        return helper.browser.get(f"{AT}/choose", params={"approach": approach, **more}).text

    assert visit in found()
    assert other in found()
    assert other in found(part="b-678")
    assert visit not in found(part="b-678")
    assert "Không có xe nào khớp" in found(part="%")
    with reading(scene.centre.engine) as session:
        looks = session.exec(select(AuditRow).where(AuditRow.what == "looked at open visits")).all()
    assert len(looks) == 5


def test_at_an_entry_there_is_nobody_to_choose(scene: Scene, visitor: Visitor, now: datetime) -> None:
    waiting(scene, now)
    answer = visitor("attendant").get("/live/SPS/in-1/choose", params={"approach": str(UUID(int=1))})
    assert answer.status_code == 404


def test_the_card_says_what_becomes_of_an_order(scene: Scene, visitor: Visitor, now: datetime) -> None:
    approach, visit = waiting(scene, now)
    helper = Helper(visitor("attendant"))
    helper.post(f"{AT}/display", approach=approach, visit=visit)
    pending = helper.browser.get("/live/site/SPS").text
    assert "Chọn xe · attendant · đang chờ hộp biên" in pending
    assert pending.count("disabled>") == 3  # nobody orders twice meanwhile
    with transaction(scene.centre.engine) as session:
        command = session.exec(select(CommandRow)).one().command
        said = Reply(command=UUID(command), box="sps-1", outcome=Outcome.REFUSED, position="down", why="<i>gone</i>")
        reply_said(session, said, now)
    answered = helper.browser.get("/live/site/SPS").text
    assert "bị từ chối: &lt;i&gt;gone&lt;/i&gt;" in answered
    assert "disabled>" not in answered
