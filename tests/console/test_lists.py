"""Passes and lists on the console: found, entered and ended by who may; a file all or not at all."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import select

from gate.lease import Standing
from server import lists
from server.console.once import fresh
from server.db import reading, transaction
from server.facts import AuditRow
from server.limits import BODY_MAX
from server.listings import ListingEndedRow, ListingRow
from server.lists import Listing
from tests.console.conftest import Visitor
from tests.console.scene import Scene
from tests.console.test_access import csrf

HEAD = "Loại,Biển số,Đến ngày,Chủ xe,Lý do\n"
GOOD = HEAD + "Vé tháng,24A-056.78,31/12/2099,Nguyễn Thị Lan,vé tháng\nCấm,24B1-123.45,31/12/2099,Ông Ba,không trả\n"
FORM = {"standing": "pass", "plate": "24A-056.78", "until": "2099-12-31", "owner": "Lan", "reason": "vé tháng"}


def listed(scene: Scene, plate: str = "24A-056.78", **changes: Any) -> str:
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "standing": Standing.PASS,
        "since": now,
        "until": now + timedelta(days=30),
        "owner": "Nguyễn Thị Lan",
        "reason": "vé tháng",
        "plate": plate,
    }
    with transaction(scene.centre.engine) as session:
        return lists.add(session, "SPS", Listing(**values | changes), "manager", now)


def stored(scene: Scene) -> list[ListingRow]:
    with reading(scene.centre.engine) as session:
        return list(session.exec(select(ListingRow)))


def headers(browser: httpx.Client) -> dict[str, str]:
    return {"x-csrf-token": csrf(browser.get("/account").text), "hx-request": "true"}


@pytest.mark.parametrize(
    "query", ["24A-056", "05678", "24AO5678", "nguyen", "Lan thị", "VÉ THÁNG", "SPS-L000001", "  24a 056.78 "]
)
def test_a_vehicle_is_found_as_people_type_it(scene: Scene, visitor: Visitor, query: str) -> None:
    listed(scene)
    listed(scene, "30K-999.11", owner="Trần Minh", reason="xe cứu thương")
    page = visitor("manager").get("/lists/SPS", params={"q": query}).text
    assert ("24A05678" in page, "30K99911" in page) == (True, False)


def test_nobody_is_found_by_what_nobody_is_called(scene: Scene, visitor: Visitor) -> None:
    listed(scene)
    page = visitor("manager").get("/lists/SPS", params={"q": "<script>alert(1)</script>"}).text
    assert 'id="nobody"' in page
    assert "<script>alert" not in page


def test_rows_come_in_leaves_and_by_their_list(scene: Scene, visitor: Visitor) -> None:
    for number in range(51):
        listed(scene, f"24A{number:05}")
    listed(scene, "29C12345", standing=Standing.DENY)
    browser = visitor("manager")
    first = browser.get("/lists/SPS").text
    assert (first.count("data-entry="), "29C12345" in first) == (50, True)
    after = first.split("after=")[1].split('"')[0]
    rest = browser.get("/lists/SPS", params={"after": after}, headers={"hx-request": "true"}).text
    assert (rest.count("data-entry="), "<html" in rest) == (2, False)
    denied = browser.get("/lists/SPS", params={"standing": "deny"}).text
    assert denied.count("data-entry=") == 1


def test_who_sees_no_plates_sees_none(scene: Scene, visitor: Visitor) -> None:
    listed(scene)
    page = visitor("finance").get("/lists/SPS", params={"q": "24A"}).text
    assert ("24A05678" in page, "Nguyễn" in page, "SPS-L000001" in page) == (False, False, True)
    assert visitor("finance").get("/lists/SPS/export.csv").status_code == 403
    assert visitor("attendant").get("/lists/SPS").status_code == 403


def test_who_looks_is_recorded_with_what_was_searched(scene: Scene, visitor: Visitor) -> None:
    visitor("manager").get("/lists/SPS", params={"q": "24A"})
    with reading(scene.centre.engine) as session:
        (row,) = session.exec(select(AuditRow).where(AuditRow.what == "looked at the lists"))
    assert (row.who, row.detail) == ("manager", '{"searched":"24A"}')


def test_a_row_is_entered_once_and_ended_once(scene: Scene, visitor: Visitor) -> None:
    browser = visitor("manager")
    head, form = headers(browser), FORM | {"once": fresh(), "kind": "CAR9"}
    answers = [browser.post("/lists/SPS/add", data=form, headers=head) for _ in range(2)]
    assert [answer.headers.get("hx-redirect") for answer in answers] == ["/lists/SPS?said=listed"] * 2
    (row,) = stored(scene)
    assert (row.by, row.vehicle_class) == ("manager", "CAR9")
    assert row.until.isoformat() == "2099-12-31T17:00:00+00:00"  # the last day counts whole
    assert "24A05678" in browser.get(f"/lists/SPS/entry/{row.entry}/end", headers=head).text
    form = {"reason": "bán xe", "once": fresh()}
    for _ in range(2):
        assert browser.post(f"/lists/SPS/entry/{row.entry}/end", data=form, headers=head).status_code == 204
    with reading(scene.centre.engine) as session:
        assert [each.reason for each in session.exec(select(ListingEndedRow))] == ["bán xe"]
    assert 'id="nobody"' in browser.get("/lists/SPS").text
    assert "manager kết thúc: bán xe" in browser.get("/lists/SPS", params={"over": "1"}).text


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"until": "2020-01-01"}, "Hết ngày"),
        ({"owner": " "}, "Chủ xe"),
        ({"reason": "ab"}, "Lý do"),
        ({"plate": "<b>"}, "biển số hoặc mã thẻ"),
        ({"plate": "", "tag": "xyz"}, "biển số hoặc mã thẻ"),
        ({"since": "soon"}, "Từ ngày: Ngày không hợp lệ"),
        ({"until": "30/02/2027"}, "Đến ngày: Ngày không hợp lệ"),
        ({"kind": "TANK"}, "Loại xe: "),
    ],
)
def test_a_row_that_cannot_be_is_refused_in_words(
    scene: Scene, visitor: Visitor, change: dict[str, str], word: str
) -> None:
    browser = visitor("manager")
    answer = browser.post("/lists/SPS/add", data=FORM | {"once": fresh()} | change, headers=headers(browser))
    assert (answer.status_code, word in answer.text) == (400, True), answer.text
    assert not stored(scene)


def sent(browser: httpx.Client, path: str, content: str | bytes, **form: str) -> httpx.Response:
    data = content.encode() if isinstance(content, str) else content
    return browser.post(f"/lists/SPS/{path}", files={"file": ("passes.csv", data)}, data=form, headers=headers(browser))


def test_a_file_is_looked_at_then_entered_once(scene: Scene, visitor: Visitor) -> None:
    browser = visitor("manager")
    looked = sent(browser, "import/check", GOOD).text
    assert "2 dòng đều đúng" in looked
    assert not stored(scene)
    sha, token = (looked.split(f'name="{name}" value="')[1].split('"')[0] for name in ("sha256", "once"))
    other = sent(browser, "import", GOOD + "\n", sha256=sha, once=token)
    assert (other.status_code, "đã đổi" in other.text) == (400, True)
    for _ in range(2):
        assert sent(browser, "import", GOOD, sha256=sha, once=token).headers["hx-redirect"].endswith("said=imported")
    assert [row.standing for row in stored(scene)] == ["pass", "deny"]
    again = sent(browser, "import", GOOD, sha256=sha, once=fresh())
    assert (again.status_code, len(stored(scene))) == (400, 2)


def test_every_fault_is_a_line_of_the_page_and_nothing_is_entered(scene: Scene, visitor: Visitor) -> None:
    bad = GOOD + "<img src=x>,24A11111,31/12/2099,Lan,vé tháng\nVé tháng,24A11112,hôm qua,Lan,vé tháng\n"
    looked = sent(visitor("manager"), "import/check", bad).text
    faults = looked.split("<tbody>")[1].split("</tbody>")[0]
    assert faults.count("<tr>") == 2
    assert "&lt;img src=x&gt;" in faults
    assert "<img" not in looked
    assert "import-form" not in looked.split("</table>")[1]
    assert not stored(scene)


def test_a_large_file_arrives_and_one_beyond_all_measure_does_not(visitor: Visitor) -> None:
    browser = visitor("manager")
    lines = "".join(f"Vé tháng,30A{n:05},31/12/2099,Nguyễn Thị Lan,vé tháng\n" for n in range(2_000))
    assert len(lines) > BODY_MAX
    assert "2.000 dòng đều đúng" in sent(browser, "import/check", HEAD + lines).text
    assert sent(browser, "import/check", b"x" * 1_100_000).status_code == 413


def test_only_who_manages_lists_changes_them(scene: Scene, visitor: Visitor) -> None:
    entry = listed(scene)
    browser = visitor("finance")
    assert browser.get("/lists/SPS/import").status_code == 403
    assert sent(browser, "import/check", GOOD).status_code == 403
    paths = {"add": FORM, f"entry/{entry}/end": {"reason": "bán xe"}}
    for path, form in paths.items():
        data = form | {"once": fresh()}
        assert browser.post(f"/lists/SPS/{path}", data=data, headers=headers(browser)).status_code == 403
    assert visitor("manager").post("/lists/SPS/add", data=FORM | {"once": fresh()}).status_code == 403


def test_the_export_is_what_an_import_takes(scene: Scene, visitor: Visitor) -> None:
    listed(scene, owner="=1+1")
    browser = visitor("manager")
    answer = browser.get("/lists/SPS/export.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert b"'=1+1" in answer.content
    assert "1 lỗi" in sent(browser, "import/check", answer.content).text  # it is listed
    answers = browser.post(
        "/lists/SPL/import/check", files={"file": ("x.csv", answer.content)}, headers=headers(browser)
    )
    assert "1 dòng đều đúng" in answers.text
