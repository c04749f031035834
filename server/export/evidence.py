"""Evidence of a finding in the reader's words: what is known is named, what is not is shown as it is.

For the console, the terminal and the sheets of an export alike. Moments are local, `23/11/2026 20:50`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import msgspec

from gate.money import dong
from server.days.spans import ZONE
from server.export.why import WHY
from server.export.words import CLASSES, PROVIDERS, REASONS, SYSTEM, Pair
from server.language import Language

NAMES: Final[dict[str, Pair]] = {
    "account": ("Tài khoản", "Account"),
    "amount": ("Số tiền", "Amount"),
    "applied": ("Đã khớp", "Applied"),
    "as": ("Giải thích là", "Explained as"),
    "at": ("Lúc", "At"),
    "bank_reference": ("Mã ngân hàng", "Bank reference"),
    "before": ("Sao kê trước", "Statement before"),
    "box": ("Hộp biên", "Box"),
    "by": ("Người làm", "By"),
    "charged": ("Phải thu", "Charged"),
    "class": ("Loại xe", "Class"),
    "closing": ("Số dư cuối", "Closing balance"),
    "corrected_before": ("Chỉnh trước bản ghi", "Corrected before fact"),
    "correction": ("Đã chỉnh giờ", "Clock corrected by"),
    "counted": ("Đã đếm", "Counted"),
    "day": ("Ngày", "Day"),
    "decision": ("Quyết định", "Decision"),
    "device": ("Thiết bị", "Device"),
    "difference": ("Chênh lệch", "Difference"),
    "direction": ("Chiều", "Direction"),
    "entered": ("Giờ vào", "Entered"),
    "entry_lane": ("Làn vào", "Entry lane"),
    "estimate": ("Ước tính", "Estimate"),
    "event": ("Sự kiện", "Event"),
    "expected": ("Theo sổ", "By the books"),
    "fact": ("Bản ghi", "Fact"),
    "fee": ("Phí", "Fee"),
    "fee_vat": ("Thuế GTGT của phí", "VAT on the fee"),
    "file": ("Tệp chuyển khoản", "File of transfers"),
    "first": ("Trước hết", "First"),
    "first_sha256": ("Mã băm (SHA-256)", "Hash (SHA-256)"),
    "for_kind": ("Loại xe nói", "The class says"),
    "for_lane": ("Làn nói", "The lanes say"),
    "for_plate": ("Biển số nói", "The plates say"),
    "for_tag": ("Thẻ nói", "The tags say"),
    "for_time": ("Thời gian nói", "The time says"),
    "from": ("Từ", "From"),
    "gross": ("Đối soát", "Settled"),
    "heard": ("Tín hiệu cuối", "Last heard"),
    "kind": ("Loại", "Kind"),
    "lane": ("Làn", "Lane"),
    "left": ("Giờ ra", "Left"),
    "likely": ("Khả năng", "Likely"),
    "line": ("Dòng", "Line"),
    "lines": ("Các dòng cộng lại", "The lines come to"),
    "made": ("Lập lúc", "Made"),
    "margin": ("Hơn khả năng sau", "Ahead of the next"),
    "merchant_ref": ("Mã của bãi", "Our reference"),
    "needed": ("Cần mấy người", "People needed"),
    "next": ("Ca sau", "Next shift"),
    "note": ("Ghi chú", "Note"),
    "off": ("Lệch", "Off by"),
    "on_shift": ("Đang trong ca", "On shift"),
    "opening": ("Số dư đầu", "Opening balance"),
    "order": ("Đơn thanh toán", "Order"),
    "ordered": ("Số tiền trên đơn", "Ordered"),
    "other": ("Lượt xe kia", "The other visit"),
    "paid": ("Đã thu", "Paid"),
    "payment": ("Giao dịch", "Payment"),
    "payments": ("Số giao dịch", "Payments"),
    "probability": ("Xác suất", "Probability"),
    "provider": ("Nhà cung cấp", "Provider"),
    "quoted": ("Giá đã báo", "Quoted"),
    "reason": ("Lý do", "Reason"),
    "received": ("Nhận lúc", "Received"),
    "recomputed": ("Giá tính lại", "Computed again"),
    "reference": ("Mã tham chiếu", "Reference"),
    "refund": ("Hoàn tiền", "Refund"),
    "said": ("Hộp báo giờ", "The box said"),
    "session": ("Kỳ đối soát", "Settlement"),
    "settlement": ("Đối soát số", "Settlement number"),
    "shift": ("Ca", "Shift"),
    "stage": ("Bảng giá", "Price list"),
    "statement": ("Sao kê", "Statement"),
    "stays": ("Số lượt", "Stays"),
    "sum": ("Tổng sổ cái", "Ledger sum"),
    "to": ("Đến", "To"),
    "visit": ("Lượt xe", "Visit"),
    "waiting": ("Số việc chờ gửi", "Facts waiting"),
    "what": ("Sự việc", "What"),
    "why": ("Vì sao", "Why"),
}
MONEY: Final = frozenset(
    {"amount", "applied", "charged", "closing", "counted", "difference", "expected", "fee", "fee_vat", "gross", "left"}
    | {"lines", "off", "opening", "ordered", "paid", "payment", "quoted", "recomputed", "sum"}
)
LEFT_IN_TILL: Final[Pair] = ("Để lại trong két", "Left in the till")
CHANGE_WAITS: Final = "a change waits for a second person"
FAMILIES: Final[dict[str, dict[str, Pair]]] = {
    "class": CLASSES,
    "reason": REASONS,
    "provider": PROVIDERS,
    "direction": {"in": ("Vào", "In"), "out": ("Ra", "Out")},
    "by": SYSTEM,
    "stage": {
        "draft": ("chờ duyệt", "waits for approval"),
        "refused": ("bị từ chối", "refused"),
        "withdrawn": ("đã rút", "withdrawn"),
    },
    "why": WHY,
    "account": {
        "known": ("đã biết", "known"),
        "not known": ("chưa biết", "not known"),
        CHANGE_WAITS: ("đổi tài khoản, chờ người thứ hai", CHANGE_WAITS),
    },
}


def told(evidence: Mapping[str, str], language: Language) -> tuple[tuple[str, str], ...]:
    """Name and value of each part that says something."""
    return tuple(
        (_name(key, value, language), _value(key, value, language)) for key, value in evidence.items() if value
    )


def in_a_line(kept: str, language: Language) -> str:
    """The same of evidence as JSON, in one line; text that is no such thing stays as it is."""
    try:
        evidence = msgspec.json.decode(kept, type=dict[str, str])
    except msgspec.DecodeError:
        return kept
    return in_words(evidence, language)


def in_words(evidence: Mapping[str, str], language: Language = Language.VI) -> str:
    """The same in one line."""
    return "; ".join(f"{name}: {value}" for name, value in told(evidence, language))


def _name(key: str, value: str, language: Language) -> str:
    pair = LEFT_IN_TILL if key == "left" and _is_number(value) else NAMES.get(key, (key, key))
    return pair[language is Language.EN]


def _value(key: str, value: str, language: Language) -> str:
    if key in MONEY and _is_number(value):
        return dong(int(value))
    known = FAMILIES.get(key, {}).get(value)
    return known[language is Language.EN] if known else _moment(value)


def _is_number(value: str) -> bool:
    digits = value.removeprefix("-")
    return digits.isascii() and digits.isdecimal() and len(digits) <= 18


def _moment(value: str) -> str:
    """A moment or date in ISO 8601 as people here write it; anything else as it is."""
    try:
        if len(value) == len("2026-11-23"):
            return f"{date.fromisoformat(value):%d/%m/%Y}"
        at = datetime.fromisoformat(value)
        return f"{at.astimezone(ZONE):%d/%m/%Y %H:%M}" if at.tzinfo else value
    except (ValueError, OverflowError):
        return value
