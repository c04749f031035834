"""What people do at the console, in a real browser, against the real application and a real broker.

Pictures go to the folder named by BARIE_SCREENSHOTS, else to pytest's own.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select

from gate.devices.board import Sensor
from gate.messages import ClockQuality, Command, LaneMode, Mode, Open, Outcome, Reply, Why
from gate.signing import opened
from gate.topics import Channel, Topic
from gate.wire import encode
from server.app import application
from server.config import Broker
from server.db import reading
from server.facts import CommandRow
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.ports import free_port
from tests.console.browser import DESK, PATIENCE_MS, PHONE, WAYS, Person, person
from tests.console.scene import BUS, MOTO, PASSWORD, Scene, busy_day, config, lane_state
from tests.console.served import Served
from tests.harness.clients import Watcher

pytestmark = [pytest.mark.browser, pytest.mark.broker, pytest.mark.slow]
expect.set_options(timeout=PATIENCE_MS)
SECRET: Final = "a secret of sixteen"
NOW: Final = datetime.now(UTC)
YESTERDAY: Final = (NOW - timedelta(days=1)).date()


class Running:
    """The scene behind a real port, which may go down and come up again."""

    def __init__(self, folder: Path, broker: Mosquitto) -> None:
        self.broker = broker
        there = Broker(host=broker.host, port=broker.port, user="centre", password=SECRET)
        self.settings = config(folder, free_port(), there)
        self.scene = Scene(self.settings)
        self.url = f"http://127.0.0.1:{self.settings.port}"

    def up(self) -> Served:
        """The application around the scene's centre."""
        return Served(application(self.scene.centre), self.settings.port, lifespan=True)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Three sites with their lanes as in the middle of a day, and yesterday's traffic at the stadium."""
    folder = tmp_path_factory.mktemp("console")
    with Mosquitto(folder / "mosquitto", {"centre": SECRET, "box": SECRET}) as broker:
        made = Running(folder, broker)
        populate(made.scene)
        with made.up():
            made.scene.centre.bus.connected.wait(10)
            yield made


@pytest.fixture
def page(browser: Browser, running: Running) -> Iterator[Person]:
    """A manager at a desk; the browser may not complain of anything."""
    with person(browser, running.url) as visitor:
        visitor.signs_in("manager", PASSWORD)
        yield visitor
        assert not visitor.complaints


def populate(scene: Scene) -> None:
    """Lanes in many states."""
    busy_day(scene, "SPS", datetime(*YESTERDAY.timetuple()[:3], tzinfo=UTC), 60)
    ago = {minutes: NOW - timedelta(minutes=minutes) for minutes in (1, 2, 3, 9, 43, 50)}
    first = scene.admits("SPS", "in-1", scene.sees("SPS", "in-1", "30A12345", ago[3]), ago[3])
    second = scene.admits("SPS", "in-1", scene.sees("SPS", "in-1", "30A12346", ago[43]), ago[43])
    scene.admits("SPS", "in-1", scene.sees("SPS", "in-1", "24A08867", ago[1], colour="yellow"), ago[1])
    rider = scene.sees("SPS", "in-2", "24B199999", ago[50], kind=MOTO, lines=2)
    visit = scene.admits("SPS", "in-2", rider, ago[50], MOTO)
    leaving = scene.sees("SPS", "out-2", "24B199999", NOW, kind=MOTO, lines=2, confidence=0.93)
    scene.quotes("SPS", "out-2", leaving, visit, ago[50], NOW, MOTO)
    exit_ = scene.sees("SPS", "out-1", "30A12345", NOW, confidence=0.55)
    lanes = {
        "in_1": ("idle", "down"),
        "in_2": ("open", "up"),
        "out_1": ("attended", "down"),
        "out_2": ("paying", "down"),
    }
    scene.states("SPS", NOW, **lanes)
    scene.wants("SPS", "out-1", exit_, Why.AMBIGUOUS, NOW, (first, 0.56), (second, 0.41))
    coach = scene.sees("SPL", "in-1", "29B55512", ago[9], kind=BUS, colour="yellow")
    scene.admits("SPL", "in-1", coach, ago[9], BUS)
    scene.states("SPL", ago[9], in_1=("by_hand", "up"), out_1=("fault", "unknown"))
    unread = scene.sees("BHT", "in-1", "", NOW, confidence=0.0)
    scene.states("BHT", NOW, in_1=("attended", "down"), out_1=("idle", "down"))
    scene.wants("BHT", "in-1", unread, Why.UNREAD, NOW)


