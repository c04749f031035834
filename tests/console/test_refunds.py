"""Refunds by forms: an account is said, a file is made and taken again, the debit line ends it; each once, by those who
may, at their sites."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Final

import openpyxl
import pytest
from sqlmodel import select

from server import refund_steps, refunds
from server.db import reading, transaction
from server.effects import Kind
from server.facts import AuditRow
from server.facts_money import RefundRow, TransferFileRow
from server.facts_people import UserSiteRow
from server.register import SiteRow
from server.vault_accounts import VaultAccountRow
from simulator.statements import Moved
from tests.console.conftest import Visitor
from tests.console.scene import SITES, Scene
from tests.console.test_finance_close import post
from tests.server.bankworld import statement
from tests.server.money import agreed, decided, refunded

NOW: Final = datetime.now(UTC)
TO: Final = {"bank": "970436", "account": "1017595600", "name": "Nguyễn Thị Đào"}
OTHER: Final = TO | {"account": "2222333344"}
ACCOUNT: Final = SITES["SPS"][3]


def owing(scene: Scene, site: str = "SPS", number: int = 1001) -> str:
    """A refund of 50.000 with two persons' word."""
    scene.pays(site, ("CHUYEN TIEN", 50_000, NOW))
    return refunded(scene.centre.engine, f"sepay:{number}")


def step(scene: Scene, name: str) -> str:
    """How far it is."""
    with reading(scene.centre.engine) as session:
        return refund_steps.stands(session, [refunds.refund(session, name)])[name].step.value


def test_a_refund_goes_from_its_account_to_the_banks_line(scene: Scene, visitor: Visitor) -> None:
    name, finance = owing(scene), visitor("finance")
    page = finance.get("/refunds").text
    assert ("Chưa biết tài khoản" in page, f'href="/refunds/{name}"' in page, "file-form" in page) == (
        True,
        True,
        False,
    )
    assert post(finance, f"/refunds/{name}/account", **TO).status_code == 204
    assert step(scene, name) == "ready"
    page = finance.get("/refunds").text
    assert f"Vietcombank {ACCOUNT} (SPS): 1 khoản, 50.000" in page
    sending = {"account": ACCOUNT, "layout": "csv", "once": "a-token-of-a-form-1"}
    assert [post(finance, "/refunds/files", **sending).status_code for _ in range(2)] == [204, 204]
    with reading(scene.centre.engine) as session:
        file = session.exec(select(TransferFileRow)).one()
    assert step(scene, name) == "in_file"
    taken = [finance.get(f"/refunds/files/{file.file}") for _ in range(2)]
    assert taken[0].content == taken[1].content
    lines = list(csv.reader(io.StringIO(taken[0].content.decode("utf-8-sig"))))
    assert lines[1][1:] == ["1017595600", "970436", "NGUYEN THI DAO", "50000", name]
    assert "attachment" in taken[0].headers["content-disposition"]
    empty = post(finance, "/refunds/files", account=ACCOUNT, layout="csv")
    assert (empty.status_code, "không có khoản hoàn nào chờ chuyển" in empty.text.lower()) == (409, True)
    statement(scene.centre.engine, [Moved(NOW.date(), -50_000, "D1", f"hoan {name}")], NOW + timedelta(hours=1))
    assert step(scene, name) == "sent"
    assert name not in finance.get("/refunds").text.split('id="made-files"')[0]
    assert "Đã chuyển" in finance.get(f"/refunds/{name}").text


def test_another_account_waits_for_a_second_person(scene: Scene, visitor: Visitor) -> None:
    name, one, two = owing(scene), visitor("finance"), visitor("manager")
    assert post(one, f"/refunds/{name}/account", **TO).headers["hx-redirect"].endswith("said=account_kept")
    assert post(one, f"/refunds/{name}/account", **OTHER).headers["hx-redirect"].endswith("said=account_waits")
    own = post(one, f"/refunds/{name}/account/word", agrees="true")
    assert (own.status_code, "người khác phải duyệt" in own.text) == (403, True)
    assert "change-form" not in one.get(f"/refunds/{name}").text
    page = two.get(f"/refunds/{name}").text
    assert ("2222333344" in page, "1017595600" in page) == (True, True)
    assert "2222333344" not in visitor("auditor").get(f"/refunds/{name}").text
    assert post(two, f"/refunds/{name}/account/word", agrees="true").status_code == 204
    with reading(scene.centre.engine) as session:
        assert session.get_one(VaultAccountRow, name).account == "2222333344"
        looks = session.exec(select(AuditRow.who).where(AuditRow.what == "money: looked at accounts")).all()
    assert set(looks) == {"finance", "manager"}


