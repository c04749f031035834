"""Every word that the console says, in Vietnamese and in English. Findings' words are in `gate/findings.py`.

A key is `family.name`; families named after a field (`phase`, `arm`, `reason`, `why`, `class`) hold one word a value.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final


class Language(StrEnum):
    """What the console speaks; the first is the default."""

    VI = "vi"
    EN = "en"


Say = Callable[..., str]

WORDS: Final[dict[str, tuple[str, str]]] = {
    # --- frame
    "app.tagline": ("Mỗi lần mở barie có một lý do", "Every opening has a reason"),
    "app.skip": ("Tới nội dung", "Skip to content"),
    "nav.live": ("Trực tiếp", "Live"),
    "nav.day": ("Trong ngày", "Day"),
    "nav.main": ("Điều hướng chính", "Main navigation"),
    "nav.logout": ("Đăng xuất", "Sign out"),
    "nav.language": ("Ngôn ngữ", "Language"),
    "nav.keys": ("Phím tắt", "Keyboard shortcuts"),
    "nav.close": ("Đóng", "Close"),
    "role.attendant": ("Nhân viên vận hành", "Attendant"),
    "role.manager": ("Quản lý bãi", "Lot manager"),
    "role.finance": ("Tài chính", "Finance"),
    "role.administrator": ("Quản trị", "Administrator"),
    "keys.digit": ("Tới tài xế đang chờ thứ n", "Go to the n-th waiting driver"),
    "keys.live": ("Trang trực tiếp", "The live page"),
    "keys.day": ("Trang trong ngày", "The day page"),
    "keys.help": ("Bảng phím tắt này", "These shortcuts"),
    "keys.escape": ("Đóng cửa sổ", "Close a window"),
    # --- sign in
    "login.title": ("Đăng nhập", "Sign in"),
    "login.name": ("Tên đăng nhập", "Name"),
    "login.password": ("Mật khẩu", "Password"),
    "login.submit": ("Đăng nhập", "Sign in"),
    "login.refused": ("Tên hoặc mật khẩu không đúng.", "The name or the password is wrong."),
    "login.too_many": (
        "Sai quá nhiều lần từ máy này. Hãy thử lại sau một giờ.",
        "Too many wrong guesses from here. Try again in an hour.",
    ),
    "login.foreign": ("Hãy đăng nhập từ chính trang này.", "Sign in from this page itself."),
    # --- errors
    "error.400": ("Yêu cầu không đúng dạng", "The request makes no sense"),
    "error.400.more": ("Hãy tải lại trang rồi thử lại.", "Load the page again and retry."),
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
    "error.503": ("Máy chủ đang bận", "The server is busy"),
    "error.503.more": ("Hãy thử lại sau ít phút.", "Try again in a few minutes."),
    "error.no_site": ("Không có bãi này.", "There is no such site."),
    "error.bad_day": ("Ngày không hợp lệ: dùng dạng năm-tháng-ngày.", "Not a date: use year-month-day."),
    "error.no_box": ("Chưa từng có tín hiệu từ hộp biên của làn này.", "The box of this lane was never heard."),
    "error.note": ("Hãy ghi rõ lý do (ít nhất 3 chữ).", "Say why (at least 3 letters)."),
    "error.home": ("Về trang chính", "To the first page"),
    "error.offline": ("Không tới được máy chủ.", "The server cannot be reached."),
    # --- live
    "live.title": ("Trực tiếp", "Live"),
    "live.queue": ("Tài xế đang chờ", "Drivers waiting"),
    "live.nobody": ("Không có tài xế nào cần trợ giúp", "No driver needs help"),
    "live.connected": ("Đang cập nhật", "Live"),
    "live.disconnected": ("Mất kết nối, đang thử lại", "Disconnected, trying again"),
    "live.inside": ("trong bãi", "inside"),
    "live.capacity": ("sức chứa", "capacity"),
    "live.no_lanes": ("Chưa có tín hiệu từ làn nào của bãi này.", "No lane of this site was heard yet."),
    "live.no_sites": ("Chưa có bãi nào.", "There is no site yet."),
    "live.direction.in": ("Vào", "In"),
    "live.direction.out": ("Ra", "Out"),
    "live.picture": ("Ảnh xe mang biển {plate} tại làn {lane}", "Vehicle with plate {plate} at lane {lane}"),
    "live.picture_unread": ("Ảnh xe tại làn {lane}, không đọc được biển", "Vehicle at lane {lane}, plate not read"),
    "live.no_picture": ("Chưa có ảnh", "No picture yet"),
    "live.picture_coming": ("Ảnh đang gửi về", "Picture on its way"),
    "live.hidden": ("Ảnh được ẩn với vai trò này", "Pictures are hidden from your role"),
    "live.plate_unread": ("Không đọc được", "Not read"),
    "live.plate_hidden": ("Biển số ẩn", "Plate hidden"),
    "live.empty": ("Chưa có xe", "No vehicle yet"),
    "live.certainty": ("Độ tin cậy {percent}", "Certainty {percent}"),
    "live.decided": ("Quyết định", "Decided"),
    "live.undecided": ("Chưa quyết định", "Not decided yet"),
    "live.by_rule": ("Tự động", "Automatic"),
    "live.lane": ("Làn", "Lane"),
    "box.online": ("Hộp biên {box} đang chạy", "Box {box} is up"),
    "box.offline": ("Hộp biên {box} mất kết nối", "Box {box} is disconnected"),
    "box.silent": ("Hộp biên {box} im lặng từ {since}", "Box {box} is silent since {since}"),
    "box.never": ("Chưa có tín hiệu từ hộp biên", "No box was heard yet"),
    "arm.up": ("Thanh chắn mở", "Arm up"),
    "arm.down": ("Thanh chắn đóng", "Arm down"),
    "arm.moving": ("Thanh chắn đang chạy", "Arm moving"),
    "arm.unknown": ("Không rõ thanh chắn", "Arm unknown"),
    "phase.starting": ("Đang khởi động", "Starting"),
    "phase.idle": ("Trống", "Free"),
    "phase.identifying": ("Đang đọc biển", "Reading the plate"),
    "phase.paying": ("Chờ thanh toán", "Waiting for payment"),
    "phase.attended": ("Cần người hỗ trợ", "A person is needed"),
    "phase.raising": ("Đang mở", "Opening"),
    "phase.open": ("Mời xe qua", "Open"),
    "phase.passing": ("Xe đang qua", "Passing"),
    "phase.lowering": ("Đang đóng", "Closing"),
    "phase.by_hand": ("Mở bằng tay", "Held up by hand"),
    "phase.fault": ("Lỗi thanh chắn", "Arm fault"),
    "phase.closed": ("Làn đóng", "Lane closed"),
    "phase.unknown": ("Chưa rõ", "Unknown"),
    "reason.admitted": ("Cho vào", "Admitted"),
    "reason.paid": ("Đã thanh toán", "Paid"),
    "reason.free": ("Miễn phí", "Free"),
    "reason.billed": ("Cho ra, ghi nợ", "Let out and billed"),
    "reason.person": ("Nhân viên mở, có lý do", "Opened by a person"),
    "reason.by_hand": ("Mở tại thanh chắn", "Raised at the arm"),
    "reason.fire": ("Báo cháy", "Fire alarm"),
    "why.unread": ("Không đọc được biển số", "The plate was not read"),
    "why.no_match": ("Không tìm thấy lượt vào", "No entry was found"),
    "why.ambiguous": ("Nhiều lượt vào giống nhau", "Several entries look alike"),
    "why.unpaid": ("Chưa thanh toán", "Not paid"),
    "why.fault": ("Thiết bị lỗi", "A device is at fault"),
    "why.full": ("Bãi đã hết chỗ", "The car park is full"),
    "class.MOTO": ("Xe máy", "Motorbike"),
    "class.CAR9": ("Ô tô đến 9 chỗ", "Car, up to 9 seats"),
    "class.VAN16": ("Xe 10–16 chỗ", "Van, 10–16 seats"),  # noqa: RUF001 - a dash between figures
    "class.MINI29": ("Xe 17–29 chỗ", "Minibus, 17–29 seats"),  # noqa: RUF001 - a dash between figures
    "class.BUS30": ("Xe từ 30 chỗ", "Coach, 30 seats and more"),
    # --- help
    "help.exit": ("Xe tại làn ra", "At the exit"),
    "help.entry": ("Xe tại làn vào", "At the entry"),
    "help.entered": ("Vào {at}", "Entered {at}"),
    "help.this": ("Đúng xe này", "This vehicle"),
    "help.open": ("Mở, ghi lý do", "Open with reason"),
    "help.choose": ("Tìm xe trong bãi", "Find it among those inside"),
    "help.chance": ("giống {percent}", "{percent} likely"),
    "help.open_title": ("Mở barie làn {lane}", "Open lane {lane}"),
    "help.open_hint": (
        "Chọn lý do là lệnh được gửi ngay. Lý do, tên bạn và ảnh được lưu lại.",
        "Choosing a reason sends the order. The reason, your name and the picture are kept.",
    ),
    "help.note": ("Ghi chú", "Note"),
    "help.note_hint": ("Bắt buộc với “Lý do khác”", "Needed for “Another reason”"),
    "help.choose_title": ("Xe nào đang ở làn {lane}?", "Which vehicle is at lane {lane}?"),
    "help.search": ("Một phần biển số", "Part of the plate"),
    "help.none": ("Không có xe nào khớp.", "No vehicle matches."),
    "help.more": ("Còn {count} xe nữa: hãy gõ thêm biển số.", "{count} more: type more of the plate."),
    "help.sent": (
        "Đã gửi lệnh. Thanh chắn cho biết kết quả.",
        "The order is on its way. The arm shows what becomes of it.",
    ),
    "because.unreadable": ("Biển số mờ hoặc bị che", "Plate unreadable or covered"),
    "because.no_entry": ("Không có lượt vào trong hệ thống", "Its entry is not in the system"),
    "because.device": ("Thiết bị lỗi", "A device is at fault"),
    "because.priority": ("Xe ưu tiên", "Priority vehicle"),
    "because.staff": ("Xe nội bộ, bảo trì", "Staff or maintenance"),
    "because.paid_shown": ("Khách đã trả, tiền chưa báo về", "Payment shown, money not seen yet"),
    "because.other": ("Lý do khác", "Another reason"),
    "order.display": ("Chọn xe", "Vehicle chosen"),
    "order.open": ("Lệnh mở", "Order to open"),
    "order.close": ("Lệnh đóng", "Order to close"),
    "order.mode": ("Đổi chế độ làn", "Lane mode"),
    "order.refresh": ("Hỏi lại trạng thái", "State asked for"),
    "order.pending": ("đang chờ hộp biên", "waiting for the box"),
    "order.late": ("hộp biên chưa trả lời", "the box did not answer"),
    "order.done": ("đã thực hiện", "done"),
    "order.refused": ("bị từ chối", "refused"),
    "order.failed": ("không thực hiện được", "failed"),
    # --- day
    "day.sites": ("Chọn bãi", "Choose a site"),
    "day.previous": ("Ngày trước", "Previous day"),
    "day.next": ("Ngày sau", "Next day"),
    "day.today": ("Hôm nay", "Today"),
    "day.date": ("Ngày", "Date"),
    "day.go": ("Xem", "Show"),
    "day.export": ("Xuất dữ liệu", "Export"),
    "day.as_of": ("Tính đến {at}", "As of {at}"),
    "day.money": ("Tiền", "Money"),
    "day.movements": ("Lượt", "Movements"),
    "money.charged": ("Phải thu", "Charged"),
    "money.paid": ("Đã thu", "Paid"),
    "money.outstanding": ("Công nợ", "Outstanding"),
    "money.received": ("Tiền báo có", "Received"),
    "money.unapplied": ("Chưa khớp lượt xe", "Not applied"),
    "money.awaiting_bank": ("Chờ sao kê ngân hàng", "Awaiting bank line"),
    "counts.openings": ("Lượt mở barie", "Openings"),
    "counts.entries": ("Lượt qua vào", "Passages in"),
    "counts.exits": ("Lượt qua ra", "Passages out"),
    "counts.visits": ("Lượt xe", "Visits"),
    "counts.inside": ("Đang trong bãi", "Inside"),
    "counts.unread": ("Biển không đọc được", "Plates not read"),
    "day.reasons": ("Vì sao barie mở", "Why the arms went up"),
    "day.witnesses": ("Ba nguồn đối chiếu", "Three witnesses"),
    "day.witnesses_hint": (
        "Lượt qua đếm bằng vòng từ và thanh chắn, lượt xe bằng biển số, tiền bằng sổ cái và báo có.",
        "Loops and arms count passages, plates count visits, the ledger and the bank's notices count money.",
    ),
    "witness.passages": ("Lượt qua", "Passages"),
    "witness.visits": ("Lượt xe", "Visits"),
    "witness.money": ("Tiền", "Money"),
    "witness.charges": ("{count} lượt tính tiền", "{count} charges"),
    "witness.agree": ("Khớp", "Agree"),
    "witness.differ": ("Lệch {count}", "Differ by {count}"),
    "witness.result": ("Kết quả", "Result"),
    "witness.what": ("Chiều", "Direction"),
    "hours.title": ("Theo giờ", "By the hour"),
    "hours.hour": ("Giờ", "Hour"),
    "hours.in": ("Lượt vào", "In"),
    "hours.out": ("Lượt ra", "Out"),
    "hours.charged": ("Phải thu", "Charged"),
    "hours.received": ("Báo có", "Received"),
    "hours.table": ("Bảng số liệu theo giờ", "The figures by the hour"),
    "hours.chart_passages": ("Biểu đồ lượt vào và ra theo giờ", "Chart of passages in and out by the hour"),
    "hours.chart_money": ("Biểu đồ tiền theo giờ", "Chart of money by the hour"),
    "findings.title": ("Cần xử lý", "Findings"),
    "findings.none": ("Không có chênh lệch nào. Sổ và barie khớp nhau.", "Nothing is amiss. Books and barriers agree."),
    "findings.transit": ("Đang trên đường, chưa đến hạn", "In transit, not due yet"),
    "findings.transit_none": ("Không có gì đang chờ đến hạn.", "Nothing is waiting to become due."),
    "findings.what": ("Vấn đề", "Finding"),
    "findings.next": ("Bước tiếp theo", "Next step"),
    "findings.amount": ("Số tiền", "Amount"),
    "findings.due": ("Đến hạn", "Due"),
    "findings.evidence": ("Bằng chứng", "Evidence"),
    "findings.more": ("Còn {count} mục nữa trong tệp xuất.", "{count} more are in the export."),
    "evidence.amount": ("Số tiền", "Amount"),
    "evidence.applied": ("Đã khớp", "Applied"),
    "evidence.box": ("Hộp biên", "Box"),
    "evidence.by": ("Người mở", "By"),
    "evidence.charged": ("Phải thu", "Charged"),
    "evidence.class": ("Loại xe", "Class"),
    "evidence.device": ("Thiết bị", "Device"),
    "evidence.direction": ("Chiều", "Direction"),
    "evidence.entered": ("Giờ vào", "Entered"),
    "evidence.lane": ("Làn", "Lane"),
    "evidence.left": ("Giờ ra", "Left"),
    "evidence.paid": ("Đã thu", "Paid"),
    "evidence.payment": ("Giao dịch", "Payment"),
    "evidence.quoted": ("Giá đã báo", "Quoted"),
    "evidence.reason": ("Lý do", "Reason"),
    "evidence.recomputed": ("Giá tính lại", "Computed again"),
    "evidence.sum": ("Tổng sổ cái", "Ledger sum"),
    "evidence.visit": ("Lượt xe", "Visit"),
    "evidence.what": ("Sự việc", "What"),
    "evidence.why": ("Vì sao", "Why"),
    # --- how long ago, filled in by the page
    "age.now": ("vừa xong", "just now"),
    "age.seconds": ("{n} giây trước", "{n} s ago"),
    "age.minutes": ("{n} phút trước", "{n} min ago"),
    "age.hours": ("{n} giờ trước", "{n} h ago"),
    "age.days": ("{n} ngày trước", "{n} d ago"),
}


def speaker(language: Language) -> Say:
    """A function that says a key in this language: `say("live.lane")`, `say("box.online", box="sps-1")`.

    It raises KeyError for an unknown key.
    """
    column = list(Language).index(language)

    def say(key: str, **values: object) -> str:
        word = WORDS[key][column]
        return word.format(**values) if values else word

    return say


def named(say: Say, family: str, value: str | None) -> str:
    """The word for a value of a field; a value that the console does not know is shown as it is."""
    key = f"{family}.{value}"
    return say(key) if key in WORDS else value or ""


def language_of(cookie: str | None) -> Language:
    """The language that a cookie asks for, else Vietnamese."""
    return Language.EN if cookie == Language.EN else Language.VI
