"""A real browser before the console: signs in, watches for errors, takes pictures."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

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
PATIENCE_MS: Final = 15_000


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
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} {message.location}")

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
