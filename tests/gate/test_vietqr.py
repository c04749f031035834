"""VietQR payloads: what the specification and public samples show, and what must be refused."""

import random
from typing import Any, Final

import cv2
import numpy as np
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.reference import mint
from gate.vietqr import PAYLOAD_MAX, BrokenPayload, VietQR, crc16, decode, encode

# bank, account, service, amount, note, initiation, payload. P6 is an alias, P7 dynamic without an amount, P10 a virtual
# account, P11 has a CRC that happens to read 5802, P16 the longest purpose (vietnam.md 2.4)
GOOD_TEXT: Final = """
P1 | 970403 | 0011012345678 | QRIBFTTA |  |  | static | 00020101021138570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN63049E6F
P2 | 970403 | 9704031101234567 | QRIBFTTC |  |  | static | 00020101021138600010A00000072701300006970403011697040311012345670208QRIBFTTC53037045802VN63044F52
P3 | 970403 | 0011012345678 | QRIBFTTA | 180000 | thanh toan don hang | dynamic | 00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA530370454061800005802VN62340107NPS68690819thanh toan don hang63042E2E
P4 | 970436 | 1017595600 | QRIBFTTA | 180000 | thanh toan don hang | dynamic | 00020101021238540010A00000072701240006970436011010175956000208QRIBFTTA530370454061800005802VN62230819thanh toan don hang630470FA
P5 | 970422 | 0123456789 | QRIBFTTA |  |  | static | 00020101021138540010A00000072701240006970422011001234567890208QRIBFTTA53037045802VN6304B1A7
P6 | 970423 | mynamebvh | QRIBFTTA | 50000 | test | dynamic | 00020101021238530010A000000727012300069704230109mynamebvh0208QRIBFTTA53037045405500005802VN62080804test6304AB76
P7 | 970418 | 2170347751 | QRIBFTTA |  |  | dynamic | 00020101021238540010A00000072701240006970418011021703477510208QRIBFTTA53037045802VN63048687
P8 | 970415 | 0011001932418 | QRIBFTTA | 120000 | ung ho lu lut | dynamic | 00020101021238570010A00000072701270006970415011300110019324180208QRIBFTTA530370454061200005802VN62170813ung ho lu lut6304C15C
P9 | 970436 | 0011001800879 | QRIBFTTA | 100000 | nhan tien | dynamic | 00020101021238570010A00000072701270006970436011300110018008790208QRIBFTTA530370454061000005802VN62130809nhan tien6304D1EF
P10 | 970422 | VQRQABSEF6054 | QRIBFTTA | 2000 | Thanh toan don hang | dynamic | 00020101021238570010A000000727012700069704220113VQRQABSEF60540208QRIBFTTA5303704540420005802VN62230819Thanh toan don hang63048AE7
P11 | 970403 | 2112995044604025 | QRPUSH |  |  | static | 00020101021138480010A00000072701300006970403011621129950446040255204581253037045802VN5910PHUONG CAC6005HANOI62110307NPS686963045802
P12 | 970436 | 1017595600 | QRIBFTTA | 30000 | SPS K7M2Q9 | dynamic | 00020101021238540010A00000072701240006970436011010175956000208QRIBFTTA53037045405300005802VN62140810SPS K7M2Q96304D7F7
P13 | 970415 | 113366668888 | QRIBFTTA | 10000 | BHT 0000000042 | dynamic | 00020101021238560010A0000007270126000697041501121133666688880208QRIBFTTA53037045405100005802VN62180814BHT 0000000042630482AF
P14 | 970418 | 1234567890 | QRIBFTTA |  |  | static | 00020101021138540010A00000072701240006970418011012345678900208QRIBFTTA53037045802VN6304995B
P15 | 970405 | 8800205123456 | QRIBFTTA |  | VE THANG 24A05678 | static | 00020101021138570010A00000072701270006970405011388002051234560208QRIBFTTA53037045802VN62210817VE THANG 24A056786304B893
P16 | 970422 | VQRLC24000001 | QRIBFTTA | 70000 | SPL00000000000000001 B5XR | dynamic | 00020101021238570010A000000727012700069704220113VQRLC240000010208QRIBFTTA53037045405700005802VN62290825SPL00000000000000001 B5XR6304BCF2
"""  # noqa: E501

# the place that the refusal names, payload. N1: an inner length; N2, N3: CRC; N4: CRC, and a service inside the
# beneficiary; N5: the latter with a right CRC; N6: not ASCII (vietnam.md 2.5)
BAD_TEXT: Final = """
N1 | 38.01 | 00020101021138570010A00000072701270006970403011200110123456780208QRIBFTTA53037045802VN6304F4E5
N2 | 63: CRC is 1D8E | 00020101021238540010A00000072701240006970422011001234567890208QRIBFTTA530370454061000005802VN63041D8E
N3 | 63: CRC is 7693 | 00020101021138540010A00000072701240006970422011001234567890208QRIBFTTA53037045802VN62070803TXT63047693
N4 | 63: CRC is B682 | 00020101021138560010A0000007270138000697042201120123456789020208QRIBFTTA53037045802VN6304B682
N5 | 38.01: 02 | 00020101021238570010A00000072701390006970422011301234567890200208QRIBFTTA53037045405500005802VN62160812Test Payment630495B6
N6 | ASCII | 00020101021238570010A00000072701390006970422011301234567890200208QRIBFTTA53037045405100005802VN62260822Thanh toán hóa đơn630432F8
"""  # noqa: E501


