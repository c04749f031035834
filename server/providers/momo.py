"""MoMo, a wallet gateway (API v2, vietnam.md 3.2): create, notice, query and refund.

Signatures are HMAC-SHA256 over `name=value` pairs in the order that each message has, nothing encoded; the access key
is among them and never in a notice's body. Retries of a notice are not promised, so open orders are asked for. Answers
are not signed: TLS and the echoed names are what they are trusted for.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from gate.messages import SiteCode
from gate.wire import Contract, Malformed
from server.providers import strict
from server.providers.contract import (
    Answer,
    GiveBack,
    Line,
    Order,
    Outcome,
    Payable,
    Received,
    Reply,
    Unanswered,
    Verdict,
)
from server.providers.momo_codes import outcome, refund_outcome
from server.providers.notice import Kind, Notice, Refused

PROVIDER: Final = "momo"
RAW_MAX: Final = 16_384
AMOUNTS: Final = (1_000, 50_000_000)

Text = Annotated[str, Meta(max_length=1_000)]
Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Pairs = Mapping[str, object]


class Partner(Contract):
    """A partner code of ours at MoMo, and the sites that it is for. An empty secret: it is off."""

    partner: Annotated[str, Meta(pattern="^[0-9A-Za-z_-]{1,50}$")]
    access_key: str
    secret: str
    sites: tuple[SiteCode, ...]
    api_url: str
    ipn_url: str
    redirect_url: str


class _Told(msgspec.Struct):
    """A notice, names as MoMo's."""

    partnerCode: Text  # noqa: N815
    orderId: Text  # noqa: N815
    requestId: Text  # noqa: N815
    amount: Number
    orderInfo: Text  # noqa: N815
    orderType: Text  # noqa: N815
    transId: Number  # noqa: N815
    resultCode: int  # noqa: N815
    message: Text
    payType: Text  # noqa: N815
    responseTime: Number  # noqa: N815
    extraData: Text  # noqa: N815
    signature: Text


_WALLET: Final = "momo://"
"""What begins so is opened by MoMo's own program on the driver's telephone."""


class _Back(msgspec.Struct):
    """A refund in an answer to a query."""

    orderId: Text  # noqa: N815
    amount: Number
    resultCode: int  # noqa: N815


class _Said(msgspec.Struct):
    """An answer to any question."""

    partnerCode: Text  # noqa: N815
    orderId: Text  # noqa: N815
    requestId: Text  # noqa: N815
    resultCode: int  # noqa: N815
    message: Text = ""
    amount: Number | None = None
    transId: Number | None = None  # noqa: N815
    responseTime: Number = 0  # noqa: N815
    payUrl: Text = ""  # noqa: N815
    qrCodeUrl: Text = ""  # noqa: N815
    refundTrans: list[_Back] | None = None  # noqa: N815


