"""VNPAY's twin (vietnam.md 3.1): the page that a signed address opens, its notice by GET, querydr and refund.

A request's id is known for a while only; the same id later is a new request, and a refund asked for with it is a second
refund.
"""

import hashlib
import hmac
import itertools
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, quote_plus, urlsplit

from simulator.bank import VIETNAM
from simulator.providers.book import Clock, Declined, Deed, Keys

WAITS: Final = (timedelta(minutes=5),) * 9
"""Ten calls in all."""
_CODES: Final = {"00": "00", "24": "02", "11": "02", "07": "07", "99": "02"}
"""Response code of a payment -> status of its transaction."""
_ASKED: Final = {
    "querydr": "RequestId Version Command TmnCode TxnRef TransactionDate CreateDate IpAddr OrderInfo",
    "refund": "RequestId Version Command TmnCode TransactionType TxnRef Amount TransactionNo TransactionDate CreateBy "
    "CreateDate IpAddr OrderInfo",
}
_SAID: Final = (
    "ResponseId Command ResponseCode Message TmnCode TxnRef Amount BankCode PayDate TransactionNo TransactionType "
    "TransactionStatus OrderInfo"
)
_PROMOTION: Final = " PromotionCode PromotionAmount"


@dataclass(slots=True)
class Transaction:
    """A payment at the page. `amount` in hundredths."""

    order: str
    amount: int
    info: str
    number: str
    code: str
    paid_at: datetime
    refunds: list[int] = field(default_factory=list)