def arm(page: Page, card: str) -> str:
    """The arm's position as the card draws it."""
    return page.locator(f"#card-{card} [data-arm]").get_attribute("data-arm") or ""


def test_a_card_changes_when_something_happens_at_its_lane(page: Person, running: Running) -> None:
    card = page.page.locator("#card-BHT-out-1")
    expect(card).to_contain_text("Trống")
    running.scene.sees("BHT", "out-1", "24A55501", datetime.now(UTC))
    expect(card).to_contain_text("24A-555.01")
    expect(card.locator("img")).to_be_visible()
    running.scene.states("BHT", datetime.now(UTC), in_1=("attended", "down"), out_1=("raising", "moving"))
    expect(card).to_contain_text("Đang mở")
    assert arm(page.page, "BHT-out-1") == "moving"


def test_two_clicks_open_with_a_reason_and_the_arm_tells_the_effect(page: Person, running: Running) -> None:
    with Watcher(running.broker, "box", SECRET) as box:
        box.subscribe(str(Topic("BHT", "bht-1", Channel.COMMAND)))
        page.page.click("#open-BHT-in-1")
        page.page.click("#help button[value=unreadable]")
        expect(page.page.locator("#toast")).to_contain_text("Đã gửi lệnh")
        expect(page.page.locator("#help")).to_be_hidden()
        sent = box.next().payload
    with reading(running.scene.centre.engine) as session:
        row = session.exec(select(CommandRow).where(CommandRow.site == "BHT")).one()
    command = msgspec.json.decode(row.body, type=Command)
    assert isinstance(command.action, Open)
    assert (command.action.note, command.by) == ("unreadable", "manager")
    assert str(command.command).encode() in sent
    assert arm(page.page, "BHT-in-1") == "down"  # a click moves nothing on the page
    expect(page.page.locator("#wanted-BHT-in-1 .order")).to_contain_text("đang chờ hộp biên")
    expect(page.page.locator("#open-BHT-in-1")).to_be_disabled()
    running.scene.states("BHT", datetime.now(UTC), in_1=("open", "up"), out_1=("idle", "down"))
    expect(page.page.locator("#card-BHT-in-1 [data-arm=up]")).to_be_visible()
    expect(page.page.locator("#wanted-BHT-in-1")).to_have_count(0)


def test_this_vehicle_is_one_click_and_keys_lead_there(page: Person, running: Running) -> None:
    number = page.page.locator(".wanted").count()
    page.page.keyboard.press(str(number))
    button = page.page.locator("#wanted-SPS-out-1 .candidate button").first
    expect(button).to_be_focused()
    page.page.keyboard.press("Enter")
    try:
        expect(page.page.locator("#toast")).to_contain_text("Đã gửi lệnh")
    except AssertionError:  # the card was just being replaced under the key: a person presses once more
        page.page.keyboard.press(str(number))
        page.page.keyboard.press("Enter")
        expect(page.page.locator("#toast")).to_contain_text("Đã gửi lệnh")
    with reading(running.scene.centre.engine) as session:
        rows = session.exec(select(CommandRow).where(CommandRow.site == "SPS", CommandRow.action == "display")).all()
    assert [row.by for row in rows] == ["manager"]


def test_a_note_that_is_being_written_is_left_alone(page: Person, running: Running) -> None:
    running.scene.wants("SPL", "out-1", running.scene.sees("SPL", "out-1", "", NOW), Why.NO_MATCH, NOW)
    page.page.click("#open-SPL-out-1")
    page.page.fill("#help [name=note]", "xe của đoàn")
    running.scene.sees("SPL", "in-1", "30A77777", datetime.now(UTC))
    expect(page.page.locator("#card-SPL-in-1")).to_contain_text("30A-777.77")
    expect(page.page.locator("#help [name=note]")).to_have_value("xe của đoàn")
    page.page.keyboard.press("Escape")
    expect(page.page.locator("#help")).to_be_hidden()
    page.page.click("#choose-SPL-out-1")
    page.page.fill("#help [name=part]", "5551")
    expect(page.page.locator("#choices .choice")).to_have_count(1)
    page.page.fill("#help [name=part]", "zzz")
    expect(page.page.locator("#choices")).to_contain_text("Không có xe nào khớp")


