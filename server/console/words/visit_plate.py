"""Words of the correction of a plate."""

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "plate.side": ("Sửa lúc", "At the"),
    "plate.right": ("Biển số đúng", "The right plate"),
    "plate.note": ("Lý do", "Why"),
    "plate.first": (
        "Gõ biển số để xem ảnh hưởng đến tiền trước khi lưu.",
        "Type the plate to see its effect on money.",
    ),
    "plate.before": ("Đã sửa trước đây", "Corrected before"),
    "plate.no_list": ("Không có biểu giá cho lượt này.", "No price list prices this stay."),
    "plate.same_price": ("Giá không đổi: {amount}", "The price stays {amount}"),
    "plate.other_price": ("Giá: {before} → {after}", "Price: {before} → {after}"),
    "plate.not_charged": (
        "Chưa ghi nợ: hộp biên tính giá khi xe ra.",
        "Not charged yet: the box prices it when the vehicle leaves.",
    ),
    "plate.charged": (
        "Đã ghi {amount}; khoản đã ghi không bao giờ bị sửa.",
        "{amount} was charged; a posted charge is never changed.",
    ),
    "plate.waive": (
        "Đề nghị miễn {amount} (cần người thứ hai đồng ý)",
        "Ask to waive {amount} (a second person agrees)",
    ),
    "plate.paid": (
        "{amount} đã trả thừa: tài chính quyết định hoàn tiền.",
        "{amount} was paid too much: finance decides about a refund.",
    ),
    "plate.same_plate": ("Lượt khác cùng biển số:", "Another visit of this plate:"),
    "plate.keep": ("Lưu biển số", "Keep it"),
    "said.plate_corrected": (
        "Đã sửa biển số; bản máy đọc vẫn được giữ.",
        "The plate is corrected; what was read is kept.",
    ),
    "error.plate_changed": (
        "Biển số đã đổi sau khi xem ảnh hưởng: hãy xem lại.",
        "The plate changed after its effect was shown: look again.",
    ),
}
