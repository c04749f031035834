"""Evidence of a finding in the reader's words: what is known is named, what is not is shown as it is.

For the console, the terminal and the sheets of an export alike. Moments are local, `23/11/2026 20:50`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import msgspec

from gate.money import dong
from server.days.spans import ZONE
from server.export.words import CLASSES, PROVIDERS, REASONS, SYSTEM, Pair
from server.language import Language

NAMES: Final[dict[str, Pair]] = {
    "account": ("Tài khoản", "Account"),
    "amount": ("Số tiền", "Amount"),
    "applied": ("Đã khớp", "Applied"),
    "bank_reference": ("Mã ngân hàng", "Bank reference"),
    "before": ("Sao kê trước", "Statement before"),
    "box": ("Hộp biên", "Box"),
    "by": ("Người làm", "By"),
    "charged": ("Phải thu", "Charged"),
    "class": ("Loại xe", "Class"),
    "closing": ("Số dư cuối", "Closing balance"),
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
    "expected": ("Theo sổ", "By the books"),
    "fee": ("Phí", "Fee"),
    "fee_vat": ("Thuế GTGT của phí", "VAT on the fee"),
    "file": ("Tệp chuyển khoản", "File of transfers"),
    "gross": ("Đối soát", "Settled"),
    "heard": ("Tín hiệu cuối", "Last heard"),
    "lane": ("Làn", "Lane"),
    "left": ("Giờ ra", "Left"),
    "line": ("Dòng", "Line"),
    "lines": ("Các dòng cộng lại", "The lines come to"),
    "made": ("Lập lúc", "Made"),
    "next": ("Ca sau", "Next shift"),
    "note": ("Ghi chú", "Note"),
    "off": ("Lệch", "Off by"),
    "opening": ("Số dư đầu", "Opening balance"),
    "order": ("Đơn thanh toán", "Order"),
    "ordered": ("Số tiền trên đơn", "Ordered"),
    "paid": ("Đã thu", "Paid"),
    "payment": ("Giao dịch", "Payment"),
    "payments": ("Số giao dịch", "Payments"),
    "probability": ("Xác suất", "Probability"),
    "provider": ("Nhà cung cấp", "Provider"),
    "quoted": ("Giá đã báo", "Quoted"),
    "reason": ("Lý do", "Reason"),
    "received": ("Nhận lúc", "Received"),
    "recomputed": ("Giá tính lại", "Computed again"),
    "said": ("Hộp báo giờ", "The box said"),
    "session": ("Kỳ đối soát", "Settlement"),
    "shift": ("Ca", "Shift"),
    "statement": ("Sao kê", "Statement"),
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
WHY: Final[dict[str, Pair]] = {
    said: (vi, said)
    for said, vi in {
        "the statement of its day has no such line": "sao kê của ngày không có dòng này",
        "no statement of this day": "chưa có sao kê của ngày này",
        "nobody knows how long this stay was": "không rõ xe đã gửi bao lâu",
        "facts wait in the box": "dữ liệu còn chờ trong hộp",
        "nobody has ever heard of this box": "hộp này chưa từng có tín hiệu",
        "the account is none of ours": "không phải tài khoản của bãi",
        "not what its settlements come to": "khác tổng các kỳ đối soát",
        "vehicles inside": "số xe trong bãi",
        "the same id with other content": "cùng mã nhưng khác nội dung",
        "a passage was explained by a visit that had passed": "lượt qua được gán cho lượt xe đã qua",
        "a reversal of no payment that we know": "đảo một giao dịch không có trong sổ",
    }.items()
}
CHANGE_WAITS: Final = "a change waits for a second person"
FAMILIES: Final[dict[str, dict[str, Pair]]] = {
    "class": CLASSES,
    "reason": REASONS,
    "provider": PROVIDERS,
    "direction": {"in": ("Vào", "In"), "out": ("Ra", "Out")},
    "by": SYSTEM,
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
