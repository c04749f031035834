"""Prices on the console: told in words, approved by a second person, and the board that everybody reads."""

import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
import pytest
from msgspec.structs import replace
from sqlmodel import select

from gate.money import dong
from gate.tariff import (
    Boundary,
    Event,
    Falling,
    Hours,
    LunarDay,
    Per,
    Rate,
    Season,
    Step,
    Tariff,
    Turn,
)
from gate.vehicle import VehicleClass
from gate.wire import encode
from server import drafts
from server.auth import Person
from server.console import prices_replay
from server.console.once import fresh
from server.console.prices_examples import EXAMPLES, examples
from server.console.prices_told import told
from server.console.words import speaker
from server.db import reading, transaction
from server.drafts import Stage
from server.facts_money import ApprovalRow
from server.language import Language
from server.roles import Role
from tests.console.conftest import Visitor
from tests.console.scene import Scene, tariff
from tests.console.test_access import csrf
from tests.server.test_replays import charged

CAR, MOTO = VehicleClass.CAR9, VehicleClass.MOTO
VI, EN = speaker(Language.VI), speaker(Language.EN)
NEXT = datetime(2027, 1, 1, tzinfo=UTC) - timedelta(hours=7)


def stadium(**changes: Any) -> Tariff:
    """Day and night, a match that costs more, a cap."""
    day = Rate(
        name="day",
        hours=Hours(start="06:00", end="22:00"),
        rows={
            CAR: (Step(price=30_000, minutes=240), Step(price=10_000, every=60)),
            MOTO: (Step(price=5_000, minutes=240), Step(price=2_000, every=60)),
        },
    )
    night = Rate(
        name="night",
        hours=Hours(start="22:00", end="06:00"),
        rows={CAR: (Step(price=50_000),), MOTO: (Step(price=8_000),)},
    )
    match = Rate(name="match", events=("match",), weekdays=(6, 7), rows={CAR: (Step(price=60_000),)})
    values = {
        "code": "sps-2027",
        "since": NEXT,
        "per": Per.DAY_FROM_ENTRY,
        "boundary": Boundary.LARGER,
        "falling": Falling.LOWER,
        "turns": {
            CAR: Turn(price=30_000, ceiling=100_000, cap=100_000, lost=100_000),
            MOTO: Turn(price=5_000, ceiling=20_000, cap=20_000),
        },
        "rates": (match, day, night),
        "events": (Event(name="match", dates=("2027-01-02",), lunar=LunarDay(month=7, day=17), before=1),),
        "free_minutes": 10,
    }
    return replace(tariff(), **{**values, **changes})


def drafted(scene: Scene, by: str = "finance", **changes: Any) -> Tariff:
    """Kept as a draft of the stadium."""
    found = stadium(**changes)
    with transaction(scene.centre.engine) as session:
        drafts.save(session, "SPS", encode(found), by, datetime.now(UTC))
    return found


def stage(scene: Scene, code: str = "sps-2027") -> Stage:
    with reading(scene.centre.engine) as session:
        return drafts.version(session, "SPS", code, datetime.now(UTC)).stage


def test_a_list_is_told_in_words() -> None:
    found = told(stadium(), EN, NEXT)
    assert [block.name for block in found.blocks] == ["match", "day", "night"]  # never the flat price of a turn
    assert found.blocks[0].when == ("Sat, Sun", "match: 02/01/2027, lunar 17/7 (day/month), and 1 days before")
    assert found.blocks[1].when == ("06:00 → 22:00",)
    assert found.blocks[1].rows[1].steps == ("first 4 h: 30.000\u00a0₫", "then: 10.000\u00a0₫ for every 1 h")
    assert [(limit.cap, limit.lost) for limit in found.limits] == [("20.000\u00a0₫", ""), ("100.000\u00a0₫",) * 2]
    assert (found.vat, found.per) == ("8%", "For every 24 hours from the entry")
    assert "Free for stays of up to 10 minutes" in found.rules


