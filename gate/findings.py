"""The closed list of findings: whatever has no reason, no price or no bank line."""

from enum import StrEnum
from typing import Final, NamedTuple

from gate.messages import Dong, Moment
from gate.wire import Contract


class Code(StrEnum):
    """What is wrong. A new kind of trouble gets a row here, never a free text."""

    UNREAD = "unread"
    ENTRY_WITHOUT_EXIT = "entry_without_exit"
    EXIT_WITHOUT_ENTRY = "exit_without_entry"
    TAILGATE = "tailgate"
    OPENING_UNEXPLAINED = "opening_unexplained"
    OPENING_UNUSED = "opening_unused"
    PASSAGE_WITHOUT_OPENING = "passage_without_opening"
    PAID_NOT_LEFT = "paid_not_left"
    LEFT_NOT_PAID = "left_not_paid"
    LEFT_NOT_PRICED = "left_not_priced"
    PAID_TWICE = "paid_twice"
    PAID_LATE = "paid_late"
    AMOUNT_DIFFERS = "amount_differs"
    PAYMENT_UNKNOWN = "payment_unknown"
    PRICE_DIFFERS = "price_differs"
    COUNT_DRIFT = "count_drift"
    WITNESS_MISSING = "witness_missing"
    DEVICE_FAULT = "device_fault"
    MESSAGE_MALFORMED = "message_malformed"
    MESSAGE_FOREIGN = "message_foreign"
    MESSAGE_REUSED = "message_reused"
    NOTICE_REFUSED = "notice_refused"
    NOTICE_REUSED = "notice_reused"
    LEDGER_UNBALANCED = "ledger_unbalanced"
    PICTURE_REFUSED = "picture_refused"
    CLOCK_UNSURE = "clock_unsure"


class Words(NamedTuple):
    """What people read: the finding and its next step, in both languages."""

    vi: str
    en: str
    next_vi: str
    next_en: str


C = Code
WORDS: Final[dict[Code, Words]] = {
    C.UNREAD: Words("Biển số không đọc được", "Plate not read", "Xem ảnh và nhập biển số", "Look at the picture"),
    C.ENTRY_WITHOUT_EXIT: Words("Có vào, không có ra", "Entry without exit", "Kiểm tra xe còn trong bãi", "Check"),
    C.EXIT_WITHOUT_ENTRY: Words(
        "Có ra, không có vào", "Exit without entry", "Chọn lượt vào tương ứng", "Choose the entry it belongs to"
    ),
    C.TAILGATE: Words("Xe bám đuôi", "Tailgate", "Xác định xe thứ hai", "Identify the second vehicle"),
    C.OPENING_UNEXPLAINED: Words(
        "Mở barie không rõ lý do", "Opening without a reason", "Ghi lý do mở", "Say why it was opened"
    ),
    C.OPENING_UNUSED: Words("Mở nhưng không có xe qua", "Opened, nobody passed", "Xem ảnh", "Look at the pictures"),
    C.PASSAGE_WITHOUT_OPENING: Words(
        "Xe qua khi barie không mở", "Passage without an opening", "Kiểm tra làn", "Check the lane"
    ),
    C.PAID_NOT_LEFT: Words("Đã trả, chưa ra", "Paid and not left", "Kiểm tra xe còn trong bãi", "Check the car park"),
    C.LEFT_NOT_PAID: Words("Đã ra, chưa trả", "Left and not paid", "Thu công nợ", "Collect the debt"),
    C.LEFT_NOT_PRICED: Words("Đã ra, chưa tính giá", "Left without a price", "Tính giá, thu công nợ", "Price the stay"),
    C.PAID_TWICE: Words("Trả hai lần", "Paid twice", "Hoàn tiền", "Refund"),
    C.PAID_LATE: Words("Trả muộn", "Paid late", "Không cần làm gì", "Nothing to do"),
    C.AMOUNT_DIFFERS: Words("Lệch số tiền", "Amount differs", "Thu thêm hoặc hoàn", "Top up or refund"),
    C.PAYMENT_UNKNOWN: Words("Tiền không rõ lượt xe", "Money for no known visit", "Tìm lượt xe", "Find the visit"),
    C.PRICE_DIFFERS: Words("Giá tính lại khác", "Price differs when computed again", "Xem biểu giá", "See the tariff"),
    C.COUNT_DRIFT: Words("Số đếm lệch", "Count drift", "Đối chiếu lượt qua", "Compare the passages"),
    C.WITNESS_MISSING: Words("Mất tín hiệu hộp biên", "A box is silent", "Kiểm tra đường truyền", "Check the line"),
    C.DEVICE_FAULT: Words("Thiết bị lỗi", "Device fault", "Kiểm tra thiết bị", "Check the device"),
    C.MESSAGE_MALFORMED: Words("Bản tin sai dạng", "Malformed message", "Kiểm tra hộp biên", "Check the box"),
    C.MESSAGE_FOREIGN: Words("Bản tin lạ", "Foreign message", "Kiểm tra an ninh", "Check security"),
    C.MESSAGE_REUSED: Words("Bản tin bị dùng lại", "Message reused", "Kiểm tra hộp biên", "Check the box"),
    C.NOTICE_REFUSED: Words("Báo có bị từ chối", "Bank notice refused", "Kiểm tra nhà cung cấp", "Ask the provider"),
    C.NOTICE_REUSED: Words("Báo có bị dùng lại", "Bank notice reused", "Kiểm tra nhà cung cấp", "Ask the provider"),
    C.LEDGER_UNBALANCED: Words("Sổ cái không cân", "Ledger out of balance", "Báo kỹ thuật", "Call engineering"),
    C.PICTURE_REFUSED: Words("Ảnh bị từ chối", "Picture refused", "Kiểm tra camera", "Check the camera"),
    C.CLOCK_UNSURE: Words(
        "Giờ của hộp biên không chắc", "A box's clock is unsure", "Xem lại giờ và giá", "Review times and prices"
    ),
}


class Finding(Contract):
    """One finding: what, about whom, how much, since when, and the evidence in words and references."""

    code: Code
    subject: str
    visit: str | None
    amount: Dong
    due: Moment
    evidence: dict[str, str]
