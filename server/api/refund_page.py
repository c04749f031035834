"""The page on which a driver says where a refund goes: no script, nothing from anywhere else, every word escaped."""

from html import escape
from typing import Final

from gate.money import dong

_PAGE: Final = """<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>Hoàn tiền · Refund</title></head>
<body><main><h1>Hoàn tiền <small lang="en">· Refund</small></h1>
<p>{refund} · <strong>{amount}</strong></p>{body}</main></body></html>
"""
_FORM: Final = """{trouble}<form method="post">
<p><label>BIN ngân hàng (6 số) <span lang="en">· Bank's number</span><br>
<input name="bank" inputmode="numeric" pattern="97[0-9]{{4}}" required autocomplete="off"></label></p>
<p><label>Số tài khoản <span lang="en">· Account</span><br>
<input name="account" maxlength="24" required autocomplete="off"></label></p>
<p><label>Tên chủ tài khoản <span lang="en">· Name</span><br>
<input name="name" maxlength="70" required autocomplete="off"></label></p>
<p>Chỉ dùng để chuyển khoản hoàn này. <span lang="en">Used for this transfer only.</span></p>
<p><button>Gửi <span lang="en">· Send</span></button></p></form>
"""
_THANKS: Final = (
    '<p role="status">Đã ghi nhận. Tiền sẽ được chuyển khoản. <span lang="en">Noted. It will be transferred.</span></p>'
)
_TROUBLE: Final = '<p role="alert">Vui lòng xem lại. <span lang="en">Please look again: {words}</span></p>'


def page(refund: str, amount: int, trouble: str = "") -> str:
    """The form; `trouble` says what was wrong with what was sent before."""
    words = _TROUBLE.format(words=escape(trouble)) if trouble else ""
    return _whole(refund, amount, _FORM.format(trouble=words))


def thanks(refund: str, amount: int) -> str:
    """What follows."""
    return _whole(refund, amount, _THANKS)


def _whole(refund: str, amount: int, body: str) -> str:
    return _PAGE.format(refund=escape(refund), amount=escape(dong(amount)), body=body)
