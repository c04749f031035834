"""VietQR: NAPAS247 transfer codes (EMVCo merchant-presented), written and strictly read (vietnam.md 2).

Every object is ID, length and value, two digits each for the first two. What is broken is refused with its place;
a QR that a bank might forgive is not good enough for a barrier.
"""

import binascii
from collections.abc import Iterator
from typing import Final, NamedTuple

GUID: Final = "A000000727"
TO_ACCOUNT: Final = "QRIBFTTA"
SERVICES: Final = frozenset({TO_ACCOUNT, "QRIBFTTC", "QRPUSH", "QRCASH"})
DONG: Final = "704"
NOTE_MAX: Final = 25
PAYLOAD_MAX: Final = 512
_ORDER_FIRST: Final = "00"
_LENGTH_MAX: Final = {"52": 4, "59": 25, "60": 15, "61": 10}
_CRC: Final = "63"


class BrokenPayload(ValueError):
    """The text is no VietQR payload; the message says where and why."""


class VietQR(NamedTuple):
    """What a payload says. `amount` is None where the payer types it; `note` is the purpose (62.08).

    `merchant_code` is object 52, `name` 59, `city` 60; `additional` holds what else stands in 62, by its two digits.
    """

    bin: str
    account: str
    service: str
    amount: int | None
    note: str
    dynamic: bool
    merchant_code: str = ""
    name: str = ""
    city: str = ""
    additional: tuple[tuple[str, str], ...] = ()


def crc16(text: str) -> str:
    """CRC-16/CCITT-FALSE over the UTF-8 bytes, four capital hexadecimal digits."""
    return f"{binascii.crc_hqx(text.encode(), 0xFFFF):04X}"


def encode(*, bank: str, account: str, amount: int, note: str) -> str:
    """A dynamic payload: one transfer of `amount` dong to `account`, with `note` in the transfer text.

    Raises ValueError for what the format cannot carry.
    """
    if not (len(bank) == 6 and bank.isdecimal() and bank.isascii()):
        raise ValueError(f"a bank is six digits: {bank!r}")
    if not (account.isascii() and account.isalnum() and len(account) <= 19):
        raise ValueError(f"an account is at most 19 letters and digits: {account!r}")
    if not 0 < amount < 10**13:
        raise ValueError(f"an amount has 1 to 13 digits and is not zero: {amount}")
    if not _is_plain_note(note):
        raise ValueError(f"a note is 1 to {NOTE_MAX} of A-Z, 0-9 and single spaces: {note!r}")
    beneficiary = _tlv("00", bank) + _tlv("01", account)
    merchant = _tlv("00", GUID) + _tlv("01", beneficiary) + _tlv("02", TO_ACCOUNT)
    body = (
        _tlv("00", "01")
        + _tlv("01", "12")
        + _tlv("38", merchant)
        + _tlv("53", DONG)
        + _tlv("54", str(amount))
        + _tlv("58", "VN")
        + _tlv("62", _tlv("08", note))
        + f"{_CRC}04"
    )
    return body + crc16(body)


def decode(payload: str) -> VietQR:
    """What the payload says. Raises BrokenPayload for anything not strictly of the format."""
    if len(payload) > PAYLOAD_MAX:
        raise BrokenPayload(f"{len(payload)} characters, at most {PAYLOAD_MAX} are read")
    objects = _objects(payload, "payload")
    _check_crc(payload, objects)
    if next(iter(objects)) != _ORDER_FIRST or objects["00"] != "01":
        raise BrokenPayload("00: the payload must begin with format 01")
    if objects.get("01", "11") not in {"11", "12"}:
        raise BrokenPayload(f"01: initiation is 11 or 12, not {objects['01']!r}")
    if objects.get("53") != DONG:
        raise BrokenPayload(f"53: currency is {DONG}, not {objects.get('53')!r}")
    if objects.get("58") != "VN":
        raise BrokenPayload(f"58: country is VN, not {objects.get('58')!r}")
    bank, account, service = _merchant(objects.get("38"))
    _check_lengths(objects, "")
    additional = _objects(objects["62"], "62") if "62" in objects else {}
    _check_lengths(additional, "62.")
    return VietQR(
        bank,
        account,
        service,
        _amount(objects.get("54")),
        note=additional.pop("08", ""),
        dynamic=objects.get("01") == "12",
        merchant_code=_code(objects.get("52", "")),
        name=objects.get("59", ""),
        city=objects.get("60", ""),
        additional=tuple(additional.items()),
    )


