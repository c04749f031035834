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
    DUPLICATE_READ = "duplicate_read"
    MATCH_PROPOSED = "match_proposed"
    CLAIMED_NOT_SEEN = "claimed_not_seen"
    ORDER_UNANSWERED = "order_unanswered"
    REFUND_OPEN = "refund_open"
    CHARGEBACK = "chargeback"
    NOT_IN_SETTLEMENT = "not_in_settlement"
    NOT_IN_LEDGER = "not_in_ledger"
    SETTLEMENT_DIFFERS = "settlement_differs"
    FEE_DIFFERS = "fee_differs"
    NOT_IN_BANK = "not_in_bank"
    BANK_LINE_UNKNOWN = "bank_line_unknown"
    STATEMENT_GAP = "statement_gap"
    CASH_NOT_DEPOSITED = "cash_not_deposited"
    TILL_DIFFERS = "till_differs"
    EVENT_NOT_APPROVED = "event_not_approved"
    EVENT_UNDERSTAFFED = "event_understaffed"


class Owner(StrEnum):
    """Who works a finding off, until somebody takes it by name."""

    ATTENDANT = "attendant"
    MANAGER = "manager"
    FINANCE = "finance"
    ENGINEER = "engineer"


class Words(NamedTuple):
    """What people read: the finding and its next step, in both languages, and whose it is."""

    vi: str
    en: str
    next_vi: str
    next_en: str
    owner: Owner = Owner.MANAGER


