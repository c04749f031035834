"""Refusals of requests, people and events in Vietnamese, as `server.refusals` has them about money."""

from typing import Final

DESK: Final[dict[str, str]] = {
    "request: {} was the id of another request": "request: mã {} đã dùng cho yêu cầu khác",
    "request: an id is 8 to 64 of A-Z, a-z, 0-9, _ and -, not {}": (
        "request: mã gồm 8 đến 64 ký tự A-Z, a-z, 0-9, _ và -, không phải {}"
    ),
    "there is no site {}": "không có bãi {}",
    "there is no event {}": "không có sự kiện {}",
    "there is nobody of the name {}": "không có người tên {}",
    "no finding {} {}": "không có phát hiện {} {}",
    "nothing is proposed any more": "không còn đề xuất nào",
    "{} ({}) has nothing to do with {}": "{} ({}) không phụ trách {}",
    "{} ({}) may not {}": "{} ({}) không có quyền: {}",
    "after: {} is no place in this list": "after: {} không phải chỗ trong danh sách này",
    "since: {} has begun, and what has begun runs to its end": "since: {} đã bắt đầu nên chạy đến hết",
    "since: an event begins in the future": "since: sự kiện phải bắt đầu sau lúc này",
    "lanes: {} has no lane {}": "lanes: {} không có làn {}",
    "lanes: {} is taken by {} ({})": "lanes: làn {} đã thuộc {} ({})",
    "{} is the last administrator": "{} là quản trị viên cuối cùng",
}