def _check_lengths(objects: dict[str, str], where: str) -> None:
    for name, value in objects.items():
        most = NOTE_MAX if where else _LENGTH_MAX.get(name, len(value))
        if len(value) > most:
            raise BrokenPayload(f"{where}{name}: {len(value)} characters, at most {most} are allowed")


def _merchant(template: str | None) -> tuple[str, str, str]:
    if template is None:
        raise BrokenPayload("38: no NAPAS account template")
    merchant = _objects(template, "38")
    if merchant.get("00") != GUID:
        raise BrokenPayload(f"38.00: GUID is {GUID}, not {merchant.get('00')!r}")
    if strange := set(merchant) - {"00", "01", "02"}:
        raise BrokenPayload(f"38: {min(strange)} does not belong inside the account template")
    if "01" not in merchant:
        raise BrokenPayload("38.01: no beneficiary")
    beneficiary = _objects(merchant["01"], "38.01")
    strange = set(beneficiary) - {"00", "01"}
    if strange:
        raise BrokenPayload(f"38.01: {min(strange)} does not belong inside the beneficiary")
    bank, account = beneficiary.get("00", ""), beneficiary.get("01", "")
    if not (len(bank) == 6 and bank.isdecimal()):
        raise BrokenPayload(f"38.01.00: a bank is six digits, not {bank!r}")
    if not (account.isalnum() and len(account) <= 19):
        raise BrokenPayload(f"38.01.01: an account is 1 to 19 letters and digits, not {account!r}")
    service = merchant.get("02", "QRPUSH")
    if service not in SERVICES:
        raise BrokenPayload(f"38.02: unknown service {service!r}")
    return bank, account, service


def _code(text: str) -> str:
    if text and not (text.isdecimal() and len(text) == 4):
        raise BrokenPayload(f"52: a merchant code is four digits, not {text!r}")
    return text


def _amount(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isdecimal() and len(text) <= 13) or text.startswith("0"):
        raise BrokenPayload(f"54: an amount is 1 to 13 digits without a leading zero: {text!r}")
    return int(text)


def _check_crc(payload: str, objects: dict[str, str]) -> None:
    if list(objects)[-1] != _CRC or len(objects[_CRC]) != 4:
        raise BrokenPayload("63: the payload must end with a CRC of four characters")
    said, right = objects[_CRC], crc16(payload[:-4])
    if said != right:
        raise BrokenPayload(f"63: CRC is {said}, the text has {right}")


def _objects(text: str, where: str) -> dict[str, str]:
    objects: dict[str, str] = {}
    for name, value in _walk(text, where):
        if name in objects:
            raise BrokenPayload(f"{where}: {name} stands twice")
        objects[name] = value
    if not objects:
        raise BrokenPayload(f"{where}: empty")
    return objects


def _walk(text: str, where: str) -> Iterator[tuple[str, str]]:
    if not text.isascii():
        raise BrokenPayload(f"{where}: only ASCII counts the same in bytes and characters")
    at = 0
    while at < len(text):
        head = text[at : at + 4]
        if not (len(head) == 4 and head.isdecimal()):
            raise BrokenPayload(f"{where}: no ID and length at character {at}: {head!r}")
        name, length = head[:2], int(head[2:])
        value = text[at + 4 : at + 4 + length]
        if not value or len(value) < length:
            raise BrokenPayload(f"{where}.{name}: {length} characters announced, {len(value)} there")
        yield name, value
        at += 4 + length


def _tlv(name: str, value: str) -> str:
    return f"{name}{len(value):02}{value}"


def _is_plain_note(note: str) -> bool:
    plain = note.replace(" ", "")
    single = "  " not in note and note == note.strip()
    return 0 < len(note) <= NOTE_MAX and single and plain.isascii() and plain.isalnum() and plain == plain.upper()
