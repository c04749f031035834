"""What a lane's screen says (vietnam.md 10.2), Vietnamese first."""

from edge.decide import Quote
from gate.devices.screen import Face, Page
from gate.money import dong, grouped


def welcome(lane: str) -> Page:
    """Nobody there."""
    return Page(lane=lane, face=Face.WELCOME, vi="Xin kính chào quý khách", en="Welcome")


def reading(lane: str) -> Page:
    """A vehicle stands at the arm and is looked at."""
    return Page(lane=lane, face=Face.READING, vi="Vui lòng dừng đúng vạch", en="Please stop at the line")


def come_in(lane: str, plate: str) -> Page:
    """The arm goes up at an entry."""
    return Page(lane=lane, face=Face.GO, vi="Xin mời vào", en="Please enter", plate=plate)


def leave(lane: str, plate: str, total: int) -> Page:
    """The arm goes up at an exit."""
    paid = f"Đã nhận {dong(total)}. " if total else ""
    vi = f"{paid}Chúc quý khách thượng lộ bình an!"
    return Page(lane=lane, face=Face.GO, vi=vi, en="Thank you and goodbye", plate=plate, total=total)


def pay(lane: str, quoted: Quote) -> Page:
    """The price and the code that pays it."""
    return Page(
        lane=lane,
        face=Face.PAY,
        vi="Quét mã QR để thanh toán",
        en="Scan the QR code to pay",
        plate=quoted.stay.plate,
        total=quoted.bill.total,
        lines=tuple(f"{line.what}: {grouped(line.amount)}" for line in quoted.bill.lines),
        payload=quoted.payload,
    )


def wait(lane: str) -> Page:
    """A person is on the way."""
    vi = "Vui lòng chờ nhân viên hỗ trợ"
    return Page(lane=lane, face=Face.WAIT, vi=vi, en="Please wait for an attendant")
