"""The live page: what it shows, to whom, and that a stranger's text stays text."""

import re
import threading
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Final
from uuid import UUID

import httpx
import pytest

from gate.devices.board import Sensor
from gate.messages import ClockQuality, Why
from gate.presence import Online
from gate.topics import Channel, Topic
from server.app import application
from server.console.cards import MANY, site_now
from server.console.stream import Streams
from server.db import reading, transaction
from server.presence import online_said
from server.register import SiteRow
from tests.console.conftest import Visitor
from tests.console.scene import MOTO, PASSWORD, Scene, lane_state
from tests.console.served import Served

PICTURE: Final = b"\xff\xd8\xff and so on"
PAGES: Final = ["/login", "/live", "/day/SPS/2026-11-22", "/nowhere"]


class Marks(HTMLParser):
    """What a strict policy forbids in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in given and given.get("type") != "application/json"):
            self.found.append(tag)
        self.found += [name for name in given if name == "style" or name.startswith(("on", "hx-on", "hx-vals"))]
        sources = [given.get(name) or "" for name in ("src", "href", "action")]
        self.found += [address for address in sources if "//" in address]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_needs_no_exception_from_the_policy(scene: Scene, visitor: Visitor, now: datetime, path: str) -> None:
    waiting(scene, now)
    answer = visitor("manager").get(path)
    marks = Marks()
    marks.feed(answer.text)
    assert not marks.found
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def waiting(scene: Scene, now: datetime, plate: str = "30A12345") -> tuple[str, str]:
    """A driver waits at SPS/out-1 with one candidate; the approach and the candidate's visit."""
    entered = now - timedelta(hours=2)
    first = scene.read("SPS", "in-1", plate, entered, picture=scene.picture(PICTURE))
    visit = scene.admits("SPS", "in-1", first, entered)
    second = scene.read("SPS", "out-1", plate, now, confidence=0.5)
    scene.states("SPS", now, in_1=("idle", "down"), out_1=("attended", "down"))
    scene.wants("SPS", "out-1", second, Why.AMBIGUOUS, now, (visit, 0.6))
    return str(second), visit


def test_a_card_tells_what_happened_at_its_lane(scene: Scene, visitor: Visitor, now: datetime) -> None:
    approach = scene.read("SPS", "in-2", "24B112345", now, kind=MOTO, lines=2, confidence=0.83)
    scene.admits("SPS", "in-2", approach, now, MOTO)
    scene.states("SPS", now, in_2=("open", "up"))
    page = visitor("attendant").get("/live/site/SPS").text
    assert "<span>24-B1</span> <span>123.45</span>" in page
    assert "Độ tin cậy 83%" in page
    assert "Xe máy" in page
    assert 'data-arm="up"' in page
    assert "Mời xe qua" in page
    assert "Cho vào · Tự động" in page
    assert "</small> trong bãi · sức chứa 420" in page


def test_who_waits_stands_at_the_top_with_its_candidates(scene: Scene, visitor: Visitor, now: datetime) -> None:
    approach, visit = waiting(scene, now)
    page = visitor("attendant").get("/live").text
    queue = page[page.index('id="queue"') : page.index('id="site-')]
    assert "Nhiều lượt vào giống nhau" in queue
    assert f'value="{approach}"' in queue
    assert f'value="{visit}"' in queue
    assert "giống 60%" in queue
    assert f"/v1/pictures/{scene.picture(PICTURE)}" in queue


def test_a_part_brings_the_queue_along(scene: Scene, visitor: Visitor, now: datetime) -> None:
    waiting(scene, now)
    part = visitor("attendant").get("/live/site/SPS").text
    assert re.search(r'id="waiting-SPS"[^>]* hx-swap-oob="true"', part)
    assert 'id="wanted-SPS-out-1"' in part


def test_finance_sees_lanes_without_plates_and_helps_nobody(scene: Scene, visitor: Visitor, now: datetime) -> None:
    waiting(scene, now, plate="30A98765")
    for path in ("/live", "/live/site/SPS"):
        page = visitor("finance").get(path).text
        assert "987" not in page
        assert "/v1/pictures/" not in page
        assert "Biển số ẩn" in page
        assert "hx-post" not in page.replace('hx-post="/logout"', "")


