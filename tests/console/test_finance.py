"""Finance in a browser without scripts: from a month to a day, to its parts, to each fact, and back to the sum."""

import re
from datetime import UTC, date, datetime
from typing import Final

import httpx
import pytest
from sqlmodel import select

from gate.messages import OpeningReason
from server.console.finance_day import GROUPS
from server.db import reading
from server.facts import AuditRow
from server.reconcile import report
from tests.console.conftest import Visitor
from tests.console.scene import Scene, busy_day
from tests.server.box import MORNING

ON: Final = date(2026, 11, 23)
MONTH: Final = "/finance/SPS/2026-11"
DAY: Final = "/finance/SPS/2026-11-23"
SCRIPT: Final = "<script>alert(1)</script>"


def amounts(page: str, attribute: str) -> list[int]:
    """The figures of all cells with this attribute."""
    return [int(re.sub(r"[^0-9-]", "", each)) for each in re.findall(rf'{attribute}">([^<]*)<', page)]


def walked(browser: httpx.Client, path: str) -> list[str]:
    """The rows of every leaf of a list."""
    rows, path_of = list[str](), re.compile(r'hx-get="([^"]+after=[^"]+)"')
    page = browser.get(path).text
    while True:
        rows += re.findall(r"<tr><td>.*?</tr>", page.split('id="each-title"')[-1], re.DOTALL)
        more = path_of.search(page)
        if more is None:
            return rows
        page = browser.get(more[1].replace("&amp;", "&"), headers={"hx-request": "true"}).text


def test_a_months_days_come_to_its_total(scene: Scene, visitor: Visitor) -> None:
    busy_day(scene, "SPS", MORNING, 12)
    busy_day(scene, "SPS", MORNING.replace(day=21), 6, seed=8)
    page = visitor("finance").get(MONTH).text
    for name in ("charged", "paid", "outstanding", "received"):
        cells, total = amounts(page, f'data-figure="{name}'), amounts(page, f'data-total="{name}')
        assert [sum(cells)] == total, name
        assert total[0] > 0, name
    assert f'href="{DAY}"' in page
    assert "Tháng 11/2026" in page


def test_a_days_figures_are_the_reports_and_lead_to_their_parts(scene: Scene, visitor: Visitor) -> None:
    busy_day(scene, "SPS", MORNING, 12)
    with reading(scene.centre.engine) as session:
        found = report(session, "SPS", ON, datetime.now(UTC))
    browser = visitor("finance")
    page = browser.get(DAY).text
    for name in (*sum(GROUPS.values(), ()), *(f"openings_{each}" for each in OpeningReason)):
        figure = found.money.get(name, found.counts.get(name))
        link = f'href="{DAY}/parts/{name}"'
        assert (link in page) is bool(figure), name
        if figure:
            parts = browser.get(f"{DAY}/parts/{name}").text
            assert "Khớp với tổng của ngày" in parts, name


def test_leaves_hold_every_part_once(scene: Scene, visitor: Visitor) -> None:
    busy_day(scene, "SPS", MORNING, 70)
    browser = visitor("finance")
    rows = walked(browser, f"{DAY}/parts/charged")
    names = re.findall(r'href="/money/(SPS?[^"]+|SP[^"]+)"', "".join(rows))
    with reading(scene.centre.engine) as session:
        found = report(session, "SPS", ON, datetime.now(UTC))
    assert len(rows) == len(set(names)) == found.counts["charges"] > 50
    assert (
        sum(int(re.sub(r"[^0-9]", "", re.findall(r'class="num">([^<]*)<', row)[0])) for row in rows)
        == found.money["charged"]
    )
    hour = re.search(r"parts/charged\?hour=(\d+)", browser.get(f"{DAY}/parts/charged").text)
    assert hour
    assert 0 < len(walked(browser, f"{DAY}/parts/charged?hour={hour[1]}")) < len(rows)


