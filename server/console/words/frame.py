"""Words of the frame: navigation, roles, shortcuts, how long ago."""

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "app.tagline": ("Mỗi lần mở barie có một lý do", "Every opening has a reason"),
    "app.skip": ("Tới nội dung", "Skip to content"),
    "app.more": ("Xem thêm", "Show more"),
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
    "keys.rows": ("Dòng sau, dòng trước", "Next row, row before"),
    "keys.search": ("Tới ô tìm kiếm", "Go to the search field"),
    "keys.help": ("Bảng phím tắt này", "These shortcuts"),
    "keys.escape": ("Đóng cửa sổ", "Close a window"),
    "age.now": ("vừa xong", "just now"),
    "age.seconds": ("{n} giây trước", "{n} s ago"),
    "age.minutes": ("{n} phút trước", "{n} min ago"),
    "age.hours": ("{n} giờ trước", "{n} h ago"),
    "age.ahead": ("còn {n} phút", "in {n} min"),
    "age.ahead_hours": ("còn {n} giờ", "in {n} h"),
    "age.ahead_days": ("còn {n} ngày", "in {n} d"),
    "age.days": ("{n} ngày trước", "{n} d ago"),
}
