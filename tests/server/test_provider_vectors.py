"""Signatures that others published or that were worked out once: ours are theirs, to the digit."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

import msgspec
import pytest

from server.providers import momo, vnpay_sums
from server.providers.contract import Received
from server.providers.momo import Momo
from server.providers.notice import Kind, Refused
from server.providers.sepay import Proof, SePay
from server.providers.vnpay import Terminal, Vnpay
from tests.server.money_desk import PARTNER, TERMINAL

# secret, what is signed, checksum: published tests, and our own dummies (vietnam.md 3.1, annex A)
QUERIES: Final = {
    "published, paid": (
        "test_secret",
        "vnp_Amount=1000000&vnp_BankCode=NCB&vnp_BankTranNo=VNP14422574&vnp_CardType=ATM&vnp_OrderInfo=Thanh+toan+don+hang+2024-05-21T02%3A17%3A31.249Z&vnp_PayDate=20240521091806&vnp_ResponseCode=00&vnp_TmnCode=TEST_TMN_CODE&vnp_TransactionNo=14422574&vnp_TransactionStatus=00&vnp_TxnRef=1716257871703",
        "649982421beb422556a1374713c74e58e716ecbd05007c0c0e1f7effdfaf361dbf146889ca446139afe11b9954c4d5c486e99e3b86fcfab6957f29eb0be72895",
    ),
    "published, failed": (
        "test_secret",
        "vnp_Amount=1000000&vnp_BankCode=NCB&vnp_BankTranNo=VNP14422574&vnp_CardType=ATM&vnp_OrderInfo=Thanh+toan+don+hang+2024-05-21T02%3A17%3A31.249Z&vnp_PayDate=20240521091806&vnp_ResponseCode=99&vnp_TmnCode=TEST_TMN_CODE&vnp_TransactionNo=14422574&vnp_TransactionStatus=00&vnp_TxnRef=1716257871703",
        "503194f6d93b57b357b2d1d09742565e67e86d771352c5dca4fc8d39df3d392c6b3809add9405f97cfb9631f445e36c80656cfbf47eac67d97fa165865c13e1b",
    ),
    "published, with a #": (
        "YOUR_SECURE_SECRET",
        "vnp_Amount=10000&vnp_OrderInfo=Payment+for+order+%231234567890&vnp_TnxRef=1234567890",
        "7bb8160a5d2085a85b3267817a40ee4f770a335282f19714726e6fc6f28a64c75a1e7e9c1aa96f3cbda5ce44095088fb4cb2af66c596d2f655b0b53966312089",
    ),
    "page": (
        TERMINAL.secret,
        "vnp_Amount=3000000&vnp_Command=pay&vnp_CreateDate=20261123101500&vnp_CurrCode=VND&vnp_ExpireDate=20261123103000&vnp_IpAddr=203.0.113.10&vnp_Locale=vn&vnp_OrderInfo=Thanh+toan+ve+gui+xe+24A-056.78&vnp_OrderType=other&vnp_ReturnUrl=https%3A%2F%2Fpark.example.vn%2Fvnpay%2Freturn%3Fsite%3DSPS&vnp_TmnCode=LCPARK01&vnp_TxnRef=SPS20261123000042&vnp_Version=2.1.0",
        "b5533763be1c55474ae463eb48a5501b71490961581de0d5780db40b5b57ee0b86e681d28d2d74a029afa7da686f29447f3fd01ea6ec685c00cd1c1c313be85d",
    ),
    "notice": (
        TERMINAL.secret,
        "vnp_Amount=3000000&vnp_BankCode=NCB&vnp_BankTranNo=VNP14422574&vnp_CardType=ATM&vnp_OrderInfo=Thanh+toan+ve+gui+xe+24A-056.78&vnp_PayDate=20261123101612&vnp_ResponseCode=00&vnp_TmnCode=LCPARK01&vnp_TransactionNo=14422574&vnp_TransactionStatus=00&vnp_TxnRef=SPS20261123000042",
        "452934124a41e6846740334c01d90d1e6183fffd50bc28bc02f94c0c831ec55ecadc18147e643117eada1c423a0ae80a526c03674d7921acf8f07fb00745bb9b",
    ),
}
JOINED: Final = {
    "querydr": (
        "REQ0001|2.1.0|querydr|LCPARK01|SPS20261123000042|20261123101500|20261123102000|203.0.113.10|Truy van GD SPS20261123000042",  # noqa: E501
        "18c7928d25d4ada1776b3039841799b4ef0c0baca44004f0b0a5ebecc099b2645d004f7b11f15be2aef0b67b06639b045b817b0106258c5eb642281f98f62336",
    ),
    "its answer": (
        "RES0001|querydr|00|Success|LCPARK01|SPS20261123000042|3000000|NCB|20261123101612|14422574|01|00|Thanh toan ve gui xe 24A-056.78||",  # noqa: E501
        "6911cd3b5509439e77960ab6d40383a5e344e02bbf485188dcfe368367f3e381737a4ed72e247bc7b47644f15df22adaf658ac4c4b8173313efad960e06043ef",
    ),
    "refund": (
        "REQ0002|2.1.0|refund|LCPARK01|02|SPS20261123000042|3000000|14422574|20261123101500|thungan01|20261123110000|203.0.113.10|Hoan tien GD SPS20261123000042",  # noqa: E501
        "c580f9cd366d60532fc0e2b83769549933ff14c6dbd987e57da52abd0c52cf72c6ed5048b3fda1de125ca1ec91cdf5f2852b08a9657a71b111efb3130aaf8e99",
    ),
}
MOMO: Final = {
    "create": (
        "accessKey=F8BBA842ECF85&amount=30000&extraData=&ipnUrl=https://park.example.vn/momo/ipn&orderId=SPS20261123000042&orderInfo=Thanh toan ve gui xe 24A-056.78&partnerCode=MOMO&redirectUrl=https://park.example.vn/momo/return&requestId=SPS20261123000042-1&requestType=captureWallet",  # noqa: E501
        "6104926aa5b231a8d84da0db0793b2b4fcd1a08234653f8d4f5379d38df8fd91",
    ),
    "notice": (
        "accessKey=F8BBA842ECF85&amount=30000&extraData=&message=Thành công.&orderId=SPS20261123000042&orderInfo=Thanh toan ve gui xe 24A-056.78&orderType=momo_wallet&partnerCode=MOMO&payType=qr&requestId=SPS20261123000042-1&responseTime=1795403772000&resultCode=0&transId=4014083433",  # noqa: E501
        "0742037b31c7240ed555afdbb9c449a9c3752f975d9222576c2f15ec5c68d313",
    ),
    "query": (
        "accessKey=F8BBA842ECF85&orderId=SPS20261123000042&partnerCode=MOMO&requestId=SPS20261123000042-Q1",
        "50d908d2e38197b77f834866994ec914723640d283b299421350424f24f22e22",
    ),
    "refund": (
        "accessKey=F8BBA842ECF85&amount=30000&description=Hoan tien ve loi&orderId=SPS20261123000042-R1&partnerCode=MOMO&requestId=SPS20261123000042-R1&transId=4014083433",  # noqa: E501
        "81c9f1c00ba8fa0c28f580606e58c0b3f024bb1dc793f25b73d5eb914afdae23",
    ),
}
FEED_BODY: Final = b'{"id":92704,"gateway":"Vietcombank","transactionDate":"2026-11-23 10:16:12","accountNumber":"1017595600","code":"SPSK7M2Q9","content":"SPS K7M2Q9","transferType":"in","transferAmount":30000,"accumulated":19077000,"subAccount":null,"referenceCode":"MBVCB.3278907687","description":""}'  # noqa: E501
FEED_SUM: Final = "1f61403d2c7567b08080d30feb0ae05c430cec0ce1132011f7efdd2a325196c2"
FEED_AT: Final = datetime.fromtimestamp(1_795_403_772, UTC)


@pytest.mark.parametrize(("secret", "text", "right"), QUERIES.values(), ids=list(QUERIES))
def test_a_query_string_is_written_and_summed(secret: str, text: str, right: str) -> None:
    assert vnpay_sums.written(dict(parse_qsl(text))) == text
    assert vnpay_sums.digest(secret, text) == right


@pytest.mark.parametrize(("secret", "text", "right"), QUERIES.values(), ids=list(QUERIES))
def test_a_query_string_proves_itself_in_any_order_and_with_no_change(secret: str, text: str, right: str) -> None:
    code = dict(parse_qsl(text)).get("vnp_TmnCode", "")
    if not code:
        return  # a published sum of no notice
    terminal = msgspec.structs.replace(TERMINAL, terminal=code, secret=secret)
    provider = Vnpay((terminal,))
    now = datetime.now(UTC)
    shuffled = "&".join(reversed([*text.split("&"), "vnp_CardHolder="]))
    provider.verify(Received(f"vnp_SecureHash={right}&{shuffled}".encode(), {}, now))
    for wrong in (
        f"{text}&vnp_SecureHash={right[:-1]}",
        text,
        f"{text}&vnp_SecureHash=",
        f"{text}&vnp_SecureHash={right.upper()}",
    ):
        with pytest.raises(Refused):
            provider.verify(Received(wrong.encode(), {}, now))


def test_the_notice_of_the_vector_is_read() -> None:
    _, text, right = QUERIES["notice"]
    received = Received(f"{text}&vnp_SecureHash={right}".encode(), {}, FEED_AT)
    said = Vnpay.parse(received)
    assert (said.amount, said.order, said.kind) == (30_000, "SPS20261123000042", Kind.PAID)
    assert said.provider_id == "LCPARK01/SPS20261123000042/14422574"
    assert said.happened_at == datetime(2026, 11, 23, 3, 16, 12, tzinfo=UTC)


@pytest.mark.parametrize(("text", "right"), JOINED.values(), ids=list(JOINED))
def test_questions_and_answers_are_summed_as_they_are(text: str, right: str) -> None:
    assert vnpay_sums.digest(TERMINAL.secret, text) == right


def test_an_answers_values_are_joined_in_their_order_and_none_is_empty() -> None:
    text, _ = JOINED["its answer"]
    names = [f"vnp_{name}" for name in vnpay_sums.QUERY_ANSWER]
    said = {name: value for name, value in zip(names, text.split("|"), strict=True) if value}
    assert vnpay_sums.joined(said, vnpay_sums.QUERY_ANSWER) == text


@pytest.mark.parametrize(("text", "right"), MOMO.values(), ids=list(MOMO))
def test_momos_pairs_are_summed_in_their_order(text: str, right: str) -> None:
    pairs = dict(pair.split("=", 1) for pair in text.split("&"))
    assert momo.digest(PARTNER, pairs) == right


def test_momos_notice_proves_itself_and_nothing_else_does() -> None:
    text, right = MOMO["notice"]
    told: dict[str, object] = {}
    for pair in text.split("&")[1:]:
        name, _, value = pair.partition("=")
        told[name] = value
    told |= {name: int(str(told[name])) for name in ("amount", "transId", "resultCode", "responseTime")}
    provider, now = Momo((PARTNER,)), FEED_AT
    raw = msgspec.json.encode({**told, "signature": right})
    provider.verify(Received(raw, {}, now))
    said = provider.parse(Received(raw, {}, now))
    assert (said.amount, said.order, said.provider_id) == (
        30_000,
        "SPS20261123000042",
        "MOMO/SPS20261123000042/4014083433",
    )
    for name, said_there in told.items():
        other = said_there + 1 if isinstance(said_there, int) else f"{said_there}x"
        with pytest.raises(Refused):
            provider.verify(Received(msgspec.json.encode({**told, name: other, "signature": right}), {}, now))


def test_the_feeds_bytes_prove_themselves() -> None:
    feed = SePay("dummy_sepay_secret", Proof.HMAC, {})
    headers = {"x-sepay-timestamp": "1795403772", "x-sepay-signature": f"sha256={FEED_SUM}"}
    feed.verify(Received(FEED_BODY, headers, FEED_AT + timedelta(minutes=5)))
    assert SePay.parse(Received(FEED_BODY, headers, FEED_AT)).amount == 30_000
    with pytest.raises(Refused, match="old"):
        feed.verify(Received(FEED_BODY, headers, FEED_AT + timedelta(minutes=5, seconds=1)))


def test_an_account_with_an_api_key_needs_exactly_that_key() -> None:
    feed = SePay("a key of ours", Proof.API_KEY, {})
    feed.verify(Received(FEED_BODY, {"authorization": "Apikey a key of ours"}, FEED_AT))
    for wrong in ("", "Apikey", "Apikey ", "Apikey a key of our", "Bearer a key of ours", "Apikey a key of ours "):
        with pytest.raises(Refused):
            feed.verify(Received(FEED_BODY, {"authorization": wrong}, FEED_AT))
    stamp = hmac.new(b"a key of ours", b"1795403772." + FEED_BODY, hashlib.sha256).hexdigest()
    with pytest.raises(Refused):  # the other proof, with the same secret
        feed.verify(
            Received(FEED_BODY, {"x-sepay-timestamp": "1795403772", "x-sepay-signature": f"sha256={stamp}"}, FEED_AT)
        )


def test_without_a_secret_a_provider_is_off() -> None:
    off = msgspec.structs.replace(TERMINAL, secret="")
    assert not SePay("", Proof.HMAC, {}).on
    assert not Vnpay((off,)).on
    assert not Momo((msgspec.structs.replace(PARTNER, secret=""),)).on
    text = QUERIES["notice"][1]
    unsigned = vnpay_sums.digest("", text)
    with pytest.raises(Refused):
        Vnpay((off, Terminal(**{**msgspec.structs.asdict(TERMINAL), "terminal": "OTHER"}))).verify(
            Received(f"{text}&vnp_SecureHash={unsigned}".encode(), {}, FEED_AT)
        )
