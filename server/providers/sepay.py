"""SePay, a bank-account feed (vietnam.md 3.5): how its notices prove themselves and what they say.

The signature is over the raw bytes: HMAC-SHA256(secret, timestamp + "." + body), refused beyond five minutes of drift.
Times are Vietnamese local time without a zone.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from gate.wire import Malformed
from server.providers.notice import Notice, Refused

PROVIDER: Final = "sepay"
DRIFT: Final = timedelta(minutes=5)
BODY_MAX: Final = 16_384
ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")

Text = Annotated[str, Meta(max_length=500)]


class _Body(msgspec.Struct):
    id: Annotated[int, Meta(ge=1)]
    gateway: Text
    transactionDate: Text  # noqa: N815 - the provider's names
    accountNumber: Text  # noqa: N815
    content: Text
    transferType: Text  # noqa: N815
    transferAmount: Annotated[int, Meta(ge=1, le=10**13)]  # noqa: N815
    referenceCode: Text | None = None  # noqa: N815
    code: Text | None = None
    subAccount: Text | None = None  # noqa: N815
    accumulated: int | None = None
    description: Text | None = None


def verify(raw: bytes, headers: Mapping[str, str], secret: str, now: datetime) -> None:
    """Raises Refused unless the notice is SePay's and fresh."""
    if len(raw) > BODY_MAX:
        raise Refused(f"{len(raw)} bytes, at most {BODY_MAX} are read")
    stamp, said = headers.get("x-sepay-timestamp", ""), headers.get("x-sepay-signature", "")
    right = hmac.new(secret.encode(), stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(said.encode(), f"sha256={right}".encode()):
        raise Refused("the signature is wrong or missing")
    if not (stamp.isdecimal() and len(stamp) <= 12):
        raise Refused("the timestamp is no number of seconds")
    if abs(now.timestamp() - int(stamp)) > DRIFT.total_seconds():
        raise Refused("the notice is too old or from the future")


def parse(raw: bytes) -> Notice | None:
    """What the notice says; None for money that went out. Raises Malformed."""
    try:
        body = msgspec.json.decode(raw, type=_Body)
        happened_at = datetime.strptime(body.transactionDate, "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZONE)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Malformed(str(error)) from error
    if not 2000 <= happened_at.year <= 2200:
        raise Malformed(f"transactionDate: the year {happened_at.year} is outside 2000 to 2200")
    if body.transferType != "in":
        return None
    return Notice(
        provider=PROVIDER,
        provider_id=str(body.id),
        account=body.accountNumber,
        amount=body.transferAmount,
        texts=(body.content, body.code or "", body.description or ""),
        bank_reference=(body.referenceCode or "").replace("\0", ""),  # PostgreSQL holds no NUL in a text
        happened_at=happened_at,
    )


def identity(raw: bytes) -> str:
    """The provider's own id of the notice, by which it is kept once. Raises Malformed."""
    try:
        return str(msgspec.json.decode(raw, type=_Body).id)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error
