"""What a lane's screen says (vietnam.md 10.2), Vietnamese first."""

import re
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from edge.lanes.decide import Quote
from gate.devices.screen import Face, Page
from gate.lease import Standing
from gate.messages import OpeningReason, Why
from gate.money import dong, grouped
from gate.vehicle import VehicleClass

ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
Words = tuple[str, str]
"""The same in Vietnamese and in English."""

_NONE: Final[Words] = ("", "")
_TAG: Final[Words] = ("Đã đọc thẻ của xe", "Vehicle tag accepted")
_STANDING: Final[dict[Standing, Words]] = {
    Standing.PASS: ("Vé tháng còn hiệu lực", "Monthly pass accepted"),
    Standing.EXEMPT: ("Xe được miễn phí", "Exempt from the charge"),
}
_GO: Final[dict[OpeningReason, Words]] = {
    OpeningReason.PAID: ("Đã thanh toán", "Paid"),
    OpeningReason.FREE: ("Lượt này không phải trả tiền", "Nothing to pay this time"),
    OpeningReason.BILLED: ("Ngân hàng chưa xác nhận, phí được ghi nợ", "Not confirmed by the bank yet: stays due"),
    OpeningReason.CLAIMED: ("Chưa thấy tiền về, phí được ghi nợ", "The money is not here yet: stays due"),
    OpeningReason.PERSON: ("Nhân viên đã mở barie", "Opened by an attendant"),
    OpeningReason.MODE: ("Barie đang mở cho mọi xe", "The arm is open for everyone"),
    OpeningReason.FIRE: ("Báo cháy: barie luôn mở", "Fire alarm: the arm stays up"),
}
_HELP: Final[dict[Why, Words]] = {
    Why.UNREAD: ("Không nhận dạng được biển số", "The plate could not be read"),
    Why.NO_MATCH: ("Không tìm thấy lượt vào của xe này", "No entry was found for this vehicle"),
    Why.AMBIGUOUS: ("Có nhiều xe giống biển số này", "Several vehicles resemble this plate"),
    Why.UNPAID: ("Ngân hàng chưa xác nhận thanh toán", "The bank has not confirmed the payment"),
    Why.FAULT: ("Thiết bị của làn đang có sự cố", "A device of this lane has a fault"),
    Why.FULL: ("Bãi đã hết chỗ", "The car park is full"),
    Why.DENIED: ("Xe này cần nhân viên kiểm tra", "An attendant must check this vehicle"),
}
_TURN: Final[dict[str, str]] = {
    VehicleClass.MOTO: "Xe máy",
    VehicleClass.CAR9: "Ô tô đến 9 chỗ",
    VehicleClass.VAN16: "Xe 10 đến 16 chỗ",
    VehicleClass.MINI29: "Xe 17 đến 29 chỗ",
    VehicleClass.BUS30: "Xe từ 30 chỗ",
}


_LINES: Final = {
    "free": "Thời gian miễn phí",
    "rounding": "Làm tròn",
    "not less": "Không thấp hơn giá đã tính",
    Standing.PASS: "Vé tháng",
    Standing.EXEMPT: "Miễn phí",
}
_RATES: Final = {
    "turn": "Lượt",
    "day": "Ban ngày",
    "night": "Ban đêm",
    "festival": "Ngày lễ hội",
    "late": "Phụ thu đêm",
}
_BLOCKS: Final = re.compile(r"([0-9]+)x([0-9]+)m\b")
LINES_SHOWN: Final = 6
"""Lines of a bill that a lane's screen has room for."""


def starting(lane: str) -> Page:
    """The box has just come up and has not looked at the lane yet."""
    return Page(lane=lane, face=Face.WAIT, vi="Xin chờ trong giây lát", en="One moment, please")


def welcome(lane: str) -> Page:
    """Nobody there."""
    return Page(
        lane=lane,
        face=Face.WELCOME,
        vi="Xin kính chào quý khách",
        en="Welcome",
        why_vi="Khu vực có camera giám sát",
        why_en="This area is under camera surveillance",
    )


def reading(lane: str) -> Page:
    """A vehicle stands at the arm and is looked at."""
    return Page(lane=lane, face=Face.READING, vi="Vui lòng dừng đúng vạch", en="Please stop at the line")


def come_in(
    lane: str,
    plate: str,
    *,
    standing: Standing | None = None,
    tag: bool = False,
    kind: VehicleClass | None = None,
    photo: str = "",
) -> Page:
    """The arm goes up at an entry. `standing` and `tag`: what it goes up by, if not by the plate alone."""
    why = _credential(standing, tag=tag)
    return Page(
        lane=lane,
        face=Face.GO,
        vi="Xin mời vào",
        en="Please enter",
        plate=plate,
        motorbike=kind is VehicleClass.MOTO,
        why_vi=why[0],
        why_en=why[1],
        photo=photo,
    )


def leave(
    lane: str,
    plate: str,
    total: int,
    *,
    reason: OpeningReason | None = None,
    standing: Standing | None = None,
    tag: bool = False,
    kind: VehicleClass | None = None,
    photo: str = "",
) -> Page:
    """The arm goes up at an exit. `total` was paid; `reason`, `standing` and `tag` say why it goes up."""
    paid = f"Đã nhận {dong(total)}. " if total else ""
    vi = f"{paid}Chúc quý khách thượng lộ bình an!"
    why = _credential(standing, tag=tag)
    if why is _NONE and reason is not None and not (reason is OpeningReason.PAID and total):
        why = _GO.get(reason, _NONE)
    return Page(
        lane=lane,
        face=Face.GO,
        vi=vi,
        en="Thank you and goodbye",
        plate=plate,
        motorbike=kind is VehicleClass.MOTO,
        total=total,
        why_vi=why[0],
        why_en=why[1],
        photo=photo,
    )


