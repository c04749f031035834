"""Words of printed reports, Vietnamese and English; figures have theirs in `server.day_shown`."""

from typing import Final

from server.language import Language

WORDS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Báo cáo ngày", "Report of the day"),
    "closed": ("Đã chốt lúc {at} bởi {by}", "Closed at {at} by {by}"),
    "open": ("Chưa chốt · tính đến {at}", "Not closed · as of {at}"),
    "running": ("Ngày chưa hết · tính đến {at}", "The day is not over · as of {at}"),
    "to_come": ("Ngày chưa đến · tính đến {at}", "The day is to come · as of {at}"),
    "before": ("Trước khi có sổ: không có gì để chốt", "Before the books: there is nothing to close"),
    "hash": ("Mã băm: {hash}", "Hash: {hash}"),
    "witnesses": ("Ba nguồn đối chiếu", "Three witnesses"),
    "way": ("Chiều", "Direction"),
    "in": ("Vào", "In"),
    "out": ("Ra", "Out"),
    "passages": ("Lượt qua", "Passages"),
    "visits": ("Lượt xe", "Visits"),
    "charges": ("Lượt tính tiền", "Charges"),
    "money": ("Tiền", "Money"),
    "at_close": ("Lúc chốt", "At its close"),
    "now": ("Hiện nay", "Now"),
    "revenue": ("Doanh thu theo giờ (nghìn đồng)", "Revenue by the hour (thousand dong)"),
    "vehicles": ("Xe vào theo giờ và loại xe", "Vehicles in by hour and class"),
    "findings": ("Chênh lệch", "Findings"),
    "none": ("Không có chênh lệch nào.", "Nothing is due and missing."),
    "count": ("Số mục", "Items"),
    "amount": ("Số tiền", "Amount"),
    "cashless": ("Không tiền mặt", "Cashless"),
    "leakage": ("Ước tính thất thoát", "Leakage estimate"),
    "unexplained": ("Chưa giải trình", "Unexplained"),
    "per_thousand": ("Chênh lệch trên 1.000 lượt xe", "Findings per 1,000 vehicles"),
    "made_by": ("Người lập", "Prepared by"),
    "checked_by": ("Kế toán", "Accountant"),
    "approved_by": ("Thủ trưởng đơn vị", "Head of the unit"),
    "page": ("Trang {page}", "Page {page}"),
}


def say(key: str, language: Language, **values: object) -> str:
    """A word in this language."""
    return WORDS[key][language is Language.EN].format(**values)
