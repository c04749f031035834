"""SePay, a bank-account feed (vietnam.md 3.5): how its notices prove themselves and what they say.

It tells of every transfer to the account; the order is a VietQR whose note carries the visit's reference. The signature
is over the raw bytes: HMAC-SHA256(secret, timestamp + "." + body), refused beyond five minutes of drift; or the account
is set to send an API key. Times are Vietnamese local time without a zone.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from gate import vietqr
from gate.wire import Malformed
from server.providers import strict
from server.providers.contract import (
    Answer,
    GiveBack,
    Line,
    NotOffered,
    Order,
    Outcome,
    Payable,
    Received,
    Reply,
    Verdict,
)
from server.providers.notice import Kind, Notice, Refused

PROVIDER: Final = "sepay"
DRIFT: Final = timedelta(minutes=5)
BODY_MAX: Final = 16_384
ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")

Text = Annotated[str, Meta(max_length=500)]


class Proof(StrEnum):
    """How the account at SePay is set to prove its notices."""

    HMAC = "hmac"
    API_KEY = "api_key"


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
    currency: Text = "VND"


class SePay:
    """The feed of all bank accounts. `accounts`: which sites each is for."""

    name = PROVIDER
    method = "POST"
    raw_max = BODY_MAX
    headers = "x-sepay-"
    key_life = timedelta(0)
    order_life = timedelta(minutes=15)
    promises_retries = True
    answers = False
    names_refunds = False

    def __init__(self, secret: str, proof: Proof, accounts: Mapping[str, tuple[str, ...]]) -> None:
        self._secret, self._proof = secret, proof
        self.accounts: Mapping[str, tuple[str, ...]] = MappingProxyType(dict(accounts))

    @property
    def on(self) -> bool:
        """An empty secret would let anyone sign."""
        return bool(self._secret)

    def verify(self, received: Received) -> None:
        """Raises Refused unless the notice is SePay's, and fresh where it is signed."""
        if len(received.raw) > BODY_MAX:
            raise Refused(f"it has more than {BODY_MAX} bytes")
        if self._proof is Proof.API_KEY:
            _check_key(received.headers, self._secret)
        else:
            _check_signature(received, self._secret)

    @staticmethod
    def parse(received: Received) -> Notice:
        """What the notice says. Raises Malformed."""
        body = strict.read(received.raw, _Body, BODY_MAX)
        if body.currency != "VND":
            raise Malformed(f"currency: {body.currency!r} is not VND")
        return Notice(
            provider=PROVIDER,
            provider_id=str(body.id),
            account=body.accountNumber,
            amount=body.transferAmount,
            texts=(body.content, body.code or "", body.description or ""),
            bank_reference=(body.referenceCode or "").replace("\0", ""),  # PostgreSQL holds no NUL in a text
            happened_at=_moment(body.transactionDate),
            kind=_kind(body.transferType),
        )

    @staticmethod
    def fingerprint(received: Received) -> str:
        """Of the bytes."""
        return hashlib.sha256(received.raw).hexdigest()

    @staticmethod
    def reply(verdict: Verdict) -> Reply:
        """200 `{"success":true}` for what is kept, repeats included."""
        return Reply(_STATUS.get(verdict, 200), b'{"success":%s}' % (b"false" if verdict in _STATUS else b"true"))

    @staticmethod
    def create(order: Order, line: Line, now: datetime) -> Answer:  # noqa: ARG004 - nobody is asked
        """A transfer's code: whoever scans it sends the amount with the visit's reference as its note."""
        payload = vietqr.encode(bank=order.bank, account=order.account, amount=order.amount, note=order.visit)
        return Answer(Outcome.OPEN, payload.encode(), Payable(qr=payload))

    @staticmethod
    def payable(raw: bytes, line: Line) -> Payable:  # noqa: ARG004 - we made it ourselves
        """The code."""
        return Payable(qr=raw.decode())

    @staticmethod
    def query(order: Order, line: Line, now: datetime) -> Answer:  # noqa: ARG004 - of the contract
        """A feed tells, it is not asked."""
        raise NotOffered("SePay tells of transfers and cannot be asked for one")

    @staticmethod
    def refund(wanted: GiveBack, line: Line, now: datetime) -> Answer:  # noqa: ARG004 - of the contract
        """A bank transfer cannot be taken back through the network: a new one is made (vietnam.md 4.1)."""
        raise NotOffered("a bank transfer is given back by a transfer")


_STATUS: Final = {Verdict.UNPROVEN: 401, Verdict.UNREADABLE: 400, Verdict.WRONG_ACCOUNT: 400, Verdict.BUSY: 503}


def _check_key(headers: Mapping[str, str], secret: str) -> None:
    scheme, _, said = headers.get("authorization", "").partition(" ")
    if not hmac.compare_digest(said.encode(), secret.encode()) or scheme.lower() != "apikey":
        raise Refused("the API key is wrong or missing")


def _check_signature(received: Received, secret: str) -> None:
    stamp, said = received.headers.get("x-sepay-timestamp", ""), received.headers.get("x-sepay-signature", "")
    right = hmac.new(secret.encode(), stamp.encode() + b"." + received.raw, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(said.encode(), f"sha256={right}".encode()):
        raise Refused("the signature is wrong or missing")
    if not (stamp.isdecimal() and stamp.isascii() and len(stamp) <= 12):
        raise Refused("the timestamp is no number of seconds")
    if abs(received.at.timestamp() - int(stamp)) > DRIFT.total_seconds():
        raise Refused("the notice is too old or from the future")


def _kind(said: str) -> Kind:
    if said not in {"in", "out"}:
        raise Malformed(f"transferType: {said[:20]!r} is neither in nor out")
    return Kind.PAID if said == "in" else Kind.OUT


def _moment(said: str) -> datetime:
    try:
        happened_at = datetime.strptime(said, "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZONE)
    except ValueError as error:
        raise Malformed(f"transactionDate: {error}") from error
    if not 2000 <= happened_at.year <= 2200:
        raise Malformed(f"transactionDate: the year {happened_at.year} is outside 2000 to 2200")
    return happened_at