@pytest.mark.parametrize(
    ("rate", "flat"),
    [
        (Rate(name="x", rows={CAR: (Step(price=1),)}), False),
        (Rate(name="x", rows={CAR: (Step(price=1),)}, weekdays=(1,)), True),
        (Rate(name="x", rows={CAR: (Step(price=1),)}, season=Season(first="06-01", last="08-31")), True),
        (Rate(name="x", rows={CAR: (Step(price=1),)}, hours=Hours(start="06:00", end="05:59")), True),
        (Rate(name="x", rows={MOTO: (Step(price=1),)}), True),
    ],
)
def test_the_price_of_a_turn_is_told_only_where_it_may_be_asked(rate: Rate, *, flat: bool) -> None:
    found = told(stadium(rates=(rate,), events=()), VI, NEXT)
    assert any(row.kind == CAR for block in found.blocks if not block.name for row in block.rows) is flat


def test_examples_are_what_the_list_would_ask() -> None:
    found = examples(stadium(), EN)
    totals = {each.word: row.totals for each, row in zip(EXAMPLES, found.rows, strict=True)}
    assert found.kinds == ("MOTO", "CAR9")
    assert (found.day.year, found.day.day) == (2027, 1)
    assert totals["short"] == (0, 0)
    assert totals["half_day"] == (7_000, 40_000)
    assert totals["night"] == (8_000, 60_000)  # most of it lies on the match's Saturday
    assert totals["holiday"] == (60_000, 260_000)


def test_the_board_is_for_everybody_in_both_languages(scene: Scene, visitor: Visitor) -> None:
    browser = visitor()
    answer = browser.get("/board/SPS")
    assert answer.status_code == 200
    for word in ("Bảng giá gửi xe", "Parking prices", "Ô tô đến 9 chỗ", "Car, up to 9 seats", "30.000\u00a0₫", "8%"):
        assert word in answer.text
    assert "htmx" not in answer.text
    assert "a decision of the province" in answer.text
    assert browser.get("/board/XXX").status_code == 404
    assert "Giá mới từ" not in answer.text
    drafted(scene)
    assert "Giá mới từ" not in browser.get("/board/SPS").text  # a draft is nobody's price
    with transaction(scene.centre.engine) as session:
        drafts.decide(session, "SPS", "sps-2027", "manager", "ok", datetime.now(UTC))
    assert "Giá mới từ 00:00 01/01/2027" in browser.get("/board/SPS").text


def test_what_people_wrote_stays_text_on_the_board(scene: Scene, visitor: Visitor) -> None:
    drafted(scene, legal_basis="<img src=x onerror=alert(1)>")
    page = visitor("manager").get("/prices/SPS").text + visitor("manager").get("/prices/SPS/list/sps-2027").text
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_the_page_shows_each_list_in_its_place(scene: Scene, visitor: Visitor) -> None:
    drafted(scene)
    browser = visitor("manager")
    assert browser.get("/prices").headers["location"] == "/prices/BHT"
    page = browser.get("/prices/SPS").text
    now, waiting = (page.split(f'id="stage-{name}"')[1].split("</section>")[0] for name in ("now", "waiting"))
    assert "flat-1" in now
    assert "sps-2027" in waiting
    assert "Bạn có thể duyệt" in waiting
    assert "một người khác phải duyệt" in visitor("finance").get("/prices/SPS").text
    whole = browser.get("/prices/SPS/list/sps-2027").text
    assert "Miễn phí 10 phút đầu" in whole
    assert 'class="up"' in whole  # beside what holds now
    assert browser.get("/prices/SPS/list/none").status_code == 404


def test_a_second_person_publishes_once(scene: Scene, visitor: Visitor) -> None:
    drafted(scene)
    with reading(scene.centre.engine) as session:
        sha = drafts.version(session, "SPS", "sps-2027", datetime.now(UTC)).sha256
    path, form = "/prices/SPS/list/sps-2027/decide", {"note": "đúng", "sha256": sha, "agrees": "true", "once": fresh()}
    writer, second = visitor("finance"), visitor("manager")
    heads = [{"x-csrf-token": csrf(each.get("/account").text), "hx-request": "true"} for each in (writer, second)]
    own = writer.post(path, data=form, headers=heads[0])
    assert (own.status_code, stage(scene)) == (400, Stage.DRAFT)
    assert "finance soạn sps-2027; người thứ hai quyết" in own.text
    stale = second.post(path, data=form | {"sha256": "0" * 64}, headers=heads[1])
    assert (stale.status_code, stage(scene)) == (400, Stage.DRAFT)
    assert "vừa được sửa" in stale.text
    assert second.post(path, data=form).status_code == 403
    answers = [second.post(path, data=form, headers=heads[1]) for _ in range(2)]
    assert [answer.headers.get("hx-redirect") for answer in answers] == ["/prices/SPS/list/sps-2027?said=approved"] * 2
    assert stage(scene) is Stage.COMING
    with reading(scene.centre.engine) as session:
        assert len(session.exec(select(ApprovalRow)).all()) == 1


