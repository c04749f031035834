"""What the pages say: both languages, prices as the trade writes them, and why."""

import unicodedata
from datetime import datetime, timedelta

import pytest

from edge.lanes import pages
from gate.devices.screen import Face, Page
from gate.lease import Standing
from gate.messages import OpeningReason, Why
from gate.vehicle import VehicleClass
from gate.wire import decode, encode
from tests.edge.web_desk import NOON, PLATE, all_faces, owing, stayed

LANE = "out-1"


@pytest.mark.parametrize("name", list(all_faces(LANE, "")))
def test_every_page_says_it_in_both_languages_and_goes_over_the_wire(name: str) -> None:
    page = all_faces(LANE, "a" * 64)[name]
    assert page.vi
    assert page.en
    assert bool(page.why_vi) == bool(page.why_en)
    assert decode(encode(page), Page) == page
    for text in (page.vi, page.why_vi, *page.lines):
        assert unicodedata.is_normalized("NFC", text)


@pytest.mark.parametrize("why", list(Why))
def test_a_driver_who_waits_reads_why(why: Why) -> None:
    page = pages.wait(LANE, why=why)
    assert (page.face, page.vi) == (Face.WAIT, "Vui lòng chờ nhân viên hỗ trợ")
    assert page.why_vi
    assert page.why_en


def test_without_a_reason_the_pages_are_as_they_were() -> None:
    assert pages.wait(LANE).why_vi == ""
    assert pages.come_in(LANE, PLATE).why_vi == ""
    assert pages.leave(LANE, PLATE, 0).why_vi == ""


def test_paid_is_said_once() -> None:
    page = pages.leave(LANE, PLATE, 30_000, reason=OpeningReason.PAID)
    assert page.vi == "Đã nhận 30.000\u00a0₫. Chúc quý khách thượng lộ bình an!"
    assert page.why_vi == ""
    assert pages.leave(LANE, PLATE, 0, reason=OpeningReason.PAID).why_vi == "Đã thanh toán"


@pytest.mark.parametrize(
    ("standing", "tag", "why"),
    [
        (Standing.PASS, False, "Vé tháng còn hiệu lực"),
        (Standing.PASS, True, "Vé tháng còn hiệu lực"),
        (Standing.EXEMPT, False, "Xe được miễn phí"),
        (None, True, "Đã đọc thẻ của xe"),
        (Standing.DENY, False, ""),
        (None, False, ""),
    ],
)
def test_by_what_the_arm_goes_up(standing: Standing | None, tag: bool, why: str) -> None:  # noqa: FBT001
    assert pages.come_in(LANE, PLATE, standing=standing, tag=tag).why_vi == why
    assert pages.leave(LANE, PLATE, 0, standing=standing, tag=tag).why_vi == why


def test_a_stay_is_told_in_the_times_of_the_place() -> None:
    assert owing(LANE).why_vi == "Vào 09:27, ra 12:00: 2 giờ 33 phút"
    assert owing(LANE).why_en == "In 09:27, out 12:00: 2 h 33 min"


@pytest.mark.parametrize(
    ("since", "now", "vi"),
    [
        (timedelta(minutes=7), NOON, "Vào 11:53, ra 12:00: 7 phút"),
        (timedelta(hours=26, minutes=5), NOON, "Vào 09:55 22/11, ra 12:00: 26 giờ 5 phút"),
        (timedelta(hours=1), None, "Vào lúc 11:00 ngày 23/11/2026"),
        (timedelta(hours=-1), NOON, "Vào lúc 13:00 ngày 23/11/2026"),  # a clock that jumped tells no length
    ],
)
def test_how_long_a_stay_was(since: timedelta, now: datetime | None, vi: str) -> None:
    assert pages.pay(LANE, stayed(NOON - since), now=now).why_vi == vi


def test_a_motorbikes_plate_is_marked_as_one() -> None:
    assert pages.pay(LANE, stayed(NOON, VehicleClass.MOTO)).motorbike
    assert not owing(LANE).motorbike
    assert pages.come_in(LANE, PLATE, kind=VehicleClass.MOTO).motorbike


def test_a_line_that_has_no_word_is_shown_as_the_bill_has_it() -> None:
    assert pages.pay(LANE, stayed(NOON, what="night rate")).lines == ("night rate: 30.000",)
    assert pages.pay(LANE, stayed(NOON, what="free")).lines == ("Thời gian miễn phí: 30.000",)


def test_a_denied_vehicle_is_not_shamed() -> None:
    page = pages.denied(LANE, plate=PLATE)
    assert page.face is Face.WAIT
    assert "cấm" not in page.why_vi


def test_an_open_lane_does_not_say_that_it_is_free() -> None:
    assert "miễn phí" not in pages.go_ahead(LANE).why_vi
