"""Words of refusals."""

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "error.400": ("Yêu cầu không đúng dạng", "The request makes no sense"),
    "error.400.more": ("Hãy tải lại trang rồi thử lại.", "Load the page again and retry."),
    "error.field": ("Hãy sửa ô này", "Put this field right"),
    "error.not_now": ("Chưa làm được", "Not possible now"),
    "error.unstorable": (
        "Chữ có ký tự không lưu được: hãy gõ lại.",
        "The text holds a character that cannot be kept: type it anew.",
    ),
    "error.401": ("Hãy đăng nhập", "Sign in first"),
    "error.401.more": ("Phiên làm việc đã hết.", "Your session is over."),
    "error.403": ("Không có quyền", "Not allowed"),
    "error.403.more": (
        "Vai trò của bạn không mở được trang này, hoặc trang đã cũ: hãy tải lại.",
        "Your role may not do this, or the page is stale: load it again.",
    ),
    "error.404": ("Không tìm thấy", "Not found"),
    "error.404.more": ("Trang, bãi hoặc ngày này không có.", "There is no such page, site or day."),
    "error.405": ("Không làm được", "Not possible"),
    "error.405.more": ("Hãy quay lại trang chính.", "Go back to the first page."),
    "error.409": ("Xe đã đi khỏi làn", "The vehicle has gone"),
    "error.409.more": ("Làn này đang có xe khác hoặc trống.", "Another vehicle, or none, is at this lane now."),
    "error.423": ("Một lệnh khác đang trên đường", "Another order is on its way"),
    "error.423.more": ("Hãy đợi hộp biên trả lời.", "Wait for the box to answer."),
    "error.503": ("Máy chủ đang bận", "The server is busy"),
    "error.503.more": ("Hãy thử lại sau ít phút.", "Try again in a few minutes."),
    "error.no_site": ("Không có bãi này.", "There is no such site."),
    "error.bad_day": ("Ngày không hợp lệ: dùng dạng năm-tháng-ngày.", "Not a date: use year-month-day."),
    "error.bad_cursor": ("Trang danh sách đã cũ: hãy mở lại từ đầu.", "The list's page is stale: open it anew."),
    "error.no_box": ("Chưa từng có tín hiệu từ hộp biên của làn này.", "The box of this lane was never heard."),
    "error.note": ("Hãy ghi rõ lý do (ít nhất 3 chữ).", "Say why (at least 3 letters)."),
    "error.turning": (
        "Chữ có ký tự ẩn làm đảo chiều: hãy gõ lại.",
        "The text holds hidden characters that turn its direction: type it anew.",
    ),
    "error.home": ("Về trang chính", "To the first page"),
    "error.offline": ("Không tới được máy chủ.", "The server cannot be reached."),
}