class Momo:
    """MoMo with all our partner codes."""

    name = PROVIDER
    method = "POST"
    raw_max = RAW_MAX
    headers = "x-momo-"
    key_life = timedelta(days=31)
    order_life = timedelta(minutes=100)
    promises_retries = False
    answers = True
    names_refunds = True

    def __init__(self, partners: tuple[Partner, ...], key_life: timedelta = key_life) -> None:
        self._partners = {each.partner: each for each in partners if each.secret and each.access_key}
        self._of_site = {site: each for each in self._partners.values() for site in each.sites}
        self.key_life = key_life

    @property
    def on(self) -> bool:
        """Whether there is a partner code with its secret."""
        return bool(self._partners)

    @property
    def accounts(self) -> Mapping[str, tuple[str, ...]]:
        """Partner code -> sites."""
        return {name: each.sites for name, each in self._partners.items()}

    # --- notices -----------------------------------------------------------------------------------------

    def verify(self, received: Received) -> None:
        """Raises Refused unless one of our partner codes' secrets signed it."""
        try:
            told = strict.read(received.raw, _Told, RAW_MAX)
        except Malformed as error:  # the signature is over its fields: what cannot be read cannot be proven
            raise Refused("it is no notice that can be read") from error
        partner = self._partners.get(told.partnerCode)
        if partner is None:
            raise Refused("the partner code is none of ours")
        if not hmac.compare_digest(told.signature.encode(), digest(partner, _covered(told)).encode()):
            raise Refused("the signature is wrong or missing")

    @staticmethod
    def parse(received: Received) -> Notice:
        """A notice, or the payment in an answer to a query. Raises Malformed."""
        if received.answer:
            return _of_answer(strict.read(received.raw, _Said, RAW_MAX))
        told = strict.read(received.raw, _Told, RAW_MAX)
        return _notice(told.partnerCode, told.orderId, told.transId, told.amount, told.resultCode, told.responseTime)

    @staticmethod
    def fingerprint(received: Received) -> str:
        """Of all that is signed."""
        if received.answer:
            return hashlib.sha256(received.raw).hexdigest()
        covered = _text(_covered(strict.read(received.raw, _Told, RAW_MAX)))
        return hashlib.sha256(covered.encode()).hexdigest()

    @staticmethod
    def reply(verdict: Verdict) -> Reply:
        """204 without a body for what is kept, repeats included."""
        return Reply(_STATUS.get(verdict, 204))

    # --- what we ask -------------------------------------------------------------------------------------

    def create(self, order: Order, line: Line, now: datetime) -> Answer:  # noqa: ARG002 - the same request each time
        """An order for the wallet. Raises Unanswered."""
        partner = self._partner(order)
        covered = {
            "accessKey": partner.access_key,
            "amount": order.amount,
            "extraData": "",
            "ipnUrl": partner.ipn_url,
            "orderId": order.order,
            "orderInfo": f"Thanh toan ve gui xe {order.visit}",
            "partnerCode": partner.partner,
            "redirectUrl": partner.redirect_url,
            "requestId": order.order,
            "requestType": "captureWallet",
        }
        raw, said = _exchanged(partner, line, "create", covered, {"lang": "vi", "autoCapture": True})
        if said.resultCode != 0:
            return Answer(outcome(said.resultCode), raw, why=said.message)
        if said.amount != order.amount:
            raise Unanswered("MoMo's answer is about another amount")
        return Answer(Outcome.OPEN, raw, self.payable(raw, line))

    @staticmethod
    def payable(raw: bytes, line: Line) -> Payable:
        """The wallet's page and its code, each nowhere but on a host that we know. A code that is a link into the
        wallet itself names no host; one that is no link at all cannot be held against anything and is left out.
        Raises Unanswered."""
        said = strict.read(raw, _Said, RAW_MAX)
        code = said.qrCodeUrl if "://" in said.qrCodeUrl else ""
        if not line.allows(said.payUrl) or (code and not code.startswith(_WALLET) and not line.allows(code)):
            raise Unanswered("MoMo's answer leads to a host that we do not know")
        return Payable(said.payUrl, code)

    def query(self, order: Order, line: Line, now: datetime) -> Answer:
        """What became of an order and of its refunds. Raises Unanswered."""
        partner = self._partner(order)
        covered = {
            "accessKey": partner.access_key,
            "orderId": order.order,
            "partnerCode": partner.partner,
            "requestId": f"{order.order}Q{now.astimezone(UTC):%y%m%d%H%M%S%f}",
        }
        raw, said = _exchanged(partner, line, "query", covered, {"lang": "vi"})
        back = frozenset(each.orderId for each in said.refundTrans or () if each.resultCode == 0)
        notice = _answered(said) if said.resultCode == 0 else None
        return Answer(outcome(said.resultCode), raw, notice=notice, refunds=back, why=said.message)

    def refund(self, wanted: GiveBack, line: Line, now: datetime) -> Answer:  # noqa: ARG002 - the same request each time
        """Give back all or a part. Raises Unanswered."""
        partner = self._partner(wanted.order)
        covered = {
            "accessKey": partner.access_key,
            "amount": wanted.amount,
            "description": f"Hoan tien {wanted.refund}",
            "orderId": wanted.refund,
            "partnerCode": partner.partner,
            "requestId": wanted.refund,
            "transId": int(wanted.transaction),
        }
        raw, said = _exchanged(partner, line, "refund", covered, {"lang": "vi"})
        return Answer(refund_outcome(said.resultCode), raw, why=said.message)

    def _partner(self, order: Order) -> Partner:
        partner = self._of_site.get(order.site)
        if partner is None:
            raise LookupError(f"no partner code of MoMo is for {order.site}")
        return partner