C, Who = Code, Owner
WORDS: Final[dict[Code, Words]] = {
    C.UNREAD: Words(
        "Biển số không đọc được", "Plate not read", "Xem ảnh và nhập biển số", "Look at the picture", Who.ATTENDANT
    ),
    C.ENTRY_WITHOUT_EXIT: Words("Có vào, không có ra", "Entry without exit", "Kiểm tra xe còn trong bãi", "Check"),
    C.EXIT_WITHOUT_ENTRY: Words(
        "Có ra, không có vào",
        "Exit without entry",
        "Chọn lượt vào tương ứng",
        "Choose the entry it belongs to",
        Who.ATTENDANT,
    ),
    C.TAILGATE: Words("Xe bám đuôi", "Tailgate", "Xác định xe thứ hai", "Identify the second vehicle", Who.ATTENDANT),
    C.OPENING_UNEXPLAINED: Words(
        "Mở barie không rõ lý do", "Opening without a reason", "Ghi lý do mở", "Say why it was opened", Who.ATTENDANT
    ),
    C.OPENING_UNUSED: Words("Mở nhưng không có xe qua", "Opened, nobody passed", "Xem ảnh", "Look at the pictures"),
    C.PASSAGE_WITHOUT_OPENING: Words(
        "Xe qua khi barie không mở", "Passage without an opening", "Kiểm tra làn", "Check the lane"
    ),
    C.PAID_NOT_LEFT: Words("Đã trả, chưa ra", "Paid and not left", "Kiểm tra xe còn trong bãi", "Check the car park"),
    C.LEFT_NOT_PAID: Words("Đã ra, chưa trả", "Left and not paid", "Thu công nợ", "Collect the debt"),
    C.LEFT_NOT_PRICED: Words("Đã ra, chưa tính giá", "Left without a price", "Tính giá, thu công nợ", "Price the stay"),
    C.PAID_TWICE: Words("Trả hai lần", "Paid twice", "Hoàn tiền", "Refund", Who.FINANCE),
    C.PAID_LATE: Words("Trả muộn", "Paid late", "Không cần làm gì", "Nothing to do", Who.FINANCE),
    C.AMOUNT_DIFFERS: Words("Lệch số tiền", "Amount differs", "Thu thêm hoặc hoàn", "Top up or refund", Who.FINANCE),
    C.PAYMENT_UNKNOWN: Words(
        "Tiền không rõ lượt xe", "Money for no known visit", "Tìm lượt xe", "Find the visit", Who.FINANCE
    ),
    C.PRICE_DIFFERS: Words("Giá tính lại khác", "Price differs when computed again", "Xem biểu giá", "See the tariff"),
    C.COUNT_DRIFT: Words("Số đếm lệch", "Count drift", "Đối chiếu lượt qua", "Compare the passages"),
    C.WITNESS_MISSING: Words(
        "Mất tín hiệu hộp biên", "A box is silent", "Kiểm tra đường truyền", "Check the line", Who.ENGINEER
    ),
    C.DEVICE_FAULT: Words("Thiết bị lỗi", "Device fault", "Kiểm tra thiết bị", "Check the device", Who.ENGINEER),
    C.MESSAGE_MALFORMED: Words(
        "Bản tin sai dạng", "Malformed message", "Kiểm tra hộp biên", "Check the box", Who.ENGINEER
    ),
    C.MESSAGE_FOREIGN: Words("Bản tin lạ", "Foreign message", "Kiểm tra an ninh", "Check security", Who.ENGINEER),
    C.MESSAGE_REUSED: Words(
        "Bản tin bị dùng lại", "Message reused", "Kiểm tra hộp biên", "Check the box", Who.ENGINEER
    ),
    C.NOTICE_REFUSED: Words(
        "Báo có bị từ chối", "Bank notice refused", "Kiểm tra nhà cung cấp", "Ask the provider", Who.FINANCE
    ),
    C.NOTICE_REUSED: Words(
        "Báo có bị dùng lại", "Bank notice reused", "Kiểm tra nhà cung cấp", "Ask the provider", Who.FINANCE
    ),
    C.LEDGER_UNBALANCED: Words(
        "Sổ cái không cân", "Ledger out of balance", "Báo kỹ thuật", "Call engineering", Who.ENGINEER
    ),
    C.PICTURE_REFUSED: Words("Ảnh bị từ chối", "Picture refused", "Kiểm tra camera", "Check the camera", Who.ENGINEER),
    C.CLOCK_UNSURE: Words(
        "Giờ của hộp biên không chắc",
        "A box's clock is unsure",
        "Xem lại giờ và giá",
        "Review times and prices",
        Who.ENGINEER,
    ),
    C.DUPLICATE_READ: Words("Đọc trùng biển số", "Duplicate read", "So sánh ảnh", "Compare the pictures"),
    C.MATCH_PROPOSED: Words(
        "Đề xuất ghép lượt", "A match is proposed", "Xem ảnh, chấp nhận hoặc bỏ", "Look, then accept or dismiss"
    ),
    C.CLAIMED_NOT_SEEN: Words(
        "Khách báo đã trả, chưa thấy tiền", "Claimed paid, no money seen", "Thu công nợ", "Collect the debt"
    ),
    C.ORDER_UNANSWERED: Words(
        "Cổng thanh toán chưa trả lời",
        "A provider does not answer",
        "Hỏi nhà cung cấp",
        "Ask the provider",
        Who.FINANCE,
    ),
    C.REFUND_OPEN: Words(
        "Hoàn tiền chưa xong", "Refund not done", "Duyệt, gửi lệnh chi", "Approve and send", Who.FINANCE
    ),
    C.CHARGEBACK: Words("Bị đòi hoàn", "Chargeback", "Gửi bằng chứng hoặc thu nợ", "Contest or collect", Who.FINANCE),
    C.NOT_IN_SETTLEMENT: Words(
        "Không có ở đối soát", "Not in the settlement", "Hỏi nhà cung cấp", "Ask the provider", Who.FINANCE
    ),
    C.NOT_IN_LEDGER: Words(
        "Có ở đối soát, không có ở sổ",
        "In the settlement, not in the ledger",
        "Tìm lượt xe",
        "Find its visit",
        Who.FINANCE,
    ),
    C.SETTLEMENT_DIFFERS: Words(
        "Đối soát lệch", "The settlement differs", "Hỏi nhà cung cấp", "Ask the provider", Who.FINANCE
    ),
    C.FEE_DIFFERS: Words("Lệch phí", "Fee differs", "So hợp đồng", "Compare with the contract", Who.FINANCE),
    C.NOT_IN_BANK: Words("Chưa thấy ở sao kê", "Not on the statement", "Hỏi ngân hàng", "Ask the bank", Who.FINANCE),
    C.BANK_LINE_UNKNOWN: Words(
        "Dòng sao kê không rõ", "Bank line unknown", "Tìm khoản tương ứng", "Find what it is for", Who.FINANCE
    ),
    C.STATEMENT_GAP: Words(
        "Sao kê không liền", "The statements have a gap", "Nhập sao kê còn thiếu", "Import what is missing", Who.FINANCE
    ),
    C.CASH_NOT_DEPOSITED: Words(
        "Tiền mặt chưa nộp", "Cash not deposited", "Nộp vào tài khoản", "Deposit it", Who.FINANCE
    ),
    C.TILL_DIFFERS: Words("Két lệch", "The till differs", "Kiểm đếm lại", "Count again"),
    C.EVENT_NOT_APPROVED: Words(
        "Giá sự kiện chưa được duyệt",
        "An event's prices are not approved",
        "Người thứ hai duyệt bảng giá",
        "A second person approves its list",
    ),
    C.EVENT_UNDERSTAFFED: Words(
        "Sự kiện thiếu người", "Too few people at an event", "Gọi thêm người vào ca", "Call more people in"
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


class Expectation(Contract):
    """A counterpart that must come: a notice, a settlement line, a bank line, the money of a claim.

    Met, it explains itself; not met and not due, it is in transit; not met and due, it is a finding of `code`.
    """

    code: Code
    subject: str
    visit: str | None
    amount: Dong
    due: Moment
    evidence: dict[str, str]
    met_at: Moment | None = None
