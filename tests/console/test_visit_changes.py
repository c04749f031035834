"""What people do to a visit by its page: once, by who may, with what it costs shown before."""

import io
import zipfile
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from gate.messages import OpeningReason
from server.console.once import fresh
from server.db import reading, transaction
from server.derived import VisitRow
from server.facts import ChargeRow
from server.facts_money import DecisionRow
from server.facts_stays import StayChangeRow
from server.facts_visits import LostEntryRow
from server.ledger import owed
from server.register import TariffRow
from tests.console.conftest import Visitor
from tests.console.scene import CAR, Scene
from tests.console.test_visit import post, words

HOUR = timedelta(hours=1)


def came(scene: Scene, plate: str, at: datetime) -> str:
    return scene.admits("SPS", "in-1", scene.sees("SPS", "in-1", plate, at), at)


@pytest.fixture
def gone(scene: Scene, now: datetime) -> str:
    """A car that was let out owing 30,000."""
    visit = came(scene, "24A12378", now - 3 * HOUR)
    at = scene.sees("SPS", "out-1", "24A12378", now - HOUR)
    scene.quotes("SPS", "out-1", at, visit, now - 3 * HOUR, now - HOUR, CAR)
    scene.leaves("SPS", "out-1", visit, now - HOUR, OpeningReason.BILLED)
    return visit


def test_a_visit_is_voided_once_where_no_money_stands_on_it(
    scene: Scene, visitor: Visitor, gone: str, now: datetime
) -> None:
    browser, inside = visitor("manager"), came(scene, "24B10008", now - HOUR)
    assert f"Lượt {gone} còn nợ 30000" in words(browser.get(f"/visits/{gone}/change/void").text).replace("lượt", "Lượt")
    assert 'id="plan"' in browser.get(f"/visits/{inside}/change/void").text
    sending = {"note": "không có xe", "once": fresh()}
    for _ in range(2):
        answer = post(browser, f"/visits/{inside}/change/void", **sending)
        assert answer.headers["hx-redirect"] == f"/visits/{inside}?said=stay_void"
    refused = post(browser, f"/visits/{gone}/change/void", note="không có xe")
    assert (refused.status_code, "hãy miễn trước" in refused.text) == (409, True)
    with reading(scene.centre.engine) as session:
        assert len(session.exec(select(StayChangeRow)).all()) == 1


def test_two_visits_of_a_vehicle_are_merged_at_the_price_that_was_shown(
    scene: Scene, visitor: Visitor, now: datetime
) -> None:
    first, second = came(scene, "24A12378", now - 3 * HOUR), came(scene, "24A1237B", now - 2 * HOUR)
    scene.leaves("SPS", "out-1", second, now - HOUR, OpeningReason.PERSON, by="attendant")
    browser = visitor("manager")
    assert f"/visits/{first}/change/merge?other={second}" in browser.get(f"/visits/{first}/change/merge").text
    plan = browser.get(f"/visits/{first}/change/merge", params={"other": second}).text
    assert 'name="cost" value="30000"' in plan
    form = {"other": second, "note": "một xe"}
    assert post(browser, f"/visits/{first}/change/merge", cost="0", **form).status_code == 409
    answer = post(browser, f"/visits/{first}/change/merge", cost="30000", **form)
    assert answer.headers["hx-redirect"] == f"/visits/{first}?said=stay_merge"
    with reading(scene.centre.engine) as session:
        charges = session.exec(select(ChargeRow)).all()
        assert [(row.visit, row.total) for row in charges] == [(first, 30_000)]
        assert session.get_one(VisitRow, second).voided


def test_a_visit_is_split_and_its_entry_is_inside_again(scene: Scene, visitor: Visitor, gone: str) -> None:
    browser = visitor("manager")
    assert post(browser, f"/visits/{gone}/change/split", note="hai xe").status_code == 204
    with reading(scene.centre.engine) as session:
        new = session.exec(select(StayChangeRow)).one().other
    assert "Tách ra từ lượt khác" in browser.get(f"/visits/{new}").text


def test_a_waiver_needs_a_second_person_and_keeps_to_limits(
    scene: Scene, visitor: Visitor, gone: str, now: datetime
) -> None:
    manager, finance = visitor("manager"), visitor("finance")
    too_much = post(manager, f"/visits/{gone}/waive", amount=30_001, note="xe cứu thương")
    assert too_much.status_code == 409
    sending = {"amount": 30_000, "note": "xe cứu thương", "once": fresh()}
    assert [post(manager, f"/visits/{gone}/waive", **sending).status_code for _ in range(2)] == [204, 204]
    with reading(scene.centre.engine) as session:
        decision = session.exec(select(DecisionRow)).one().decision
    path = f"/visits/{gone}/decisions/{decision}"
    assert path not in manager.get(f"/visits/{gone}").text
    assert path in finance.get(f"/visits/{gone}").text
    assert post(manager, path, agrees="true").status_code == 403
    elsewhere = path.replace(gone, came(scene, "24B10008", now))
    assert post(finance, elsewhere, agrees="true").status_code == 404
    assert post(finance, path, agrees="true").status_code == 204
    with reading(scene.centre.engine) as session:
        assert owed(session, gone) == 0
    assert post(visitor("attendant"), f"/visits/{gone}/waive", **sending).status_code == 403


def test_a_stranger_at_an_exit_becomes_a_lost_entry_of_who_has_looked(
    scene: Scene, visitor: Visitor, now: datetime
) -> None:
    with transaction(scene.centre.engine) as session:
        tariff = session.get_one(TariffRow, ("SPS", "flat-1"))
        tariff.body = tariff.body.replace('"ceiling":30000,"cap":null,"lost":null', '"ceiling":30000,"lost":30000')
    approach = scene.sees("SPS", "out-1", "51K99999", now)
    came(scene, "24B10008", now - HOUR)
    browser, path = visitor("attendant"), f"/visits/exits/SPS/{approach}"
    sending = {"vehicle_class": "CAR9", "note": "không thấy lượt vào", "once": fresh()}
    assert "hãy xem" in post(browser, path, **sending).text.lower()
    assert "Không lượt nào khớp" in browser.get(path).text
    made = [post(browser, path, **sending) for _ in range(2)]
    with reading(scene.centre.engine) as session:
        visit = session.exec(select(LostEntryRow)).one().visit
    assert [each.headers.get("hx-redirect") for each in made] == [f"/visits/{visit}?said=lost_made"] * 2
    assert browser.get("/visits/exits/SPS/nobody").status_code == 404


def test_the_pack_comes_as_a_file_and_is_recorded(visitor: Visitor, gone: str) -> None:
    for role, pictures in (("manager", 2), ("finance", 0)):
        answer = visitor(role).get(f"/visits/{gone}/pack.zip")
        assert answer.headers["content-disposition"] == f'attachment; filename="barie-{gone}.zip"'
        with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
            names = bundle.namelist()
        assert sum(name.startswith("pictures/") for name in names) == pictures
    assert visitor("attendant").get(f"/visits/{gone}/pack.zip").status_code == 403
    assert visitor("manager").get("/visits/SPSXXXXXXXX/pack.zip").status_code == 404


@pytest.mark.parametrize("kind", ["void", "merge", "split"])
def test_an_attendant_changes_no_stay(visitor: Visitor, gone: str, kind: str) -> None:
    browser = visitor("attendant")
    assert browser.get(f"/visits/{gone}/change/{kind}").status_code == 403
    assert post(browser, f"/visits/{gone}/change/{kind}", note="vì thích").status_code == 403