def test_the_drivers_page_is_linked_once(scene: Scene, visitor: Visitor) -> None:
    name, finance = owing(scene), visitor("finance")
    sending = {"once": "a-token-of-a-form-2"}
    first, second = (post(finance, f"/refunds/{name}/link", **sending) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 409)
    path = first.text.split('href="')[1].split('"')[0]
    assert path.startswith(str(finance.base_url).rstrip("/"))
    driver = visitor()
    assert "50.000" in driver.get(path).text
    assert driver.post(path, data=TO).status_code == 200
    assert step(scene, name) == "ready"
    assert "khách" in finance.get(f"/refunds/{name}").text


@pytest.mark.parametrize(
    ("fields", "word"),
    [({"bank": "123456"}, "Ngân hàng: sáu chữ số"), ({"account": "1"}, "4 đến 19"), ({"name": "=1+1"}, "2 đến 70")],
)
def test_what_is_no_account_is_refused_by_its_field(
    scene: Scene, visitor: Visitor, fields: dict[str, str], word: str
) -> None:
    name = owing(scene)
    answer = post(visitor("finance"), f"/refunds/{name}/account", **(TO | fields))
    assert (answer.status_code, word in answer.text) == (400, True), answer.text
    assert step(scene, name) == "no_account"


def test_refunds_are_for_those_who_may(scene: Scene, visitor: Visitor) -> None:
    name, auditor, attendant = owing(scene), visitor("auditor"), visitor("attendant")
    assert attendant.get("/refunds").status_code == 403
    page = auditor.get(f"/refunds/{name}").text + auditor.get("/refunds").text
    assert "<form id=" not in page
    for path, fields in (("account", TO), ("link", {}), ("account/word", {"agrees": "true"})):
        assert post(auditor, f"/refunds/{name}/{path}", **fields).status_code == 403
    assert post(auditor, "/refunds/files", account=ACCOUNT).status_code == 403
    assert visitor("finance").get("/refunds/nobody").status_code == 404
    assert visitor("finance").get("/refunds/files/nobody").status_code == 404


def test_a_file_holds_the_refunds_of_its_accounts_sites_only(scene: Scene, visitor: Visitor) -> None:
    ours, theirs, finance = owing(scene), owing(scene, "SPL", 1002), visitor("finance")
    for name in (ours, theirs):
        post(finance, f"/refunds/{name}/account", **TO)
    assert post(finance, "/refunds/files", account=ACCOUNT, layout="xlsx").status_code == 204
    assert (step(scene, ours), step(scene, theirs)) == ("in_file", "ready")
    with transaction(scene.centre.engine) as session:
        session.add(UserSiteRow(name="manager", site="SPL"))
        file = session.exec(select(TransferFileRow.file)).one()
    limited = visitor("manager")
    assert ours not in limited.get("/refunds").text
    assert file not in limited.get("/refunds").text
    assert limited.get(f"/refunds/files/{file}").status_code == 404
    assert post(limited, "/refunds/files", account=ACCOUNT).status_code == 404
    book = openpyxl.load_workbook(io.BytesIO(finance.get(f"/refunds/files/{file}").content))
    assert [cell.value for cell in book["Lệnh chi"]["F"]][1:-1] == [ours]


def test_a_decision_offers_its_undoing_where_that_is_lawful(scene: Scene, visitor: Visitor) -> None:
    name, finance = owing(scene), visitor("finance")
    assert 'name="undoes"' in finance.get("/money/sepay:1001").text
    assert 'name="undoes"' not in visitor("auditor").get("/money/sepay:1001").text
    post(finance, f"/refunds/{name}/account", **TO)
    post(finance, "/refunds/files", account=ACCOUNT, layout="csv")
    page = finance.get("/money/sepay:1001").text
    assert 'name="undoes"' not in page
    assert "Không huỷ được" in page
    assert "nằm trong tệp chuyển khoản" in page


def test_what_was_undone_says_so(scene: Scene, visitor: Visitor) -> None:
    engine = scene.centre.engine
    owing(scene)
    with reading(engine) as session:
        decision = session.exec(select(RefundRow.decision)).one()
    agreed(engine, decided(engine, Kind.UNDO, undoes=decision).decision)
    page = visitor("finance").get("/money/sepay:1001").text
    assert "Đã huỷ" in page.split(f'data-decision="{decision}"')[1].split("</article>")[0]
    assert 'name="undoes"' not in page


def test_a_sites_account_that_nobody_has_makes_no_file(scene: Scene, visitor: Visitor) -> None:
    owing(scene)
    with reading(scene.centre.engine) as session:
        assert "999" not in session.exec(select(SiteRow.account)).all()
    assert post(visitor("finance"), "/refunds/files", account="999").status_code == 404
