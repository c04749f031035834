"""What the sheets of an export are called and which columns they have, in both languages."""

from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from server.language import Language

Value = str | int | datetime | date | None


class Cover(NamedTuple):
    """Whose days, which, and for whom."""

    site: str
    name: str
    start: date
    end: date
    language: Language
    with_plates: bool


class Kind(StrEnum):
    """What a column holds, and so how a cell is written."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    MOMENT = "moment"
    DATE = "date"


class Column(NamedTuple):
    """A column. `key` is its name for programs; `total` asks for a sum below it."""

    key: str
    vi: str
    en: str
    kind: Kind = Kind.TEXT
    width: int = 14
    total: bool = False


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


_DATE: Final = Column("date", "Ngày", "Date", Kind.DATE, 12)
_VISIT: Final = Column("visit", "Mã lượt", "Reference", width=16)
PLATE: Final = Column("plate", "Biển số", "Plate", width=14)

SUMMARY: Final = Sheet(
    "summary",
    "Tổng hợp",
    "Summary",
    (
        _DATE,
        _count("entries", "Lượt vào", "Entries"),
        _count("exits", "Lượt ra", "Exits"),
        _count("visits", "Lượt xe", "Visits"),
        _count("openings", "Mở barie", "Openings"),
        _count("charges", "Lượt tính tiền", "Charges"),
        _money("charged", "Phải thu", "Charged"),
        _money("vat", "Thuế GTGT", "VAT"),
        _money("paid", "Đã thu", "Paid"),
        _money("outstanding", "Công nợ", "Outstanding"),
        _money("received", "Tiền báo có", "Received on the day"),
        _money("unapplied", "Chưa khớp lượt xe", "Unapplied"),
        _count("findings", "Phát hiện", "Findings"),
    ),
)
VISITS: Final = Sheet(
    "visits",
    "Lượt xe",
    "Visits",
    (
        _VISIT,
        Column("class", "Loại xe", "Class", width=10),
        _moment("entered", "Giờ vào", "Entered"),
        _moment("left", "Giờ ra", "Left"),
        Column("tariff", "Biểu giá", "Tariff"),
        _money("price", "Giá", "Price"),
        _money("vat", "Thuế GTGT", "VAT"),
        _money("paid", "Đã trả", "Paid"),
        _money("outstanding", "Công nợ", "Outstanding"),
        Column("references", "Mã giao dịch", "Payment references", width=24),
    ),
)
PAYMENTS: Final = Sheet(
    "payments",
    "Thu",
    "Payments",
    (
        _moment("received", "Giờ nhận báo có", "Notice received"),
        _moment("happened", "Giờ giao dịch", "Transferred"),
        Column("payment", "Mã giao dịch", "Payment", width=20),
        Column("reference", "Nội dung mã lượt", "Reference", width=16),
        _VISIT,
        _money("amount", "Số tiền", "Amount"),
        _money("applied", "Đã gán", "Applied"),
        _money("unapplied", "Chưa khớp lượt xe", "Unapplied"),
        Column("bank_reference", "Mã ngân hàng", "Bank reference", width=24),
    ),
)
OPENINGS: Final = Sheet(
    "openings",
    "Mở barie",
    "Openings",
    (
        _moment("at", "Giờ mở", "Opened"),
        Column("lane", "Làn", "Lane", width=10),
        Column("reason", "Lý do", "Reason", width=20),
        Column("by", "Người mở", "By"),
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
        Column("state", "Trạng thái", "State", width=16),
        Column("code", "Mã", "Code", width=22),
        Column("what", "Phát hiện", "Finding", width=28),
        _money("amount", "Số tiền", "Amount"),
        _VISIT,
        Column("subject", "Đối tượng", "Subject", width=38),
        Column("next", "Việc cần làm", "Next step", width=28),
        Column("evidence", "Bằng chứng", "Evidence", width=60),
    ),
)
VAT: Final = Sheet(
    "vat",
    "VAT theo ngày",
    "VAT by day",
    (
        _DATE,
        Column("class", "Loại xe", "Class", width=10),
        _count("charges", "Số lượt", "Charges"),
        _money("gross", "Tổng tiền", "Gross"),
        _money("net", "Chưa thuế", "Net"),
        _money("vat", "Thuế GTGT", "VAT"),
    ),
)


def sheets(*, with_plates: bool) -> tuple[Sheet, ...]:
    """All sheets in their order."""
    visits = VISITS
    if with_plates:
        visits = visits._replace(columns=(VISITS.columns[0], PLATE, *VISITS.columns[1:]))
    return SUMMARY, visits, PAYMENTS, OPENINGS, FINDINGS, VAT
