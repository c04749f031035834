"""A refund asks for an account, goes out in one file, and is closed by the bank's own line and nothing else."""

import asyncio
import csv
import hashlib
import io
from datetime import UTC, datetime

import openpyxl
import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import Engine

from gate.findings import Code
from gate.ledger import LedgerAccount
from server import refund_accounts, refunds, transfers
from server.api import money
from server.books import balance
from server.db import reading, transaction
from server.facts import AuditRow, EntryRow
from server.facts_money import RefundRow, RefundSentRow, TransferFileRow, TransferRow
from server.money_rules import Impossible, NoSuch
from server.refund_accounts import BadAccount, account
from server.transfers import Form
from tests.server.box import MORNING, notice, paid
from tests.server.money import check, refunded
from tests.server.rows import rows

TO = account("970436", "1017 5956-00", "Nguyễn Thị Đào")


@pytest.fixture
def due(sqlite: Engine) -> Engine:
    """Two refunds of 50.000 and 20.000 that wait."""
    for number, amount in ((1, 50_000), (2, 20_000)):
        paid(sqlite, notice(number, "tiền gửi xe", amount), datetime.now(UTC))
        refunded(sqlite, f"sepay:{number}")
    return sqlite


def names(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return [row.refund for row in refunds.open_refunds(session)]


def made(engine: Engine, form: Form = Form.CSV) -> transfers.Transfers:
    with transaction(engine) as session:
        return transfers.make(session, "1017595600", form, "lan", datetime.now(UTC))


def entered(engine: Engine) -> None:
    with transaction(engine) as session:
        for name in names(engine):
            refund_accounts.enter(session, name, TO, "lan", MORNING)


def test_what_is_typed_is_made_plain_or_refused_by_name() -> None:
    assert TO == ("970436", "1017595600", "NGUYEN THI DAO")
    for bank, number, name, why in (
        ("123456", "1017595600", "NGUYEN A", "bank"),
        ("970436", "12", "NGUYEN A", "account"),
        ("970436", "=1+1", "NGUYEN A", "account"),
        ("970436", "1017595600", "=HYPERLINK(1)", "name"),
        ("970436", "1017595600", "A", "name"),
        ("970436", "1017595600", "N" * 71, "name"),
    ):
        with pytest.raises(BadAccount, match=f"^{why}:"):
            account(bank, number, name)


def test_a_file_holds_each_refund_once_and_its_total(due: Engine) -> None:
    with pytest.raises(Impossible, match="no refund waits"):
        made(due)
    entered(due)
    waiting, file = names(due), made(due)
    found = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [row[5] for row in found[1:-1]] == waiting
    assert [row[1:5] for row in found[1:-1]] == [
        ["1017595600", "970436", "NGUYEN THI DAO", str(amount)] for amount in (50_000, 20_000)
    ]
    assert found[-1][4] == "70000" == str(file.total)
    (row,) = rows(due, TransferFileRow)
    assert (row["sha256"], row["total"]) == (hashlib.sha256(file.content).hexdigest(), 70_000)
    with pytest.raises(Impossible, match="no refund waits"):
        made(due)
    assert {row["file"] for row in rows(due, TransferRow)} == {file.file}
    with transaction(due) as session:
        assert transfers.again(session, file.file) == file
        with pytest.raises(Impossible, match="on its way"):
            refund_accounts.enter(session, waiting[0], TO, "lan", MORNING)


def test_no_cell_of_the_workbook_is_a_formula_and_it_is_made_again_byte_for_byte(due: Engine) -> None:
    entered(due)
    file = made(due, Form.XLSX)
    book = openpyxl.load_workbook(io.BytesIO(file.content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert sum(row[4].value for row in list(book.active.iter_rows())[1:-1]) == 70_000  # type: ignore[union-attr]
    with transaction(due) as session:
        assert transfers.again(session, file.file).content == file.content


def test_only_the_exact_debit_line_closes_it_and_only_once(due: Engine) -> None:
    name = names(due)[0]
    with transaction(due) as session:
        assert not refunds.close(session, name, 49_999, MORNING, "a", MORNING)
        assert not refunds.close(session, "RFSPSNOTHING1", 50_000, MORNING, "a", MORNING)
        assert refunds.close(session, name, 50_000, MORNING, "a", MORNING)
        assert refunds.close(session, name, 50_000, MORNING, "a", MORNING), "the same file again is harmless"
        assert not refunds.close(session, name, 50_000, MORNING, "b", MORNING), "another line is not this refund's"
        assert not refunds.by_provider(session, name, 50_000, "x", MORNING, MORNING)
    assert len(rows(due, RefundSentRow)) == 1
    with reading(due) as session:
        assert (
            balance(session, "SPS", LedgerAccount.REFUNDS) + balance(session, "SPL", LedgerAccount.REFUNDS) == -20_000
        )
        assert balance(session, rows(due, RefundRow)[0]["site"], LedgerAccount.BANK) == -50_000
    check(due)


def test_an_open_refund_is_expected_until_its_line(due: Engine) -> None:
    entered(due)
    site = rows(due, RefundRow)[0]["site"]
    with reading(due) as session:
        before = list(refunds.expected(session, site, MORNING))
    assert [(each.code, each.amount) for each in before] == [(Code.REFUND_OPEN, 50_000), (Code.REFUND_OPEN, 20_000)]
    made(due)
    with transaction(due) as session:
        for each in before:
            assert refunds.close(session, each.subject, each.amount, MORNING, each.subject, MORNING)
        assert list(refunds.expected(session, site, MORNING)) == []


# --- the driver's page -----------------------------------------------------------------------------------------


class Desk:
    """The part of a centre that the page needs."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine


def asked(engine: Engine, method: str, path: str, **parts: object) -> Response:
    app = FastAPI()
    app.state.centre = Desk(engine)
    app.include_router(money.router)

    async def call() -> Response:
        async with AsyncClient(transport=ASGITransport(app=app), base_url="http://centre") as client:
            return await client.request(method, path, **parts)  # type: ignore[arg-type]

    return asyncio.run(call())


def test_a_driver_says_where_the_money_goes_and_nobody_else_learns_it(due: Engine) -> None:
    name = names(due)[0]
    with transaction(due) as session:
        first = refund_accounts.ask(session, name, "lan", MORNING)
        token = refund_accounts.ask(session, name, "lan", MORNING)
    assert len(token) >= 22, "128 bits"
    assert asked(due, "GET", f"/v1/refunds/{first}/account").status_code == 404, "the link before has ended"
    path = f"/v1/refunds/{token}/account"
    seen = asked(due, "GET", path)
    assert seen.status_code == 200
    assert name in seen.text
    wrong = asked(due, "POST", path, data={"bank": "970436", "account": "<b>", "name": "NGUYEN A"})
    assert wrong.status_code == 422
    assert "<b>" not in wrong.text
    assert asked(due, "POST", path, json={"bank": "970436", "account": "99887766", "name": "Trần B"}).status_code == 200
    assert asked(due, "POST", path, content=b"\xff{").status_code == 400
    assert asked(due, "POST", path, content=b"x" * 5_000).status_code == 413
    everywhere = str([rows(due, table) for table in (EntryRow, AuditRow, RefundRow)])
    assert "99887766" not in everywhere
    assert token not in everywhere
    made(due)
    assert asked(due, "POST", path, json=TO._asdict()).status_code == 409, "it is on its way"


def test_a_page_that_nobody_was_given_does_not_exist(due: Engine) -> None:
    with reading(due) as session, pytest.raises(NoSuch):
        refund_accounts.asked(session, "A" * 22)
    assert asked(due, "GET", f"/v1/refunds/{'A' * 22}/account").status_code == 404