def test_what_a_role_may_not_see_does_not_leave_the_vault(scene: Scene, now: datetime) -> None:
    waiting(scene, now)
    with reading(scene.centre.engine) as session:
        site = session.get_one(SiteRow, "SPS")
        shown = {plates: site_now(session, site, now, plates=plates) for plates in (True, False)}
    seen = {
        plates: [
            each
            for card in site.cards
            for each in (card.seen, *(candidate.seen for candidate in (card.want.candidates if card.want else ())))
            if each and (each.plate or each.picture)
        ]
        for plates, site in shown.items()
    }
    assert len(seen[True]) == 3
    assert seen[False] == []


@pytest.mark.parametrize("path", ["/live", "/live/site/SPS"])
def test_a_plate_that_is_a_script_stays_text(scene: Scene, visitor: Visitor, now: datetime, path: str) -> None:
    waiting(scene, now, plate='<script>"a')
    page = visitor("manager").get(path).text.lower()
    assert "&lt;script&gt;" in page
    assert not re.search(r"<script(?! src=)", page)


def test_a_picture_is_shown_when_it_is_here_and_asked_for_while_it_comes(
    scene: Scene, visitor: Visitor, now: datetime
) -> None:
    name = "ab" * 32
    scene.read("SPS", "in-1", "30A12345", now, picture=name)
    browser = visitor("attendant")
    early = browser.get("/live/site/SPS").text
    assert "Ảnh đang gửi về" in early
    assert 'hx-trigger="every 2s"' in early
    assert name not in early
    scene.read("SPS", "in-1", "30A12345", now - timedelta(minutes=5), picture=name)
    late = browser.get("/live/site/SPS").text
    assert "Chưa có ảnh" in late
    assert "every 2s" not in late
    scene.read("SPS", "in-1", "30A12345", now, picture=scene.picture(PICTURE))
    assert f'src="/v1/pictures/{scene.picture(PICTURE)}"' in browser.get("/live/site/SPS").text


def test_a_box_that_is_silent_or_gone_is_told(scene: Scene, visitor: Visitor, now: datetime) -> None:
    browser = visitor("attendant")
    assert "Chưa có tín hiệu từ hộp biên" in browser.get("/live/site/SPS").text
    scene.states("SPS", now, in_1=("idle", "down"))
    assert "Hộp biên sps-1 đang chạy" in browser.get("/live/site/SPS").text
    scene.states("SPS", now - timedelta(minutes=2), in_1=("idle", "down"))
    assert "Hộp biên sps-1 im lặng từ" in browser.get("/live/site/SPS").text
    topic = Topic("SPS", "sps-1", Channel.ONLINE)
    with transaction(scene.centre.engine) as session:
        online_said(session, Online(box=topic.box, boot=UUID(int=1), online=False))
    assert "Hộp biên sps-1 mất kết nối" in browser.get("/live/site/SPS").text


def test_an_unknown_site_is_told(visitor: Visitor) -> None:
    answer = visitor("attendant").get("/live/site/XXX", headers={"hx-request": "true"})
    assert (answer.status_code, answer.text) == (404, "Không tìm thấy. Không có bãi này.")


def test_english_says_the_same(scene: Scene, visitor: Visitor, now: datetime) -> None:
    waiting(scene, now)
    browser = visitor("attendant")
    browser.cookies.set("lang", "en")
    page = browser.get("/live").text
    assert '<html lang="en">' in page
    assert "Several entries look alike" in page
    assert "Sa Pa Central Stadium" in page
    assert not re.search(r"Tài xế|Trực tiếp|Thanh chắn|Làn ", page)


def test_news_come_over_http_when_something_changes(scene: Scene, visitor: Visitor) -> None:
    heard: list[str] = []
    browser = visitor("attendant")
    with browser.stream("GET", "/live/events", timeout=10) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("event:"):
                heard.append(line)
            if len(heard) == 3:
                threading.Thread(target=scene.centre.live.changed, args=("SPL",)).start()
            if len(heard) == 4:
                break
    assert heard[:3] == ["event: BHT", "event: SPL", "event: SPS"]
    assert heard[3] == "event: SPL"


def test_a_page_that_is_closed_is_forgotten(scene: Scene) -> None:
    app = application(scene.centre)
    streams: Streams = app.state.streams
    with Served(app, scene.centre.config.port) as served, httpx.Client(base_url=served.url) as browser:
        browser.post("/login", data={"name": "attendant", "password": PASSWORD})
        with browser.stream("GET", "/live/events") as stream:
            lines = stream.iter_lines()  # kept: httpx closes the stream with it
            next(lines)
            assert streams.open == 1
        patience = threading.Event()
        for _ in range(500):
            if not streams.open:
                break
            patience.wait(0.01)
        assert streams.open == 0


