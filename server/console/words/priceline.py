"""Words of a bill's lines."""

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "priceline.free": ("Thời gian miễn phí", "Free time"),
    "priceline.rounding": ("Làm tròn", "Rounding"),
    "priceline.not less": ("Không thấp hơn giá đã tính", "Not less than before"),
    "priceline.pass": ("Vé tháng", "Pass"),
    "priceline.exempt": ("Miễn phí", "Exempt"),
    "priceline.lost": ("Mất lượt vào", "Lost entry"),
    "priceline.cap": ("đến mức tối đa", "up to the cap"),
    "priceline.days": ("Ngày thứ {number}", "Day {number}"),
    "priceline.blocks": ("{count} x {minutes} phút", "{count} x {minutes} min"),
    "priceline.rate.turn": ("Lượt", "Turn"),
    "priceline.rate.day": ("Ban ngày", "Day"),
    "priceline.rate.night": ("Ban đêm", "Night"),
    "priceline.rate.festival": ("Ngày lễ hội", "Festival"),
    "priceline.rate.late": ("Phụ thu đêm", "Late"),
    "priceline.rate.event": ("Sự kiện", "Event"),
    "priceline.rate.weekend": ("Cuối tuần", "Weekend"),
}
