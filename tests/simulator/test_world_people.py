"""Who comes, what the cameras show of them, and what a screen shows to them."""

import asyncio
import hashlib
import http.client
import itertools
import threading
from collections import Counter
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from gate.vehicle import VehicleClass, classify
from simulator.day import Day
from simulator.devices.camera import STEP_S, CameraTwins, View
from simulator.devices.screen import ScreenTwin
from simulator.plan import BankPlan, SitePlan
from simulator.population import arrivals
from simulator.site import Site
from simulator.truth import Truth
from tests.simulator.test_world import plan

BANK = BankPlan(notice_url="http://127.0.0.1:9/", secret="secret", late=0.2, never_pays=0.1)


@pytest.fixture
def site(tmp_path: Path) -> SitePlan:
    """A site of a world that nobody starts."""
    return plan(tmp_path, 1, "http://127.0.0.1:9").sites[0]


def test_the_same_seed_brings_the_same_vehicles(site: SitePlan) -> None:
    first, again, other = (list(itertools.islice(arrivals(site, BANK, seed), 40)) for seed in (1, 1, 2))
    assert first == again
    assert [vehicle.plate for _, vehicle in first] != [vehicle.plate for _, vehicle in other]


def test_another_share_of_faults_leaves_the_vehicles_as_they_were(site: SitePlan) -> None:
    worse = msgspec.structs.replace(BANK, late=1.0, never_pays=0.9)
    calm, bad = (list(itertools.islice(arrivals(site, bank, 1), 40)) for bank in (BANK, worse))
    assert [(gap, vehicle.subject, vehicle.stay_s) for gap, vehicle in calm] == [
        (gap, vehicle.subject, vehicle.stay_s) for gap, vehicle in bad
    ]
    assert all(vehicle.payer.late_s for _, vehicle in bad)


def test_a_thousand_vehicles_are_as_the_plan_says(site: SitePlan) -> None:
    drawn = list(itertools.islice(arrivals(site, BANK, 3), 1000))
    vehicles = [vehicle for _, vehicle in drawn]
    kinds = Counter(vehicle.kind for vehicle in vehicles)
    assert 340 < kinds[VehicleClass.MOTO] < 460
    assert set(kinds) == set(VehicleClass)
    assert len({vehicle.plate for vehicle in vehicles}) == 1000
    assert sum(gap for gap, _ in drawn) / 1000 == pytest.approx(site.headway_s, rel=0.15)
    assert 60 < sum(not vehicle.payer.pays for vehicle in vehicles) < 140
    assert all(2 <= vehicle.payer.late_s <= 6 for vehicle in vehicles if vehicle.payer.late_s)


def test_whatever_is_measured_stays_in_its_class(site: SitePlan) -> None:
    for _, vehicle in itertools.islice(arrivals(site, BANK, 5), 3000):
        assert {classify(outline) for outline in vehicle.outline.values()} == {vehicle.kind}
        assert len(vehicle.outline) == 2


class Easel:
    """Draws a text and counts how often."""

    def __init__(self, text: bytes) -> None:
        self.text, self.times = text, 0

    def __call__(self) -> bytes:
        self.times += 1
        return self.text


def test_a_camera_shows_what_stands_there_now_and_draws_it_once() -> None:
    empty, car = Easel(b"empty"), Easel(b"car")
    cameras = CameraTwins(0, {"in-1": View("in-1/", None, empty)})
    cameras.start()
    try:
        seen = [get(cameras, "/in-1/snapshot.jpg")[1]]
        cameras.show("in-1", View("in-1/M", "M", car))
        threads = [threading.Thread(target=get, args=(cameras, "/in-1/snapshot.jpg")) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seen.append(get(cameras, "/in-1/snapshot.jpg")[1])
        cameras.show("in-1", None)
        seen.append(get(cameras, "/in-1/snapshot.jpg")[1])
    finally:
        cameras.stop()
    assert seen == [b"empty", b"car", b"empty"]
    assert (empty.times, car.times) == (1, 1)
    assert cameras.seen == {hashlib.sha256(b"car").hexdigest(): "M", hashlib.sha256(b"empty").hexdigest(): None}


def test_a_vehicle_that_rolls_up_is_another_picture_until_it_stands() -> None:
    on_its_way, stands = Easel(b"on its way"), Easel(b"stands")
    view = View("in-1/M", "M", stands, (on_its_way, on_its_way))
    assert [view.at(step * STEP_S) for step in range(4)] == [
        ("in-1/M@0", on_its_way),
        ("in-1/M@1", on_its_way),
        ("in-1/M", stands),
        ("in-1/M", stands),
    ]
    cameras = CameraTwins(0, {"in-1": View("in-1/", None, Easel(b"empty"))})
    cameras.prepare(view)
    assert (on_its_way.times, stands.times) == (1, 0), "what is asked for first is ready"
    cameras.show("in-1", view)
    assert cameras.snapshot("in-1") == b"on its way"
    cameras.show("in-1", None)
    assert cameras.snapshot("in-1") == b"empty"
    cameras.show("in-1", view)
    assert cameras.snapshot("in-1") == b"on its way"
    assert on_its_way.times == 2, "who has gone is forgotten"
    assert set(cameras.seen.values()) == {"M", None}
    cameras.stop()


@pytest.mark.parametrize(
    ("path", "status"),
    [("/in-2/snapshot.jpg", 404), ("/in-1/", 404), ("/", 404), ("/../etc/passwd", 404), ("/dead/snapshot.jpg", 503)],
)
def test_a_camera_that_is_not_there_or_dead_says_so(path: str, status: int) -> None:
    views = {lane: View(lane, None, Easel(b"")) for lane in ("in-1", "dead")}
    cameras = CameraTwins(0, views, frozenset({"dead"}))
    cameras.start()
    try:
        assert get(cameras, path)[0] == status
    finally:
        cameras.stop()


def get(cameras: CameraTwins, path: str) -> tuple[int, bytes]:
    """Ask a camera."""
    line = http.client.HTTPConnection("127.0.0.1", cameras.port, timeout=10)
    try:
        line.request("GET", path)
        answer = line.getresponse()
        return answer.status, answer.read()
    finally:
        line.close()


def test_a_site_draws_its_vehicles_as_jpeg_and_the_same_each_time(site: SitePlan) -> None:
    async def run() -> None:
        made = Site(site, Day(), Truth(("SPS",)))
        try:
            _, vehicle = next(arrivals(site, BANK, 1))
            views = [made.view(made.lanes[lane], vehicle) for lane in ("in-1", "in-1", "out-1")]
            first, again, leaving = (view.draw() for view in views)
            assert first == again
            assert first != leaving, "another camera sees it otherwise"
            picture = cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_COLOR)
            assert picture is not None
            assert picture.shape == (720, 1280, 3)
            on_its_way = [draw() for draw in views[0].rolling]
            assert len({first, *on_its_way}) == 1 + len(on_its_way) > 1, "what moves is another picture"
        finally:
            made.cameras.stop()

    asyncio.run(run())


def test_a_page_that_cannot_be_read_leaves_the_old_one() -> None:
    screen = ScreenTwin()
    screen.hear(b'{"lane":"out-1","face":"go","vi":"Moi di","en":"Go"}')
    screen.hear(b'{"lane":"out-1","face":"dance","vi":"","en":""}')
    screen.hear(b"\xff")
    assert screen.page is not None
    assert (screen.page.face, screen.pages, len(screen.unreadable)) == ("go", 1, 2)
