import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.lease import Delta, Lease
from gate.messages import Ack, Command
from gate.signing import Forged, Signed, opened, private_key, public_key, public_text, sign
from gate.wire import BYTES_MAX, Contract, Malformed, decode, encode
from tests.gate.samples import ACTIONS, DELTA, LEASE, VISIT, command

SECRET = base64.b64encode(bytes(range(32))).decode()
KEY = private_key(SECRET)
PUBLIC = KEY.public_key()
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32))


@pytest.mark.parametrize("value", [LEASE, DELTA, *map(command, ACTIONS.values())])
def test_a_signed_paper_is_opened(value: Contract) -> None:
    assert opened(sign(value, KEY), type(value), PUBLIC) == value


def test_any_altered_byte_anywhere_is_noticed() -> None:
    paper = sign(command(ACTIONS["open"]), KEY)
    for at in range(len(paper)):
        for flip in (0x01, 0x20, 0x80):
            altered = paper[:at] + bytes([paper[at] ^ flip]) + paper[at + 1 :]
            with pytest.raises((Forged, Malformed)):
                opened(altered, Command, PUBLIC)


def test_a_cut_or_doubled_paper_is_noticed() -> None:
    paper = sign(DELTA, KEY)
    for at in range(len(paper)):
        with pytest.raises((Forged, Malformed)):
            opened(paper[:at], Delta, PUBLIC)
    with pytest.raises(Malformed):
        opened(paper + paper, Delta, PUBLIC)


def test_another_key_is_forged() -> None:
    with pytest.raises(Forged):
        opened(sign(DELTA, STRANGER), Delta, PUBLIC)


@pytest.mark.parametrize("signature", ["", "AAAA", "not base64!", "é", "A" * 88, "=" * 100])
def test_a_signature_that_is_none_is_forged(signature: str) -> None:
    paper = encode(Signed(body=encode(DELTA).decode(), signature=signature))
    with pytest.raises(Forged):
        opened(paper, Delta, PUBLIC)


def test_a_signature_of_another_paper_is_forged() -> None:
    other = decode(sign(LEASE, KEY), Signed)
    paper = encode(Signed(body=encode(DELTA).decode(), signature=other.signature))
    with pytest.raises(Forged):
        opened(paper, Delta, PUBLIC)


def test_a_forged_body_is_not_even_parsed() -> None:
    with pytest.raises(Forged):
        opened(encode(Signed(body="[" * 1_000, signature="AAAA")), Delta, PUBLIC)


def test_a_genuine_paper_of_another_kind_is_malformed() -> None:
    with pytest.raises(Malformed):
        opened(sign(Ack(journal="0" * 16, sequence=1), KEY), Delta, PUBLIC)


def test_what_no_wire_carries_is_not_signed() -> None:
    with pytest.raises(ValueError, match=str(BYTES_MAX)):
        sign(Delta(lease=1, number=1, box="sps-1", paid=(VISIT,) * 4_400), KEY)
    most = Delta(lease=1, number=1, box="sps-1", paid=(VISIT,) * 4_000)
    assert opened(sign(most, KEY), Delta, PUBLIC) == most


def test_keys_travel_as_base64() -> None:
    assert public_key(public_text(KEY)) == PUBLIC
    assert opened(sign(LEASE, KEY), Lease, public_key(public_text(KEY))) == LEASE


@pytest.mark.parametrize("text", ["", "AAAA", "é", "!" * 44, base64.b64encode(bytes(33)).decode()])
def test_a_broken_key_is_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="key"):
        private_key(text)
    with pytest.raises(Malformed, match="key"):
        public_key(text)
