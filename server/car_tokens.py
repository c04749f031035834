"""Who found a car may open its page for a while: a token for one visit, signed, and good until its time.

Nothing is kept: the token holds when it ends and 128 bits of a code over that and the visit.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final

LIFE: Final = timedelta(hours=2)
_CODE: Final = 16
_TIME: Final = 5
_PURPOSE: Final = b"the driver's page"


def made(secret: str, visit: str, now: datetime) -> str:
    """A token for the visit, good from now for `LIFE`."""
    ends = int((now + LIFE).timestamp()).to_bytes(_TIME)
    return base64.urlsafe_b64encode(ends + _code(secret, visit, ends)).decode().rstrip("=")


def is_good(secret: str, visit: str, token: str, now: datetime) -> bool:
    """Whether the token is ours, of this visit, and not over."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return False
    ends, code = raw[:_TIME], raw[_TIME:]
    if len(raw) != _TIME + _CODE or not hmac.compare_digest(code, _code(secret, visit, ends)):
        return False
    return now.astimezone(UTC).timestamp() < int.from_bytes(ends)


def _code(secret: str, visit: str, ends: bytes) -> bytes:
    key = hmac.digest(secret.encode(), _PURPOSE, "sha256")
    return hmac.new(key, visit.encode() + b"\0" + ends, hashlib.sha256).digest()[:_CODE]