def pay(lane: str, quoted: Quote, *, now: datetime | None = None, photo: str = "") -> Page:
    """The price and the code that pays it. `now`: when the stay was priced, to say how long it was."""
    why = _stayed(quoted.stay.entered_at, now)
    return Page(
        lane=lane,
        face=Face.PAY,
        vi="Quét mã QR để thanh toán",
        en="Scan the QR code to pay",
        plate=quoted.stay.plate,
        motorbike=quoted.stay.vehicle_class is VehicleClass.MOTO,
        total=quoted.owed,
        lines=_lines(quoted),
        payload=quoted.payload,
        why_vi=why[0],
        why_en=why[1],
        photo=photo,
    )


def wait(
    lane: str, *, why: Why | None = None, plate: str = "", kind: VehicleClass | None = None, photo: str = ""
) -> Page:
    """A person is on the way; `why` is what the lane asked for."""
    vi, en = _HELP[why] if why else _NONE
    return Page(
        lane=lane,
        face=Face.WAIT,
        vi="Vui lòng chờ nhân viên hỗ trợ",
        en="Please wait for an attendant",
        plate=plate,
        motorbike=kind is VehicleClass.MOTO,
        why_vi=vi,
        why_en=en,
        photo=photo,
    )


def full(lane: str, *, plate: str = "", kind: VehicleClass | None = None, photo: str = "") -> Page:
    """No place is left."""
    return Page(
        lane=lane,
        face=Face.CLOSED,
        vi="Bãi đã hết chỗ",
        en="Car park full",
        plate=plate,
        motorbike=kind is VehicleClass.MOTO,
        why_vi="Xin quý khách quay lại sau",
        why_en="Please come back later",
        photo=photo,
    )


def denied(lane: str, *, plate: str = "", kind: VehicleClass | None = None, photo: str = "") -> Page:
    """On the site's deny list: a person decides. Passers-by are not told what the list says."""
    return wait(lane, why=Why.DENIED, plate=plate, kind=kind, photo=photo)


def closed(lane: str) -> Page:
    """Nobody is let in here."""
    return Page(
        lane=lane,
        face=Face.CLOSED,
        vi="Làn đóng",
        en="Lane closed",
        why_vi="Xin dùng làn khác",
        why_en="Please use another lane",
    )


def out_of_service(lane: str) -> Page:
    """The arm does not do what it is told."""
    return Page(
        lane=lane,
        face=Face.CLOSED,
        vi="Làn tạm ngừng phục vụ",
        en="Lane out of service",
        why_vi="Xin chờ nhân viên hoặc dùng làn khác",
        why_en="Please wait for an attendant or use another lane",
    )


def go_ahead(lane: str) -> Page:
    """The arm is held up, or goes up for everyone: plates are read and billed all the same."""
    return Page(
        lane=lane,
        face=Face.GO,
        vi="Mời đi",
        en="Please go ahead",
        why_vi="Barie đang mở, biển số vẫn được ghi nhận",
        why_en="The arm is open; plates are still recorded",
    )


def _credential(standing: Standing | None, *, tag: bool) -> Words:
    return _STANDING.get(standing, _NONE) if standing else _TAG if tag else _NONE


def _lines(quoted: Quote) -> tuple[str, ...]:
    """The bill's lines in words, of a long bill the last; and what was paid of it before."""
    lines = [f"{_what(line.what)}: {grouped(line.amount)}" for line in quoted.bill.lines]
    if len(lines) > LINES_SHOWN:
        hidden = sum(line.amount for line in quoted.bill.lines[: 1 - LINES_SHOWN])
        lines = [f"Trước đó: {grouped(hidden)}", *lines[1 - LINES_SHOWN :]]
    paid = quoted.bill.total - quoted.owed
    return (*lines, f"Đã trả: -{grouped(paid)}") if paid else tuple(lines)


def _what(what: str) -> str:
    """A line of a bill in words; one that is not known is shown as the bill has it."""
    if what in _LINES:
        return _LINES[what]
    rate, _, rest = what.partition(" ")
    kind, _, blocks = rest.partition(" ")
    vehicle = _TURN.get(kind)
    if vehicle is None:
        return what
    counted = _BLOCKS.match(blocks)
    each = f", {counted[1]} x {counted[2]} phút" if counted else ""
    return f"{_RATES.get(rate, rate)}: {vehicle}{each}"


def _stayed(since: datetime, until: datetime | None) -> Words:
    """Since when, and for how long where that is known."""
    entered = since.astimezone(ZONE)
    came = f"{entered:%H:%M}"
    if until is None or until < since:
        return f"Vào lúc {came} ngày {entered:%d/%m/%Y}", f"Entered at {came} on {entered:%d/%m/%Y}"
    hours, minutes = divmod(int((until - since).total_seconds()) // 60, 60)
    vi, en = (
        (f"{hours} giờ {minutes} phút", f"{hours} h {minutes} min") if hours else (f"{minutes} phút", f"{minutes} min")
    )
    left = f"{until.astimezone(ZONE):%H:%M}"
    day = "" if entered.date() == until.astimezone(ZONE).date() else f" {entered:%d/%m}"
    return f"Vào {came}{day}, ra {left}: {vi}", f"In {came}{day}, out {left}: {en}"
