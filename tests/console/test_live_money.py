"""Claimed paid and cash at an exit, and shifts: within their limits, once, and nothing for who may not."""

from datetime import datetime, timedelta
from typing import Final

import pytest
from sqlmodel import select

from gate.messages import ArmRaised, OpeningReason, Why
from server import ledger, occupancy
from server.console.cards import site_now
from server.console.once import fresh
from server.db import reading, transaction
from server.facts_day import HandOverRow, ReceiptRow, ShiftRow
from server.facts_money import ClaimRow
from server.register import SiteRow
from tests.console.conftest import Visitor
from tests.console.scene import CAR, Scene
from tests.console.test_help import Helper, orders

AT: Final = "/live/SPS/out-1"
HOUR: Final = timedelta(hours=1)
PART: Final = {"hx-request": "true"}
MONEY: Final = {"amount": "30000", "note": "the phone is dead"}


@pytest.fixture
def owing(scene: Scene, now: datetime) -> str:
    """A driver at the exit who owes 30.000, and waits."""
    return driver(scene, now)


def driver(scene: Scene, now: datetime, plate: str = "29A13579") -> str:
    visit = scene.admits("SPS", "in-1", scene.sees("SPS", "in-1", plate, now - HOUR), now - HOUR)
    approach = scene.sees("SPS", "out-1", plate, now)
    scene.states("SPS", now, in_1=("idle", "down"), out_1=("attended", "down"))
    scene.quotes("SPS", "out-1", approach, visit, now - HOUR, now, CAR)
    scene.wants("SPS", "out-1", approach, Why.UNPAID, now)
    return visit


def rows(scene: Scene, table: type) -> list[object]:
    with reading(scene.centre.engine) as session:
        return list(session.exec(select(table)).all())


def test_the_card_says_why_and_the_pictures_stand_side_by_side(owing: str, visitor: Visitor) -> None:
    text = visitor("attendant").get("/live").text
    assert "biểu giá flat-1" in text
    assert text.split('id="wanted-SPS-out-1"')[1].split("</article>")[0].count("/v1/pictures/") == 2
    assert 'class="loops" role="img" aria-label="vòng chờ: trống' in text
    assert owing not in text.split("figure")[0]


def test_who_waits_is_drawn_alike_while_nothing_changes(scene: Scene, owing: str, now: datetime) -> None:
    def token(at: datetime) -> str:
        with reading(scene.centre.engine) as session:
            cards = site_now(session, session.get_one(SiteRow, "SPS"), at, plates=True).cards
        (want,) = [card.want for card in cards if card.want]
        assert want.entry is not None
        assert want.entry.visit == owing
        return want.token

    start = now.replace(second=0, microsecond=0)
    assert token(start) == token(start + timedelta(seconds=59))
    assert token(start) != token(start + timedelta(minutes=1)), "what failed may be tried again"


def test_claimed_paid_opens_once_within_the_limits(scene: Scene, owing: str, visitor: Visitor) -> None:
    helper, form = Helper(visitor("attendant")), {"once": fresh(), "visit": owing, "note": "app shows it"}
    shown = helper.browser.get(f"{AT}/claim").text
    assert "0 trên 5" in shown
    assert "30.000" in shown
    for _ in range(2):
        assert helper.post(f"{AT}/claim", **form).status_code == 200
    (order,) = orders(scene)
    assert (order.reason, order.visit) == (OpeningReason.CLAIMED, owing)
    (claim,) = rows(scene, ClaimRow)
    assert (claim.amount, claim.by) == (30_000, "attendant")  # type: ignore[attr-defined]
    assert "1 trên 5" in helper.browser.get(f"{AT}/claim").text
    refused = helper.post(f"{AT}/claim", visit=owing, note="once more")
    assert (refused.status_code, "Vượt hạn mức" in refused.text) == (400, True)


NOT_SO: Final = (
    ({"note": "x"}, 400),
    ({"visit": "SPS23456789", "note": "another car"}, 409),
    ({"once": "", "note": "no token"}, 400),
)


def test_a_claim_that_is_not_so_opens_nothing(scene: Scene, owing: str, visitor: Visitor) -> None:
    helper = Helper(visitor("attendant"))
    for data, status in NOT_SO:
        answer = helper.post(f"{AT}/claim", **{"visit": owing, **data})
        assert answer.status_code == status, answer.text
    assert (orders(scene), rows(scene, ClaimRow)) == ([], [])


def test_the_shifts_limit_is_told_and_kept(scene: Scene, owing: str, visitor: Visitor, now: datetime) -> None:
    with transaction(scene.centre.engine) as session:
        for number in range(5):
            it = ClaimRow(visit=f"V{number}", site="SPS", lane="out-1", shift="", amount=1, by="attendant", note="")
            it.made_at = now
            session.add(it)
    helper = Helper(visitor("attendant"))
    assert "Vượt hạn mức của ca" in helper.browser.get(f"{AT}/claim").text
    assert helper.post(f"{AT}/claim", visit=owing, note="app shows it").status_code == 400
    assert orders(scene) == []