def test_no_more_pages_than_the_server_can_keep(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = visitor("attendant")
    monkeypatch.setattr("server.console.stream.Streams.open", 10_000)
    answer = browser.get("/live/events")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_only_what_pages_load_is_reachable(visitor: Visitor) -> None:
    browser = visitor()
    page = browser.get("/login").text
    loaded = re.findall(r'"(/assets/[^"]+)"', page)
    assert len(loaded) >= 5
    for address in loaded:
        answer = browser.get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-encoding"] == "gzip"
    plain = browser.get("/assets/console.css", headers={"accept-encoding": "identity"})
    assert plain.headers["cache-control"] == "no-cache"
    assert "content-encoding" not in plain.headers
    for address in ("/assets/package.json", "/assets/..%2fpage.py", "/assets/node_modules/htmx.org/LICENSE"):
        assert browser.get(address).status_code == 404


@pytest.mark.parametrize(
    ("mode", "word"),
    [
        ("closed", "Đóng làn"),
        ("free", "Cho qua hết"),
        ("open", "Giữ thanh chắn mở"),
        ("lease expired", "Hết hạn ủy quyền"),
        ("a new <mode>", "a new &lt;mode&gt;"),
    ],
)
def test_a_lane_that_works_otherwise_says_so(
    scene: Scene, visitor: Visitor, now: datetime, mode: str, word: str
) -> None:
    browser = visitor("attendant")
    scene.states("SPS", now, in_1=lane_state("in-1", "idle", "down", mode), out_1=("idle", "down"))
    page = browser.get("/live/site/SPS").text
    assert page.count('class="pill mode ') == 1
    assert f">{word}</span>" in page
    scene.states("SPS", now, in_1=("idle", "down"))
    assert 'class="pill mode ' not in browser.get("/live/site/SPS").text


def test_an_input_that_is_not_known_is_named_with_what_it_forbids(
    scene: Scene, visitor: Visitor, now: datetime
) -> None:
    browser = visitor("attendant")

    def shown(**sensors: str) -> str:
        scene.states("SPS", now, in_1=lane_state("in-1", "open", "up", **sensors))
        return browser.get("/live/site/SPS").text

    assert 'class="blind"' not in shown()
    assert "Chưa rõ: vòng chờ, nút bấm.</p>" in shown(arming="unknown", button="unknown")
    for guard in ("safety", "exit", "fire"):
        assert "Thanh chắn không được hạ.</p>" in shown(**{guard: "unknown"})
    dark = shown(**dict.fromkeys(Sensor, "unknown"))
    assert "Chưa rõ tín hiệu nào của làn. Thanh chắn không được hạ.</p>" in dark
    assert "Báo cháy" not in dark
    assert 'fire">Báo cháy</span>' in shown(fire="on")


def test_a_box_says_what_is_not_well_with_it(scene: Scene, visitor: Visitor, now: datetime) -> None:
    browser = visitor("attendant")
    scene.states("SPS", now, in_1=("idle", "down"))
    assert browser.get("/live/site/SPS").text.count('class="pill') == 1
    said = {"clock_quality": ClockQuality.FREE, "clock_offset_ms": -86_405_000, "reader": "starting", "waiting": 1_234}
    scene.states("SPS", now, said, in_1=("idle", "down"))
    page = browser.get("/live/site/SPS").text
    assert "Đồng hồ: tự chạy, chưa đối giờ (-24:00:05)" in page
    assert "Đọc biển số: đang khởi động" in page
    assert "1.234 việc chờ gửi về" in page
    scene.states("SPS", now, {"clock_quality": ClockQuality.UNKNOWN, "clock_offset_ms": None}, in_1=("idle", "down"))
    page = browser.get("/live/site/SPS").text
    assert "Đồng hồ: không biết giờ</span>" in page
    assert "việc chờ gửi" not in page


def test_a_few_facts_on_their_way_are_told_quietly(scene: Scene, visitor: Visitor, now: datetime) -> None:
    browser = visitor("attendant")
    for waiting_now, loud in ((1, False), (MANY - 1, False), (MANY, True)):
        scene.states("SPS", now, {"waiting": waiting_now}, in_1=("idle", "down"))
        page = browser.get("/live/site/SPS").text
        assert f'title="{waiting_now} việc chờ gửi về"' in page
        assert (f'">{waiting_now} việc chờ gửi về' in page) == loud
