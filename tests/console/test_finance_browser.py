"""Finance at work, in a real browser: from a month down to the bank's line, a refund by two, a day that is closed, a
file that is refused by its lines and one that is taken in."""

from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from server.db import transaction
from server.register import SiteRow
from simulator.statements import Moved, as_csv, bank_table
from tests.console.browser import WAYS
from tests.console.conftest import Visitors
from tests.console.scene import CAR, SITES, Scene, busy_day
from tests.server.box import MORNING

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ACCOUNT: Final = SITES["SPS"][3]
MONTH: Final = "/finance/SPS/2026-11"
DAY: Final = "/finance/SPS/2026-11-20"
THEN: Final = MORNING.replace(day=20)


def statement(*moves: Moved) -> bytes:
    """A bank's file of these lines."""
    return as_csv(bank_table("vietcombank-web", ACCOUNT, 0, moves))


@pytest.mark.parametrize("way", WAYS)
def test_from_the_month_to_one_payment(scene: Scene, somebody: Visitors, pictures: Path, way: str) -> None:
    language, size = WAYS[way]
    busy_day(scene, "SPS", THEN, 30)
    busy_day(scene, "SPS", THEN - timedelta(days=2), 20, seed=9)
    it = somebody("finance", size, language)
    page = it.page
    page.press("body", "f")
    page.wait_for_url("**/finance/*/*")
    page.goto(f"{it.url}{MONTH}")
    expect(page.locator(".chart canvas")).to_have_count(5)
    it.looks_right(pictures / f"{way}-finance-month.png")
    for name in ("charged", "outstanding"):
        box = page.locator(f"#days td[data-figure={name}] >> nth=0").bounding_box()
        assert box
        assert box["x"] + box["width"] <= size[0], f"{name} is seen without moving the table"
    page.locator("#table-revenue").evaluate("it => it.closest('details').open = true")
    expect(page.locator("#table-revenue tbody tr")).to_have_count(30)
    page.click(f'a[href="{DAY}"]')
    expect(page.locator(".chart canvas")).to_have_count(3)
    it.looks_right(pictures / f"{way}-finance-day.png")
    page.click("#group-ledger [href$='/parts/received']")
    expect(page.locator("#come .verdict.agree")).to_be_visible()
    it.looks_right(pictures / f"{way}-finance-parts.png")
    page.click("#hours tbody a >> nth=0")
    page.click(".parts tbody a >> nth=0")
    expect(page.locator("#notice")).to_contain_text("20")
    it.looks_right(pictures / f"{way}-finance-money.png")


@pytest.mark.parametrize("way", WAYS)
def test_a_refund_by_two_persons(scene: Scene, somebody: Visitors, pictures: Path, way: str) -> None:
    language, size = WAYS[way]
    scene.pays("SPS", ("CHUYEN TIEN", 50_000, THEN))
    one, two = somebody("finance", size, language), somebody("manager", size, language)
    page = one.page
    page.goto(f"{one.url}{DAY}/parts/unapplied")
    page.click(".parts tbody a >> nth=0")
    page.select_option("#decide-form [name=kind]", "refund")
    page.fill("#decide-form [name=to_visit]", "")
    page.fill("#decide-form [name=note]", "khách chuyển nhầm")
    page.locator("#decide-form button").dblclick()
    expect(page.locator("#said")).to_be_visible()
    expect(page.locator("article.decision")).to_have_count(1)
    expect(page.locator("article.decision .pill.warn")).to_be_visible()
    expect(page.locator("form.word")).to_have_count(0)
    other = two.page
    other.goto(f"{two.url}/decisions")
    two.looks_right(pictures / f"{way}-finance-decisions.png")
    other.click(".decisions tbody a >> nth=0")
    other.click("form.word button[value=true]")
    expect(other.locator("#said")).to_be_visible()
    expect(other.locator("[data-refund]")).to_be_visible()
    two.looks_right(pictures / f"{way}-finance-refund.png")
    page.goto(f"{one.url}/refunds")
    page.click(".refunds tbody a >> nth=0")
    page.locator("#link-form button").dblclick()
    expect(page.locator("#driver-link")).to_be_visible()
    for field, typed in (("bank", "970436"), ("account", "1017595600"), ("name", "Nguyễn Thị Đào")):
        page.fill(f"#account-form [name={field}]", typed)
    one.looks_right(pictures / f"{way}-finance-refund-account.png")
    page.locator("#account-form button").dblclick()
    expect(page.locator("#step[data-step=ready]")).to_be_visible()
    page.go_back()
    page.goto(f"{one.url}/refunds")
    page.locator("#file-form button").dblclick()
    expect(page.locator(".transfer-files tbody tr")).to_have_count(1)
    expect(page.locator("#file-form")).to_have_count(0)
    with page.expect_download() as taken:
        page.click(".transfer-files a[download]")
    assert taken.value.suggested_filename.endswith(".xlsx")
    one.looks_right(pictures / f"{way}-finance-refund-file.png")
    other.goto(f"{two.url}/decisions")
    expect(other.locator(".all-well")).to_be_visible()


