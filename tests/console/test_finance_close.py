"""Closing a day, deciding about money and bringing files by forms: once, by those who may, told in one language."""

import re
from datetime import date, timedelta
from typing import Final

import httpx
import pytest
from sqlmodel import select

from server.closing import look
from server.console.decisions import dong_of
from server.console.finance_close import in_one
from server.console.once import fresh
from server.db import reading, transaction
from server.facts_bank import BankLineRow
from server.facts_day import CloseRow, WriteOffRow
from server.facts_money import DecisionRow, RefundRow, WordRow
from server.language import Language
from server.register import SiteRow
from simulator.statements import Moved, as_csv, bank_table
from tests.console.conftest import Visitor
from tests.console.scene import SITES, Scene
from tests.console.test_access import csrf
from tests.server.bankworld import statement
from tests.server.box import MORNING

ON: Final = date(2026, 11, 20)
DAY: Final = "/finance/SPS/2026-11-20"
THEN: Final = MORNING.replace(day=20)
PAYMENT: Final = "sepay:1001"
PATIENCE: Final = 500


def post(browser: httpx.Client, path: str, page: str = "/account", **fields: str) -> httpx.Response:
    """A form as a browser sends it."""
    headers = {"x-csrf-token": csrf(browser.get(page).text), "hx-request": "true"}
    return browser.post(path, data={"once": fresh(), **fields}, headers=headers)


def may_close(scene: Scene, browser: httpx.Client) -> None:
    """Nothing is in the way of the day but that it is the first."""
    with transaction(scene.centre.engine) as session:
        session.get_one(SiteRow, "SPS").tolerance_vnd = 10**9
    assert post(browser, f"{DAY}/written-off", box="sps-1", note="hộp hỏng").status_code == 204


def test_a_day_is_closed_once(scene: Scene, visitor: Visitor) -> None:
    scene.read("SPS", "in-1", "30A12345", THEN)
    scene.pays("SPS", ("CHUYEN TIEN", 50_000, THEN))
    finance = visitor("finance")
    refused = post(finance, f"{DAY}/close", first="true")
    assert refused.status_code == 409
    assert "sps-1: chưa từng có tín hiệu" in refused.text
    assert "was never heard" not in refused.text
    may_close(scene, finance)
    assert post(visitor("attendant"), f"{DAY}/close", first="true").status_code == 403
    answers = [post(finance, f"{DAY}/close", first="true") for _ in range(2)]
    assert [answer.headers.get("hx-redirect") for answer in answers] == [f"{DAY}/close?said=day_closed"] * 2
    with reading(scene.centre.engine) as session:
        assert [row.by for row in session.exec(select(CloseRow))] == ["finance"]
        assert len(session.exec(select(WriteOffRow)).all()) == 1
    assert "Đã chốt" in finance.get(DAY).text
    assert "Mọi thứ như lúc chốt" in finance.get("/finance/SPS/closes?check=true").text
    assert "1 chỗ sai" in finance.get("/finance/SPS/closes", params={"check": "true", "head": "f" * 64}).text


def test_what_is_in_the_way_is_told_in_one_language(scene: Scene) -> None:
    scene.pays("SPS", ("CHUYEN TIEN", 50_000, THEN))
    with reading(scene.centre.engine) as session:
        reasons = look(session, "SPS", ON, THEN + timedelta(days=2)).reasons
    assert len(reasons) >= 3
    for reason in reasons:
        vietnamese, english = in_one(reason, Language.VI), in_one(reason, Language.EN)
        assert vietnamese != english
        assert " · " not in vietnamese + english
    assert in_one("plain", Language.EN) == "plain"


