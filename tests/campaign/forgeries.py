"""What somebody sends who wants us to believe that money came: every kind makes something else of a true notice."""

import hashlib
import hmac
import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from tests.server.box import SECRET, signed
from tests.server.money_desk import PARTNER, TERMINAL


class Told(NamedTuple):
    """A notice as it is sent."""

    provider: str
    raw: bytes
    headers: dict[str, str]


class True_(NamedTuple):  # noqa: N801 - what it is
    """A notice that the provider would send: nobody has told us of it yet."""

    provider: str
    raw: bytes


Forger = Callable[[bytes, random.Random, datetime], tuple[bytes, dict[str, str]]]
Plain = Callable[[bytes, random.Random], bytes]


def forged(true: True_, kind: str, rng: random.Random, now: datetime) -> Told:
    """The forgery; its bytes or headers are never the true ones."""
    raw, headers = FORGERS[true.provider][kind](true.raw, rng, now)
    return Told(true.provider, raw, headers)


def _flipped(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(raw))
    return raw[:at] + bytes([raw[at] ^ 1 << rng.randrange(8)]) + raw[at + 1 :]


def _cut(raw: bytes, rng: random.Random) -> bytes:
    return raw[: rng.randrange(len(raw))]


def _noise(raw: bytes, rng: random.Random) -> bytes:
    return rng.randbytes(rng.randrange(1, len(raw)))


# --- the feed: over the bytes, with a time ---------------------------------------------------------------------


def _with(raw: bytes, **changes: object) -> bytes:
    said = json.loads(raw)
    return json.dumps({**said, **changes}, ensure_ascii=False, separators=(",", ":")).encode()


def _altered(change: Plain) -> Forger:
    """Another body with the true one's signature."""
    return lambda raw, rng, now: (change(raw, rng), signed(raw, now))


def _reordered(raw: bytes, _: random.Random) -> bytes:
    said = json.loads(raw)
    return json.dumps(dict(reversed(said.items())), ensure_ascii=False, separators=(",", ":")).encode()


def _feed_flip(raw: bytes, rng: random.Random, now: datetime) -> tuple[bytes, dict[str, str]]:
    headers = signed(raw, now)
    said = _flipped(headers["x-sepay-signature"].encode(), rng).decode("latin-1")
    return raw, {**headers, "x-sepay-signature": said}


FEED: Final[dict[str, Forger]] = {
    "no signature": lambda raw, _, now: (raw, {"x-sepay-timestamp": str(int(now.timestamp()))}),
    "an empty signature": lambda raw, _, now: (raw, {**signed(raw, now), "x-sepay-signature": ""}),
    "an empty digest": lambda raw, _, now: (raw, {**signed(raw, now), "x-sepay-signature": "sha256="}),
    "another secret": lambda raw, rng, now: (raw, signed(raw, now, rng.randbytes(9).hex())),
    "the empty secret": lambda raw, _, now: (raw, signed(raw, now, "")),
    "an old timestamp": lambda raw, rng, now: (raw, signed(raw, now - timedelta(seconds=rng.randrange(301, 10**6)))),
    "a timestamp to come": lambda raw, rng, now: (raw, signed(raw, now + timedelta(seconds=rng.randrange(301, 9_999)))),
    "an old one made new": lambda raw, _, now: (
        raw,
        {**signed(raw, now - timedelta(hours=1)), "x-sepay-timestamp": str(int(now.timestamp()))},
    ),
    "a bit of the body": _altered(_flipped),
    "a bit of the signature": _feed_flip,
    "cut": _altered(_cut),
    "noise": _altered(_noise),
    "keys in another order": _altered(_reordered),
    "a key twice": _altered(lambda raw, _: raw[:-1] + b',"transferAmount":90000000}'),
    "another amount": _altered(lambda raw, rng: _with(raw, transferAmount=rng.randrange(31_000, 10**9))),
    "another currency": _altered(lambda raw, _: _with(raw, currency="USD")),
    "another account": _altered(lambda raw, rng: _with(raw, accountNumber=str(rng.randrange(10**9)))),
    "another reference": _altered(lambda raw, rng: _with(raw, content=f"SPS{rng.randbytes(4).hex()}")),
    "another id": _altered(lambda raw, rng: _with(raw, id=rng.randrange(1, 10**12))),
    "another provider's signature": lambda raw, _, now: (
        raw,
        {
            **signed(raw, now),
            "x-sepay-signature": "sha256=" + hmac.new(PARTNER.secret.encode(), raw, hashlib.sha256).hexdigest(),
        },
    ),
    "signed without its time": lambda raw, _, now: (
        raw,
        {
            **signed(raw, now),
            "x-sepay-signature": "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest(),
        },
    ),
}


