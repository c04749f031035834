"""Two transfers that nothing tells apart, each in a statement of its own half of a day."""

from datetime import date

import pytest
from sqlalchemy import Engine

from gate.findings import Code
from server.db import transaction
from server.imports import keeping
from server.imports.flaws import BadFile
from server.imports.keeping import File
from simulator.statements import Moved, as_workbook, bank_table
from tests.server.bankworld import SPS, at, open_cases, statement
from tests.server.box import ACCOUNT

ON = date(2026, 11, 23)
ALIKE = Moved(ON, 30_000, "", "chuyen tien gui xe")


def test_a_line_that_is_taken_for_another_files_is_a_case(sqlite: Engine) -> None:
    statement(sqlite, [ALIKE], at(ON, 12))
    assert Code.STATEMENT_GAP not in open_cases(sqlite)
    statement(sqlite, [ALIKE], at(ON, 23), opening=30_000)
    (case,) = open_cases(sqlite)[Code.STATEMENT_GAP]
    assert case.amount == 30_000
    assert case.evidence["lines"] == "30000"


def test_a_file_of_one_account_is_not_known_as_anothers(sqlite: Engine) -> None:
    raw = as_workbook(bank_table("vietcombank-cashup", SPS, 0, [ALIKE]))
    with transaction(sqlite) as session:
        keeping.bank_statement(session, File("a.xlsx", raw, "lan"), SPS, at(ON, 12))
        with pytest.raises(BadFile, match=f"was imported as of {SPS}"):
            keeping.bank_statement(session, File("a.xlsx", raw, "lan"), ACCOUNT["SPL"], at(ON, 12))
