"""Words of orders to a lane."""

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "wish.title": ("{site}: lệnh cho làn {lane}", "{site}: orders for lane {lane}"),
    "wish.short": ("Lệnh", "Orders"),
    "wish.mode_now": ("Chế độ bây giờ: {mode}", "Mode now: {mode}"),
    "wish.now": ("đang dùng", "now"),
    "wish.kept": (
        "Tên bạn và giờ ra lệnh được lưu lại. Thẻ của làn cho biết hộp biên đã làm gì.",
        "Your name and the time are kept. The lane's card tells what the box made of it.",
    ),
    "wish.confirm": ("Ra lệnh: {wish}", "Give the order: {wish}"),
    "wish.back": ("Quay lại", "Back"),
    "wish.normal": ("Bình thường", "Normal"),
    "wish.closed": ("Đóng làn", "Close the lane"),
    "wish.free": ("Cho qua hết", "Let everyone pass"),
    "wish.open": ("Giữ thanh chắn mở", "Hold the arm up"),
    "wish.lower": ("Hạ thanh chắn", "Lower the arm"),
    "means.normal": (
        "Mỗi xe lại được xét theo quy tắc của bãi. Thanh chắn đang giữ mở sẽ hạ khi chắc chắn bên dưới không có xe.",
        "Each vehicle is judged by the site's rules again. An arm that is held up comes down once nothing is under it.",
    ),
    "means.closed": (
        "Thanh chắn đóng và không xe nào được qua theo quy tắc. Nhân viên vẫn mở được cho từng xe, có ghi lý do.",
        "The arm is down and no vehicle passes by the rules. A person can still open for one, with a reason.",
    ),
    "means.free": (
        "Thanh chắn mở ngay cho từng xe, đã trả tiền hay chưa. Mọi xe vẫn được đếm; xe còn nợ được ghi theo biển số.",
        "The arm goes up for each vehicle at once, paid or not. All are counted; who owes is billed by plate.",
    ),
    "means.open": (
        "Thanh chắn mở và giữ nguyên đến lệnh khác, có người hạ bằng tay, hay báo cháy. Xe qua được đếm và ghi tiền.",
        "The arm goes up and stays until another order, a hand or fire. All pass, are counted and billed by plate.",
    ),
    "means.lower": (
        "Hãy nhìn làn trước. Hộp biên chỉ hạ khi chắc chắn dưới thanh chắn không có xe và không có báo cháy.",
        "Look at the lane first. The box lowers the arm only where it knows that nothing is under it and no fire.",
    ),
    "means.until": (
        "Có hiệu lực đến khi có lệnh khác, kể cả khi hộp biên khởi động lại.",
        "It holds until another order, also when the box starts again.",
    ),
}