def test_a_refund_needs_two_and_counts_once(scene: Scene, visitor: Visitor) -> None:
    scene.pays("SPS", ("CHUYEN TIEN", 50_000, THEN))
    one, two = visitor("finance"), visitor("manager")
    sending = {"kind": "refund", "payment": PAYMENT, "subject": PAYMENT, "note": "chuyển nhầm", "once": fresh()}
    answers = [post(one, "/decisions", **sending) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 204]
    with reading(scene.centre.engine) as session:
        decision = session.exec(select(DecisionRow)).one().decision
    own = post(one, "/decisions/word", decision=decision, agrees="true")
    assert (own.status_code, "phải là người khác" in own.text) == (403, True)
    assert "another person" not in own.text
    assert decision in two.get("/decisions").text
    assert decision not in one.get("/decisions").text
    assert decision in one.get("/decisions?which=waiting").text
    assert post(two, "/decisions/word", decision=decision, agrees="true").status_code == 204
    again = post(two, "/decisions/word", decision=decision, agrees="true")
    assert again.status_code == 409
    with reading(scene.centre.engine) as session:
        assert [row.amount for row in session.exec(select(RefundRow))] == [50_000]
        assert len(session.exec(select(WordRow)).all()) == 1
    assert decision not in two.get("/decisions?which=waiting").text
    assert decision in two.get("/decisions?which=made").text


@pytest.mark.parametrize(
    ("fields", "status", "word"),
    [
        ({"note": "x"}, 409, "nêu lý do"),
        ({"amount": "60.000"}, 409, "chỉ còn"),
        ({"amount": "năm mươi"}, 400, "Số tiền không hợp lệ"),
        ({"payment": "sepay:404"}, 404, "không có giao dịch"),
        ({"kind": "steal"}, 400, "không có lựa chọn này"),
    ],
)
def test_a_refused_decision_says_why_and_does_nothing(
    scene: Scene, visitor: Visitor, fields: dict[str, str], status: int, word: str
) -> None:
    scene.pays("SPS", ("CHUYEN TIEN", 50_000, THEN))
    sending = {"kind": "refund", "payment": PAYMENT, "subject": PAYMENT, "note": "chuyển nhầm"} | fields
    answer = post(visitor("finance"), "/decisions", **sending)
    assert (answer.status_code, word in answer.text) == (status, True), answer.text
    with reading(scene.centre.engine) as session:
        assert session.exec(select(DecisionRow)).all() == []


def test_amounts_are_read_as_people_write_them() -> None:
    assert [dong_of(text) for text in ("", "50000", "50.000", "50.000\u00a0₫", "1,000,000")] == [
        None,
        50_000,
        50_000,
        50_000,
        10**6,
    ]


def bring(browser: httpx.Client, raw: bytes, **asked: str) -> httpx.Response:
    """A file as the page's script sends it."""
    headers = {"x-csrf-token": csrf(browser.get("/imports").text), "hx-request": "true"}
    chosen = {"sort": "bank", "source": SITES["SPS"][3], "name": "sao-ke.csv", **asked}
    return browser.post("/imports/file", params=chosen, content=raw, headers=headers)


def a_file(lines: int = 3) -> bytes:
    moves = [Moved(ON, 10_000 + n, f"R{n}", f"chuyen tien {n}") for n in range(lines)]
    return as_csv(bank_table("vietcombank-web", SITES["SPS"][3], 0, moves))


def test_a_file_brought_twice_has_one_page(visitor: Visitor) -> None:
    browser = visitor("finance")
    first, second = bring(browser, a_file()), bring(browser, a_file())
    where = first.headers["hx-redirect"]
    assert where == second.headers["hx-redirect"]
    page = browser.get(where)
    assert (page.status_code, "sao-ke.csv" in page.text) == (200, True)


def test_a_file_that_is_in_leads_on(visitor: Visitor) -> None:
    """To what nobody can explain, to the day that is next; the account is named with its bank and its site."""
    browser = visitor("finance")
    where = bring(browser, a_file()).headers["hx-redirect"]
    page = until(browser, f"{where}/state", 'id="done"')
    assert 'href="/bank-lines"' in page
    assert f'href="{DAY}/close"' in page
    assert re.search(r"chưa rõ 3\b", page)
    assert "giao dịch 0" not in page
    whose = f"Vietcombank {SITES['SPS'][3]} (SPS)"
    assert [whose in browser.get(path).text for path in ("/imports", where)] == [True, True]


