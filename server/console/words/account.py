"""Words of my account."""

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "account.title": ("Tài khoản của tôi", "My account"),
    "account.password": ("Đổi mật khẩu", "Change the password"),
    "account.old": ("Mật khẩu hiện tại", "Password now"),
    "account.new": ("Mật khẩu mới", "New password"),
    "account.again": ("Nhập lại mật khẩu mới", "New password again"),
    "account.shortest": ("Ít nhất {count} ký tự.", "At least {count} characters."),
    "account.change": ("Đổi mật khẩu", "Change it"),
    "account.ends_others": (
        "Các phiên đăng nhập khác của bạn sẽ kết thúc.",
        "Your other sessions end with it.",
    ),
    "account.must_change": (
        "Mật khẩu này là mật khẩu tạm: hãy đặt mật khẩu của riêng bạn.",
        "This is a one-time password: choose one of your own first.",
    ),
    "account.sessions": ("Đang đăng nhập", "Signed in"),
    "account.since": ("Từ", "Since"),
    "account.until": ("Đến", "Until"),
    "account.where": ("Ở đâu", "Where"),
    "account.here": ("máy này", "this device"),
    "account.elsewhere": ("máy khác", "another device"),
    "account.end_others": ("Đăng xuất ở các máy khác", "Sign out everywhere else"),
    "said.password": ("Đã đổi mật khẩu.", "The password was changed."),
    "said.signed_out": ("Đã đăng xuất ở các máy khác.", "You are signed out everywhere else."),
    "error.passwords_differ": ("Hai lần nhập mật khẩu mới không giống nhau.", "The new passwords are not the same."),
    "error.password": (
        "Mật khẩu mới phải có ít nhất 10 ký tự và khác mật khẩu cũ.",
        "A new password has at least 10 characters and is not the old one.",
    ),
    "error.old_password": ("Mật khẩu hiện tại không đúng.", "The password now is wrong."),
}
