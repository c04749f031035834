"""VNPAY, a gateway (API 2.1.0, vietnam.md 3.1): the page to pay at, its notice by GET, its answers, its two questions.

Amounts are a hundred times the dong. The notice is told again, ten times in all and five minutes apart, until it is
answered 00 or 02. The page that the payer's browser comes back to carries the same fields and changes nothing.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from gate.messages import SiteCode
from gate.wire import Contract, Malformed
from server.providers import strict, vnpay_sums
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
from server.providers.notice import Kind, Notice, Refused

PROVIDER: Final = "vnpay"
VERSION: Final = "2.1.0"
RAW_MAX: Final = 8_192
AMOUNT_MAX: Final = 999_999_999_999  # hundredths, twelve digits
ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")

Fields = dict[str, str]


class Terminal(Contract):
    """A terminal of ours at VNPAY, and the sites that it is for. An empty secret: it is off."""

    terminal: Annotated[str, Meta(pattern="^[0-9A-Za-z]{1,8}$")]
    secret: str
    sites: tuple[SiteCode, ...]
    pay_url: str
    api_url: str
    return_url: str


class Vnpay:
    """VNPAY with all our terminals."""

    name = PROVIDER
    method = "GET"
    raw_max = RAW_MAX
    headers = "x-vnpay-"
    key_life = timedelta(0)  # a request's id is known for its day only: a minute, a minute before midnight
    order_life = timedelta(minutes=15)
    promises_retries = True
    answers = True
    names_refunds = False

    def __init__(self, terminals: tuple[Terminal, ...], key_life: timedelta = key_life) -> None:
        self._terminals = {each.terminal: each for each in terminals if each.secret}
        self._of_site = {site: each for each in self._terminals.values() for site in each.sites}
        self.key_life = key_life

    @property
    def on(self) -> bool:
        """Whether there is a terminal with its secret."""
        return bool(self._terminals)

    @property
    def accounts(self) -> Mapping[str, tuple[str, ...]]:
        """Terminal -> sites."""
        return {name: each.sites for name, each in self._terminals.items()}

    # --- notices -----------------------------------------------------------------------------------------

    def verify(self, received: Received) -> None:
        """Raises Refused unless one of our terminals' secrets signed it."""
        fields, covered = vnpay_sums.read(received.raw, RAW_MAX)
        terminal = self._terminals.get(fields.get("vnp_TmnCode", ""))
        if not vnpay_sums.same(fields.get(vnpay_sums.SUM, ""), terminal.secret if terminal else "", covered):
            raise Refused("the checksum is wrong or missing, or the terminal is not ours")

    @staticmethod
    def parse(received: Received) -> Notice:
        """A notice, or the payment in an answer to querydr. Raises Malformed."""
        if received.answer:
            return _notice(_answered(received.raw), received.at)
        try:
            fields, _ = vnpay_sums.read(received.raw, RAW_MAX)
        except Refused as error:
            raise Malformed(str(error)) from error
        return _notice(fields, received.at)

    @staticmethod
    def fingerprint(received: Received) -> str:
        """Of all that is signed."""
        if received.answer:
            return hashlib.sha256(received.raw).hexdigest()
        return hashlib.sha256(vnpay_sums.read(received.raw, RAW_MAX)[1].encode()).hexdigest()

    @staticmethod
    def reply(verdict: Verdict) -> Reply:
        """200 with the code that says whether VNPAY is to tell it again (vietnam.md 3.1)."""
        code, words = _REPLIES[verdict]
        return Reply(200, b'{"RspCode":"%s","Message":"%s"}' % (code.encode(), words.encode()))

    # --- what we ask -------------------------------------------------------------------------------------

    def create(self, order: Order, line: Line, now: datetime) -> Answer:  # noqa: ARG002 - VNPAY hears of it by the payer
        """The address of the page to pay at; it is good until the order expires."""
        terminal = self._terminal(order)
        fields = {
            "vnp_Version": VERSION,
            "vnp_Command": "pay",
            "vnp_TmnCode": terminal.terminal,
            "vnp_Amount": str(order.amount * 100),
            "vnp_CurrCode": "VND",
            "vnp_TxnRef": order.order,
            "vnp_OrderInfo": f"Thanh toan ve gui xe {order.visit}",
            "vnp_OrderType": "other",
            "vnp_Locale": "vn",
            "vnp_ReturnUrl": terminal.return_url,
            "vnp_IpAddr": order.address,
            "vnp_CreateDate": _local(order.created_at),
            "vnp_ExpireDate": _local(order.expires_at),
        }
        url = f"{terminal.pay_url}?{vnpay_sums.signed(fields, terminal.secret)}"
        return Answer(Outcome.OPEN, url.encode(), Payable(url=url))

    @staticmethod
    def payable(raw: bytes, line: Line) -> Payable:  # noqa: ARG004 - we made it ourselves
        """The address."""
        return Payable(url=raw.decode())

    def query(self, order: Order, line: Line, now: datetime) -> Answer:
        """querydr. Raises Unanswered."""
        terminal = self._terminal(order)
        asked = {
            "vnp_RequestId": f"{order.order}Q{_local(now)[2:]}",
            "vnp_Version": VERSION,
            "vnp_Command": "querydr",
            "vnp_TmnCode": terminal.terminal,
            "vnp_TxnRef": order.order,
            "vnp_TransactionDate": _local(order.created_at),
            "vnp_CreateDate": _local(now),
            "vnp_IpAddr": order.address,
            "vnp_OrderInfo": f"Truy van {order.order}",
        }
        raw, fields = _exchanged(terminal, line, asked, _QUERY, vnpay_sums.QUERY_ANSWER)
        return _query_answer(raw, fields, now)

    def refund(self, wanted: GiveBack, line: Line, now: datetime) -> Answer:
        """Give back all or a part. Raises Unanswered."""
        order, terminal = wanted.order, self._terminal(wanted.order)
        asked = {
            "vnp_RequestId": _request_id(wanted.refund),
            "vnp_Version": VERSION,
            "vnp_Command": "refund",
            "vnp_TmnCode": terminal.terminal,
            "vnp_TransactionType": "02" if wanted.amount == order.amount else "03",
            "vnp_TxnRef": order.order,
            "vnp_Amount": str(wanted.amount * 100),
            "vnp_TransactionNo": wanted.transaction,
            "vnp_TransactionDate": _local(order.created_at),
            "vnp_CreateBy": wanted.by,
            "vnp_CreateDate": _local(now),
            "vnp_IpAddr": order.address,
            "vnp_OrderInfo": f"Hoan tien {wanted.refund}",
        }
        raw, fields = _exchanged(terminal, line, asked, _REFUND, vnpay_sums.REFUND_ANSWER)
        code = fields.get("vnp_ResponseCode", "")
        return Answer(_REFUND_CODES.get(code, Outcome.BUSY), raw, why=fields.get("vnp_Message", ""))

    def _terminal(self, order: Order) -> Terminal:
        terminal = self._of_site.get(order.site)
        if terminal is None:
            raise LookupError(f"no terminal of VNPAY is for {order.site}")
        return terminal


