"""What the books know of one thing, as lines for a terminal: local times, grouped dong, no braces.

For `show` commands; programs read `--json`.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from gate.money import dong
from server.days.spans import ZONE
from server.export.evidence import in_words
from server.export.words import ACCOUNTS, KINDS

NAMES: Final[dict[str, str]] = {
    "age_h": "Tuổi (giờ) · age (hours)",
    "amount": "Số tiền · amount",
    "at": "Lúc · at",
    "by": "Người làm · by",
    "charged": "Phải thu · charged",
    "class": "Loại xe · class",
    "code": "Phát hiện · finding",
    "decisions": "Quyết định · decisions",
    "due": "Đến hạn · due",
    "entry": "Vào · entry",
    "evidence": "Bằng chứng · evidence",
    "exit": "Ra · exit",
    "happened_at": "Xảy ra lúc · happened",
    "lane": "Làn · lane",
    "lines": "Chi tiết giá · bill",
    "note": "Ghi chú · note",
    "owed": "Còn nợ · owes",
    "owes": "Còn nợ · owes",
    "owner": "Phụ trách · owner",
    "payments": "Giao dịch · payments",
    "plate": "Biển số · plate",
    "provider": "Nhà cung cấp · provider",
    "quoted": "Giá đã báo · quoted",
    "received_at": "Nhận lúc · received",
    "recorded_at": "Ghi sổ lúc · recorded",
    "refunds": "Hoàn tiền · refunds",
    "settles": "Đã trả cho · settles",
    "site": "Bãi · site",
    "state": "Trạng thái · state",
    "taken_by": "Người nhận việc · taken by",
    "tariff": "Biểu giá · tariff",
    "visit": "Lượt xe · visit",
    "waits": "Chưa khớp · waits",
}
MONEY: Final = frozenset(
    {"amount", "charged", "difference", "fee", "fee_vat", "gross", "net", "owed", "owes", "quoted"} | {"waits"}
)
_INDENT: Final = "  "


def lines(found: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """Each part with its name, parts of parts below it; what says nothing is left out."""
    for key, value in found.items():
        if value in (None, "", [], {}):
            continue
        name = _INDENT * depth + NAMES.get(key, key.replace("_", " "))
        if key == "evidence" and isinstance(value, Mapping):
            yield f"{name}: {in_words(value)}"
        elif isinstance(value, Mapping):
            yield f"{name}:"
            yield from lines(value, depth + 1)
        elif isinstance(value, list | tuple) and any(isinstance(each, Mapping) for each in value):
            yield f"{name}:"
            yield from (f"{_INDENT * (depth + 1)}- {in_a_row(each)}" for each in value)
        else:
            yield f"{name}: {cell(value, key)}"


def in_a_row(value: Any) -> str:
    """Parts beside each other."""
    if not isinstance(value, Mapping):
        return cell(value)
    said = {key: each for key, each in value.items() if each not in (None, "", [], {})}
    return "; ".join(f"{NAMES.get(key, key.replace('_', ' '))}: {cell(each, key)}" for key, each in said.items())


def cell(value: Any, key: str = "") -> str:
    """One value: moments local, dong grouped, entries and accounts in words."""
    if isinstance(value, date):
        return f"{value.astimezone(ZONE):%d/%m/%Y %H:%M:%S}" if isinstance(value, datetime) else f"{value:%d/%m/%Y}"
    if isinstance(value, Mapping):
        return _parts(value, key)
    if isinstance(value, list | tuple):
        return ", ".join(in_a_row(each) for each in value)
    if key == "kind":
        return KINDS.get(value, (str(value),))[0]
    return dong(value) if key in MONEY and type(value) is int else moment(str(value))


def _parts(value: Mapping[str, Any], key: str) -> str:
    if key == "postings":
        return "; ".join(f"{ACCOUNTS.get(name, (name,))[0]} {dong(amount)}" for name, amount in value.items())
    return ", ".join(f"{name} {cell(each, name)}" for name, each in value.items())


def moment(text: str) -> str:
    """An ISO moment with an offset as a local time; any other text as it is."""
    try:
        at = datetime.fromisoformat(text) if "T" in text else None
        return cell(at) if at is not None and at.tzinfo else text
    except (ValueError, OverflowError):
        return text