def test_each_step_leads_to_the_next_down_to_the_bank(scene: Scene, visitor: Visitor) -> None:
    """Month, day, parts, stay, passage, opening; payment, notice, entry: every link of every page is there."""
    busy_day(scene, "SPS", MORNING, 5)
    browser, seen, wanted = visitor("finance"), set[str](), [MONTH]
    while wanted:
        path = wanted.pop()
        if path in seen or len(seen) > 150:
            continue
        seen.add(path)
        answer = browser.get(path)
        assert answer.status_code == 200, (path, answer.text[:300])
        wanted += re.findall(
            r'href="(/(?:finance/SPS/2026-11-23|money|passages|openings|entries|settlements|bank-lines)[^"?.]*)"',
            answer.text,
        )
    for kind in ("/parts/", "/money/SP", "/money/sepay%3A", "/passages/", "/openings/", "/entries/"):
        assert [path for path in seen if kind in path], kind


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/finance/XXX/2026-11", 404),
        ("/finance/SPS/2026-13", 404),
        ("/finance/SPS/0000-01", 404),
        ("/finance/SPS/2026-11-31", 404),
        (f"{DAY}/parts/nonsense", 404),
        (f"{DAY}/parts/charged?hour=24", 400),
        (f"{DAY}/parts/charged?after=zz", 400),
        ("/money/nobody", 404),
        ("/passages/nobody", 404),
        ("/bank-lines/zz", 400),
        (f"/bank-lines/{'0' * 64}", 404),
        (f"/imports/{'0' * 64}", 404),
        ("/settlements/vnpay/none", 404),
        ("/entries/none:of:this", 404),
    ],
)
def test_what_is_not_there_is_told_in_words(visitor: Visitor, path: str, status: int) -> None:
    answer = visitor("finance").get(path)
    assert answer.status_code == status, answer.text[:300]
    assert "<h1" in answer.text


@pytest.mark.parametrize(
    "path", [MONTH, DAY, f"{DAY}/parts/charged", "/decisions", "/imports", "/bank-lines", f"{DAY}/close"]
)
def test_finance_is_for_those_who_see_the_books(visitor: Visitor, path: str) -> None:
    assert visitor("attendant").get(path).status_code == 403
    assert visitor("finance").get(path).status_code == 200
    english = visitor("manager")
    english.cookies.set("lang", "en")
    assert english.get(path).status_code == 200


def test_no_page_of_finance_tells_a_plate(scene: Scene, visitor: Visitor) -> None:
    approach = scene.read("SPS", "in-1", "30A98765", MORNING)
    visit = scene.admits("SPS", "in-1", approach, MORNING)
    browser = visitor("finance")
    for path in (MONTH, DAY, f"{DAY}/parts/visits", f"/money/{visit}", f"{DAY}/parts/entries"):
        assert "98765" not in browser.get(path).text


def test_what_strangers_wrote_stays_text(scene: Scene, visitor: Visitor) -> None:
    scene.leaves("SPS", "out-1", None, MORNING, OpeningReason.BY_HAND, by=SCRIPT, passes=False)
    page = visitor("finance").get(f"{DAY}/parts/openings").text
    assert "&lt;script&gt;alert(1)" in page
    assert SCRIPT not in page


def test_a_month_is_taken_along_as_a_file(scene: Scene, visitor: Visitor) -> None:
    busy_day(scene, "SPS", MORNING, 4)
    answer = visitor("finance").get(f"{MONTH}/export.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="barie-SPS-2026-11.csv"'
    assert "2026-11-23" in answer.text
    with reading(scene.centre.engine) as session:
        assert session.exec(select(AuditRow.what).where(AuditRow.what == "exported days")).all() == ["exported days"]
    assert visitor("attendant").get(f"{MONTH}/export.csv").status_code == 403


def test_the_form_leads_to_a_month(visitor: Visitor) -> None:
    browser = visitor("finance")
    assert (
        browser.get("/finance", params={"site": "SPL", "month": "2026-02"}).headers["location"]
        == "/finance/SPL/2026-02"
    )
    assert browser.get("/finance").headers["location"].startswith("/finance/BHT/")
    assert browser.get("/finance", params={"month": "soon"}).status_code == 404
