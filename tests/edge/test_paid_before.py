"""Who paid before the exit: free to go within the grace to leave, then asked for what the stay costs more."""

from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from edge.journal.store import Store
from edge.known.visits import Visits
from edge.lanes import pages
from edge.lanes.decide import quote, reason_to_go
from gate import signing, vietqr
from gate.devices.screen import Face
from gate.lane import Phase
from gate.lease import Delta, Receipt
from gate.messages import OpeningReason, Quoted
from gate.tariff import Rate, Step, Turn
from gate.vehicle import VehicleClass
from tests.edge.desk import BOX, KEY, SECRET, TARIFF, Desk, lease
from tests.edge.fakes import MORNING
from tests.edge.test_lists import PLATE, Box
from tests.edge.test_lists import box as a_box

box = a_box

MINUTE: Final = timedelta(minutes=1)
HOURLY: Final = replace(
    TARIFF,
    code="hourly",
    turns={VehicleClass.CAR9: Turn(price=10_000, ceiling=100_000, cap=100_000)},
    rates=(Rate(name="hourly", rows={VehicleClass.CAR9: (Step(price=10_000, every=60),)}),),
    grace_to_pay_minutes=5,
    grace_to_leave_minutes=15,
)
LEASE: Final = lease(tariff=HOURLY)


def paid(visit: str, amount: int, minutes: int) -> Delta:
    """The centre's change: paid so many minutes after the morning."""
    receipt = Receipt(visit=visit, amount=amount, at=MORNING + minutes * MINUTE)
    return Delta(lease=1, number=1, box=BOX, paid=(visit,), receipts=(receipt,))


@pytest.mark.parametrize(
    ("minutes", "total", "owed"),
    [(50, 10_000, 0), (65, 20_000, 0), (66, 20_000, 10_000), (121, 30_000, 20_000)],
)
def test_the_grace_to_leave(box: Box, minutes: int, total: int, owed: int) -> None:
    visit = box.came_in(PLATE)
    box.visits.settled(paid(visit, 10_000, 50))
    quoted = quote(box.stay(visit), LEASE, MORNING + minutes * MINUTE)
    assert (quoted.bill.total, quoted.owed) == (total, owed)
    assert reason_to_go(quoted) is (None if owed else OpeningReason.PAID)
    if owed:
        assert vietqr.decode(quoted.payload).amount == owed
        page = pages.pay("out-1", quoted)
        assert (page.total, page.lines[-1]) == (owed, "Đã trả: -10.000")
    else:
        assert quoted.payload == ""


def test_a_moment_after_the_grace_is_after_it(box: Box) -> None:
    visit = box.came_in(PLATE)
    box.visits.settled(paid(visit, 10_000, 50))
    late = MORNING + 65 * MINUTE + timedelta(microseconds=1)
    assert quote(box.stay(visit), LEASE, late).owed == 10_000


def test_a_price_that_does_not_rise_is_paid_for_good(box: Box) -> None:
    visit = box.came_in(PLATE)
    box.visits.settled(paid(visit, 30_000, 50))
    assert reason_to_go(quote(box.stay(visit), lease(), MORNING + timedelta(days=3))) is OpeningReason.PAID


def test_a_centre_that_does_not_say_how_much_lets_go_as_before(box: Box) -> None:
    visit = box.came_in(PLATE)
    box.visits.settled(Delta(lease=1, number=1, box=BOX, paid=(visit,)))
    assert quote(box.stay(visit), LEASE, MORNING + timedelta(days=3)).owed == 0


def test_a_receipt_outlives_the_box_and_ends_with_its_stay(box: Box, tmp_path: Path) -> None:
    visit, other = box.came_in(PLATE), box.came_in("30F12345")
    box.visits.settled(paid(visit, 10_000, 50))
    box.visits.settled(paid(visit, 20_000, 70))
    again = Store(tmp_path / "box.db")
    known = Visits(again, box.clock, "SPS", SECRET.encode()).get(visit)
    again.close()
    assert known is not None
    assert known.receipt == Receipt(visit=visit, amount=20_000, at=MORNING + 70 * MINUTE)
    assert box.stay(other).receipt is None
    box.visits.left(visit, MORNING + 80 * MINUTE)
    box.visits.settled(paid(other, 10_000, 80))
    assert [row[0] for row in box.store.run("SELECT visit FROM visit_receipt")] == [other]


