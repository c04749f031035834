"""The first run in a browser without scripts: the code, the administrator, a site; and nobody else ever."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx
import pytest

from server.app import application
from server.console.once import fresh
from simulator.stage.ports import free_port
from tests.console.conftest import NOBODY, Visitor
from tests.console.scene import PASSWORD, Scene, config
from tests.console.served import Served
from tests.console.test_access import csrf

SITE = {
    "preset": "temple",
    "site": "bhx",
    "name_vi": "Đền <b>Bảo Hà</b>",
    "name_en": "Temple",
    "bank": "970436",
    "account": "1017595600",
    "account_name": "UBND",
    "capacity": "100",
    "lanes_in": "1",
    "lanes_out": "2",
    "basis": "QĐ 1/2026",
    "moto": "10.000",
    "car9": "30000",
}


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[tuple[httpx.Client, str]]:
    """A centre without sites, boxes and people; a browser and the printed code."""
    scene = Scene(config(tmp_path, free_port(), NOBODY, sites=(), boxes=(), users=()))
    app = application(scene.centre)
    with Served(app, scene.centre.config.port) as served, httpx.Client(base_url=served.url) as browser:
        yield browser, app.state.first_run.code()
    scene.centre.engine.dispose()


def begun(code: str) -> dict[str, str]:
    return {"code": code, "name": "chief", "password": PASSWORD, "again": PASSWORD}


def test_from_nothing_to_a_site_with_prices(empty: tuple[httpx.Client, str]) -> None:
    browser, code = empty
    assert browser.get("/login").headers["location"] == "/first-run"
    assert browser.get("/first-run").status_code == 200
    assert code not in browser.get("/first-run").text
    for wrong, word in (
        ({"code": "AAAA-AAAA-AAAA-AAAA"}, "Mã không đúng"),
        ({"again": "something else"}, "không giống nhau"),
        ({"name": "Chief"}, "chữ thường"),
        ({"password": "short", "again": "short"}, "ít nhất 10"),
    ):
        refused = browser.post("/first-run", data=begun(code) | wrong)
        assert (refused.status_code, word in refused.text) == (403, True), wrong
    done = browser.post("/first-run", data=begun(code.replace("-", " ").lower()))
    assert (done.status_code, done.headers["location"]) == (303, "/first-run/sites")
    assert browser.get("/first-run").headers["location"] == "/login"
    late = browser.post("/first-run", data=begun(code) | {"name": "second"})
    assert (late.status_code, late.headers["location"]) == (303, "/login")
    assert ">second<" not in browser.get("/people").text
    head = {"x-csrf-token": csrf(browser.get("/account").text), "hx-request": "true"}
    assert 'value="60.000"' in browser.get("/first-run/sites", params={"preset": "temple"}).text
    for changes, word in (
        ({"car9": "x"}, "Giá là số đồng"),
        ({"site": "??"}, "ba chữ hoa"),
        ({"lanes_in": "99"}, "làn"),
    ):
        refused = browser.post("/first-run/sites", data=SITE | changes | {"once": fresh()}, headers=head)
        assert (refused.status_code, word in refused.text) == (400, True), changes
    sending = SITE | {"once": fresh()}
    made = browser.post("/first-run/sites", data=sending, headers=head)
    assert (made.status_code, 'id="by-hand"' in made.text, "in-1, out-1, out-2" in made.text) == (200, True, True)
    assert "đã được gửi" in browser.post("/first-run/sites", data=sending, headers=head).text
    again = browser.post("/first-run/sites", data=SITE | {"once": fresh()}, headers=head)
    assert (again.status_code, "đã có" in again.text) == (400, True)
    live = browser.get("/live").text
    assert ('id="site-BHX"' in live, "<b>Bảo Hà</b>" in live) == (True, False)
    assert browser.get("/devices").status_code == 200


def test_where_somebody_is_nobody_is_made(visitor: Visitor) -> None:
    assert visitor().get("/first-run").headers["location"] == "/login"
    assert visitor().get("/first-run/sites").headers["location"] == "/login"
    assert visitor("manager").get("/first-run/sites").status_code == 403
    assert visitor("administrator").get("/first-run/sites").status_code == 200


def test_two_who_finish_at_once_make_one_administrator(empty: tuple[httpx.Client, str]) -> None:
    browser, code = empty
    ready = Barrier(2)

    def finish(name: str) -> str:
        with httpx.Client(base_url=browser.base_url) as own:
            ready.wait(10)
            return own.post("/first-run", data=begun(code) | {"name": name}).headers["location"]

    with ThreadPoolExecutor(2) as both:
        told = list(both.map(finish, ("first", "second")))
    assert sorted(told) == ["/first-run/sites", "/login"]


def test_a_code_is_guessed_ten_times(empty: tuple[httpx.Client, str]) -> None:
    browser, code = empty
    for _ in range(10):
        assert "Mã không đúng" in browser.post("/first-run", data=begun("AAAA-AAAA-AAAA-AAAA")).text
    refused = browser.post("/first-run", data=begun(code))
    assert (refused.status_code, "mười phút" in refused.text) == (403, True)