def test_a_refusal_is_told_on_the_page(browser: Browser, running: Running) -> None:
    running.scene.wants("SPL", "out-1", running.scene.sees("SPL", "out-1", "", NOW), Why.NO_MATCH, NOW)
    with person(browser, running.url) as visitor:
        visitor.signs_in("attendant", PASSWORD)
        visitor.page.click("#open-SPL-out-1")
        visitor.page.click("#help button[value=other]")
        expect(visitor.page.locator("#toast.bad")).to_contain_text("Hãy ghi rõ lý do")
        expect(visitor.page.locator("#help")).to_be_visible()


def test_the_day_shows_findings_and_gives_a_file(page: Person) -> None:
    page.page.keyboard.press("d")
    page.page.wait_for_selector("#findings-title")
    page.page.goto(f"{page.url}/day/SPS/{YESTERDAY.isoformat()}")
    expect(page.page.locator(".findings tr[data-code=opening_unexplained]")).to_contain_text("Ghi lý do mở")
    expect(page.page.locator("#chart-passages canvas")).to_be_visible()
    page.page.fill("#when input[name=date]", "2026-11-02")
    expect(page.page.locator("#when .shown")).to_have_text("02/11/2026")
    with page.page.expect_download() as download:
        page.page.click("text=XLSX")
    assert download.value.suggested_filename == f"barie-SPS-{YESTERDAY.isoformat()}.xlsx"
    page.page.click("[aria-label='Ngày trước']")
    page.page.wait_for_url(f"**/{(YESTERDAY - timedelta(days=1)).isoformat()}")
    page.page.keyboard.press("l")
    page.page.wait_for_selector("#link.on")


def test_the_language_changes_on_the_spot(page: Person) -> None:
    page.page.click("text=EN")
    expect(page.page.locator("html")).to_have_attribute("lang", "en")
    expect(page.page.locator("#to-day")).to_have_text("Day")
    page.page.keyboard.press("?")
    expect(page.page.locator("#keys")).to_contain_text("Keyboard shortcuts")
    page.page.keyboard.press("Escape")
    expect(page.page.locator("#keys")).to_be_hidden()


def test_signing_out_leads_to_the_login(page: Person) -> None:
    page.page.click("#logout")
    page.page.wait_for_url("**/login")
    page.page.goto(f"{page.url}/live")
    page.page.wait_for_url("**/login")


@pytest.mark.parametrize("way", [*WAYS, "vi-night"])
def test_every_page_looks_right(browser: Browser, running: Running, pictures: Path, way: str) -> None:
    language, size = WAYS.get(way, ("vi", PHONE))
    with person(browser, running.url, size, dark=way == "vi-night") as visitor:
        visitor.page.goto(f"{running.url}/lang/{language}?back=/login")
        visitor.looks_right(pictures / f"{way}-login.png")
        visitor.signs_in("manager", PASSWORD, language)
        visitor.looks_right(pictures / f"{way}-live.png")
        visitor.page.keyboard.press("?")
        visitor.looks_right(pictures / f"{way}-keys.png", whole=False)
        visitor.page.goto(f"{running.url}/day/SPS/{YESTERDAY.isoformat()}")
        visitor.page.wait_for_selector("#chart-money canvas")
        visitor.looks_right(pictures / f"{way}-day.png")


def test_pages_arrive_in_time_over_slow_3g(browser: Browser, running: Running) -> None:
    with person(browser, running.url, PHONE) as visitor:
        visitor.arrives_in_time("/login")
    with person(browser, running.url, PHONE) as visitor:
        visitor.signs_in("manager", PASSWORD)
        visitor.arrives_in_time("/live")
        visitor.arrives_in_time(f"/day/SPS/{YESTERDAY.isoformat()}")
        assert not visitor.complaints