def test_a_quote_is_good_for_the_grace_to_pay(box: Box) -> None:
    visit = box.came_in(PLATE)
    first = quote(box.stay(visit), LEASE, MORNING + 58 * MINUTE)
    box.visits.quoted(visit, first.left)
    for minutes in (58, 61, 63):
        again = quote(box.stay(visit), LEASE, MORNING + minutes * MINUTE)
        assert (again.bill, again.left, again.owed) == (first.bill, MORNING + 58 * MINUTE, 10_000)
    later = quote(box.stay(visit), LEASE, MORNING + 63 * MINUTE + timedelta(microseconds=1))
    assert (later.owed, later.left) == (20_000, MORNING + 63 * MINUTE + timedelta(microseconds=1))
    box.visits.left(visit, MORNING + 64 * MINUTE)
    assert box.visits.get(visit) is None


def test_a_long_bill_keeps_to_the_screen(box: Box) -> None:
    visit = box.came_in(PLATE)
    steps = (*(Step(price=1_000, minutes=30) for _ in range(9)), Step(price=5_000, every=60))
    rate = Rate(name="night", rows={VehicleClass.CAR9: steps})
    page = pages.pay(
        "out-1", quote(box.stay(visit), lease(tariff=replace(HOURLY, rates=(rate,))), MORNING + 361 * MINUTE)
    )
    assert page.total == 19_000
    assert page.lines[0] == "Trước đó: 5.000"
    assert page.lines[-1] == "Ban đêm: Ô tô đến 9 chỗ, 2 x 60 phút: 10.000"
    assert (len(page.lines), page.lines[1:-1]) == (6, ("Ban đêm: Ô tô đến 9 chỗ: 1.000",) * 4)


def test_at_the_lane_the_rest_is_asked_for_and_opens(desk: Desk) -> None:
    desk.papers.lease_came(signing.sign(lease(2, tariff=HOURLY), KEY))
    visit = desk.comes_in(PLATE)
    desk.turn(50 * 60)
    paid_at = desk.clock.now()
    desk.visits.settled(Delta(lease=2, number=1, box=BOX, receipts=(Receipt(visit=visit, amount=10_000, at=paid_at),)))
    desk.visits.paid(visit)
    desk.turn(16 * 60)
    desk.arrive("out-1", PLATE)
    desk.turn(2)
    page = desk.page("out-1")
    assert (desk.phase("out-1"), page.face, page.total) == (Phase.PAYING, Face.PAY, 10_000)
    assert desk.facts(Quoted)[-1].total == 20_000, "the fact says the price of the stay; the code asks for the rest"
    top_up = Receipt(visit=visit, amount=20_000, at=desk.clock.now())
    desk.visits.settled(Delta(lease=2, number=2, box=BOX, paid=(visit,), receipts=(top_up,)))
    desk.turn(25)  # the order to open got lost
    assert desk.reasons()[-1] is OpeningReason.PAID


def test_at_the_lane_what_was_paid_too_little_is_not_let_go_as_paid(desk: Desk) -> None:
    desk.papers.lease_came(signing.sign(lease(2, tariff=HOURLY), KEY))
    visit = desk.comes_in(PLATE)
    desk.visits.settled(Delta(lease=2, number=1, box=BOX, paid=(visit,), receipts=(_receipt(desk, visit),)))
    desk.turn(3_700)
    desk.arrive("out-1", PLATE)
    desk.turn(30)
    assert desk.reasons()[-1] is OpeningReason.BILLED


def _receipt(desk: Desk, visit: str) -> Receipt:
    return Receipt(visit=visit, amount=10_000, at=desk.clock.now())
