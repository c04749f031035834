"""What pages do, over /v1: by powers and sites, once for each id, with the effect shown before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from gate.findings import Code
from server.anomalies import anomaly
from server.auth import add_user
from server.centre import Centre
from server.db import transaction
from server.facts_day import WorkRow
from server.facts_people import UserSiteRow
from server.facts_stays import StayChangeRow
from server.findings import sync
from server.register import UserRow
from server.roles import Role
from server.vault_plates import VaultPlateRow
from tests.server.box import MORNING, Box, book, reference
from tests.server.rows import rows
from tests.server.test_lists_reach import PASSWORD, Caller, as_
from tests.server.test_notices_open import centre as a_centre

centre = a_centre
HOUR = timedelta(hours=1)
VISIT = reference(1)
KEY = {"Idempotency-Key": "request-0001"}


@pytest.fixture
def caller(engine: Engine, centre: Centre) -> Caller:
    """Somebody of each role, `lake` who has the other site alone, and a car that is inside."""
    with transaction(engine) as session:
        for role in Role:
            add_user(session, role, role, PASSWORD, MORNING)
        add_user(session, "lake", Role.MANAGER, PASSWORD, MORNING)
        session.add(UserSiteRow(name="lake", site="SPL"))
    book(engine, *Box().arrives(VISIT, MORNING))
    return Caller(centre)


def shut(caller: Caller, method: str, url: str, wrong: str, **said: Any) -> None:
    """A stranger, a wrong role and a person of another site get nothing."""
    for who, status in ((None, 401), (wrong, 403), ("lake", 404)):
        headers = KEY | (as_(caller, who) if who else {})
        assert caller.call(method, url, headers=headers, **said).status_code == status, (url, who)


def test_the_search_forgives_and_keeps_to_sites(caller: Caller) -> None:
    boss = as_(caller, "manager")
    found = caller.get("/v1/visits?plate=24A-I23", headers=boss).json()
    assert [(row["visit"], row["plate"]) for row in found["visits"]] == [(VISIT, "24A12378")]
    assert caller.get(f"/v1/visits?plate={VISIT}", headers=boss).json()["reference"] == VISIT
    assert caller.get("/v1/visits?plate=24A-123", headers=as_(caller, "lake")).json()["visits"] == []
    shut(caller, "GET", "/v1/visits?site=SPS", "finance")
    assert caller.get("/v1/visits?after=zz", headers=boss).status_code == 422
    timeline = caller.get(f"/v1/visits/{VISIT}", headers=boss).json()["timeline"]
    assert [step["look"] for step in timeline if step["lane"] == "in-1"][:1] == ["lane"]


def test_a_plate_is_corrected_once(engine: Engine, caller: Caller) -> None:
    boss, url = as_(caller, "manager") | KEY, f"/v1/visits/{VISIT}/plate"
    seen = caller.get(f"{url}/effect?plate=24A05678", headers=boss).json()
    assert rows(engine, VaultPlateRow) == []
    body = {"side": "in", "plate": "24A05678", "difference": seen["difference"], "note": "on the picture"}
    shut(caller, "POST", url, "finance", json=body)
    stale = caller.post(url, json=body | {"difference": 7}, headers=boss)
    assert (stale.status_code, "meanwhile" in stale.json()["detail"]) == (409, True)
    answers = [caller.post(url, json=body, headers=boss) for _ in range(2)]
    assert [(each.status_code, each.json()["again"]) for each in answers] == [(201, False), (201, True)]
    assert len(rows(engine, VaultPlateRow)) == 1
    other = caller.post(url, json=body | {"note": "another note"}, headers=boss)
    assert (other.status_code, "another request" in other.json()["detail"]) == (422, True)
    assert caller.post(url, json=body, headers=as_(caller, "manager")).status_code == 422, "without an id"


def test_a_visit_is_voided_once_and_its_file_taken(engine: Engine, caller: Caller) -> None:
    boss, url = as_(caller, "manager") | KEY, f"/v1/visits/{VISIT}/change/void"
    assert caller.get(f"{url}/effect", headers=boss).json()["drop"] == VISIT
    shut(caller, "POST", url, "finance", json={"note": "turned back"})
    for again in (False, True):
        done = caller.post(url, json={"note": "turned back"}, headers=boss)
        assert (done.status_code, done.json()["again"]) == (201, again)
    assert len(rows(engine, StayChangeRow)) == 1
    pack = caller.get(f"/v1/visits/{VISIT}/pack", headers=boss)
    assert (pack.status_code, pack.content[:2]) == (200, b"PK")
    shut(caller, "GET", f"/v1/visits/{VISIT}/pack", "attendant")


def test_cases_are_ranked_and_ended_once(engine: Engine, caller: Caller) -> None:
    with transaction(engine) as session:
        anomaly(session, Code.DEVICE_FAULT, "X", "SPS", MORNING, {"why": "so"}, 0)
        sync(session, "SPS", MORNING + HOUR)
    boss, url = as_(caller, "manager") | KEY, "/v1/cases/device_fault/X"
    assert [row["subject"] for row in caller.get("/v1/cases", headers=boss).json()["cases"]] == ["X"]
    assert caller.get("/v1/cases", headers=as_(caller, "lake")).json()["cases"] == []
    assert caller.get(url, headers=boss).json()["proposed"] is None
    shut(caller, "POST", f"{url}/dismiss", "auditor", json={"reason": "device"})
    assert caller.post(f"{url}/dismiss", json={"reason": "whim"}, headers=boss).status_code == 409
    assert caller.post(f"{url}/accept", json={}, headers=boss).status_code == 409
    for again in (False, True):
        done = caller.post(f"{url}/dismiss", json={"reason": "device"}, headers=boss).json()
        assert (done["settled"], done["again"]) == (True, again)
    assert [row["note"] for row in rows(engine, WorkRow)] == ["device"]


def test_an_event_is_planned_and_cancelled_once(caller: Caller) -> None:
    boss, url = as_(caller, "manager") | KEY, "/v1/sites/SPS/events"
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    ends = {"since": start.isoformat(), "until": (start + HOUR).isoformat()}
    body = {"name": "Sa Pa - Lào Cai", **ends, "prices": {"CAR9": 25_000}, "staff": [{"who": "2", "where": "in-1"}]}
    assert caller.post(f"{url}/effect", json=body, headers=boss).json()["prices"][1]["after"] == 25_000
    shut(caller, "POST", url, "finance", json=body)
    bad = caller.post(url, json=body | {"prices": {"TANK": 1}}, headers=boss)
    assert (bad.status_code, "prices" in bad.json()["detail"]) == (422, True)
    made = [caller.post(url, json=body, headers=boss).json() for _ in range(2)]
    assert [(each["event"], each["again"]) for each in made] == [("SPS-E00001", False), ("SPS-E00001", True)]
    assert [each["state"] for each in caller.get(url, headers=boss).json()["events"]] == ["coming"]
    cancel = f"/v1/events/{made[0]['event']}"
    shut(caller, "POST", f"{cancel}/cancel", "finance", json={"why": "rain"})
    boss["Idempotency-Key"] = "request-0002"
    told = [caller.post(f"{cancel}/cancel", json={"why": "rain"}, headers=boss).json() for _ in range(2)]
    assert [(each["cancelled"], each["again"]) for each in told] == [(True, False), (True, True)]
    assert caller.get(cancel, headers=boss).json()["state"] == "undone"


def test_a_person_is_added_once_and_the_password_told_once(engine: Engine, caller: Caller) -> None:
    chief, body = as_(caller, "administrator") | KEY, {"name": "lan", "role": "attendant", "sites": ["SPS"]}
    for who, status in ((None, 401), ("manager", 403)):
        headers = KEY | (as_(caller, who) if who else {})
        assert caller.post("/v1/people", json=body, headers=headers).status_code == status
    first, again = (caller.post("/v1/people", json=body, headers=chief).json() for _ in range(2))
    assert (bool(first["password"]), again["password"], again["again"]) == (True, None, True)
    assert not [row for row in rows(engine, UserRow) if first["password"] in str(row)]
    url = "/v1/people/lan"
    chief["Idempotency-Key"] = "request-0002"
    changed = caller.call("PATCH", url, json={"limit": 5}, headers=chief).json()
    assert (changed["role"], changed["sites"], changed["limit"]) == ("attendant", ["SPS"], 5)
    chief["Idempotency-Key"] = "request-0003"
    assert caller.post(f"{url}/lock", headers=chief).json()["locked"]
    assert caller.get(url, headers=chief).json()["locked"]
    chief["Idempotency-Key"] = "request-0004"
    assert caller.post("/v1/people/nobody/lock", headers=chief).status_code == 404
    assert caller.post("/v1/people/administrator/lock", headers=chief).status_code == 409, "the last one"


def test_devices_of_ones_own_sites(caller: Caller) -> None:
    boss = as_(caller, "manager")
    assert [box["box"] for box in caller.get("/v1/sites/SPS/devices", headers=boss).json()["boxes"]] == ["sps-1"]
    assert caller.get("/v1/sites/SPS/cameras", headers=boss).status_code == 200
    for who, status in (({}, 401), (as_(caller, "lake"), 404)):
        assert caller.get("/v1/sites/SPS/devices", headers=who).status_code == status
