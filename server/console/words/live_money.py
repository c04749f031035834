"""Words of money at an exit, and of shifts."""

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "claim.button": ("Khách báo đã trả", "Claimed paid"),
    "claim.title": ("Làn {lane}: khách báo đã trả", "Lane {lane}: claimed paid"),
    "claim.means": (
        "Khách cho xem lệnh chuyển tiền chưa báo về: mở barie, vẫn ghi nợ tới khi thấy tiền.",
        "The driver shows a transfer that has not arrived: the arm opens, the stay stays owing until money is seen.",
    ),
    "claim.owes": ("Còn nợ", "Owes"),
    "claim.vehicles": ("Số xe trong ca", "Vehicles in this shift"),
    "claim.money": ("Số tiền trong ca", "Money in this shift"),
    "claim.of": ("{used} trên {most}", "{used} of {most}"),
    "claim.nothing": ("Lượt này không còn nợ.", "This stay owes nothing."),
    "claim.over": ("Vượt hạn mức của ca: còn {left}.", "Over the shift's limit: {left} is left."),
    "claim.note": ("Khách đã cho xem gì", "What the driver showed"),
    "claim.give": ("Mở, ghi nợ", "Open, and keep it owing"),
    "cash.button": ("Tiền mặt", "Cash"),
    "cash.title": ("Làn {lane}: thu tiền mặt", "Lane {lane}: take cash"),
    "cash.means": (
        "Chỉ khi không trả được cách khác. Phiếu thu vào két của ca bạn.",
        "Only where nothing else works. The receipt goes into your shift's till.",
    ),
    "cash.no_shift": ("Hãy bắt đầu ca và đếm két trước.", "Begin your shift and count the till first."),
    "cash.amount": ("Số tiền (₫)", "Amount (₫)"),
    "cash.note": ("Vì sao là tiền mặt", "Why it is cash"),
    "cash.take": ("Thu tiền", "Take it"),
    "shift.button": ("Ca của tôi", "My shift"),
    "shift.title": ("Ca của tôi", "My shift"),
    "shift.begin": ("Bắt đầu ca", "Begin the shift"),
    "shift.counted_first": ("Đếm trong két (₫)", "Counted in the till (₫)"),
    "shift.since": ("Từ {at}", "Since {at}"),
    "shift.receipts": ("{count} phiếu thu", "{count} receipts"),
    "shift.should": ("két phải có {amount}", "the till should hold {amount}"),
    "shift.missing": (
        "{count} lần mở barie chưa có lý do: ghi trước khi bàn giao.",
        "{count} openings lack a reason: give it before you hand over.",
    ),
    "shift.to": ("Bàn giao cho", "Hand over to"),
    "shift.counted": ("Đếm được (₫)", "Counted (₫)"),
    "shift.left": ("Để lại trong két (₫)", "Left in the till (₫)"),
    "shift.note": ("Ghi chú (bắt buộc khi lệch)", "Note (needed where it differs)"),
    "shift.end": ("Bàn giao", "Hand over"),
    "said.shift_begun": ("Đã bắt đầu ca.", "Your shift has begun."),
    "said.shift_over": ("Đã bàn giao ca.", "The shift is handed over."),
    "error.claim_refused": (
        "Vượt hạn mức, đã báo trước đó, hoặc không còn nợ.",
        "Over the limit, claimed before, or owing nothing.",
    ),
    "error.cash_refused": (
        "Không thu được: xem số nợ và ca của bạn.",
        "It cannot be taken: look at the debt and at your shift.",
    ),
    "error.shift_refused": (
        "Ca không nhận: xem số đếm, người nhận, và ghi chú khi lệch.",
        "Not as it stands: look at the count, who takes over, and the note where it differs.",
    ),
    "error.shift_reasons": ("Còn lần mở barie chưa có lý do.", "Openings still lack a reason."),
}