@pytest.mark.parametrize(
    ("language", "size", "sent", "free"),
    [("vi", PHONE, "Đã gửi lệnh", "Cho qua hết"), ("en", DESK, "The order is on its way", "Everyone passes")],
    ids=["vi-phone", "en-desk"],
)
def test_a_lane_is_ordered_by_keys_once_and_its_box_tells_the_effect(
    browser: Browser, running: Running, pictures: Path, language: str, size: tuple[int, int], sent: str, free: str
) -> None:
    scene, name = running.scene, f"orders-{language}"
    box = {"clock_quality": ClockQuality.FREE, "clock_offset_ms": 12_400, "reader": "starting", "waiting": 1_234}
    blind = lane_state("out-1", "fault", "unknown", **dict.fromkeys(Sensor, "unknown"))
    scene.states("SPL", datetime.now(UTC), box, in_1=lane_state("in-1", "open", "up", exit="unknown"), out_1=blind)
    before = ordered(scene, "SPL", "mode")
    with person(browser, running.url, size) as visitor, Watcher(running.broker, "box", SECRET) as broker:
        broker.subscribe(str(Topic("SPL", "spl-1", Channel.COMMAND)))
        visitor.signs_in("manager", PASSWORD, language)
        page, card = visitor.page, visitor.page.locator("#card-SPL-in-1")
        press(page, "#orders-SPL-in-1", "#wish-normal")
        visitor.photographs(pictures / f"{name}-menu.png", whole=False)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#order-form button").first).to_be_focused()  # a second Enter gives no order
        page.keyboard.press("Tab")
        expect(page.locator("#give")).to_be_focused()
        visitor.photographs(pictures / f"{name}-confirm.png", whole=False)
        page.locator("#give").dblclick()
        expect(page.locator("#toast")).to_contain_text(sent)
        expect(page.locator("#help")).to_be_hidden()
        expect(card.locator(".order.pending")).to_contain_text(free)
        expect(card.locator(".pill.mode")).to_have_count(0)
        command = opened(bytes(broker.next().payload), Command, scene.centre.key.public_key())
        assert command.action == Mode(lane="in-1", mode=LaneMode.FREE)
        said = Reply(command=command.command, box="spl-1", outcome=Outcome.DONE, position="down")
        broker.client.publish(str(Topic("SPL", "spl-1", Channel.REPLY)), encode(said), qos=1)
        expect(card.locator(".order.done")).to_contain_text(free)
        scene.states("SPL", datetime.now(UTC), box, in_1=lane_state("in-1", "idle", "down", "free"), out_1=blind)
        expect(card.locator(".pill.mode")).to_have_text(free)
        assert ordered(scene, "SPL", "mode") == before + 1
        visitor.photographs(pictures / f"{name}-live.png")
        assert (visitor.overflow, visitor.complaints) == (0, [])


def press(page: Page, button: str, then: str) -> None:
    """Press a button of a card by key until what it brings has the focus: the card may be replaced under the key."""
    for patience_ms in (2_000, 2_000, PATIENCE_MS):
        page.locator(button).press("Enter")
        with suppress(AssertionError):
            expect(page.locator(then)).to_be_focused(timeout=patience_ms)
            return
    raise AssertionError(f"{then} never had the focus")


def ordered(scene: Scene, site: str, action: str) -> int:
    """How many such orders were given."""
    with reading(scene.centre.engine) as session:
        rows = session.exec(select(CommandRow).where(CommandRow.site == site, CommandRow.action == action)).all()
    return len(rows)


def test_an_open_page_recovers_when_the_server_comes_back(browser: Browser, tmp_path: Path) -> None:
    with Mosquitto(tmp_path / "mosquitto", {"centre": SECRET}) as broker:
        first = Running(tmp_path, broker)
        first.scene.states("SPS", NOW, in_1=("idle", "down"))
        with person(browser, first.url) as visitor:
            with first.up():
                visitor.signs_in("manager", PASSWORD)
            # it ended although the page's stream was open
            expect(visitor.page.locator("#link")).to_contain_text("Mất kết nối")
            second = Running.__new__(Running)
            second.settings, second.scene = first.settings, Scene(first.settings)
            second.scene.states("SPS", datetime.now(UTC), in_1=("closed", "down"))
            with second.up():
                expect(visitor.page.locator("#link.on")).to_be_visible()
                expect(visitor.page.locator("#card-SPS-in-1")).to_contain_text("Làn đóng")
