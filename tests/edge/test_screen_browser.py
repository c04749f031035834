"""Lane screens in a real browser, on both panels: what a driver sees, and what a phone reads off it.

Pictures of all pages go to the folder named by BARIE_SCREENSHOTS, where it is.
"""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edge.lanes import pages
from edge.web.pairs import Pairs
from edge.web.server import BoxWeb
from edge.web.wall import Wall
from gate.devices import screen
from gate.devices.screen import Face
from simulator.draw.look import clear
from simulator.draw.scene import draw_scene, jpeg
from simulator.draw.subject import CAR9, WHITE, Subject
from simulator.stage.ports import free_port
from tests.console.browser import CHROMIUM, PATIENCE_MS, QUIET, Person
from tests.edge.web_desk import BOX, LANES, PATIENCE_S, PAYLOAD, PLATE, all_faces, certificate, kept, owing, served

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LYING, STANDING = (1024, 600), (1080, 1920)
SILENT_MS: Final = 5_000
EVIL: Final = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
expect.set_options(timeout=PATIENCE_MS)
Box = tuple[BoxWeb, Wall]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's chromium; it finds BOX on loopback."""
    with sync_playwright() as playwright:
        args = [*QUIET, f"--host-resolver-rules=MAP {BOX} 127.0.0.1"]
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
        yield running
        running.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("box")


@pytest.fixture(scope="module")
def pictures() -> Path | None:
    """Where pictures of all pages are wanted."""
    given = os.environ.get("BARIE_SCREENSHOTS")
    return Path(given) if given else None


@pytest.fixture(scope="module")
def box(folder: Path) -> Iterator[Box]:
    with served(folder) as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": LYING[0], "height": LYING[1]}, ignore_https_errors=True)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def opened(page: Page, box: Box, lane: str = "out-1") -> Person:
    """The lane's screen, which has heard its news."""
    person = Person(page, f"http://127.0.0.1:{box[0].config.port}")
    with page.expect_response("**/events"):
        page.goto(f"{person.url}/screen/{lane}")
    return person


def shows(page: Page, text: str) -> None:
    """Wait until it does."""
    expect(page.locator("#stage")).to_contain_text(text)


def decoded(picture: bytes) -> str:
    """What a phone reads off the screen."""
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return str(cv2.QRCodeDetector().detectAndDecode(image)[0])


def overflow(page: Page) -> list[str]:
    """What is not wholly on the panel."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("#stage *")].filter((each) => {
            const box = each.getBoundingClientRect();
            return box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1;
        }).map((each) => each.outerHTML.slice(0, 80))"""
    )
    scrolls: bool = page.evaluate(
        "document.documentElement.scrollHeight > innerHeight || document.documentElement.scrollWidth > innerWidth"
    )
    return [*found, *(["it scrolls"] if scrolls else [])]


@pytest.mark.parametrize("size", [LYING, STANDING], ids=["lying", "standing"])
def test_every_page_is_wholly_on_the_panel_as_it_comes(
    page: Page, box: Box, folder: Path, pictures: Path | None, size: tuple[int, int]
) -> None:
    photo = kept(folder, jpeg(draw_scene(Subject(PLATE, WHITE, 1, CAR9), clear())))
    page.set_viewport_size({"width": size[0], "height": size[1]})
    person = opened(page, box)
    for name, shown in all_faces("out-1", photo).items():
        box[1].show("out-1", shown)
        expect(page.locator("h1")).to_have_text(shown.vi)
        expect(page.locator(f".face.{shown.face}")).to_be_visible()
        page.evaluate("Promise.all([...document.images].map((it) => it.decode()))")
        assert not overflow(page), name
        if pictures or shown.payload:
            picture = page.screenshot()
            assert decoded(picture) == shown.payload, name
            if pictures:
                (pictures / f"screen-{name}-{size[0]}x{size[1]}.png").write_bytes(picture)
    assert not person.complaints


def test_long_words_get_smaller_until_they_fit(page: Page, box: Box) -> None:
    person = opened(page, box)
    most = owing("out-1", plate="W" * 16)
    for words, faces in (("Ữ" * 200, list(Face)), ("nghiêng " * 25, [Face.PAY, Face.WAIT])):
        for face in faces:
            box[1].show("out-1", pages.starting("out-1"))
            shows(page, "Xin chờ")
            long = screen.Page(
                lane="out-1", face=face, vi=words, en=words, why_vi=words, why_en=words, plate="W" * 16, total=10**9,
                lines=(f"{words}: 1",) * 9, payload=most.payload,
            )  # fmt: skip
            box[1].show("out-1", long)
            shows(page, words[:20])
            assert not overflow(page), (face, words[:10])
    assert not person.complaints


