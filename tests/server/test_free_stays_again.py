"""A stay that cost nothing has a charge and no entry: money that comes at the same microsecond is booked after it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from server.bursts import Proven, keep_all
from server.db import reading, transaction
from server.facts import ChargeRow, PaymentRow
from server.ingest import ingest
from server.ledger import waiting
from server.providers.contract import Received
from server.providers.sepay import SePay
from server.rebuild import rebuild
from server.tariffs import Tariffs
from tests.server.box import MORNING, Box, notice, paid, reference, signed
from tests.server.rows import rows

VISIT = reference(1)
HOUR = timedelta(hours=1)
BOOKED = MORNING + 2 * HOUR


def alone(engine: Engine, at: datetime) -> None:
    """The notice comes by itself."""
    paid(engine, notice(1, VISIT, 30_000), at)


def with_another(engine: Engine, at: datetime) -> None:
    """It comes in a burst."""
    raws = [notice(1, VISIT, 30_000), notice(2, "chuyen tien", 20_000)]
    told = [Proven(Received(raw, signed(raw, at), at), SePay.parse(Received(raw, {}, at)), raw.hex()) for raw in raws]
    with transaction(engine) as session:
        assert all(kept.new for kept in keep_all(session, told))


@pytest.mark.parametrize("way", [alone, with_another])
@pytest.mark.parametrize("apart", [timedelta(0), timedelta(seconds=-1), timedelta(seconds=1)])
def test_money_for_a_free_stay_is_booked_after_its_charge(
    engine: Engine, apart: timedelta, way: Callable[[Engine, datetime], None]
) -> None:
    box = Box()
    facts = [
        *box.arrives(VISIT, MORNING),
        *box.is_priced(VISIT, MORNING, MORNING + HOUR, 0),
        *box.leaves(VISIT, MORNING + HOUR),
    ]
    ingest(engine, Tariffs(engine), facts, BOOKED)
    way(engine, BOOKED + apart)
    (charge,), (payment, *_) = rows(engine, ChargeRow), rows(engine, PaymentRow)
    assert payment["reference"] == VISIT
    assert charge["total"] == 0
    assert payment["received_at"] > charge["recorded_at"]
    with reading(engine) as session:
        assert waiting(session, ["sepay:1"]) == {"sepay:1": 30_000}
    rebuild(engine)
    assert rows(engine, ChargeRow) == [charge]
