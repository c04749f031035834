"""The day of a site on a page and as a file."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Final

import openpyxl
import pytest
from sqlmodel import select

from gate.findings import Code
from gate.messages import OpeningReason
from server.anomalies import anomaly
from server.console.day import MONEY
from server.db import reading, transaction
from server.facts import AnomalyRow, AuditRow
from server.reconcile import local_date, report
from tests.console.conftest import Visitor
from tests.console.scene import CAR, Scene, busy_day
from tests.server.box import MORNING

ON: Final = date(2026, 11, 23)
PAGE: Final = "/day/SPS/2026-11-23"


def test_the_page_shows_the_reports_figures(scene: Scene, visitor: Visitor) -> None:
    busy_day(scene, "SPS", MORNING, 20)
    with reading(scene.centre.engine) as session:
        expected = report(session, "SPS", ON, datetime.now(UTC))
    page = visitor("finance").get(PAGE).text
    assert expected.money["charged"] > 0
    for name in MONEY:
        assert f"<b>{expected.money[name]:,}".replace(",", ".") + "\u00a0₫</b>" in page
    assert f"<span>Lượt mở barie</span><b>{expected.counts['openings']}</b>" in page
    assert "<h1>Sân vận động trung tâm Sa Pa</h1>" in page
    assert "23/11/2026" in page
    for finding in expected.findings:
        assert f'data-code="{finding.code}"' in page
    assert page.count("<tr data-code=") == len(expected.findings) + len(expected.in_transit)


def test_findings_are_told_in_words_with_their_next_step(scene: Scene, visitor: Visitor) -> None:
    busy_day(scene, "SPS", MORNING, 8)
    page = visitor("manager").get(PAGE).text
    assert "Mở barie không rõ lý do" in page
    assert "Ghi lý do mở" in page
    assert "Tiền không rõ lượt xe" in page
    assert "50.000\u00a0₫" in page


def test_the_witnesses_stand_side_by_side(scene: Scene, visitor: Visitor) -> None:
    busy_day(scene, "SPS", MORNING, 8)
    browser = visitor("manager")
    assert browser.get(PAGE).text.count('class="verdict agree"') == 2
    entered = MORNING + timedelta(hours=2)
    visit = scene.admits("SPS", "in-1", scene.read("SPS", "in-1", "30A12345", entered), entered)
    approach = scene.read("SPS", "out-1", "30A12345", entered)
    scene.quotes("SPS", "out-1", approach, visit, entered, entered, CAR)
    scene.pays("SPS", (visit, 30_000, entered))  # paid, and still before the arm: nothing is amiss
    assert browser.get(PAGE).text.count('class="verdict agree"') == 2
    scene.leaves("SPS", "out-1", None, MORNING + timedelta(hours=1))  # a passage that no plate knows
    page = browser.get(PAGE).text
    assert page.count('class="verdict agree"') == 1
    assert "Lệch 1" in page


def test_the_charts_have_a_day_of_hours(scene: Scene, visitor: Visitor) -> None:
    busy_day(scene, "SPS", MORNING, 8)
    page = visitor("manager").get(PAGE).text
    start = page.index('id="chart-data">') + len('id="chart-data">')
    data = json.loads(page[start : page.index("</script>", start)])
    assert data["hours"] == list(range(24))
    assert sum(data["passages"][0]["values"]) == 8
    assert sum(data["money"][1]["values"]) > 0
    assert data["passages"][0]["values"][:6] == [0] * 6  # nobody came before six in Sa Pa


def test_an_empty_day_is_all_well(visitor: Visitor) -> None:
    page = visitor("manager").get("/day/BHT/2026-01-05").text
    assert "Không có chênh lệch nào" in page
    assert "05/01/2026" in page
    assert 'href="/day/BHT/2026-01-04"' in page
    assert 'href="/day/BHT/2026-01-06"' in page
    assert 'href="/day/SPS/2026-01-05"' in page


def test_evidence_that_is_a_script_stays_text(scene: Scene, visitor: Visitor) -> None:
    with transaction(scene.centre.engine) as session:
        evil = {"why": "<script>alert(1)</script>", '"><img src=x>': "x"}
        anomaly(session, Code.MESSAGE_MALFORMED, "</script><b>", "SPS", MORNING, evil)
    page = visitor("manager").get(PAGE).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<img src=x>" not in page
    assert "<script>alert" not in page


def test_many_findings_end_with_a_word(scene: Scene, visitor: Visitor) -> None:
    with transaction(scene.centre.engine) as session:
        for number in range(205):
            row = AnomalyRow(
                code=Code.DEVICE_FAULT,
                subject=f"fault {number}",
                site="SPS",
                amount=0,
                happened_at=MORNING,
                evidence="{}",
            )
            session.add(row)
    page = visitor("manager").get(PAGE).text
    assert page.count("<tr data-code=") == 200
    assert "Còn 5 mục nữa trong tệp xuất." in page


@pytest.mark.parametrize("path", ["/day/XXX/2026-11-23", "/day/sps/2026-11-23", "/day/XXX/2026-11-23/export.csv"])
def test_an_unknown_site_is_a_page_in_words(visitor: Visitor, path: str) -> None:
    answer = visitor("manager").get(path)
    assert (answer.status_code, "Không có bãi này." in answer.text) == (404, True)


@pytest.mark.parametrize("on", ["yesterday", "2026-02-30", "23-11-2026", "0001-01-01", "9999-12-31", "2026-11-23T00"])
def test_what_is_no_date_is_a_page_in_words(visitor: Visitor, on: str) -> None:
    answer = visitor("manager").get(f"/day/SPS/{on}")
    assert (answer.status_code, "Ngày không hợp lệ" in answer.text) == (404, True)


@pytest.mark.parametrize("on", ["2000-01-01", "2200-12-31"])
def test_the_first_and_last_day_have_an_end(visitor: Visitor, on: str) -> None:
    page = visitor("manager").get(f"/day/SPS/{on}")
    assert page.status_code == 200
    assert page.text.count('class="outline step"') == 1


def test_the_form_leads_to_a_day(visitor: Visitor) -> None:
    browser = visitor("manager")
    chosen = browser.get("/day", params={"site": "SPL", "date": "2026-11-02"})
    assert chosen.headers["location"] == "/day/SPL/2026-11-02"
    assert browser.get("/day").headers["location"].startswith("/day/BHT/")
    assert browser.get("/day", params={"date": "soon"}).status_code == 404


def test_english_says_the_same(scene: Scene, visitor: Visitor) -> None:
    busy_day(scene, "SPS", MORNING, 8)
    browser = visitor("manager")
    browser.cookies.set("lang", "en")
    page = browser.get(PAGE).text
    assert "Opening without a reason" in page
    assert "Three witnesses" in page
    assert "<h1>Sa Pa Central Stadium</h1>" in page


def test_a_day_is_taken_along_as_a_file(scene: Scene, visitor: Visitor) -> None:
    busy_day(scene, "SPS", MORNING, 8)
    browser = visitor("finance")
    workbook = openpyxl.load_workbook(io.BytesIO(browser.get(f"{PAGE}/export.xlsx").content))
    assert workbook.sheetnames
    rows = list(csv.reader(io.StringIO(browser.get(f"{PAGE}/export.csv").text)))
    assert len(rows) > 8
    answer = browser.get(f"{PAGE}/export.json")
    assert answer.json()
    assert answer.headers["content-disposition"] == 'attachment; filename="barie-SPS-2026-11-23.json"'
    assert answer.headers["cache-control"] == "no-store"
    with reading(scene.centre.engine) as session:
        taken = session.exec(select(AuditRow.detail).where(AuditRow.what == "exported a day")).all()
    assert len(taken) == 3


def test_a_file_holds_no_plate(scene: Scene, visitor: Visitor) -> None:
    approach = scene.read("SPS", "in-1", "30A98765", MORNING)
    scene.admits("SPS", "in-1", approach, MORNING)
    browser = visitor("finance")
    for kind in ("csv", "json"):
        assert "98765" not in browser.get(f"{PAGE}/export.{kind}").text
    assert "987" not in browser.get(PAGE).text


def test_another_kind_of_file_is_refused_in_words(visitor: Visitor) -> None:
    answer = visitor("finance").get(f"{PAGE}/export.exe")
    assert (answer.status_code, "Yêu cầu không đúng dạng" in answer.text) == (400, True)


def test_a_day_is_not_said_to_be_well_while_something_is_not_due_yet(scene: Scene, visitor: Visitor) -> None:
    now = datetime.now(UTC)
    browser = visitor("manager")
    page = f"/day/SPS/{local_date(now)}"
    well = "Không có chênh lệch nào. Sổ và barie khớp nhau."
    assert well in browser.get(page).text
    entered = now - timedelta(minutes=3)
    visit = scene.admits("SPS", "in-1", scene.read("SPS", "in-1", "30A12345", entered), entered)
    scene.quotes("SPS", "out-1", scene.read("SPS", "out-1", "30A12345", now), visit, entered, now, CAR)
    scene.leaves("SPS", "out-1", visit, now, OpeningReason.BILLED)
    with reading(scene.centre.engine) as session:
        found = report(session, "SPS", local_date(now), now)
    assert (list(found.findings), len(found.in_transit)) == ([], 1)
    text = browser.get(page).text
    assert (well in text, "Chưa có gì quá hạn; 1 việc chưa đến hạn." in text) == (False, True)