@pytest.mark.parametrize("way", WAYS)
def test_a_day_is_closed_for_ever(scene: Scene, somebody: Visitors, pictures: Path, way: str) -> None:
    language, size = WAYS[way]
    calm_day(scene)
    it = somebody("finance", size, language)
    page = it.page
    page.goto(f"{it.url}{DAY}/close")
    expect(page.locator("#reasons li").first).to_be_visible()
    expect(page.locator("#close-form button")).to_be_disabled()
    it.looks_right(pictures / f"{way}-finance-close-not-yet.png")
    page.fill("#off-form [name=note]", "hộp đã hỏng, biên bản số 7")
    page.click("#off-form button")
    expect(page.locator("#said")).to_be_visible()
    with transaction(scene.centre.engine) as session:
        session.get_one(SiteRow, "SPS").tolerance_vnd = 10**9
    page.reload()
    page.check("#close-form [name=first]")
    page.locator("#close-form button").dblclick()
    expect(page.locator("#hash")).to_be_visible()
    it.looks_right(pictures / f"{way}-finance-closed.png")
    page.goto(f"{it.url}/finance/SPS/closes")
    page.click("#verify-form button")
    expect(page.locator("#verified .verdict.agree")).to_be_visible()
    it.looks_right(pictures / f"{way}-finance-chain.png")


def calm_day(scene: Scene, cars: int = 3) -> None:
    """Cars that come, pay and leave: nothing is amiss but the bank's lines, of which there is no file."""
    for number in range(cars):
        came = THEN + timedelta(minutes=10 * number)
        left = came + timedelta(hours=1)
        visit = scene.admits("SPS", "in-1", scene.read("SPS", "in-1", f"30A1234{number}", came), came)
        approach = scene.read("SPS", "out-1", f"30A1234{number}", left)
        scene.quotes("SPS", "out-1", approach, visit, came, left, CAR)
        scene.pays("SPS", (visit, 30_000, left))
        scene.leaves("SPS", "out-1", visit, left + timedelta(seconds=5))


@pytest.mark.parametrize("way", WAYS)
def test_a_file_is_refused_by_its_lines_then_taken_in(somebody: Visitors, pictures: Path, way: str) -> None:
    language, size = WAYS[way]
    good = statement(*(Moved(THEN.date(), 10_000 + n, f"REF{n}", f"chuyen tien {n}") for n in range(60)))
    bad = good.replace(b"10.007", b"ten").replace(b"10007", b"ten").replace(b"10,007", b"ten")
    it = somebody("finance", size, language)
    page = it.page
    page.goto(f"{it.url}/imports")
    it.looks_right(pictures / f"{way}-imports.png")
    page.set_input_files("[name=file]", {"name": "sao-ke<b>.csv", "mimeType": "text/csv", "buffer": bad})
    page.click("#import-form button")
    expect(page.locator("#flaws tbody tr").first).to_be_visible()
    it.looks_right(pictures / f"{way}-imports-refused.png")
    page.goto(f"{it.url}/imports")
    expect(page.locator(".files")).to_have_count(0)
    page.set_input_files("[name=file]", {"name": "sao-ke.csv", "mimeType": "text/csv", "buffer": good})
    page.click("#import-form button")
    expect(page.locator("#done")).to_be_visible()
    page.reload()
    expect(page.locator(".parts tbody tr")).to_have_count(50)
    it.looks_right(pictures / f"{way}-imports-done.png")
    page.click(".parts tbody a >> nth=0")
    page.select_option("#explain-form [name=kind]", "other")
    page.fill("#explain-form [name=note]", "tiền thuê mặt bằng")
    page.locator("#explain-form button").dblclick()
    expect(page.locator("#told")).not_to_contain_text("?")
    expect(page.locator("#explain-form")).to_have_count(0)
    it.looks_right(pictures / f"{way}-imports-line.png")


@pytest.mark.parametrize("path", [MONTH, DAY, f"{DAY}/parts/charged", "/imports"])
def test_finance_arrives_in_time_over_slow_3g(scene: Scene, somebody: Visitors, path: str) -> None:
    busy_day(scene, "SPS", THEN, 60)
    somebody("finance").arrives_in_time(path)
