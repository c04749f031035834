"""The campaign of wrong clocks, in small, and that its judge sees what is wrong."""

from datetime import timedelta
from uuid import UUID

import pytest

from gate.messages import BillLine, Quoted
from gate.vehicle import VehicleClass
from tests.campaign.clocks import Books, Left, judge, run
from tests.edge.fakes import MORNING

STAY = timedelta(hours=3)


def test_a_few_schedules_hold() -> None:
    result = run(7, scale=0.016)
    assert result.failures == []
    assert result.figures["schedules"] == 8


def left(length: timedelta = STAY, total: int = 30_000, *, known: bool = True) -> Left:
    came = MORNING - length
    line = BillLine(since=came, until=MORNING, what="turn", amount=total)
    quoted = Quoted(
        lane="out-1",
        approach=UUID(int=1),
        visit="SPS22222222",
        tariff="by-length",
        vehicle_class=VehicleClass.CAR9,
        entered_at=came,
        left_at=MORNING,
        total=total,
        vat=0,
        lines=(line,),
    )
    return Left("SPS22222222", STAY, known, quoted, STAY)


def books(recomputed: int = 30_000, length: timedelta = STAY, *, unsure: bool = False) -> Books:
    row = {"entered_at": MORNING - length, "left_at": MORNING, "recomputed": recomputed}
    return Books({"SPS22222222": row}, {"SPS22222222"} if unsure else set())


@pytest.mark.parametrize(
    ("one", "said", "words"),
    [
        (left(), books(), ""),
        (left(-STAY), books(), "negative at the box"),
        (left(), books(length=-STAY), "negative in the books"),
        (left(2 * STAY), books(), "off by"),
        (left(STAY / 3, 0, known=False), books(0), "without a finding"),
        (left(STAY / 3, 0, known=False), books(0, unsure=True), ""),
        (left(), books(0), "computed again"),
    ],
)
def test_the_judge_sees(one: Left, said: Books, words: str) -> None:
    wrong = judge(one, said)
    assert words in "".join(wrong)
    assert bool(wrong) == bool(words)