def test_cash_needs_a_shift_and_is_taken_once(scene: Scene, owing: str, visitor: Visitor) -> None:
    helper = Helper(visitor("attendant"))
    assert "Hãy bắt đầu ca" in helper.browser.get(f"{AT}/cash").text
    assert helper.post(f"{AT}/cash", visit=owing, **MONEY).status_code == 400
    begun = helper.post("/live/shifts/SPS", counted="200000")
    assert begun.headers["hx-redirect"] == "/live?said=shift_begun"
    form = {"once": fresh(), "visit": owing, **MONEY}
    assert helper.post(f"{AT}/cash", **form | {"amount": "30001"}).status_code == 400, "no more than is owed"
    for _ in range(2):
        assert helper.post(f"{AT}/cash", **form).status_code == 200
    (receipt,) = rows(scene, ReceiptRow)
    assert (receipt.amount, receipt.note) == (30_000, "the phone is dead")  # type: ignore[attr-defined]
    with reading(scene.centre.engine) as session:
        assert ledger.owed(session, owing) == 0
    (order,) = orders(scene)
    assert (order.reason, order.visit) == (OpeningReason.PAID, owing)
    text = helper.browser.get("/live/shifts", headers=PART).text
    assert "két phải có 230.000" in text
    assert text.count("<details>") == 2, "the other sites' tills lie closed"
    assert helper.browser.get("/live/shifts").headers["location"] == "/live", "a part is no page"


def test_a_shift_is_handed_over_counted_and_not_before_each_opening_has_its_reason(
    scene: Scene, visitor: Visitor, now: datetime
) -> None:
    helper = Helper(visitor("attendant"))
    helper.post("/live/shifts/SPS", counted="200000")
    end = {"to": "manager", "counted": "200000", "left": "50000"}
    assert helper.post("/live/shifts/SPS/end", **end | {"to": "nobody"}).status_code == 400
    assert helper.post("/live/shifts/SPS/end", **end | {"counted": "199000"}).status_code == 400, "say why it differs"
    assert helper.post("/live/shifts/SPL/end", **end).status_code == 400
    box = scene.boxes["SPS"]
    raised = ArmRaised(lane="out-1", opening=box.id(), reason=OpeningReason.BY_HAND, by="hand")
    (begun,) = rows(scene, ShiftRow)
    scene.said("SPS", [box.fact(raised, begun.began_at)])  # type: ignore[attr-defined]
    assert "1 lần mở barie chưa có lý do" in helper.browser.get("/live/shifts", headers=PART).text
    refused = helper.post("/live/shifts/SPS/end", **end)
    assert (refused.status_code, "chưa có lý do" in refused.text) == (400, True)
    with transaction(scene.centre.engine) as session:
        from server.shifts import give_reason  # noqa: PLC0415 - only here

        give_reason(session, str(raised.opening), by="attendant", note="an ambulance", now=now)
    done = helper.post("/live/shifts/SPS/end", **end)
    assert done.headers["hx-redirect"] == "/live?said=shift_over"
    (over,) = rows(scene, HandOverRow)
    assert (over.to, over.counted_cash, over.left_cash) == ("manager", 200_000, 50_000)  # type: ignore[attr-defined]


def test_only_who_helps_drivers_and_only_at_an_exit_with_a_stay(owing: str, visitor: Visitor) -> None:
    assert owing
    attendant, finance = visitor("attendant"), visitor("finance")
    for path in (f"{AT}/claim", f"{AT}/cash", "/live/shifts"):
        answers = [each.get(path, headers=PART).status_code for each in (finance, attendant)]
        assert answers == [403, 200], path
    for what in ("claim", "cash"):
        assert attendant.get(f"/live/SPS/in-1/{what}").status_code == 409
        assert attendant.get(f"/live/SPS/out-9/{what}").status_code == 404


def test_how_many_are_inside_has_its_error_bar_and_follows_each_passage(
    scene: Scene, visitor: Visitor, now: datetime
) -> None:
    with transaction(scene.centre.engine) as session:
        occupancy.anchor(session, "SPS", 100, 10, "manager", "", now - HOUR)

    def inside() -> tuple[int, int]:
        with reading(scene.centre.engine) as session:
            found = site_now(session, session.get_one(SiteRow, "SPS"), now, plates=False).inside
        return found.expected, found.high

    assert inside() == (100, 110)
    scene.admits("SPS", "in-1", scene.read("SPS", "in-1", "29A13579", now - HOUR / 2), now - HOUR / 2)
    assert inside() == (101, 112)
    assert "<b>101</b> <small>± 11" in visitor("finance").get("/live").text
