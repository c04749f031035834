"""Refusals about stays in Vietnamese, as `server.refusals` has them about money."""

from typing import Final

from server.corrections import NOTE_MAX, NOTE_MIN
from server.turning import TURNS, TURNS_VI

STAYS: Final[dict[str, str]] = {
    f"note: {NOTE_MIN} to {NOTE_MAX} characters say why": f"hãy ghi lý do, {NOTE_MIN} đến {NOTE_MAX} ký tự",
    TURNS: TURNS_VI,
    "plate: {} to {} letters and digits, not {}": "biển số: {} đến {} chữ và số, không phải {}",
    "visit {} has no entry to correct": "lượt {} không có lượt vào để sửa",
    "visit {} has no exit to correct": "lượt {} không có lượt ra để sửa",
    "the plate is {} already": "biển số đã là {}",
    "visit {} has not ended: its plate is needed at the exit": "lượt {} chưa kết thúc: lối ra còn cần biển số",
    "the price changed meanwhile: the difference is {}, not {}": "giá đã đổi: chênh lệch là {}, không phải {}",
    "somebody else has corrected this plate just now": "người khác vừa sửa biển số này",
    "{} ({}) may decide about {} VND at most, this is {}": "{} ({}) chỉ được quyết đến {} đồng, đây là {}",
    "visit {} was voided": "lượt {} đã huỷ",
    "there is no visit {}": "không có lượt {}",
    "visit {} has not both an entry and an exit to split": "lượt {} không có cả lượt vào và lượt ra để tách",
    "visit {} owes {}: waive it first": "lượt {} còn nợ {}: hãy miễn trước",
    "visit {} was paid {}: give it back first": "lượt {} đã thu {}: hãy hoàn tiền trước",
    "{} and {} are not two visits of one site": "{} và {} không phải hai lượt của một bãi",
    "visit {} left before {} came: they are two stays": "lượt {} ra trước khi {} vào: là hai lượt gửi",
    "{} has no price for the whole stay: {}": "{} không có giá cho cả lượt: {}",
    "the price changed meanwhile: it is {}, not {}": "giá đã đổi: là {}, không phải {}",
    "the vehicle {} is a lost entry already": "xe này đã được ghi mất lượt vào",
    "the vehicle {} is the lost entry {} already": "xe này đã là lượt {1}",
    "the vehicle {} is visit {}": "xe này là lượt {1}",
    "{} has not looked at the candidates for {}: ask for them first": "hãy xem các lượt có thể khớp trước",
    "{} has no price list for {}": "{} không có biểu giá cho {}",
    "turns.{}.lost: {} has no price for a lost entry": "biểu giá {1} không có giá mất lượt vào",
    "{} {}: only {} is owed by {}": "chỉ còn nợ {2}",
    "there is nothing to {}: the amount is {}": "không còn gì để {}: số tiền {}",
}
