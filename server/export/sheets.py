"""What the sheets of an export are called and which columns they have, in both languages.

A row is plain values that JSON can hold: text, whole numbers, nothing; a moment is microseconds since 1970 in UTC, a
date its ISO text, a VAT rate basis points, evidence a JSON object as text, and a code stands for words that are put in
its place when it is shown.
"""

from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from server.export import words
from server.export.words import Pair
from server.language import Language

Value = str | int | None
Rows = dict[str, list[list[Value]]]
"""The rows of a day by the key of their sheet."""


class Cover(NamedTuple):
    """Whose days, which, and for whom."""

    site: str
    name: str
    start: date
    end: date
    language: Language
    with_plates: bool
    sheets: "tuple[Sheet, ...]"


class Kind(StrEnum):
    """What a column holds, and so how a cell is written."""

    TEXT = "text"
    CODE = "code"
    COUNT = "count"
    MONEY = "money"
    MOMENT = "moment"
    DATE = "date"
    RATE = "rate"
    EVIDENCE = "evidence"


class Column(NamedTuple):
    """A column. `key` is its name for programs; `total` asks for a sum below it; `words` are of a code."""

    key: str
    vi: str
    en: str
    kind: Kind = Kind.TEXT
    width: int = 14
    total: bool = False
    words: dict[str, Pair] | None = None


class Sheet(NamedTuple):
    """A sheet. `key` is its name for programs."""

    key: str
    vi: str
    en: str
    columns: tuple[Column, ...]

    def title(self, language: Language) -> str:
        """Its name for people."""
        return self.vi if language is Language.VI else self.en

    def headings(self, language: Language) -> list[str]:
        """The names of its columns for people."""
        return [column.vi if language is Language.VI else column.en for column in self.columns]


def _count(key: str, vi: str, en: str) -> Column:
    return Column(key, vi, en, Kind.COUNT, 11, total=True)


def _money(key: str, vi: str, en: str) -> Column:
    return Column(key, vi, en, Kind.MONEY, 15, total=True)


def _moment(key: str, vi: str, en: str) -> Column:
    return Column(key, vi, en, Kind.MOMENT, 17)


def _code(key: str, vi: str, en: str, known: dict[str, Pair], width: int = 18) -> Column:
    return Column(key, vi, en, Kind.CODE, width, words=known)


_DATE: Final = Column("date", "Ngày", "Date", Kind.DATE, 12)
_VISIT: Final = Column("visit", "Mã lượt", "Reference", width=16)
_CLASS: Final = _code("class", "Loại xe", "Class", words.CLASSES, 16)
_RATE: Final = Column("rate_bp", "Thuế suất", "VAT rate", Kind.RATE, 10)
_STATE: Final = _code("state", "Trạng thái", "State", words.STATES, 16)
_TAX: Final = (_money("gross", "Tổng tiền", "Gross"), _money("net", "Chưa thuế", "Net"))
_VAT: Final = _money("vat", "Thuế GTGT", "VAT")
PLATE: Final = Column("plate", "Biển số", "Plate", width=14)
PLATE_READ: Final = Column("plate_read", "Biển số máy đọc", "Plate as read", width=14)
"""Only where a person corrected it."""

