"""Devices on the console: what boxes say, escaped; charts; sites of a person."""

from datetime import UTC, datetime, timedelta

from gate.messages import DeviceFault
from tests.console.conftest import Visitor
from tests.console.scene import Scene

NOW = datetime.now(UTC)


def test_a_box_with_all_that_it_says(scene: Scene, visitor: Visitor) -> None:
    evil = "<img src=x onerror=alert(1)>"
    scene.said("SPS", [scene.boxes["SPS"].fact(DeviceFault(lane="in-1", device="arm", what=evil), NOW)])
    scene.states("SPS", NOW, {"waiting": 1234, "version": "9.8.7", "clock_offset_ms": -5000}, in_1=("idle", "down"))
    page = visitor("attendant").get("/devices").text
    for said in ("9.8.7", "1.234", "-5000 ms", "&lt;img src=x", "chưa từng kết nối"):
        assert said in page, said
    assert evil not in page
    assert 'id="modes-SPS-in-1"' not in page
    assert 'id="modes-SPS-in-1"' in visitor("manager").get("/devices/site/SPS").text


def test_cameras_have_charts_in_both_languages(scene: Scene, visitor: Visitor) -> None:
    browser = visitor("auditor")
    with scene.at_once("SPS"):
        for n in range(200):
            sure = 0.5 if n > 180 else 0.97
            scene.read("SPS", "in-1", f"30A{10000 + n}", NOW - timedelta(minutes=300 - n), confidence=sure)
    scene.states("SPS", NOW, None, in_1=("idle", "down"))
    page = browser.get("/devices/SPS/cameras").text
    assert ("vượt giới hạn" in page, '"shares": [0.0' in page) == (True, True)
    browser.cookies.set("lang", "en")
    assert "beyond the limit" in browser.get("/devices/SPS/cameras").text
    assert browser.get("/devices/XXX/cameras").status_code == 404
