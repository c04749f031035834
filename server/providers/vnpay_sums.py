"""VNPAY's checksums (API 2.1.0, vietnam.md 3.1): HMAC-SHA512 with the terminal's secret, lower-case hex."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote_plus, unquote_to_bytes

from server.providers.notice import Refused

SUM: Final = "vnp_SecureHash"
SUM_TYPE: Final = "vnp_SecureHashType"
_SUM_TYPES: Final = {"SHA512", "HmacSHA512", "HMACSHA512"}
QUERY_ANSWER: Final = (
    "ResponseId",
    "Command",
    "ResponseCode",
    "Message",
    "TmnCode",
    "TxnRef",
    "Amount",
    "BankCode",
    "PayDate",
    "TransactionNo",
    "TransactionType",
    "TransactionStatus",
    "OrderInfo",
    "PromotionCode",
    "PromotionAmount",
)
REFUND_ANSWER: Final = QUERY_ANSWER[:-2]
"""As public code has it; not in the sheet. Where it should differ, refunds are looked up instead."""


def digest(secret: str, text: str) -> str:
    """The checksum of a text."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def same(said: str, secret: str, text: str) -> bool:
    """Whether it is the text's checksum, in constant time. Without a secret nothing is."""
    return bool(secret) and hmac.compare_digest(said.encode(), digest(secret, text).encode())


def written(fields: Mapping[str, str]) -> str:
    """Fields as a query string: sorted by name, form-URL-encoded, without empty ones."""
    pairs = sorted((name, value) for name, value in fields.items() if value)
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)


def signed(fields: Mapping[str, str], secret: str) -> str:
    """The query string with its checksum."""
    text = written(fields)
    return f"{text}&{SUM}={digest(secret, text)}"


def joined(fields: Mapping[str, str], names: Iterable[str]) -> str:
    """What the checksum of a question or an answer is over: values in their order, nothing encoded."""
    return "|".join(fields.get(f"vnp_{name}", "") for name in names)


def read(raw: bytes, most: int) -> tuple[dict[str, str], str]:
    """A query string's fields, and what its checksum is over: the pairs as they were sent, sorted by name.

    Raises Refused for names that stand twice or are none of VNPAY's: what is signed must be all that is read.
    """
    if len(raw) > most:
        raise Refused(f"it has more than {most} bytes")
    fields: dict[str, str] = {}
    covered = []
    for pair in _text(raw).split("&"):
        name, equals, value = pair.partition("=")
        if not (equals and name.startswith("vnp_") and name.isidentifier() and name.isascii()):
            raise Refused("it holds what is no field of a notice")
        if name in fields:
            raise Refused("a field stands twice")
        fields[name] = _decoded(value)
        if value and name not in {SUM, SUM_TYPE}:
            covered.append((name, pair))
    if fields.get(SUM_TYPE, "SHA512") not in _SUM_TYPES:
        raise Refused("its checksum is of an unknown type")
    return fields, "&".join(pair for _, pair in sorted(covered))


def _text(raw: bytes) -> str:
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError as error:
        raise Refused("a query string is ASCII") from error


def _decoded(value: str) -> str:
    try:
        return unquote_to_bytes(value.replace("+", " ")).decode()
    except UnicodeDecodeError as error:
        raise Refused("a value is no UTF-8") from error
