"""Orders to a lane from its card: who may, what they mean, and that two clicks are one order."""

from datetime import datetime
from typing import Final
from uuid import UUID

import pytest
from sqlmodel import select

from gate.messages import Action, Close, LaneMode, Mode, Outcome, Reply
from server.console.ordering import Wish
from server.console.words import WORDS
from server.db import reading, transaction
from server.facts import AuditRow, CommandRow
from server.presence import reply_said
from tests.console.conftest import Visitor
from tests.console.scene import Scene, lane_state
from tests.console.test_help import Helper, orders

AT: Final = "/live/SPS/in-1"
LANE: Final = "in-1"
ACTIONS: Final[dict[str, Action]] = {
    "normal": Mode(lane=LANE, mode=LaneMode.NORMAL),
    "closed": Mode(lane=LANE, mode=LaneMode.CLOSED),
    "free": Mode(lane=LANE, mode=LaneMode.FREE),
    "open": Mode(lane=LANE, mode=LaneMode.OPEN),
    "lower": Close(lane=LANE),
}


@pytest.fixture
def heard(scene: Scene, now: datetime) -> Scene:
    """The box of SPS said its state."""
    scene.states("SPS", now, in_1=("idle", "down"))
    return scene


def answered(scene: Scene, outcome: Outcome, why: str, now: datetime) -> None:
    """The box answers the one order."""
    with transaction(scene.centre.engine) as session:
        command = UUID(session.exec(select(CommandRow)).one().command)
        said = Reply(command=command, box="sps-1", outcome=outcome, position="down", why=why)
        reply_said(session, said, now)


def test_every_wish_is_ordered_and_recorded(heard: Scene, visitor: Visitor, now: datetime) -> None:
    assert set(ACTIONS) == set(Wish)
    helper = Helper(visitor("manager"))
    for wish, action in ACTIONS.items():
        answer = helper.post(f"{AT}/orders/{wish}")
        assert (answer.status_code, answer.headers.get("hx-trigger")) == (200, "helped")
        assert orders(heard)[-1] == action
        with transaction(heard.centre.engine) as session:
            newest = session.exec(select(CommandRow).order_by(CommandRow.command)).all()[-1].command
            reply_said(session, Reply(command=UUID(newest), box="sps-1", outcome=Outcome.DONE, position="up"), now)
    with reading(heard.centre.engine) as session:
        rows = session.exec(select(AuditRow).where(AuditRow.subject == "SPS/in-1").order_by(AuditRow.id)).all()
    whats = ["mode normal", "mode closed", "mode free", "mode open", "lowered by hand"]
    assert [(row.who, row.what) for row in rows] == [("manager", what) for what in whats]


def test_a_second_click_moves_nothing_until_the_box_has_answered(heard: Scene, visitor: Visitor, now: datetime) -> None:
    helper = Helper(visitor("manager"))
    assert helper.post(f"{AT}/orders/free").status_code == 200
    for wish in ("free", "lower"):
        again = helper.post(f"{AT}/orders/{wish}")
        assert (again.status_code, "Một lệnh khác đang trên đường" in again.text) == (423, True)
    assert len(orders(heard)) == 1
    answered(heard, Outcome.DONE, "", now)
    assert helper.post(f"{AT}/orders/lower").status_code == 200


@pytest.mark.parametrize(("role", "may"), [("attendant", {"lower"}), ("finance", set()), ("manager", set(Wish))])
def test_a_role_sees_and_gives_its_own_orders_only(heard: Scene, visitor: Visitor, role: str, may: set[str]) -> None:
    helper = Helper(visitor(role))
    assert (f'hx-get="{AT}/orders"' in helper.browser.get("/live").text) == bool(may)
    menu = helper.browser.get(f"{AT}/orders")
    assert menu.status_code == (200 if may else 403)
    assert {wish for wish in Wish if f'id="wish-{wish}"' in menu.text} == may
    for wish in set(Wish) - may:
        assert helper.browser.get(f"{AT}/orders/{wish}").status_code == 403
        assert helper.post(f"{AT}/orders/{wish}").status_code == 403
    assert orders(heard) == []


@pytest.mark.parametrize(("language", "column"), [("vi", 0), ("en", 1)])
@pytest.mark.parametrize("wish", Wish)
def test_what_an_order_means_is_said_before_it_is_given(
    heard: Scene, visitor: Visitor, wish: Wish, language: str, column: int
) -> None:
    browser = visitor("manager")
    browser.cookies.set("lang", language)
    page = browser.get(f"{AT}/orders/{wish}").text
    for key in (f"means.{wish}", f"wish.{wish}"):
        assert WORDS[key][column].replace("'", "&#39;") in page
    assert (WORDS["means.until"][column] in page) == (wish in {Wish.CLOSED, Wish.FREE})
    assert f'hx-post="{AT}/orders/{wish}"' in page
    assert orders(heard) == []


def test_the_menu_tells_the_mode_of_now(scene: Scene, visitor: Visitor, now: datetime) -> None:
    scene.states("SPS", now, in_1=lane_state("in-1", "closed", "down", "closed"))
    menu = visitor("manager").get(f"{AT}/orders").text
    assert "Chế độ bây giờ: Đóng làn" in menu
    assert menu.count("đang dùng") == 1


def test_without_the_pages_token_nothing_moves(heard: Scene, visitor: Visitor) -> None:
    browser = visitor("manager")
    for headers in ({}, {"x-csrf-token": ""}, {"x-csrf-token": "stale"}):
        assert browser.post(f"{AT}/orders/open", headers=headers).status_code == 403
    assert orders(heard) == []


def test_what_is_not_there_is_told(heard: Scene, visitor: Visitor, now: datetime) -> None:
    helper = Helper(visitor("manager"))
    assert helper.post("/live/SPS/in-9/orders/free").status_code == 404
    assert helper.post("/live/XXX/in-1/orders/free").status_code == 404
    assert helper.post(f"{AT}/orders/sideways").status_code == 400
    heard.read("SPL", "in-1", "30A12345", now)  # facts came, the box's state never did
    unheard = helper.post("/live/SPL/in-1/orders/free")
    assert (unheard.status_code, "Chưa từng có tín hiệu" in unheard.text) == (404, True)
    assert orders(heard) == []


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("vi", "Lệnh đóng · manager · bị từ chối: làn đang ở trạng thái “Trống”, hoặc chưa chắc dưới thanh chắn"),
        ("en", "Order to close · manager · refused: the lane is in the state “Free”, or not known to be clear"),
    ],
)
def test_a_refused_order_says_why(heard: Scene, visitor: Visitor, now: datetime, language: str, told: str) -> None:
    helper = Helper(visitor("manager"))
    helper.browser.cookies.set("lang", language)
    helper.post(f"{AT}/orders/lower")
    answered(heard, Outcome.REFUSED, "the lane is idle, or not known to be clear", now)
    assert told in helper.browser.get("/live/site/SPS").text


def test_a_mode_is_ordered_by_name_and_shown_once_the_box_says_so(
    heard: Scene, visitor: Visitor, now: datetime
) -> None:
    helper = Helper(visitor("manager"))
    helper.post(f"{AT}/orders/free")
    pending = helper.browser.get("/live/site/SPS").text
    assert "Đổi chế độ làn: Cho qua hết · manager · đang chờ hộp biên" in pending
    assert "mode-free" not in pending  # a click changes no mode on the page
    heard.states("SPS", now, in_1=lane_state("in-1", "idle", "down", "free"))
    assert 'mode-free">Cho qua hết' in helper.browser.get("/live/site/SPS").text