_REPLIES: Final = {
    Verdict.TAKEN: ("00", "Confirm Success"),
    Verdict.REPEATED: ("02", "Order already confirmed"),
    Verdict.REUSED: ("02", "Order already confirmed"),
    Verdict.UNKNOWN_ORDER: ("01", "Order not found"),
    Verdict.WRONG_ACCOUNT: ("01", "Order not found"),
    Verdict.WRONG_AMOUNT: ("04", "Invalid amount"),
    Verdict.UNPROVEN: ("97", "Invalid checksum"),
    Verdict.UNREADABLE: ("99", "Unknown error"),
    Verdict.BUSY: ("99", "Unknown error"),
}
_QUERY: Final = (
    "RequestId",
    "Version",
    "Command",
    "TmnCode",
    "TxnRef",
    "TransactionDate",
    "CreateDate",
    "IpAddr",
    "OrderInfo",
)
_REFUND: Final = (
    "RequestId",
    "Version",
    "Command",
    "TmnCode",
    "TransactionType",
    "TxnRef",
    "Amount",
    "TransactionNo",
    "TransactionDate",
    "CreateBy",
    "CreateDate",
    "IpAddr",
    "OrderInfo",
)
_QUERY_CODES: Final = {
    "02": Outcome.FAULT,
    "03": Outcome.FAULT,
    "91": Outcome.UNKNOWN,
    "94": Outcome.BUSY,
    "97": Outcome.FAULT,
    "99": Outcome.BUSY,
}
_REFUND_CODES: Final = {
    "00": Outcome.REFUNDED,
    "02": Outcome.FAULT,
    "03": Outcome.FAULT,
    "91": Outcome.UNKNOWN,
    "94": Outcome.DUPLICATE,
    "95": Outcome.REFUND_REFUSED,
    "97": Outcome.FAULT,
    "99": Outcome.BUSY,
}
_STATUSES: Final = {
    "00": Kind.PAID,
    "01": Kind.PENDING,
    "02": Kind.FAILED,
    "04": Kind.REVERSED,
    "07": Kind.PENDING,  # suspected fraud: debited, and nobody knows yet whose it will be
}
_OUTCOMES: Final = {Kind.PAID: Outcome.PAID, Kind.FAILED: Outcome.FAILED, Kind.REVERSED: Outcome.FAILED}
_GIVEN_BACK: Final = {"00", "05", "06"}