def rows(text: str) -> list[list[str]]:
    return [line.split(" | ") for line in text.strip().splitlines()]


def said(bank: str, account: str, service: str, amount: str, note: str, initiation: str) -> VietQR:
    return VietQR(bank, account, service, int(amount) if amount else None, note, dynamic=initiation == "dynamic")


MORE: Final[dict[str, dict[str, Any]]] = {
    "P3": {"additional": (("01", "NPS6869"),)},
    "P11": {"merchant_code": "5812", "name": "PHUONG CAC", "city": "HANOI", "additional": (("03", "NPS6869"),)},
}
GOOD: Final = {name: (payload, said(*says)._replace(**MORE.get(name, {}))) for name, *says, payload in rows(GOOD_TEXT)}
BAD: Final = {name: (payload, place) for name, place, payload in rows(BAD_TEXT)}


@pytest.mark.parametrize(("payload", "right"), GOOD.values(), ids=list(GOOD))
def test_good_payloads_are_read(payload: str, right: VietQR) -> None:
    assert decode(payload) == right


@pytest.mark.parametrize(("payload", "place"), BAD.values(), ids=list(BAD))
def test_bad_payloads_are_refused_with_their_place(payload: str, place: str) -> None:
    with pytest.raises(BrokenPayload) as refused:
        decode(payload)
    assert place in str(refused.value)


def test_crc_check_value() -> None:
    assert crc16("123456789") == "29B1"


banks = st.text("0123456789", min_size=6, max_size=6)
accounts = st.text("0123456789ABCXYZabcxyz", min_size=1, max_size=19)
amounts = st.integers(1, 10**13 - 1)
notes = st.from_regex(r"[A-Z0-9]{1,12}( [A-Z0-9]{1,12})?", fullmatch=True)


@settings(max_examples=60)
@given(banks, accounts, amounts, notes)
def test_what_is_written_is_read(bank: str, account: str, amount: int, note: str) -> None:
    payload = encode(bank=bank, account=account, amount=amount, note=note)
    assert decode(payload) == VietQR(bank, account, "QRIBFTTA", amount, note, dynamic=True)


def test_our_own_code_for_a_known_vector_is_that_vector() -> None:
    assert encode(bank="970436", account="1017595600", amount=30_000, note="SPS K7M2Q9") == GOOD["P12"][0]


def test_every_single_slip_in_a_payload_is_refused() -> None:
    payload = GOOD["P12"][0]
    for at, right in enumerate(payload):
        for wrong in "0123456789ABCDEFQ a":
            if wrong != right:
                with pytest.raises(BrokenPayload):
                    decode(payload[:at] + wrong + payload[at + 1 :])


def test_every_cut_swap_and_repeat_is_refused() -> None:
    payload = GOOD["P12"][0]
    for at in range(len(payload)):
        mutants = {payload[:at], payload[:at] + payload[at + 1 :], payload[:at] + payload[at : at + 1] + payload[at:]}
        mutants.add(payload[:at] + payload[at + 1 : at + 2] + payload[at : at + 1] + payload[at + 2 :])
        for mutant in mutants - {payload}:
            with pytest.raises(BrokenPayload):
                decode(mutant)


def sealed(body: str) -> str:
    """A payload with a right CRC, so that the refusal is not the CRC's."""
    return f"{body}6304" + crc16(f"{body}6304")


