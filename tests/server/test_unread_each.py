"""Each proven notice that cannot be read may be money, so each is a case."""

from sqlalchemy import Engine

from gate.findings import Code
from server.facts import AnomalyRow
from tests.server.box import notice
from tests.server.money_desk import MoneyDesk
from tests.server.rows import rows


def test_two_in_an_hour_are_two_cases(sqlite: Engine) -> None:
    desk = MoneyDesk(sqlite)
    for number in (1, 2, 2):
        assert desk.told("sepay", notice(number, "x", currency="USD")).status == 400
    assert [row["code"] for row in rows(sqlite, AnomalyRow)] == [Code.NOTICE_REFUSED] * 2
