"""How people reach corrections: over HTTP by their roles, and from the command line; what they did is recorded."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from gate.vehicle import VehicleClass
from gate.wire import encode
from server import pairings
from server.auth import add_user
from server.centre import Centre
from server.cli_visits import app as command
from server.db import reading, transaction
from server.derived import VisitRow
from server.facts import AuditRow
from server.facts_visits import CorrectionRow, InsideRow, LostEntryRow
from server.register import TariffRow
from server.roles import Role
from tests.server.box import MORNING, Box
from tests.server.people import people
from tests.server.rows import rows
from tests.server.test_lists_reach import PASSWORD, Caller, as_
from tests.server.test_lost_entries import LOST, at_exit
from tests.server.test_notices_open import centre as a_centre
from tests.server.test_pairings import troubled as a_troubled

centre, troubled = a_centre, a_troubled
NOTE = {"note": "the pictures agree"}


def good() -> str:
    """Two vehicles that came in yesterday."""
    since = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    return f"plate,class,since\n24A-056.78,CAR9,{since}\n24B1-987.65,moto,{since}\n"


@pytest.fixture
def lost_price(engine: Engine) -> None:
    """A price list with a row for lost entries."""
    with transaction(engine) as session:
        session.add(TariffRow(site="SPS", code=LOST.code, since=LOST.since, body=encode(LOST).decode()))


@pytest.fixture
def caller(engine: Engine, centre: Centre) -> Caller:
    """Somebody of each role that is asked here."""
    with transaction(engine) as session:
        for role in (Role.ATTENDANT, Role.MANAGER, Role.FINANCE):
            add_user(session, role, role, PASSWORD, MORNING)
    return Caller(centre)


def propose(engine: Engine, now: Any) -> None:
    with reading(engine) as session:
        found = pairings.find(session, "SPS", now)
    with transaction(engine) as session:
        pairings.write(session, found, now)


def test_a_proposal_over_http(troubled: tuple[Engine, str, str], caller: Caller) -> None:
    engine, passage, visit = troubled
    propose(engine, MORNING + timedelta(hours=8))
    boss, url = as_(caller, "manager"), f"/v1/pairings/{passage}/{visit}"
    (one,) = caller.get("/v1/sites/SPS/pairings", headers=boss).json()["pairings"]
    assert (one["entry"]["plate"], one["exit"]["plate"], one["difference"]) == ("24A12378", "24A1237B", 30_000)
    assert caller.post(f"{url}/accept", json=NOTE, headers=as_(caller, "attendant")).status_code == 403
    assert caller.post(f"{url}/accept", json={"note": ""}, headers=boss).status_code == 422
    assert caller.post(f"/v1/pairings/nobody/{visit}/accept", json=NOTE, headers=boss).status_code == 404
    done = caller.post(f"{url}/accept", json=NOTE, headers=boss)
    assert (done.status_code, done.json()["charged"]) == (200, 30_000)
    assert caller.post(f"{url}/dismiss", json=NOTE, headers=boss).status_code == 409
    seen = caller.get(f"/v1/visits/{visit}", headers=boss).json()
    assert (seen["state"], seen["owed"], seen["corrections"][0]["by"]) == ("left", 30_000, "manager")
    assert {row["what"] for row in rows(engine, AuditRow)} >= {
        "looked at proposals",
        "accepted a match",
        "looked at a visit",
    }


@pytest.mark.usefixtures("lost_price")
def test_a_lost_entry_over_http(engine: Engine, caller: Caller) -> None:
    approach = at_exit(Box(), engine)
    guard, url = as_(caller, "attendant"), f"/v1/sites/SPS/exits/{approach}"
    ask = {"vehicle_class": "CAR9", "note": "no read, no ticket"}
    early = caller.post(f"{url}/lost-entry", json=ask, headers=guard)
    assert (early.status_code, "ask for them first" in early.json()["detail"]) == (409, True)
    assert caller.post(f"{url}/candidates", headers=as_(caller, "finance")).status_code == 403
    assert caller.post(f"{url}/candidates", headers=guard).json()["candidates"] == []
    made = caller.post(f"{url}/lost-entry", json={**ask, "open": True}, headers=guard)
    assert made.status_code in {201, 404}, "the order needs a lane that was heard"
    (row,) = rows(engine, LostEntryRow)
    assert (row["total"], row["by"]) == (50_000, "attendant")
    assert caller.get(f"/v1/visits/{row['visit']}", headers=guard).json()["opened_by"] == "lost_entry"
    assert caller.post(f"{url}/candidates".replace("SPS", "SPL"), headers=guard).status_code == 404


def test_a_list_over_http(engine: Engine, caller: Caller) -> None:
    boss, url = as_(caller, "manager"), "/v1/sites/SPS/inside"
    bad = caller.post(url, content="plate,class,since\nx,y,z\n", headers=boss)
    assert (bad.status_code, bad.json()["detail"]["count"]) == (422, 3)
    assert caller.post(url, content=good().encode(), headers=as_(caller, "attendant")).status_code == 403
    content = good().encode()
    for again in (False, True):
        done = caller.post(url, content=content, headers=boss)
        assert (done.status_code, done.json()["vehicles"], done.json()["again"]) == (201, 2, again)
    assert len(rows(engine, InsideRow)) == 2
    assert caller.post("/v1/sites/XXX/inside", content=good().encode(), headers=boss).status_code == 404


def test_from_the_command_line(troubled: tuple[Engine, str, str], books_url: str, tmp_path: Any) -> None:
    engine, passage, visit = troubled
    propose(engine, MORNING + timedelta(hours=8))

    people(engine)

    def run(*words: str, by: str = "minh") -> Any:
        return CliRunner().invoke(command, [*words, "--by", by, "--database", books_url])

    refused = run("accept", passage, visit, "--note", "same car", by="lan")
    assert (refused.exit_code, refused.output.strip()) == (
        1,
        "barie visits accept: --by: lan (finance) may not correct stays",
    )
    assert visit in run("proposals", "--site", "SPS").output
    assert run("dismiss", passage, visit, "--note", "x").exit_code == 1
    assert run("accept", "nobody", visit, "--note", "same car").exit_code == 1
    done = run("accept", passage, visit, "--note", "same car", "--json")
    assert (done.exit_code, '"charged":30000' in done.output) == (0, True)
    assert "left" in run("show", visit).output
    assert run("show", "SPSAAAAAAAA").exit_code == 1
    assert [(row["visit"], row["by"]) for row in rows(engine, CorrectionRow)] == [(visit, "minh")]
    file = tmp_path / "inside.csv"
    file.write_text(good())
    for words, expected in ((["--check"], '"taken":false'), ([], '"taken":true'), ([], '"again":true')):
        answer = run("import", str(file), "--site", "SPS", "--json", *words)
        assert (answer.exit_code, expected in answer.output) == (0, True), answer.output
    file.write_text("plate,class,since\nx,y,z\n")
    bad = run("import", str(file), "--site", "SPS")
    assert (bad.exit_code, bad.output.count("inside.csv: row 2, column")) == (1, 3)
    assert len(rows(engine, VisitRow)) == 4


@pytest.mark.usefixtures("lost_price")
def test_a_lost_entry_from_the_command_line(engine: Engine, books_url: str) -> None:
    approach = at_exit(Box(), engine)

    people(engine)

    def run(*words: str) -> Any:
        return CliRunner().invoke(command, [*words, "--by", "tam", "--site", "SPS", "--database", books_url])

    lost = ("lost", approach, "--class", VehicleClass.CAR9.value, "--note", "no ticket", "--json")
    assert "ask for them first" in run(*lost).output
    assert run("candidates", approach).exit_code == 0
    assert '"total":50000' in run(*lost).output
    assert run("candidates", "nobody").exit_code == 1