HEAD, REST = "000201010212", "53037045405300005802VN62140810SPS K7M2Q9"
MERCHANT = "38540010A00000072701240006970436011010175956000208QRIBFTTA"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("010212000201" + MERCHANT + REST, "00"),
        ("000202010212" + MERCHANT + REST, "00"),
        ("000201010213" + MERCHANT + REST, "01"),
        (HEAD + REST, "38"),
        (HEAD + MERCHANT + MERCHANT + REST, "stands twice"),
        (HEAD + MERCHANT + REST.replace("5303704", "5303840"), "53"),
        (HEAD + MERCHANT + REST.replace("5303704", ""), "53"),
        (HEAD + MERCHANT + REST.replace("5802VN", "5802LA"), "58"),
        (HEAD + MERCHANT + REST.replace("540530000", "540500000"), "54"),
        (HEAD + MERCHANT + REST.replace("540530000", "5405-3000"), "54"),
        (HEAD + MERCHANT + REST.replace("540530000", "5405300.0"), "54"),
        (HEAD + MERCHANT + REST.replace("540530000", "541412345678901234"), "54"),
        (HEAD + MERCHANT.replace("A000000727", "A000000728") + REST, "38.00"),
        (HEAD + MERCHANT.replace("QRIBFTTA", "QRIBFTTX") + REST, "38.02"),
        (HEAD + MERCHANT.replace("970436", "97043X") + REST, "38.01.00"),
        (HEAD + MERCHANT.replace("1017595600", "10175956-0") + REST, "38.01.01"),
        (HEAD + "38260010A0000007270208QRIBFTTA" + REST, "38.01"),
        (HEAD + MERCHANT + REST + "6200", "62"),
        (HEAD + MERCHANT + REST.replace("540530000", "5406030000"), "54"),
        (HEAD + MERCHANT + REST.replace("540530000", "540530 00"), "54"),
        (HEAD + MERCHANT.replace("3854", "3858") + "0300" + REST, "38"),
        (HEAD + MERCHANT.replace("3854", "3859") + "03011" + REST, "38: 03"),
        (HEAD + MERCHANT.replace("0124", "0123") + REST, "38"),
        (HEAD + MERCHANT + "520412A4" + REST, "52"),
        (HEAD + MERCHANT + "5203123" + REST, "52"),
        (HEAD + MERCHANT + REST + "5926" + "A" * 26, "59"),
        (HEAD + MERCHANT + REST + "6016" + "A" * 16, "60"),
        (HEAD + MERCHANT + REST.replace("62140810SPS K7M2Q9", "62300826" + "A" * 26), "62.08"),
        (HEAD + MERCHANT + REST.replace("62140810SPS K7M2Q9", "62160803ABC0805SPSK7"), "62: 08"),
        (HEAD + MERCHANT + REST.replace("62140810SPS K7M2Q9", "62140811SPS K7M2Q9"), "62.08"),
    ],
)
def test_a_right_crc_does_not_make_it_right(body: str, place: str) -> None:
    decode(sealed(HEAD + MERCHANT + REST))
    with pytest.raises(BrokenPayload) as refused:
        decode(sealed(body))
    assert place in str(refused.value)


@pytest.mark.parametrize("text", ["", "0", "0000", "hello", "6304", "\0" * 40, "9" * (PAYLOAD_MAX + 1)])
def test_what_is_no_payload_is_refused(text: str) -> None:
    with pytest.raises(BrokenPayload):
        decode(text)


@given(st.text(max_size=80))
def test_any_text_is_a_payload_or_broken(text: str) -> None:
    with pytest.raises(BrokenPayload):
        decode(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"bank": "97043"}, {"bank": "97043٣"}, {"bank": "97043X"}, {"account": ""}, {"account": "1" * 20},
        {"account": "1017-5956"}, {"account": "số"}, {"amount": 0}, {"amount": -1}, {"amount": 10**13}, {"note": ""},
        {"note": "A" * 26}, {"note": "a"}, {"note": "Đ"}, {"note": "A  B"}, {"note": " A"}, {"note": "A "},
        {"note": "A-B"},
    ],
)  # fmt: skip
def test_what_the_format_cannot_carry_is_not_written(wrong: dict[str, Any]) -> None:
    right: dict[str, Any] = {"bank": "970436", "account": "1017595600", "amount": 30_000, "note": "SPSK7M2Q9AB"}
    encode(**right)
    with pytest.raises(ValueError, match=next(iter(wrong))):
        encode(**right | wrong)


def read_back(payload: str) -> str:
    """What a camera library reads from the drawn code, held straight or a little tilted; its finder misses one in
    twenty codes of a perfect grid."""
    drawn = 255 - 255 * np.array(
        [list(row) for row in segno.make(payload, error="m").matrix_iter(scale=6, border=4)], np.uint8
    )
    side = len(drawn)
    for degrees in (0, 4, -7, 11):
        turn = cv2.getRotationMatrix2D((side / 2, side / 2), degrees, 0.9)
        held = cv2.warpAffine(drawn, turn, (side, side), borderValue=(255,))
        text, *_ = cv2.QRCodeDetector().detectAndDecode(held)
        if text:
            return str(text)
    return ""


def test_drawn_codes_are_read_back_by_a_camera_library() -> None:
    rng = random.Random(1)
    for number in range(40):
        amount = rng.randrange(1, 10 ** rng.randrange(1, 14))
        account = "".join(rng.choices("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=rng.randrange(1, 20)))
        note = mint("SPS", number, b"key") + (" 24A05678" if number % 2 else "")
        bank = f"{rng.randrange(10**6):06}"
        payload = encode(bank=bank, account=account, amount=amount, note=note)
        text = read_back(payload)
        assert text == payload
        assert decode(text) == VietQR(bank, account, "QRIBFTTA", amount, note, dynamic=True)


@pytest.mark.parametrize("name", list(GOOD))
def test_codes_of_others_are_read_back_too(name: str) -> None:
    assert decode(read_back(GOOD[name][0])) == GOOD[name][1]
