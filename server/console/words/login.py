"""Words of signing in."""

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "login.title": ("Đăng nhập", "Sign in"),
    "login.name": ("Tên đăng nhập", "Name"),
    "login.password": ("Mật khẩu", "Password"),
    "login.submit": ("Đăng nhập", "Sign in"),
    "login.refused": ("Tên hoặc mật khẩu không đúng.", "The name or the password is wrong."),
    "login.too_many": (
        "Sai quá nhiều lần. Hãy thử lại sau một giờ, hoặc từ nơi bạn đã từng đăng nhập.",
        "Too many wrong guesses. Try again in an hour, or from where you signed in before.",
    ),
    "login.foreign": ("Hãy đăng nhập từ chính trang này.", "Sign in from this page itself."),
}
