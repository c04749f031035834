"""Who is limited to one site never gets anything of another, whatever address of pages or programs they ask."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlmodel import select

from gate.messages import Why
from server.app import PARTS
from server.auth import audit
from server.console.tabs import modules
from server.db import reading, transaction
from server.facts import EntryRow, OpeningRow, PassageRow, PaymentRow
from server.facts_people import UserSiteRow
from server.vault import VaultPictureRow
from tests.console.asked import queries
from tests.console.conftest import Visitor
from tests.console.scene import Scene

PLATE = "30A99977"
MARKS = (PLATE, "30A-999.77", "Mắt Ngọc", "1017595601")
"""What only SPL has: a vehicle's plate, its name, its account."""
PATIENCE_S = 30.0
EVERYBODYS = {"/people", "/people/{name}", "/first-run/sites", "/board/{site}", "/car", "/sites/{site}/board"}
"""People are kept for all sites by administrators; the price board and the driver's page need no signing in."""
STREAMS = {"/live/cards", "/live/events", "/watching/events"}
ROUTES = {
    route.path: frozenset(queries(route.dependant))
    for module in [*PARTS, *modules()]
    for route in module.router.routes
    if isinstance(route, APIRoute) and "GET" in (route.methods or ()) and route.path not in STREAMS | EVERYBODYS
}
"""Every address, with the names that it may be asked with: a new one is asked by itself."""


@pytest.fixture
def named(scene: Scene) -> dict[str, str]:
    """Something of SPL for every name in an address; the manager is limited to SPS."""
    now = datetime.now(UTC) - timedelta(minutes=30)
    entered = scene.sees("SPL", "in-1", PLATE, now)
    visit = scene.admits("SPL", "in-1", entered, now)
    approach = scene.read("SPL", "out-1", PLATE, now + timedelta(minutes=5))
    scene.wants("SPL", "out-1", approach, Why.NO_MATCH, now + timedelta(minutes=5), (visit, 0.5))
    scene.pays("SPL", (visit, 30_000, now + timedelta(minutes=6)))
    scene.leaves("SPL", "out-1", visit, now + timedelta(minutes=7))
    with transaction(scene.centre.engine) as session:
        for role in ("manager", "administrator"):
            session.add(UserSiteRow(name=role, site="SPS"))
        audit(session, "attendant", "looked at a visit", visit, now, {"plate": PLATE})
    with reading(scene.centre.engine) as session:
        payment = session.exec(select(PaymentRow)).one()
        found = {
            "payment": f"{payment.provider}:{payment.provider_id}",
            "passage": session.exec(select(PassageRow.passage)).first() or "",
            "opening": session.exec(select(OpeningRow.opening)).first() or "",
            "key": session.exec(select(EntryRow.key)).first() or "",
            "sha256": session.exec(select(VaultPictureRow.sha256)).first() or "",
        }
    assert all(found.values()), found
    days = dict.fromkeys(("on", "day", "date", "first"), now.date().isoformat())
    more = {"site": "SPL", "visit": visit, "reference": visit, "lane": "in-1", "account": "1017595601"}
    return {**found, **more, **days, "approach": str(approach), "subject": visit, "code": "left_unpaid"}


@pytest.fixture
def limited(named: dict[str, str], visitor: Visitor) -> list[httpx.Client]:
    assert named
    return [visitor("manager"), visitor("administrator")]


def address(route: str, named: dict[str, str]) -> str:
    """The route about something of SPL."""
    if route.startswith(("/passages/", "/openings/")):
        return route.replace("{name}", named["passage" if "passages" in route else "opening"])
    path = route.replace(":path", "")
    for name, value in {**named, **({"subject": named["payment"]} if "money" in route else {})}.items():
        path = path.replace(f"{{{name}}}", value)
    return path.replace("{", "").replace("}", "")


def queries_of(route: str, named: dict[str, str]) -> list[dict[str, str]]:
    """Nothing; and whatever it may be asked with: a site, a plate, and each thing by its name."""
    known = {name: value for name, value in named.items() if name in ROUTES[route]}
    typed = dict.fromkeys(sorted({"plate", "q"} & ROUTES[route]), PLATE)
    site = dict.fromkeys(sorted({"site"} & ROUTES[route]), "SPL")
    asked = [dict[str, str](), site, known, typed]
    return [query for number, query in enumerate(asked) if query not in asked[:number]]


def test_no_address_tells_of_another_site(limited: list[httpx.Client], named: dict[str, str]) -> None:
    assert len(ROUTES) > 90
    for browser in limited:
        for route in sorted(ROUTES):
            path = address(route, named)
            for query in queries_of(route, named):
                answer = browser.get(path, params=query, timeout=PATIENCE_S)
                told = [mark for mark in MARKS if mark in answer.text and mark not in path]
                if PLATE in query.values():
                    told = [mark for mark in told if mark == "Mắt Ngọc"]  # what was typed is said back
                told = [mark for mark in told if mark not in query.values()]
                assert not told, (path, query, answer.status_code, told)
                assert answer.status_code < 500, (path, query)


NOT_THERE = (
    "/v1/visits/{visit}", "/v1/money/{payment}", "/money/{payment}", "/passages/{passage}", "/openings/{opening}",
    "/entries/{key}", "/v1/imports/lines/{account}", "/v1/lanes?site={site}x", "/watching/people?on=visit:{visit}",
    "/watching/people?on=day:{site}/{on}", "/watching/people?on=event:{site}/x",
    "/watching/people?on=case:0123456789abcdef",
)  # fmt: skip


def test_what_is_there_is_not_there_for_them(limited: list[httpx.Client], named: dict[str, str]) -> None:
    for browser in limited:
        answers = {path: browser.get(path.format(**named)).status_code for path in NOT_THERE}
        assert answers == dict.fromkeys(NOT_THERE, 404)
    text = limited[1].get("/audit", params={"kind": "all"}).text
    assert named["visit"] not in text, "the audit tells of their sites only"


def test_money_of_another_site_cannot_be_decided_about(limited: list[httpx.Client], named: dict[str, str]) -> None:
    token = limited[0].cookies["barie_session"]
    head = {"authorization": f"Bearer {token}"}
    asked = {"kind": "refund", "note": "given back", "payment": named["payment"]}
    assert limited[0].post("/v1/decisions", json=asked, headers=head).status_code == 404
    claim = {"site": "SPL", "lane": "out-1", "visit": named["visit"], "note": "paid"}
    assert limited[0].post("/v1/claims", json=claim, headers=head).status_code == 404