def _notice(fields: Fields, at: datetime) -> Notice:
    terminal, order, number = (_field(fields, name) for name in ("TmnCode", "TxnRef", "TransactionNo"))
    kind = _STATUSES.get(_field(fields, "TransactionStatus"), Kind.FAILED)
    code = _field(fields, "ResponseCode")
    if kind is Kind.PAID and code != "00":  # 07: debited and suspicious
        kind = Kind.PENDING if code == "07" else Kind.FAILED
    name = f"{terminal}/{order}/{number}"
    if fields.get("vnp_CurrCode", "VND") != "VND":
        raise Malformed(f"vnp_CurrCode: {fields['vnp_CurrCode'][:10]!r} is not VND")
    return Notice(
        provider=PROVIDER,
        provider_id=name if kind is Kind.PAID else f"{name}/{kind}-{code}",
        account=terminal,
        amount=_dong(_field(fields, "Amount")),
        texts=(order,),
        bank_reference=fields.get("vnp_BankTranNo", "").replace("\0", ""),
        happened_at=_moment(fields.get("vnp_PayDate", ""), at),
        kind=kind,
        order=order,
    )


def _query_answer(raw: bytes, fields: Fields, now: datetime) -> Answer:
    code, why = fields.get("vnp_ResponseCode", ""), fields.get("vnp_Message", "")
    if code != "00":
        return Answer(_QUERY_CODES.get(code, Outcome.BUSY), raw, why=why)
    if fields.get("vnp_TransactionType", "01") != "01":  # what it tells of is the refund
        back = fields.get("vnp_TransactionStatus") in _GIVEN_BACK
        return Answer(Outcome.PAID, raw, refunds=frozenset({""} if back else ()), why=why)
    notice = _notice(fields, now)
    return Answer(_OUTCOMES.get(notice.kind, Outcome.OPEN), raw, notice=notice, why=why)


def _exchanged(
    terminal: Terminal, line: Line, asked: Fields, order: tuple[str, ...], answered: tuple[str, ...]
) -> tuple[bytes, Fields]:
    """A question and its proven answer. Raises Unanswered."""
    asked["vnp_SecureHash"] = vnpay_sums.digest(terminal.secret, vnpay_sums.joined(asked, order))
    raw = line.post(terminal.api_url, msgspec.json.encode(asked))
    try:
        fields = _answered(raw)
    except Malformed as error:
        raise Unanswered(f"VNPAY's answer: {error}") from error
    said = fields.get("vnp_SecureHash", "")
    if not vnpay_sums.same(said, terminal.secret, vnpay_sums.joined(fields, answered)):
        raise Unanswered("VNPAY's answer does not prove itself")
    for name in ("vnp_TmnCode", "vnp_TxnRef", "vnp_Command"):
        if fields.get(name, asked[name]) != asked[name]:
            raise Unanswered(f"VNPAY's answer is about another {name}")
    return raw, fields


def _answered(raw: bytes) -> Fields:
    said = strict.read(raw, dict[str, str | int | None], RAW_MAX)
    return {name: "" if value is None else str(value) for name, value in said.items()}


def _field(fields: Fields, name: str) -> str:
    value = fields.get(f"vnp_{name}", "")
    if not value or len(value) > 100 or "\0" in value:
        raise Malformed(f"vnp_{name}: {value[:40]!r}")
    return value


def _dong(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:20]) <= AMOUNT_MAX and text.endswith("00")):
        raise Malformed(f"vnp_Amount: {text[:20]!r} is no amount of whole dong in hundredths")
    return int(text) // 100


def _moment(text: str, otherwise: datetime) -> datetime:
    """Where a payment failed there may be no time of it."""
    if not text:
        return otherwise
    try:
        if len(text) != 14:
            raise ValueError("not fourteen digits")
        happened_at = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=ZONE)
    except ValueError as error:
        raise Malformed(f"vnp_PayDate: {error}") from error
    if not 2000 <= happened_at.year <= 2200:
        raise Malformed(f"vnp_PayDate: the year {happened_at.year} is outside 2000 to 2200")
    return happened_at


def _local(at: datetime) -> str:
    return at.astimezone(ZONE).strftime("%Y%m%d%H%M%S")


def _request_id(name: str) -> str:
    """At most 32 letters and digits, the same for the same name."""
    plain = name.isascii() and name.isalnum() and len(name) <= 32
    return name if plain else hashlib.sha256(name.encode()).hexdigest()[:32]
