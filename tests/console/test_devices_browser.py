"""A manager looks at devices, changes a lane's mode from there, and sees a lens get dirty."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from gate.messages import DeviceFault
from tests.console.browser import WAYS
from tests.console.conftest import Visitors
from tests.console.scene import Scene

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def lived(scene: Scene) -> None:
    """A site whose entry camera gets dirty."""
    now = datetime.now(UTC)
    with scene.at_once("SPS"):
        for n in range(640):
            sure = 0.6 if n % 23 == 0 or (n > 580 and n % 2) else 0.97
            scene.read("SPS", "in-1", f"30A{10000 + n}", now - timedelta(minutes=700 - n), confidence=sure)
    fault = DeviceFault(lane="out-1", device="arm", what="no position for 5 s")
    scene.said("SPS", [scene.boxes["SPS"].fact(fault, now)])
    scene.states("SPS", now, {"waiting": 37, "clock_offset_ms": 4200}, in_1=("idle", "down"), out_1=("idle", "down"))


@pytest.mark.parametrize("way", WAYS)
def test_devices_are_seen_and_a_mode_is_offered(somebody: Visitors, scene: Scene, pictures: Path, way: str) -> None:
    language, size = WAYS[way]
    lived(scene)
    manager = somebody("manager", size, language)
    page = manager.page
    page.click("#to-devices")
    expect(page.locator("#devices-SPS .box")).to_contain_text("no position for 5 s")
    manager.looks_right(pictures / f"{way}-devices.png")
    scene.states("SPS", datetime.now(UTC), {"version": "2.0"}, in_1=("idle", "up"), out_1=("idle", "down"))
    expect(page.locator("#devices-SPS .box")).to_contain_text("2.0")  # by itself
    page.click("#modes-SPS-in-1")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    page.click("#devices-SPS a[data-row]")
    expect(page.locator("#chart-0 .uplot")).to_be_visible()
    manager.looks_right(pictures / f"{way}-cameras.png")


def test_devices_arrive_in_time_over_slow_3g(somebody: Visitors, scene: Scene) -> None:
    lived(scene)
    manager = somebody("manager")
    for path in ("/devices", "/devices/SPS/cameras"):
        manager.arrives_in_time(path)
