"""What people read in place of codes, in both languages. A code without a word is shown as it is."""

from typing import Final

from gate.findings import WORDS, Owner
from gate.ledger import EntryKind, LedgerAccount
from gate.messages import OpeningReason
from gate.vehicle import VehicleClass
from server.language import Language

Pair = tuple[str, str]

REASONS: Final[dict[str, Pair]] = {
    OpeningReason.ADMITTED: ("Cho vào", "Admitted"),
    OpeningReason.PAID: ("Đã trả tiền", "Paid"),
    OpeningReason.FREE: ("Miễn phí", "Free"),
    OpeningReason.BILLED: ("Cho ra, ghi nợ", "Let out and billed"),
    OpeningReason.CLAIMED: ("Khách báo đã trả, chưa thấy tiền", "Claimed paid, no money seen"),
    OpeningReason.PERSON: ("Nhân viên mở", "Opened by a person"),
    OpeningReason.PASS: ("Vé tháng, miễn vé", "Pass or exempt"),
    OpeningReason.MODE: ("Làn mở tự do", "Lane held open or free"),
    OpeningReason.BUTTON: ("Nút bấm tại làn", "Button at the lane"),
    OpeningReason.BY_HAND: ("Nâng bằng tay", "Raised by hand"),
    OpeningReason.FIRE: ("Báo cháy", "Fire"),
}
CLASSES: Final[dict[str, Pair]] = {
    VehicleClass.MOTO: ("Xe máy", "Motorbike"),
    VehicleClass.CAR9: ("Ô tô đến 9 chỗ", "Car, up to 9 seats"),
    VehicleClass.VAN16: ("Xe 10-16 chỗ", "10 to 16 seats"),
    VehicleClass.MINI29: ("Xe 17-29 chỗ", "17 to 29 seats"),
    VehicleClass.BUS30: ("Xe từ 30 chỗ", "30 seats and more"),
}
STATES: Final[dict[str, Pair]] = {
    "paid": ("Đã trả", "Paid"),
    "owing": ("Còn nợ", "Owing"),
    "free": ("Miễn phí", "Free"),
    "waived": ("Được miễn", "Waived"),
    "inside": ("Còn trong bãi", "Inside"),
    "not_priced": ("Chưa tính giá", "Not priced"),
    "due": ("Đến hạn", "Due"),
    "in_transit": ("Chưa đến hạn", "In transit"),
    "explained": ("Đã giải trình", "Explained"),
    "open": ("Chưa chốt", "Not closed"),
    "closed": ("Đã chốt", "Closed"),
    "proved": ("Có trên sao kê", "On the statement"),
    "settled": ("Đã đối soát", "Settled"),
    "awaited": ("Chờ sao kê", "Not on the statement yet"),
    "till": ("Trong két", "In the till"),
    "nobody": ("Không rõ khoản", "For nothing known"),
}
ORIGINS: Final[dict[str, Pair]] = {
    "box": ("Trạm", "Box"),
    "import": ("Danh sách ngày đầu", "List of the first day"),
    "lost_entry": ("Mất lượt vào, bổ sung ở lối ra", "Lost entry, added at the exit"),
}
PROVIDERS: Final[dict[str, Pair]] = {
    "cash": ("Tiền mặt", "Cash"),
    "sepay": ("Chuyển khoản (SePay)", "Transfer (SePay)"),
    "vnpay": ("VNPAY", "VNPAY"),
    "momo": ("MoMo", "MoMo"),
}
KINDS: Final[dict[str, Pair]] = {
    EntryKind.PEND: ("Tạm tính", "Quoted"),
    EntryKind.UNPEND: ("Hủy tạm tính", "Quote released"),
    EntryKind.CHARGE: ("Doanh thu trông giữ xe", "Parking charges"),
    EntryKind.PAYMENT: ("Thu tiền", "Payments"),
    EntryKind.APPLIED: ("Gán tiền vào lượt xe", "Money put on its stay"),
    EntryKind.RELEASED: ("Gỡ tiền khỏi lượt xe", "Money taken off its stay"),
    EntryKind.CREDIT: ("Bù trừ giữa các lượt", "Credit of another stay"),
    EntryKind.WAIVER: ("Miễn giảm", "Waivers"),
    EntryKind.WRITE_OFF: ("Xóa nợ", "Written off"),
    EntryKind.REFUND_DUE: ("Phải hoàn tiền", "Refunds due"),
    EntryKind.REFUND_SENT: ("Đã hoàn tiền", "Refunds sent"),
    EntryKind.CHARGEBACK: ("Bị đòi hoàn", "Chargebacks"),
    EntryKind.SETTLED: ("Đối soát cổng thanh toán", "Settlement of a provider"),
    EntryKind.PAYOUT: ("Cổng thanh toán chuyển về", "Payout of a provider"),
    EntryKind.BANKED: ("Tiền về tài khoản", "On the bank's statement"),
    EntryKind.BANK_UNKNOWN: ("Tiền về không rõ khoản", "Bank line of nothing known"),
    EntryKind.DEPOSIT: ("Nộp tiền mặt vào tài khoản", "Cash deposited"),
    EntryKind.TILL_DIFFERENCE: ("Chênh lệch két", "Till difference"),
    EntryKind.UNDONE: ("Hủy quyết định", "Decisions taken back"),
}
ACCOUNTS: Final[dict[str, Pair]] = {
    LedgerAccount.RECEIVABLE: ("Phải thu khách", "Receivable"),
    LedgerAccount.REVENUE: ("Doanh thu", "Revenue"),
    LedgerAccount.DEFERRED: ("Doanh thu chưa thực hiện", "Deferred revenue"),
    LedgerAccount.VAT: ("Thuế GTGT phải nộp", "VAT"),
    LedgerAccount.CLEARING: ("Đang chờ xác nhận", "In clearing"),
    LedgerAccount.PAYOUT: ("Tiền đang chuyển", "Payout on its way"),
    LedgerAccount.BANK: ("Ngân hàng", "Bank"),
    LedgerAccount.FEES: ("Phí dịch vụ", "Fees"),
    LedgerAccount.FEE_VAT: ("Thuế GTGT đầu vào", "Input VAT on fees"),
    LedgerAccount.SUSPENSE: ("Chưa rõ lượt xe", "Suspense"),
    LedgerAccount.PREPAID: ("Khách trả trước", "Prepaid"),
    LedgerAccount.REFUNDS: ("Phải hoàn", "Refunds"),
    LedgerAccount.TILL: ("Két", "Till"),
    LedgerAccount.TILL_DIFFERENCE: ("Chênh lệch két", "Till difference"),
    LedgerAccount.WAIVED: ("Miễn giảm", "Waived"),
    LedgerAccount.WRITTEN_OFF: ("Xóa nợ", "Written off"),
    LedgerAccount.PENDED: ("Tạm tính", "Quoted, not charged"),
    LedgerAccount.QUOTED: ("Đối ứng tạm tính", "Against quotes"),
}
OWNERS: Final[dict[str, Pair]] = {
    Owner.ATTENDANT: ("Nhân viên", "Attendant"),
    Owner.MANAGER: ("Quản lý", "Manager"),
    Owner.FINANCE: ("Tài chính", "Finance"),
    Owner.ENGINEER: ("Kỹ thuật", "Engineer"),
}
FINDINGS: Final[dict[str, Pair]] = {code: (words.vi, words.en) for code, words in WORDS.items()}
NEXT: Final[dict[str, Pair]] = {code: (words.next_vi, words.next_en) for code, words in WORDS.items()}
SYSTEM: Final[dict[str, Pair]] = {"rule": ("Hệ thống", "System")}
"""Who did what no person did."""
MIXED: Final[Pair] = ("Nhiều mức", "Several")


def chosen(words: dict[str, Pair], language: Language) -> dict[str, str]:
    """The words of one language."""
    return {str(code): pair[language is Language.EN] for code, pair in words.items()}