_STATUS: Final = {
    Verdict.UNPROVEN: 400,
    Verdict.UNREADABLE: 400,
    Verdict.UNKNOWN_ORDER: 400,
    Verdict.WRONG_ACCOUNT: 400,
    Verdict.WRONG_AMOUNT: 400,
    Verdict.BUSY: 503,
}
_KINDS: Final = {Outcome.PAID: Kind.PAID, Outcome.FAILED: Kind.FAILED}
_COVERED: Final = (
    "amount",
    "extraData",
    "message",
    "orderId",
    "orderInfo",
    "orderType",
    "partnerCode",
    "payType",
    "requestId",
    "responseTime",
    "resultCode",
    "transId",
)


def _covered(told: _Told) -> Pairs:
    """What a notice's signature is over, but for the access key.

    Nothing is escaped there: a text with `&` could be read as another one's fields, and is refused.
    """
    covered: dict[str, object] = {name: getattr(told, name) for name in _COVERED}
    for value in covered.values():
        if isinstance(value, str) and "&" in value:
            raise Refused("a text holds an &")
    return covered


def _text(covered: Pairs) -> str:
    return "&".join(f"{name}={value}" for name, value in covered.items())


def digest(partner: Partner, covered: Pairs) -> str:
    """The signature of a message: over the access key and its pairs, in their order."""
    text = _text({"accessKey": partner.access_key, **covered})
    return hmac.new(partner.secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _exchanged(partner: Partner, line: Line, what: str, covered: Pairs, more: Pairs) -> tuple[bytes, _Said]:
    """A question and its answer, which must be to it. Raises Unanswered."""
    signed = {name: value for name, value in covered.items() if name != "accessKey"}
    body = {**signed, **more, "signature": digest(partner, covered)}
    raw = line.post(f"{partner.api_url.rstrip('/')}/{what}", msgspec.json.encode(body))
    try:
        said = strict.read(raw, _Said, RAW_MAX)
    except Malformed as error:
        raise Unanswered(f"MoMo's answer: {error}") from error
    for name in ("partnerCode", "orderId", "requestId"):
        if getattr(said, name) != covered[name]:
            raise Unanswered(f"MoMo's answer is about another {name}")
    return raw, said


def _answered(said: _Said) -> Notice:
    try:
        return _of_answer(said)
    except Malformed as error:
        raise Unanswered(f"MoMo's answer: {error}") from error


def _of_answer(said: _Said) -> Notice:
    if said.transId is None or said.amount is None:
        raise Malformed("transId: it says paid and not by which transaction and how much")
    return _notice(said.partnerCode, said.orderId, said.transId, said.amount, said.resultCode, said.responseTime)


def _notice(partner: str, order: str, number: int, amount: int, code: int, moment_ms: int) -> Notice:
    kind = _KINDS.get(outcome(code), Kind.PENDING)
    if not amount or "\0" in order:
        raise Malformed("amount: nothing was paid" if not amount else "orderId: a NUL")
    name = f"{partner}/{order}/{number}"
    return Notice(
        provider=PROVIDER,
        provider_id=name if kind is Kind.PAID else f"{name}/{kind}-{code}",
        account=partner,
        amount=amount,
        texts=(order,),
        bank_reference=str(number),
        happened_at=_moment(moment_ms),
        kind=kind,
        order=order,
    )


def _moment(milliseconds: int) -> datetime:
    if not 946_684_800_000 <= milliseconds < 7_258_118_400_000:
        raise Malformed(f"responseTime: {milliseconds} is outside 2000 to 2200")
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