def until(browser: httpx.Client, path: str, word: str) -> str:
    """The part once it holds this; a file of three lines is in within moments."""
    for _ in range(PATIENCE):
        page = browser.get(path, headers={"hx-request": "true"}).text
        if word in page:
            return page
    raise AssertionError(page)


def test_a_file_that_a_restart_cut_off_is_told(visitor: Visitor) -> None:
    part = visitor("finance").get(f"/imports/{'0' * 64}/state", headers={"hx-request": "true"}).text
    assert "không dòng nào được ghi" in part


def test_a_line_is_said_to_be_what_it_is_not(scene: Scene, visitor: Visitor) -> None:
    turned = Moved(ON, 10_000, "R\u202e1", "<b>x</b> \u202eabc")
    statement(scene.centre.engine, [turned], MORNING, form="web", account=SITES["SPS"][3])
    finance = visitor("finance")
    listed = finance.get("/bank-lines").text
    assert ("\u202e" in listed, "&lt;b&gt;x&lt;/b&gt; \ufffdabc" in listed) == (False, True)
    with reading(scene.centre.engine) as session:
        digest = session.exec(select(BankLineRow.digest)).one()
    page = finance.get(f"/bank-lines/{digest}").text
    assert ("\u202e" in page, "\ufffdabc" in page) == (False, True)
    path = f"/bank-lines/{digest}/meaning"
    for fields, word in (
        ({"kind": "payment", "subject": "sepay:404"}, "Không có giao dịch sepay:404"),
        ({"kind": "fee"}, "Phí là tiền ra"),
        ({"kind": "other", "note": "\u202egnad"}, "ký tự ẩn"),
    ):
        answer = post(finance, path, **({"note": "theo biên bản"} | fields))
        assert (answer.status_code, word.lower() in answer.text.lower()) == (409, True), answer.text
        assert "there is" not in answer.text
    assert post(finance, path, kind="other", note="tiền thuê").status_code == 204
    again = post(finance, path, kind="fee", note="tiền thuê")
    assert (again.status_code, "đã được giải trình" in again.text) == (409, True)


def test_a_day_before_the_books_cannot_be_closed(scene: Scene, visitor: Visitor) -> None:
    scene.pays("SPS", ("CHUYEN TIEN", 50_000, MORNING))
    finance = visitor("finance")
    for path in ("/finance/SPS/2026-11", "/finance/SPS/2026-03-05", "/finance/SPS/2026-03-05/close"):
        page = finance.get(path).text
        assert "Sổ của bãi bắt đầu ngày 23/11/2026" in page, path
        assert "--" not in re.sub(r"<!--.*?-->|<[^>]*>", "", page), "a page names no option of a command"
    assert "close-form" not in page
    assert 'id="to-close"' not in finance.get("/finance/SPS/2026-03-05").text
    month = finance.get("/finance/SPS/2026-11").text
    assert ("22 ngày trước đó không có gì" in month, "Đang diễn ra" in month) == (True, True)
    refused = post(finance, "/finance/SPS/2026-03-05/close", first="true")
    assert (refused.status_code, "--empty" in refused.text) == (409, False)
    assert "Bãi này chưa có gì trong sổ" in finance.get("/finance/BHT/2026-10").text


@pytest.mark.parametrize(
    ("role", "asked", "status"),
    [
        ("attendant", {}, 403),
        ("finance", {"sort": "novel"}, 400),
        ("finance", {"source": "../etc"}, 400),
        ("finance", {"mapping": "none"}, 400),
    ],
)
def test_a_file_that_cannot_be_brought(visitor: Visitor, role: str, asked: dict[str, str], status: int) -> None:
    browser = visitor(role)
    headers = {"x-csrf-token": csrf(browser.get("/account").text), "hx-request": "true"}
    chosen = {"sort": "bank", "source": SITES["SPS"][3], **asked}
    assert browser.post("/imports/file", params=chosen, content=a_file(), headers=headers).status_code == status


def test_a_file_needs_the_pages_token(visitor: Visitor) -> None:
    chosen = {"sort": "bank", "source": SITES["SPS"][3]}
    assert visitor("finance").post("/imports/file", params=chosen, content=a_file()).status_code == 403