# --- VNPAY: over its fields, as they are sent ------------------------------------------------------------------


def _plain(change: Plain) -> Forger:
    return lambda raw, rng, _: (change(raw, rng), {})


def _body(raw: bytes) -> bytes:
    return raw.partition(b"&vnp_SecureHash=")[0]


def _summed(raw: bytes, secret: bytes, kind: str = "sha512") -> bytes:
    return _body(raw) + b"&vnp_SecureHash=" + hmac.new(secret, _body(raw), kind).hexdigest().encode()


def _field(name: bytes, value: Callable[[random.Random], int]) -> Plain:
    def change(raw: bytes, rng: random.Random) -> bytes:
        pairs = [pair.partition(b"=") for pair in raw.split(b"&")]
        return b"&".join(key + b"=" + (str(value(rng)).encode() if key == name else old) for key, _, old in pairs)

    return change


VNPAY: Final[dict[str, Forger]] = {
    "no signature": _plain(lambda raw, _: _body(raw)),
    "an empty signature": _plain(lambda raw, _: _body(raw) + b"&vnp_SecureHash="),
    "another secret": _plain(lambda raw, rng: _summed(raw, rng.randbytes(16))),
    "the empty secret": _plain(lambda raw, _: _summed(raw, b"")),
    "a bit of it": _plain(_flipped),
    "cut": _plain(_cut),
    "noise": _plain(_noise),
    "a key twice": _plain(lambda raw, _: b"vnp_Amount=9000000000&" + raw),
    "another amount": _plain(_field(b"vnp_Amount", lambda rng: 100 * rng.randrange(31_000, 10**9))),
    "another currency": _plain(lambda raw, _: raw + b"&vnp_CurrCode=USD"),
    "another merchant": _plain(lambda raw, rng: raw.replace(b"LCPARK01", b"LC%06d" % rng.randrange(10**6))),
    "another reference": _plain(_field(b"vnp_TxnRef", lambda rng: rng.randrange(10**12))),
    "another transaction": _plain(_field(b"vnp_TransactionNo", lambda rng: rng.randrange(10**12))),
    "another result": _plain(_field(b"vnp_ResponseCode", lambda rng: rng.randrange(10, 99))),
    "another provider's signature": _plain(lambda raw, _: _summed(raw, PARTNER.secret.encode())),
    "a weaker sum": _plain(lambda raw, _: _summed(raw, TERMINAL.secret.encode(), "sha256")),
}


# --- MoMo: over its fields, in their order ---------------------------------------------------------------------


def _more(**changes: Callable[[random.Random], object]) -> Forger:
    return _plain(lambda raw, rng: _with(raw, **{name: value(rng) for name, value in changes.items()}))


def _resigned(secret: str, access: str = PARTNER.access_key) -> Plain:
    def change(raw: bytes, _: random.Random) -> bytes:
        said = json.loads(raw)
        del said["signature"]
        pairs = sorted({**said, "accessKey": access}.items())
        text = "&".join(f"{name}={value}" for name, value in pairs)
        return _with(raw, signature=hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest())

    return change


MOMO: Final[dict[str, Forger]] = {
    "no signature": _plain(lambda raw, _: raw[: raw.index(b',"signature"')] + b"}"),
    "an empty signature": _more(signature=lambda _: ""),
    "another secret": _plain(lambda raw, rng: _resigned(rng.randbytes(16).hex())(raw, rng)),
    "the empty secret": _plain(_resigned("")),
    "another access key": _plain(_resigned(PARTNER.secret, "F8BBA842ECF86")),
    "a bit of it": _plain(_flipped),
    "cut": _plain(_cut),
    "noise": _plain(_noise),
    "a key twice": _plain(lambda raw, _: raw[:-1] + b',"amount":90000000}'),
    "another amount": _more(amount=lambda rng: rng.randrange(31_000, 10**9)),
    "another merchant": _more(partnerCode=lambda rng: f"MOMO{rng.randrange(10**6)}"),
    "another reference": _more(orderId=lambda rng: f"SPS{rng.randbytes(5).hex()}"),
    "another transaction": _more(transId=lambda rng: rng.randrange(10**12)),
    "another result": _more(resultCode=lambda rng: rng.randrange(1, 9_999)),
    "another time": _more(responseTime=lambda rng: rng.randrange(10**12, 2 * 10**12)),
    "another provider's signature": _plain(_resigned(TERMINAL.secret)),
}
FORGERS: Final = {"sepay": FEED, "vnpay": VNPAY, "momo": MOMO}
