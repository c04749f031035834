"""A real browser before the console: signs in, watches for errors, weighs pages, takes pictures."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from server.console import assets

CHROMIUM: Final = os.environ.get("BARIE_CHROMIUM", "/usr/bin/chromium")
QUIET: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK: Final = (1440, 900)
PHONE: Final = (390, 844)
WAYS: Final = {"vi-phone": ("vi", PHONE), "en-phone": ("en", PHONE), "vi-desk": ("vi", DESK), "en-desk": ("en", DESK)}
"""Language and window: each page is tried in all four."""
PATIENCE_MS: Final = 15_000
SERIOUS: Final = frozenset({"serious", "critical"})
SLOW_3G: Final = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""400 ms there and back, 400 kbit/s both ways: the measure of WebPageTest's slow 3G."""
_STREAM_ENDED: Final = "[object Event]"  # htmx of news that ended: of whoever signed out or has other rights; no fault
FIRST_VIEW_MAX_MS: Final = 3_000
PAGE_MAX_BYTES: Final = 120 * 1024
_AXE: Final = Path(assets.__file__).parent / "assets" / "node_modules" / "axe-core" / "axe.min.js"
_LOOK: Final = """() => axe.run(document, {resultTypes: ["violations"]}).then(({violations}) => violations.map(
    (it) => [it.impact, it.id, it.nodes.slice(0, 5).map((at) => at.html.slice(0, 200) + " " + at.failureSummary)]))"""
_WEIGH: Final = """async () => {
    const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    const pictures = all.filter((it) => it.name.includes("/v1/pictures/") || it.name.includes("/picture"));
    const paint = await new Promise((done) => {
        const first = (list) => list.getEntries().find((it) => it.name === "first-contentful-paint");
        const watch = new PerformanceObserver((list) => { if (first(list)) done(first(list)); });
        watch.observe({ type: "paint", buffered: true });
        setTimeout(done, 10000, null);
    });
    const sum = (entries) => entries.reduce((so_far, it) => so_far + it.transferSize, 0);
    return [paint ? paint.startTime : -1, sum(all) - sum(pictures), sum(pictures)];
}"""


@cache
def _axe() -> str:
    """axe-core's script, as set-up fetched it."""
    return _AXE.read_text()


class Weight(NamedTuple):
    """What a page's first view took: until something was to be seen, and bytes on the wire."""

    first_view_ms: float
    page_bytes: int
    picture_bytes: int


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's chromium; it speaks to nobody but the console."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


class Person:
    """Somebody at the console. `complaints` are what the browser's console said of errors and warnings."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(_STREAM_ENDED):
            self.complaints.append(f"{message.text} {message.location}")

    def was_refused(self, status: int) -> None:
        """The browser complained of an answer with this status, as it should; no more of that."""
        words = (f"the server responded with a status of {status}", f"Response Status Error Code {status}")
        mine = [said for said in self.complaints if any(word in said for word in words)]
        assert mine, f"nothing was refused with {status}: {self.complaints}"
        self.complaints = [said for said in self.complaints if said not in mine]

    def signs_in(self, name: str, password: str, language: str = "vi") -> None:
        """To the live page, connected to the news."""
        self.page.goto(f"{self.url}/lang/{language}?back=/login")
        self.page.fill("[name=name]", name)
        self.page.fill("[name=password]", password)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_selector("#link.on")

    def photographs(self, path: Path, *, whole: bool = True) -> None:
        """A picture of the page, once its pictures are there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.evaluate(
            "Promise.all([...document.images].map((it) => { it.loading = 'eager'; return it.decode().catch(Date); }))"
        )
        self.page.screenshot(path=path, full_page=whole)

    def axe(self) -> list[Any]:
        """Serious faults that axe-core finds in the page as it stands: impact, rule, places."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(_axe())  # by the debugger, so that the page's own policy stays as strict as it is
        found: list[Any] = self.page.evaluate(_LOOK)
        return [fault for fault in found if fault[0] in SERIOUS]

    def looks_right(self, path: Path, *, whole: bool = True) -> None:
        """The page fits its window, has no serious fault of accessibility, and the browser complains of nothing. Its
        picture goes to `path`."""
        self.photographs(path, whole=whole)
        faults = self.axe()
        assert not faults, faults
        assert not self.overflow, f"{self.page.url} is {self.overflow} pixels too wide"
        assert not self.complaints, self.complaints

    def weighs(self, path: str) -> Weight:
        """How the page at `path` arrives over slow 3G by a browser that has nothing of it yet."""
        wire = self.page.context.new_cdp_session(self.page)
        wire.send("Network.enable")
        wire.send("Network.clearBrowserCache")
        wire.send("Network.emulateNetworkConditions", SLOW_3G)
        try:
            self.page.goto(f"{self.url}{path}", timeout=60_000)
            first, size, pictures = self.page.evaluate(_WEIGH)
        finally:
            wire.detach()
        return Weight(first, size, pictures)

    def arrives_in_time(self, path: str) -> Weight:
        """The same, and it is quick and light enough: on a machine busy with other things, the best of three times."""
        for left in (2, 1, 0):
            weight = self.weighs(path)
            if weight.first_view_ms <= FIRST_VIEW_MAX_MS or not left:
                break
        assert 0 < weight.first_view_ms <= FIRST_VIEW_MAX_MS, weight
        assert 0 < weight.page_bytes <= PAGE_MAX_BYTES, weight
        return weight

    @property
    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        wide: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return max(0, wide)


@contextmanager
def person(browser: Browser, url: str, size: tuple[int, int] = DESK, *, dark: bool = False) -> Iterator[Person]:
    """A fresh visitor with a window of this size."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        reduced_motion="reduce",
    )
    try:
        yield Person(context.new_page(), url)
    finally:
        context.close()