def test_a_plate_that_is_html_stays_text(page: Page, box: Box) -> None:
    person = opened(page, box)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    box[1].show("out-1", screen.Page(lane="out-1", face=Face.PAY, vi=EVIL, en=EVIL, plate=EVIL, lines=(EVIL,)))
    shows(page, EVIL)
    assert page.locator("#stage img, #stage script").count() == 0
    assert not dialogs
    assert not person.complaints


def test_no_script_of_a_page_would_run(page: Page, box: Box) -> None:
    opened(page, box)
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=/nowhere onerror=\"window.ran = 1\">')")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 2'}))"
    )
    assert page.evaluate("fetch('https://127.0.0.2/').then(() => 'reached', () => 'kept in')") == "kept in"
    assert page.evaluate("window.ran") is None


def test_a_code_is_taken_down_when_the_box_goes_and_comes_back_with_it(page: Page, folder: Path) -> None:
    port = free_port()
    page.clock.install()
    with served(folder, port=port) as box:
        opened(page, box)
        box[1].show("out-1", owing("out-1"))
        expect(page.locator(".qr")).to_be_visible()
    page.clock.fast_forward(SILENT_MS - 2_000)
    assert page.locator(".qr").count() == 1, "a short silence is none"
    page.clock.fast_forward(SILENT_MS)
    shows(page, "Màn hình mất kết nối")
    assert page.locator(".qr, .plate").count() == 0
    assert decoded(page.screenshot()) == ""
    with served(folder, port=port) as (_, wall):
        page.clock.fast_forward(SILENT_MS)
        shows(page, "Xin chờ trong giây lát")
        wall.show("out-1", owing("out-1"))
        expect(page.locator(".qr")).to_be_visible()


def test_a_box_that_hangs_is_away_as_well(page: Page, folder: Path) -> None:
    go, hangs = threading.Event(), threading.Event()

    async def hang(_: Request) -> Response:
        hangs.set()
        assert go.wait(PATIENCE_S)  # holds all lines open and says nothing
        return Response()

    page.clock.install()
    with served(folder, routes=[Route("/push/hang", hang)]) as box:
        opened(page, box)
        box[1].show("out-1", owing("out-1"))
        expect(page.locator(".qr")).to_be_visible()
        page.evaluate("void fetch('/push/hang')")
        assert hangs.wait(PATIENCE_S)
        try:
            page.clock.fast_forward(SILENT_MS + 1_000)
            shows(page, "Màn hình mất kết nối")
            assert page.locator(".qr").count() == 0
        finally:
            go.set()
        page.clock.fast_forward(SILENT_MS)
        expect(page.locator(".qr")).to_be_visible()


def test_a_screen_is_paired_by_its_code_and_goes_back_when_it_is_revoked(page: Page, tmp_path: Path) -> None:
    pairs = Pairs(tmp_path)
    page.clock.install()
    with served(tmp_path, tls=certificate(tmp_path, BOX)) as (web, wall):
        page.goto(f"https://{BOX}:{web.config.port}/screen/out-1")
        expect(page).to_have_url(f"https://{BOX}:{web.config.port}/pair")
        page.fill("#code", pairs.invite("out-1").lower())
        with page.expect_response("**/events"):
            page.press("#code", "Enter")
        wall.show("out-1", owing("out-1"))
        expect(page.locator(".qr")).to_be_visible()
        assert decoded(page.screenshot()) == PAYLOAD
        assert page.evaluate("document.cookie") == "", "no script can read it"
        assert pairs.revoke(pairs.listed()[0].screen)
        page.clock.fast_forward(SILENT_MS)
        for _ in range(10):
            if page.url.endswith("/pair"):
                break
            page.clock.fast_forward(SILENT_MS)
            page.wait_for_timeout(500)
        expect(page).to_have_url(f"https://{BOX}:{web.config.port}/pair")


def test_the_boxs_own_first_page_leads_to_its_lanes(page: Page, box: Box) -> None:
    page.goto(f"http://127.0.0.1:{box[0].config.port}/")
    assert page.locator("a").all_inner_texts() == list(LANES)
