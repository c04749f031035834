"""Another shift brings no new limit of claims."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from server import claims, shifts
from server.db import transaction
from server.money_rules import Impossible, MoneyRules
from tests.server.box import MORNING, reference
from tests.server.money_desk import stand_at_the_exit

HOUR = timedelta(hours=1)
RULES = MoneyRules(claims=1)


def _claimed(engine: Engine, number: int, hours: int) -> None:
    with transaction(engine) as session:
        claims.claim(session, "out-1", reference(number), "tam", "ảnh chuyển khoản", RULES, MORNING + hours * HOUR)


def test_beginning_a_shift_brings_no_new_limit(sqlite: Engine) -> None:
    stand_at_the_exit(sqlite, [1, 2, 3])
    _claimed(sqlite, 1, 1)
    with transaction(sqlite) as session:
        shift = shifts.begin(session, "SPS", by="tam", opening_cash=0, now=MORNING + HOUR).shift
    with pytest.raises(Impossible, match="1 are allowed"):
        _claimed(sqlite, 2, 2)
    with transaction(sqlite) as session:
        shifts.hand_over(session, shift, by="tam", to="ba", counted=0, left=0, note="", now=MORNING + 3 * HOUR)
        shifts.begin(session, "SPS", by="tam", opening_cash=0, now=MORNING + 4 * HOUR)
    with pytest.raises(Impossible, match="1 are allowed"):
        _claimed(sqlite, 2, 5)
    _claimed(sqlite, 3, 30)