SUMMARY: Final = Sheet(
    "summary",
    "Tổng hợp",
    "Summary",
    (
        _DATE,
        _STATE,
        _count("entries", "Lượt vào", "Entries"),
        _count("exits", "Lượt ra", "Exits"),
        _count("visits", "Lượt xe", "Visits"),
        _count("not_by_box", "Lượt bổ sung", "Opened by import or as lost entry"),
        _count("openings", "Mở barie", "Openings"),
        _count("charges", "Lượt tính tiền", "Charges"),
        _money("charged", "Phải thu", "Charged"),
        _money("net", "Chưa thuế", "Net"),
        _VAT,
        _money("paid", "Đã thu", "Paid"),
        _money("waived", "Miễn giảm", "Waived"),
        _money("outstanding", "Công nợ", "Outstanding"),
        _money("received", "Tiền đến", "Received on the day"),
        _money("returned", "Hoàn lại", "Returned"),
        _money("unapplied", "Chưa khớp lượt xe", "Unapplied"),
        _count("findings", "Phát hiện", "Findings"),
        _count("adjustments", "Điều chỉnh ngày trước", "Adjustments of earlier days"),
    ),
)
VISITS: Final = Sheet(
    "visits",
    "Lượt xe",
    "Visits",
    (
        _VISIT,
        _CLASS,
        Column("entry_lane", "Làn vào", "Entry lane", width=9),
        Column("exit_lane", "Làn ra", "Exit lane", width=9),
        _moment("entered", "Giờ vào", "Entered"),
        _moment("left", "Giờ ra", "Left"),
        Column("tariff", "Biểu giá", "Tariff"),
        _RATE,
        _money("price", "Giá", "Price"),
        _money("net", "Chưa thuế", "Net"),
        _VAT,
        _money("paid", "Đã trả", "Paid"),
        _money("waived", "Miễn giảm", "Waived"),
        _money("outstanding", "Công nợ", "Outstanding"),
        _code("by", "Hình thức trả", "Paid by", words.PROVIDERS, 20),
        Column("references", "Mã giao dịch", "Payment references", width=24),
        Column("bank_line", "Dòng sao kê", "Bank line", width=24),
        _STATE,
        _code("origin", "Mở lượt từ", "Opened by", words.ORIGINS, 22),
    ),
)
PAYMENTS: Final = Sheet(
    "payments",
    "Thu",
    "Payments",
    (
        _moment("received", "Giờ nhận báo có", "Notice received"),
        _moment("happened", "Giờ giao dịch", "Transferred"),
        _code("by", "Hình thức trả", "Paid by", words.PROVIDERS, 20),
        Column("payment", "Mã giao dịch", "Payment", width=20),
        Column("reference", "Nội dung mã lượt", "Reference", width=16),
        _VISIT,
        _money("amount", "Số tiền", "Amount"),
        _money("applied", "Đã gán", "Applied"),
        _money("returned", "Hoàn lại", "Returned"),
        _money("unapplied", "Chưa khớp lượt xe", "Unapplied"),
        Column("bank_reference", "Mã ngân hàng", "Bank reference", width=24),
    ),
)
BANK: Final = Sheet(
    "bank",
    "Đối soát ngân hàng",
    "Bank match",
    (
        Column("payment", "Mã giao dịch", "Payment", width=24),
        _VISIT,
        _money("amount", "Số tiền", "Amount"),
        Column("settlement", "Kỳ đối soát", "Settlement", width=18),
        _money("gross", "Đối soát", "Settled"),
        _money("fee", "Phí", "Fee"),
        _money("fee_vat", "Thuế GTGT phí", "VAT on the fee"),
        _money("net", "Thực nhận", "Net"),
        Column("booked_on", "Ngày sao kê", "Statement date", Kind.DATE, 12),
        Column("bank_reference", "Mã ngân hàng", "Bank reference", width=24),
        _money("line_amount", "Tiền trên dòng sao kê", "Of the bank line"),
        _STATE,
    ),
)
OPENINGS: Final = Sheet(
    "openings",
    "Mở barie",
    "Openings",
    (
        _moment("at", "Giờ mở", "Opened"),
        Column("lane", "Làn", "Lane", width=10),
        _code("reason", "Lý do", "Reason", words.REASONS, 20),
        _code("by", "Người mở", "By", words.SYSTEM, 14),
        Column("note", "Ghi chú", "Note", width=40),
        _VISIT,
    ),
)
FINDINGS: Final = Sheet(
    "findings",
    "Phát hiện",
    "Findings",
    (
        _moment("due", "Đến hạn", "Due"),
        _STATE,
        _code("code", "Phát hiện", "Finding", words.FINDINGS, 28),
        Column("amount", "Số tiền", "Amount", Kind.MONEY, 15),
        _money("due_amount", "Đã đến hạn", "Of it due"),
        _money("transit_amount", "Chưa đến hạn", "Of it in transit"),
        _VISIT,
        Column("subject", "Đối tượng", "Subject", width=38),
        _code("owner", "Phụ trách", "Owner", words.OWNERS, 14),
        _code("taken_by", "Người nhận việc", "Taken by", words.SYSTEM, 16),
        Column("age_h", "Tuổi (giờ)", "Age (hours)", Kind.COUNT, 10),
        _code("next", "Việc cần làm", "Next step", words.NEXT, 28),
        Column("note", "Giải trình", "Explanation", width=28),
        Column("evidence", "Bằng chứng", "Evidence", Kind.EVIDENCE, 60),
    ),
)
VAT: Final = Sheet(
    "vat",
    "VAT theo ngày",
    "VAT by day",
    (_DATE, _RATE, _CLASS, _count("charges", "Số lượt", "Charges"), *_TAX, _VAT),
)
ADJUSTMENTS: Final = Sheet(
    "adjustments",
    "Điều chỉnh",
    "Adjustments",
    (
        _DATE,
        Column("belongs", "Thuộc ngày", "Belongs to", Kind.DATE, 12),
        _code("kind", "Nghiệp vụ", "What", words.KINDS, 26),
        _VISIT,
        _code("account", "Tài khoản", "Account", words.ACCOUNTS, 22),
        _money("amount", "Nợ (+) / Có (-)", "Debit (+) / credit (-)"),
        Column("entry", "Bút toán", "Entry", width=36),
    ),
)
CLOSE: Final = Sheet(
    "close",
    "Chốt ngày",
    "Close",
    (
        _DATE,
        _STATE,
        _moment("closed_at", "Giờ chốt", "Closed at"),
        _code("closed_by", "Người chốt", "Closed by", words.SYSTEM, 16),
        Column("sha256", "Mã băm", "Hash", width=66),
        Column("previous", "Mã băm ngày trước", "Hash of the day before", width=66),
        Column("signature", "Chữ ký", "Signature", width=90),
    ),
)
EVERY: Final = (SUMMARY, VISITS, PAYMENTS, BANK, OPENINGS, FINDINGS, VAT, ADJUSTMENTS, CLOSE)


def sheets(*, with_plates: bool) -> tuple[Sheet, ...]:
    """All sheets in their order."""
    if not with_plates:
        return EVERY
    visits = VISITS._replace(columns=(VISITS.columns[0], PLATE, PLATE_READ, *VISITS.columns[1:]))
    return tuple(visits if sheet is VISITS else sheet for sheet in EVERY)
