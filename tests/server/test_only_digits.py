"""A bank's number is of plain digits, and nobody writes off a day that is not over."""

from datetime import date

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from server import closing
from server.db import transaction
from server.refund_accounts import BadAccount, account
from server.register import BoxRow
from tests.server.box import MORNING


def test_a_banks_number_is_of_plain_digits() -> None:
    with pytest.raises(BadAccount, match=r"^bank:"):
        account("97\u0660\u0664\u0663\u0666", "1017595600", "NGUYEN A")


def test_no_box_is_written_off_for_a_day_that_is_not_over(sqlite: Engine) -> None:
    with transaction(sqlite) as session:
        box = session.exec(select(BoxRow.box)).first() or ""
        with pytest.raises(ValueError, match="not over"):
            closing.write_off(session, box, date(2027, 5, 1), by="lan", note="hỏng", now=MORNING)