class VnpayTwin:
    """One terminal."""

    waits = WAITS

    def __init__(self, terminal: str, secret: str, now: Clock, *, key_life: timedelta = timedelta(days=1)) -> None:
        self._terminal, self._secret, self._now = terminal, secret.encode(), now
        self._numbers = itertools.count(14_000_000)
        self._keys = Keys(key_life, now)
        self._paid: dict[str, Transaction] = {}
        self.book: list[Deed] = []

    # --- the payer ----------------------------------------------------------------------------------------

    def pay(self, url: str, code: str = "00") -> bytes:
        """Open the address and pay, or fail with this response code; returns the notice's query string."""
        asked = self._asked(url)
        order = asked["vnp_TxnRef"]
        if self._now() > _moment(asked["vnp_ExpireDate"]):
            raise Declined(f"{order} is over")
        if order in self._paid and self._paid[order].code == "00":
            raise Declined(f"{order} is paid")
        number = str(next(self._numbers))
        done = Transaction(order, int(asked["vnp_Amount"]), asked["vnp_OrderInfo"], number, code, self._now())
        self._paid[order] = done
        if code == "00":
            self.book.append(Deed(order, number, done.amount // 100, done.paid_at))
        return self.told(done)

    def _asked(self, url: str) -> dict[str, str]:
        query = urlsplit(url).query
        body, _, said = query.rpartition("&vnp_SecureHash=")
        names = [pair.split("=")[0] for pair in body.split("&")]
        if names != sorted(names) or not hmac.compare_digest(self._sum(body), said):
            raise Declined("the address is not signed")
        asked = dict(parse_qsl(body, strict_parsing=True))
        if asked["vnp_TmnCode"] != self._terminal or asked["vnp_Version"] != "2.1.0":
            raise Declined("another terminal")
        return asked

    # --- what the centre is told ----------------------------------------------------------------------------

    def told(self, done: Transaction, status: str = "") -> bytes:
        """The notice of a transaction, with its own status or this; the browser comes back with the same."""
        said = {
            "vnp_Amount": str(done.amount),
            "vnp_BankCode": "NCB",
            "vnp_BankTranNo": f"VNP{done.number}" if done.code == "00" else "",
            "vnp_CardType": "ATM",
            "vnp_OrderInfo": done.info,
            "vnp_PayDate": _local(done.paid_at),
            "vnp_ResponseCode": done.code,
            "vnp_TmnCode": self._terminal,
            "vnp_TransactionNo": done.number,
            "vnp_TransactionStatus": status or _CODES[done.code],
            "vnp_TxnRef": done.order,
        }
        body = "&".join(f"{name}={quote_plus(said[name])}" for name in sorted(said) if said[name])
        return f"{body}&vnp_SecureHash={self._sum(body)}".encode()

    @staticmethod
    def hears(status: int, body: bytes) -> bool:
        """Whether this answer ends the telling."""
        try:
            said = json.loads(body)
        except ValueError:
            return False
        return status == 200 and said.get("RspCode") in {"00", "02"}

    # --- what the centre asks -------------------------------------------------------------------------------

    def handle(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Answer a question."""
        if path != "/merchant_webapi/api/transaction":
            return 404, b""
        asked: dict[str, Any] = json.loads(body)
        command = asked.get("vnp_Command", "")
        if command not in _ASKED:
            return 400, b"{}"
        text = "|".join(str(asked.get(f"vnp_{name}", "")) for name in _ASKED[command].split())
        if not hmac.compare_digest(self._sum(text), asked.get("vnp_SecureHash", "")):
            return 200, self._said(asked, "97", "Invalid checksum")
        if asked["vnp_TmnCode"] != self._terminal:
            return 200, self._said(asked, "02", "Wrong terminal")
        known = self._keys.answer(asked["vnp_RequestId"])
        if known is not None:
            return 200, self._said(asked, "94", "Duplicate request")
        said = self._queried(asked) if command == "querydr" else self._refunded(asked)
        return 200, self._keys.keep(asked["vnp_RequestId"], said)

    def _queried(self, asked: dict[str, Any]) -> bytes:
        done = self._paid.get(asked["vnp_TxnRef"])
        if done is None:
            return self._said(asked, "91", "Not found")
        if done.refunds:
            kind = "02" if done.refunds == [done.amount] else "03"
            return self._said(asked, "00", "Success", done, kind=kind, status="05", amount=sum(done.refunds))
        return self._said(asked, "00", "Success", done, kind="01", status=_CODES[done.code], amount=done.amount)

    def _refunded(self, asked: dict[str, Any]) -> bytes:
        done, amount = self._paid.get(asked["vnp_TxnRef"]), int(asked["vnp_Amount"])
        if done is None or done.code != "00":
            return self._said(asked, "91", "Not found")
        if not 0 < amount <= done.amount - sum(done.refunds):
            return self._said(asked, "95", "Refused")
        if asked["vnp_TransactionDate"][:8] > _local(done.paid_at)[:8]:
            return self._said(asked, "03", "Bad date")
        done.refunds.append(amount)
        self.book.append(Deed(done.order, str(next(self._numbers)), -amount // 100, self._now()))
        return self._said(asked, "00", "Success", done, kind=asked["vnp_TransactionType"], status="05", amount=amount)

    def _said(
        self,
        asked: dict[str, Any],
        code: str,
        message: str,
        done: Transaction | None = None,
        *,
        kind: str = "",
        status: str = "",
        amount: int = 0,
    ) -> bytes:
        said = {
            "vnp_ResponseId": f"R{next(self._numbers)}",
            "vnp_Command": asked["vnp_Command"],
            "vnp_ResponseCode": code,
            "vnp_Message": message,
            "vnp_TmnCode": self._terminal,
            "vnp_TxnRef": asked["vnp_TxnRef"],
        }
        if done:
            said |= {
                "vnp_Amount": str(amount),
                "vnp_BankCode": "NCB",
                "vnp_PayDate": _local(done.paid_at),
                "vnp_TransactionNo": done.number,
                "vnp_TransactionType": kind,
                "vnp_TransactionStatus": status,
                "vnp_OrderInfo": done.info,
            }
        names = _SAID + (_PROMOTION if asked["vnp_Command"] == "querydr" else "")
        text = "|".join(said.get(f"vnp_{name}", "") for name in names.split())
        return json.dumps({**said, "vnp_SecureHash": self._sum(text)}).encode()

    def _sum(self, text: str) -> str:
        return hmac.digest(self._secret, text.encode(), hashlib.sha512).hex()


def _local(at: datetime) -> str:
    return f"{at.astimezone(VIETNAM):%Y%m%d%H%M%S}"


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=VIETNAM)
