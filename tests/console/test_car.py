"""The driver's page: one answer for all guesses, tokens for one visit, prices, money and receipts, in words."""

import io
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from PIL import Image

from gate import vietqr
from server import car_tokens
from server.app import application
from server.console import car
from server.throttle import Throttle
from simulator.stage.ports import free_port
from tests.console.conftest import NOBODY, Visitor
from tests.console.scene import CAR, Scene, config
from tests.console.served import Served

NOW = datetime.now(UTC)
CAME = NOW - timedelta(minutes=50)
PLATE = "30A12345"


def limits(monkeypatch: pytest.MonkeyPatch, address: int = 40, misses: int = 10, site: int = 300) -> None:
    """Other limits, with nothing counted yet."""
    for name, most in (("OF_ADDRESS", address), ("MISSES_OF_ADDRESS", misses), ("MISSES_AT_SITE", site)):
        monkeypatch.setattr(car, name, Throttle(most, car.WINDOW))


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins with nobody having tried."""
    limits(monkeypatch)


@pytest.fixture
def visit(scene: Scene) -> str:
    """A car that came with a photo."""
    return scene.admits("SPS", "in-1", scene.sees("SPS", "in-1", PLATE, CAME), CAME)


def look(browser: httpx.Client, plate: str, site: str = "SPS") -> httpx.Response:
    return browser.get("/car", params={"site": site, "plate": plate})


def answer(page: httpx.Response) -> str:
    """What it says, without what was typed."""
    found = re.search(r'<div role="status" id="answer">(.*?)</div>', page.text, re.DOTALL)
    assert found
    return found.group(1).strip()


def path(page: httpx.Response) -> str:
    found = re.search(r'href="(/car/[^"]+)"', page.text)
    assert found, page.text
    return found.group(1)


def test_a_driver_finds_the_car_sees_its_photo_and_pays(scene: Scene, visitor: Visitor, visit: str) -> None:
    browser = visitor()
    there = path(look(browser, "3OA-123.45"))
    page = browser.get(there)
    assert ("30A-123.45" in page.text, "30.000" in page.text) == (True, True)
    small, large = (Image.open(io.BytesIO(browser.get(f"{there}/{size}.jpg").content)) for size in ("small", "large"))
    assert small.width <= 320 < large.width
    code = browser.get(f"{there}/qr.png")
    seen = cv2.imdecode(np.frombuffer(code.content, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert seen is not None
    payload, *_ = cv2.QRCodeDetector().detectAndDecode(seen)
    said = vietqr.decode(payload)
    assert (said.amount, said.note, said.account) == (30_000, visit, "1017595600")
    mark = re.search(r'data-mark="(\w+)"', page.text)
    assert mark
    assert browser.get(f"{there}/state", params={"seen": mark.group(1)}).status_code == 204
    assert browser.get(f"{there}/receipt").status_code == 404
    scene.pays("SPS", (f"GUI XE {visit}", 30_000, NOW))
    changed = browser.get(f"{there}/state", params={"seen": mark.group(1)})
    assert (changed.status_code, "Đã thanh toán" in changed.text) == (200, True)
    assert browser.get(f"{there}/state", params={"seen": changed.headers["x-mark"]}).status_code == 204
    assert browser.get(f"{there}/qr.png").status_code == 404
    receipt = browser.get(f"{there}/receipt").text
    assert ("30.000" in receipt, visit in receipt, "không phải hóa đơn thuế" in receipt) == (True, True, True)


def test_none_and_too_many_are_one_answer_and_take_the_same_time(scene: Scene, visitor: Visitor, visit: str) -> None:
    browser = visitor()
    for number in range(5):
        scene.admits("SPS", "in-1", scene.read("SPS", "in-1", f"51F4321{number}", CAME), CAME)
    assert visit
    answers, times = [], []
    for typed in ("51F43219", "99Z99999", "30A", "<b>", PLATE[:5]):
        began = time.monotonic()
        answers.append(answer(look(browser, typed)))
        times.append(time.monotonic() - began)
    assert len(set(answers)) == 1, answers
    assert answers[0] == answer(look(browser, PLATE, "SPL"))
    assert min(times) >= car.ANSWER_S


def test_a_page_is_of_one_visit_alone(scene: Scene, visitor: Visitor, visit: str) -> None:
    browser = visitor()
    other = scene.admits("SPS", "in-1", scene.read("SPS", "in-1", "29C88888", CAME), CAME)
    there = path(look(browser, PLATE))
    assert visit in there
    assert "29C" not in look(browser, PLATE).text + browser.get(there).text
    token = there.rpartition("/")[2]
    old = car_tokens.made(scene.centre.config.signing_key, visit, NOW - car_tokens.LIFE)
    for tried in (f"/car/{other}/{token}", f"/car/{visit}/{old}", f"/car/{visit}/AAAA", "/car/SPS22222222/" + token):
        for part in ("", "/state", "/receipt", "/qr.png", "/small.jpg", "/large.jpg"):
            assert browser.get(tried + part).status_code == 404, tried + part
    assert browser.get(f"{there}/huge.jpg").status_code == 404


def test_looks_are_measured_by_address_and_misses_more_strictly(
    monkeypatch: pytest.MonkeyPatch, visitor: Visitor, visit: str
) -> None:
    assert visit
    monkeypatch.setattr(car, "ANSWER_S", 0.0)
    browser = visitor()
    limits(monkeypatch, address=2)
    assert [look(browser, PLATE).status_code for _ in range(3)] == [200, 200, 429]
    assert "quá nhiều lần" in look(browser, PLATE).text
    limits(monkeypatch, address=9, misses=2)
    looks = [look(browser, plate).status_code for plate in (PLATE, PLATE, "99Z99999", PLATE, "99Z99998", PLATE)]
    assert looks == [200, 200, 200, 200, 200, 429]


def test_strangers_misses_shut_no_driver_out(monkeypatch: pytest.MonkeyPatch, visitor: Visitor, visit: str) -> None:
    monkeypatch.setattr(car, "ANSWER_S", 0.0)
    limits(monkeypatch, misses=99, site=3)
    browser = visitor()
    assert visit in path(look(browser, "30A12349")), "one slip"
    assert [look(browser, f"99Z9999{number}").status_code for number in range(5)] == [200] * 3 + [429] * 2
    for typed in (PLATE, "3OA-123.45"):
        assert visit in path(look(browser, typed)), "still found"
    assert look(browser, "30A12349").status_code == 429, "a stranger's guess finds no neighbours any more"
    assert look(browser, "99Z99999", "SPL").status_code == 200


def test_an_ipv6_caller_is_one_however_many_addresses_it_takes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(car, "ANSWER_S", 0.0)
    limits(monkeypatch, misses=2)
    scene = Scene(config(tmp_path, free_port(), NOBODY, proxies=("127.0.0.1",)))
    with Served(application(scene.centre), scene.centre.config.port) as served, httpx.Client() as proxy:
        codes = []
        for address in ("2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"):
            asked = {"site": "SPS", "plate": "99Z99999"}
            answer = proxy.get(f"{served.url}/car", params=asked, headers={"x-forwarded-for": address})
            codes.append(answer.status_code)
    scene.centre.engine.dispose()
    assert codes == [200, 200, 429, 200]


def test_the_exits_quote_is_what_is_asked_for(scene: Scene, visitor: Visitor, visit: str) -> None:
    browser = visitor()
    scene.quotes("SPS", "out-1", scene.read("SPS", "out-1", PLATE, NOW), visit, CAME, NOW, CAR)
    there = path(look(browser, PLATE))
    assert 'id="owes">30.000' in browser.get(there).text
    scene.pays("SPS", (f"GUI XE {visit}", 30_000, NOW))
    assert "Mời ra trước" in browser.get(there).text
    scene.leaves("SPS", "out-1", visit, NOW + timedelta(seconds=1))
    assert "không còn nợ" in browser.get(there).text


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", '"><img src=x>', "=HYPERLINK(1)"])
def test_what_a_stranger_types_stays_text(visitor: Visitor, typed: str) -> None:
    page = look(visitor(), typed).text
    assert "<script>alert" not in page
    assert '"><img src=x' not in page


def test_every_look_is_recorded_and_english_is_whole(visitor: Visitor, visit: str) -> None:
    browser, auditor = visitor(), visitor("auditor")
    there = path(look(browser, PLATE))
    browser.cookies.set("lang", "en")
    page = browser.get(there).text
    assert ("To pay" in page, "Cần thanh toán" in page) == (True, False)
    assert visit in auditor.get("/audit", params={"who": "driver"}).text
