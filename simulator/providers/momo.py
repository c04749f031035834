"""MoMo's twin (vietnam.md 3.2): create, the wallet, its notice, query and refund.

A request's id is known for a while only. The same id later is a new request: a second page to pay at, a second refund.
Its notice is told once; nobody promised more.
"""

import hashlib
import hmac
import itertools
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from simulator.providers.book import Clock, Declined, Deed, Keys

WAITS: Final[tuple[timedelta, ...]] = ()
LIFE: Final = timedelta(minutes=100)
_ASKED: Final = {
    "create": "accessKey amount extraData ipnUrl orderId orderInfo partnerCode redirectUrl requestId requestType",
    "query": "accessKey orderId partnerCode requestId",
    "refund": "accessKey amount description orderId partnerCode requestId transId",
}
_TOLD: Final = (
    "accessKey amount extraData message orderId orderInfo orderType partnerCode payType requestId responseTime "
    "resultCode transId"
)
_WORDS: Final = {0: "Thành công.", 1000: "Chờ thanh toán.", 1005: "Giao dịch hết hạn.", 1006: "Người dùng từ chối."}


@dataclass(slots=True)
class Session:
    """A page to pay at."""

    place: int
    order: str
    request: str
    amount: int
    info: str
    made_at: datetime
    code: int = 1000
    number: int = 0
    refunds: dict[str, int] = field(default_factory=dict)


class MomoTwin:
    """One partner."""

    waits = WAITS

    def __init__(
        self,
        partner: str,
        access_key: str,
        secret: str,
        now: Clock,
        *,
        key_life: timedelta = timedelta(days=31),
        life: timedelta = LIFE,
    ) -> None:
        self._partner, self._access, self._secret = partner, access_key, secret.encode()
        self._now, self._life = now, life
        self._numbers = itertools.count(4_014_083_433)
        self._keys = Keys(key_life, now)
        self._sessions: list[Session] = []
        self._of_order: dict[str, list[Session]] = {}
        self.book: list[Deed] = []

    # --- the payer ----------------------------------------------------------------------------------------

    def pages(self, order: str) -> list[str]:
        """All pages at which an order can be paid now."""
        open_ones = (each for each in self._of_order.get(order, ()) if self._code(each) == 1000)
        return [self._page(each) for each in open_ones]

    def pay(self, url: str, code: int = 0) -> bytes:
        """Pay at the page, or fail with this code; returns the notice."""
        number = url.rpartition("=")[2]
        if not number.isdecimal() or int(number) >= len(self._sessions):
            raise Declined("no such page")
        session = self._sessions[int(number)]
        if self._code(session) != 1000:
            raise Declined(f"{session.order} is {self._code(session)}")
        session.code, session.number = code, next(self._numbers)
        if code == 0:
            self.book.append(Deed(session.order, str(session.number), session.amount, self._now()))
        return self.told(session)

    # --- what the centre is told ----------------------------------------------------------------------------

    def told(self, session: Session) -> bytes:
        """The notice of a session."""
        said: dict[str, Any] = {
            "partnerCode": self._partner,
            "orderId": session.order,
            "requestId": session.request,
            "amount": session.amount,
            "orderInfo": session.info,
            "orderType": "momo_wallet",
            "transId": session.number,
            "resultCode": session.code,
            "message": _WORDS.get(session.code, "Lỗi."),
            "payType": "qr",
            "responseTime": _ms(self._now()),
            "extraData": "",
        }
        return _json({**said, "signature": self._sum(said, _TOLD)})

    @staticmethod
    def hears(status: int, body: bytes) -> bool:
        """Whether this answer is the one that it waits for."""
        return status == 204 and not body

    # --- what the centre asks -------------------------------------------------------------------------------

    def handle(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Answer a question."""
        what = path.rpartition("/")[2]
        if not path.startswith("/v2/gateway/api/") or what not in _ASKED:
            return 404, b""
        asked: dict[str, Any] = json.loads(body)
        if asked.get("partnerCode") != self._partner or not hmac.compare_digest(
            self._sum(asked, _ASKED[what]), asked.get("signature", "")
        ):
            return 400, self._said(asked, 11, "Access denied.")
        if what == "query":
            return 200, self._queried(asked)
        key = f"{what} {asked['requestId']}"
        known = self._keys.answer(key)
        if known is None:
            known = self._keys.keep(key, self._created(asked) if what == "create" else self._refunded(asked))
        return 200, known

    def _created(self, asked: dict[str, Any]) -> bytes:
        if not 1_000 <= asked["amount"] <= 50_000_000:
            return self._said(asked, 22, "Số tiền không hợp lệ.")
        session = Session(
            len(self._sessions), asked["orderId"], asked["requestId"], asked["amount"], asked["orderInfo"], self._now()
        )
        self._sessions.append(session)
        self._of_order.setdefault(session.order, []).append(session)
        url = self._page(session)
        code = f"momo://pay?t={session.place}"
        return self._said(asked, 0, "Thành công.", amount=session.amount, payUrl=url, qrCodeUrl=code)

    def _page(self, session: Session) -> str:
        return f"https://test-payment.momo.vn/v2/gateway/pay?t={session.place}"

    def _queried(self, asked: dict[str, Any]) -> bytes:
        sessions = self._of_order.get(asked["orderId"])
        if not sessions:
            return self._said(asked, 42, "Không tìm thấy.")
        session = next((each for each in sessions if each.code == 0), sessions[-1])
        code = self._code(session)
        back = [
            {"orderId": name, "amount": amount, "resultCode": 0, "transId": 1, "createdTime": _ms(self._now())}
            for name, amount in session.refunds.items()
        ]
        more = {"amount": session.amount, "transId": session.number, "payType": "qr", "refundTrans": back}
        return self._said(asked, code, _WORDS.get(code, "Lỗi."), **more)

    def _refunded(self, asked: dict[str, Any]) -> bytes:
        session = next((each for each in self._sessions if each.number == asked["transId"] and each.code == 0), None)
        if session is None:
            return self._said(asked, 42, "Không tìm thấy.")
        amount = asked["amount"]
        if not 0 < amount <= session.amount - sum(session.refunds.values()):
            return self._said(asked, 1088, "Không thể hoàn tiền.")
        session.refunds[asked["orderId"]] = session.refunds.get(asked["orderId"], 0) + amount
        number = next(self._numbers)
        self.book.append(Deed(session.order, str(number), -amount, self._now()))
        return self._said(asked, 0, "Thành công.", amount=amount, transId=number)

    def _code(self, session: Session) -> int:
        return 1005 if session.code == 1000 and self._now() > session.made_at + self._life else session.code

    def _said(self, asked: dict[str, Any], code: int, message: str, **more: Any) -> bytes:
        echoed = {name: asked.get(name, "") for name in ("partnerCode", "orderId", "requestId")}
        return _json({**echoed, "responseTime": _ms(self._now()), "message": message, "resultCode": code, **more})

    def _sum(self, said: dict[str, Any], names: str) -> str:
        values = {**said, "accessKey": self._access}
        text = "&".join([f"{name}={values.get(name, '')}" for name in names.split()])
        return hmac.digest(self._secret, text.encode(), hashlib.sha256).hex()


def _json(said: dict[str, Any]) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
