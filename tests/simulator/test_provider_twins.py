"""The twins keep their providers' rules: what they forget they do again, what is not signed they do not."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest

from simulator.providers.book import Declined
from simulator.providers.momo import MomoTwin
from simulator.providers.sepay import OLD_WAITS, Rule, Telling
from simulator.providers.vnpay import VnpayTwin

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
LIFE = timedelta(minutes=30)
SECRET = "a terminal's secret"


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def momo(clock: Clock) -> MomoTwin:
    return MomoTwin("MOMO", "access", SECRET, clock, key_life=LIFE)


@pytest.fixture
def vnpay(clock: Clock) -> VnpayTwin:
    return VnpayTwin("LCPARK01", SECRET, clock, key_life=LIFE)


def asked(momo: MomoTwin, what: str, **fields: Any) -> dict[str, Any]:
    said = {"partnerCode": "MOMO", **fields}
    text = "&".join(f"{name}={value}" for name, value in sorted({**said, "accessKey": "access"}.items()))
    signature = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    status, body = momo.handle(f"/v2/gateway/api/{what}", json.dumps({**said, "signature": signature}).encode())
    assert status == 200
    answer: dict[str, Any] = json.loads(body)
    return answer


def create(momo: MomoTwin) -> dict[str, Any]:
    names = {"extraData": "", "ipnUrl": "", "orderInfo": "", "redirectUrl": "", "requestType": "captureWallet"}
    return asked(momo, "create", amount=30_000, orderId="A01", requestId="A01", **names)


def refund(momo: MomoTwin, number: int) -> dict[str, Any]:
    return asked(momo, "refund", amount=10_000, description="", orderId="R1", requestId="R1", transId=number)


def test_momo_knows_a_request_for_a_while_and_does_it_again_after(momo: MomoTwin, clock: Clock) -> None:
    assert create(momo) == create(momo)
    assert len(momo.pages("A01")) == 1
    clock.now += LIFE
    assert create(momo)["resultCode"] == 0
    pages = momo.pages("A01")
    assert len(pages) == 2, "whoever asks again now charges twice"
    number = json.loads(momo.pay(pages[0]))["transId"]
    assert refund(momo, number) == refund(momo, number)
    clock.now += LIFE
    assert refund(momo, number)["resultCode"] == 0
    assert [deed.amount for deed in momo.book] == [30_000, -10_000, -10_000]
    assert refund(momo, 1)["resultCode"] == 0, "the same request, of which the number is not looked at again"


def test_momo_takes_nothing_that_is_not_signed_and_no_page_twice(momo: MomoTwin, clock: Clock) -> None:
    status, body = momo.handle("/v2/gateway/api/query", b'{"partnerCode":"MOMO","signature":"0"}')
    assert (status, json.loads(body)["resultCode"]) == (400, 11)
    page = create(momo)["payUrl"]
    momo.pay(page)
    with pytest.raises(Declined):
        momo.pay(page)
    clock.now += timedelta(days=1)
    late = create(momo)["payUrl"]
    clock.now += timedelta(minutes=101)
    with pytest.raises(Declined):
        momo.pay(late)


def page(clock: Clock, secret: str = SECRET, minutes: int = 15) -> str:
    fields = {
        "vnp_Amount": "3000000",
        "vnp_ExpireDate": (clock.now + timedelta(hours=7, minutes=minutes)).strftime("%Y%m%d%H%M%S"),
        "vnp_OrderInfo": "ve gui xe",
        "vnp_TmnCode": "LCPARK01",
        "vnp_TxnRef": "A01",
        "vnp_Version": "2.1.0",
    }
    body = "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items())
    return f"https://x/?{body}&vnp_SecureHash={hmac.new(secret.encode(), body.encode(), hashlib.sha512).hexdigest()}"


def test_vnpays_page_opens_for_its_own_signature_until_it_is_over_and_paid(vnpay: VnpayTwin, clock: Clock) -> None:
    with pytest.raises(Declined, match="signed"):
        vnpay.pay(page(clock, "another"))
    with pytest.raises(Declined, match="over"):
        vnpay.pay(page(clock, minutes=-1))
    assert b"vnp_ResponseCode=24" in vnpay.pay(page(clock), "24")
    assert vnpay.book == []
    assert b"vnp_ResponseCode=00" in vnpay.pay(page(clock))
    with pytest.raises(Declined, match="paid"):
        vnpay.pay(page(clock))
    assert [deed.amount for deed in vnpay.book] == [30_000]


@pytest.mark.parametrize(
    ("code", "ends"), [("00", True), ("02", True), ("01", False), ("04", False), ("97", False), ("99", False)]
)
def test_vnpay_tells_again_until_00_or_02(code: str, ends: bool) -> None:  # noqa: FBT001 - a table's column
    assert VnpayTwin.hears(200, json.dumps({"RspCode": code}).encode()) is ends
    assert not VnpayTwin.hears(500, json.dumps({"RspCode": code}).encode())
    assert not VnpayTwin.hears(200, b"<html>")
    assert VnpayTwin.waits == (timedelta(minutes=5),) * 9


def test_sepay_tells_again_by_either_documentation() -> None:
    now, old = Telling(SECRET), Telling(SECRET, rule=Rule.OLD)
    assert [now.hears(each) for each in (200, 201, 299, 300, 401, 500, None)] == [True] * 3 + [False] * 4
    assert [old.hears(each) for each in (200, 500, None)] == [True, True, False]
    assert sum(now.waits, timedelta()) == timedelta(minutes=33)
    assert len(OLD_WAITS) == 7
    assert sum(old.waits, timedelta()) <= timedelta(hours=5)
    assert Telling(SECRET, api_key=True).headers(b"{}", NOON)["Authorization"] == f"Apikey {SECRET}"