def test_what_has_not_begun_is_withdrawn(scene: Scene, visitor: Visitor) -> None:
    drafted(scene)
    browser = visitor("manager")
    headers = {"x-csrf-token": csrf(browser.get("/account").text), "hx-request": "true"}
    form = {"note": "nhầm", "once": fresh()}
    answer = browser.post("/prices/SPS/list/sps-2027/withdraw", data=form, headers=headers)
    assert (answer.status_code, stage(scene)) == (204, Stage.WITHDRAWN)
    answer = browser.post("/prices/SPS/list/flat-1/withdraw", data=form | {"once": fresh()}, headers=headers)
    assert (answer.status_code, "giữ nguyên" in answer.text) == (400, True)


def test_attendants_see_no_prices_and_change_none(scene: Scene, visitor: Visitor) -> None:
    drafted(scene)
    browser = visitor("attendant")
    headers = {"x-csrf-token": csrf(browser.get("/account").text), "hx-request": "true"}
    assert {browser.get(path).status_code for path in ("/prices", "/prices/SPS", "/prices/SPS/list/flat-1")} == {403}
    form = {"note": "nhầm", "once": fresh()}
    assert browser.post("/prices/SPS/list/sps-2027/withdraw", data=form, headers=headers).status_code == 403


def test_a_replay_tells_its_progress_and_the_difference_by_class(scene: Scene, visitor: Visitor) -> None:
    for number, kind in enumerate(("MOTO", "MOTO", "CAR9", "BUS30")):
        charged(scene.centre.engine, number, number, 10_000, kind)
    drafted(scene, rates=(), boundary=Boundary.FOLLOW, falling=None, events=(), free_minutes=0)
    browser = visitor("manager")
    days = {"first": "2026-11-23", "last": "2026-11-23"}
    part = browser.get("/prices/SPS/list/sps-2027/replay", params=days)
    assert "/prices/SPS/list/sps-2027/replay/events?first=2026-11-23&amp;last=2026-11-23" in part.text
    stream = browser.get("/prices/SPS/list/sps-2027/replay/events", params=days).text
    events = [line.removeprefix("event: ") for line in stream.splitlines() if line.startswith("event: ")]
    assert (events[0], events[-2:]) == ("progress", ["result", "over"])
    rows = {kind: stream.split(f'data-class="{kind}"')[1].split("</tr>")[0] for kind in ("MOTO", "CAR9")}
    assert f"-{dong(10_000)}" in rows["MOTO"]  # two at 5.000 for 10.000
    assert f"+{dong(20_000)}" in rows["CAR9"]
    assert f"+{dong(10_000)}" in stream.split("<tfoot>")[1]
    assert "1 lượt không có giá" in stream  # the coach


@pytest.mark.parametrize(
    ("first", "last"), [("2026-11-21", "2026-11-20"), ("2025-01-01", "2026-11-20"), ("x", "2026-11-20")]
)
def test_days_that_cannot_be_replayed_are_refused(visitor: Visitor, first: str, last: str) -> None:
    browser = visitor("manager")
    for path in ("replay", "replay/events"):
        answer = browser.get(f"/prices/SPS/list/flat-1/{path}", params={"first": first, "last": last})
        assert answer.status_code == 400


def test_who_leaves_before_the_first_line_keeps_no_place(scene: Scene) -> None:
    drafted(scene)
    asked = (scene.centre, Person("minh", Role.MANAGER, ""), "2026-11-23", "2026-11-23")
    request: Any = None
    for _ in range(prices_replay.AT_ONCE + 1):  # an answer whose stream nobody ever takes
        anyio.run(anyio.to_thread.run_sync, partial(prices_replay.events, "SPS", "sps-2027", request, *asked))
        for thread in [each for each in threading.enumerate() if each.name == "replay"]:
            thread.join(10)
