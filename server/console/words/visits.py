"""Words of the list of visits."""

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "nav.visits": ("Lượt xe", "Visits"),
    "keys.visits": ("Trang lượt xe", "The visits page"),
    "visits.title": ("Lượt xe", "Visits"),
    "visits.plate": ("Biển số hoặc mã lượt", "Plate or visit reference"),
    "visits.hint": (
        "Gõ ít nhất 3 ký tự; chữ giống nhau (O/0, B/8), sai, thiếu hoặc thừa một ký tự vẫn tìm ra.",
        "Type 3 characters or more; look-alikes (O/0, B/8) and one wrong, missing or added character are forgiven.",
    ),
    "visits.site": ("Bãi", "Site"),
    "visits.all_sites": ("Tất cả các bãi", "All sites"),
    "visits.state": ("Trạng thái", "State"),
    "visits.since": ("Từ ngày", "From"),
    "visits.until": ("Đến ngày", "To"),
    "visits.search": ("Tìm", "Search"),
    "visits.short": ("Hãy gõ thêm: cần ít nhất 3 ký tự.", "Type more: at least 3 characters are needed."),
    "visits.many": (
        "Có hơn {count} biển số khớp; chỉ hiện {count}. Hãy gõ thêm.",
        "More than {count} plates match; {count} are shown. Type more of it.",
    ),
    "visits.near": ("Xem cả {count} biển số gần giống", "Show {count} similar plates as well"),
    "visits.only_close": ("Chỉ biển số khớp", "Only plates that match"),
    "visits.only_near": ("Không có biển số nào khớp; đây là biển gần giống.", "No plate matches; these are similar."),
    "visits.none": ("Không có lượt xe nào.", "There is no visit."),
    "visits.owes": ("nợ {amount}", "owes {amount}"),
    "visits.corrected": ("đã sửa", "corrected"),
    "visits.strays": ("Thấy ở lối ra, chưa thuộc lượt nào", "Seen at an exit, of no visit"),
    "visits_in.all": ("Tất cả", "All"),
    "visits_in.inside": ("Đang trong bãi", "Inside"),
    "visits_in.left": ("Đã ra", "Left"),
    "visits_in.voided": ("Đã huỷ", "Voided"),
    "visit_state.opened": ("Chưa qua barie", "Not through yet"),
    "visit_state.inside": ("Trong bãi", "Inside"),
    "visit_state.left": ("Đã ra", "Left"),
    "visit_state.voided": ("Đã huỷ", "Voided"),
}
