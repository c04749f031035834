"""Nothing but a value of the contract or Malformed ever comes out of bytes."""

import json
import random
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.lease import Delta, Lease
from gate.messages import Ack, Command, Envelope, Reply
from gate.presence import Online, State
from gate.wire import BYTES_MAX, Contract, Malformed, decode, encode
from tests.gate.samples import EVERYTHING

MUTANTS: Final = 20_000
KINDS: Final = (Envelope, Command, Ack, Reply, Online, State, Lease, Delta)
EVENT: Final = json.loads(encode(EVERYTHING["event-quoted"]))

STRANGE: Final[tuple[Any, ...]] = (
    None, True, -1, 0, 2**63, 2**64, 10**30, -(10**30), 1.5, 1e308, "", "x", "\0", "a\n", "é" * 500, "0" * 20_000,
    [], {}, [[]], {"": None}, ["x"] * 50, "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "in-1\n", "٣",
)  # fmt: skip


@pytest.mark.parametrize("value", EVERYTHING.values(), ids=list(EVERYTHING))
def test_there_and_back_and_the_same_bytes(value: Contract) -> None:
    data = encode(value)
    assert decode(data, type(value)) == value
    assert encode(decode(data, type(value))) == data


def with_(path: tuple[str | int, ...], value: object) -> bytes:
    event = json.loads(json.dumps(EVENT))
    inner = event
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return json.dumps(event).encode()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("sequence",), "42"),
        (("sequence",), 42.5),
        (("sequence",), 0),
        (("sequence",), 2**63),
        (("sequence",), True),
        (("message_id",), "not-a-uuid"),
        (("site",), "sps"),
        (("site",), "SPS\n"),
        (("box",), "sps-1\n"),
        (("box",), "../sps"),
        (("journal",), "0123456789ABCDEF"),
        (("happened_at",), "2026-11-23T10:45:00"),
        (("happened_at",), 1_795_000_000),
        (("happened_at",), "0001-01-01T00:00:00+23:59"),
        (("happened_at",), "2201-01-01T00:00:00Z"),
        (("clock_offset_ms",), 10**30),
        (("clock_quality",), "good"),
        (("unknown",), 1),
        (("body", "unknown"), 1),
        (("body", "kind"), "quoted_again"),
        (("body", "total"), -1),
        (("body", "total"), 30_000.5),
        (("body", "total"), 1_000_000_001),
        (("body", "visit"), "SPSK7M2Q9A"),
        (("body", "visit"), "SPSK7M2Q9A0"),
        (("body", "visit"), "SPSK7M2Q9AB\n"),
        (("body", "lane"), ""),
        (("body", "lane"), "a" * 32),
        (("body", "tariff"), ""),
        (("body", "payload"), "0" * 301),
        (("body", "vehicle_class"), "TANK"),
        (("body", "lines", 0, "amount"), None),
        (("body", "lines", 0, "more"), "x"),
    ],
)
def test_a_wrong_field_is_malformed_and_named(path: tuple[str | int, ...], value: object) -> None:
    with pytest.raises(Malformed) as refused:
        decode(with_(path, value), Envelope)
    names = [step for step in path if isinstance(step, str)]
    assert any(name in str(refused.value) for name in names), refused.value


@pytest.mark.parametrize("name", sorted(EVENT))
def test_a_missing_field_is_malformed_and_named(name: str) -> None:
    without = {key: value for key, value in EVENT.items() if key != name}
    with pytest.raises(Malformed, match=name):
        decode(json.dumps(without).encode(), Envelope)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b'{"journal":"0123456789abcdef","sequence":NaN}',
        b'{"journal":"0123456789abcdef","sequence":Infinity}',
        b'{"journal":"0123456789abcdef","sequence":1e999}',
        b'{"journal":"0123456789abcdef","sequence":' + b"9" * 5_000 + b"}",
        b'{"journal":"0123456789abcdef","sequence":1}{}',
        b'{"journal":"0123456789abcdef","sequence":1',
        b'{"journal":"\xff","sequence":1}',
        b'{"journal":"\\ud800","sequence":1}',
        b"[" * 60_000,
        b'{"a":' * 10_000,
    ],
)
def test_what_is_no_message_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode(data, Ack)
    with pytest.raises(Malformed):
        decode(data, Envelope)


def test_nesting_without_end_is_malformed_even_where_anything_may_stand() -> None:
    with pytest.raises(Malformed):
        decode(b"[" * 60_000, object)


def test_a_key_that_stands_twice_is_malformed_at_any_depth() -> None:
    once = encode(EVERYTHING["event-quoted"])
    for key in (b'"sequence":', b'"total":', b'"amount":', b'"kind":'):
        at = once.index(key)
        value = once[at : once.index(b",", at) if b"," in once[at : at + 40] else once.index(b"}", at)]
        twice = once[:at] + value.rstrip(b"}]") + b"," + once[at:]
        with pytest.raises(Malformed, match="stands twice"):
            decode(twice, Envelope)


def test_order_and_space_are_no_difference() -> None:
    loose = json.dumps(dict(reversed(EVENT.items())), indent=2).encode()
    assert decode(loose, Envelope) == EVERYTHING["event-quoted"]


def test_the_largest_message_is_read_and_one_byte_more_is_not() -> None:
    data = encode(EVERYTHING["ack"])
    assert decode(data + b" " * (BYTES_MAX - len(data)), Ack) == EVERYTHING["ack"]
    with pytest.raises(Malformed, match=str(BYTES_MAX + 1)):
        decode(data + b" " * (BYTES_MAX + 1 - len(data)), Ack)


@given(st.binary(max_size=300))
def test_bytes_without_sense_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode(data, Envelope)


def test_mutants_of_every_message_are_values_or_malformed_and_nothing_else() -> None:
    chance = random.Random(20261123)
    seeds = [(type(value), encode(value)) for value in EVERYTHING.values()]
    refused = 0
    for _ in range(MUTANTS):
        kind, data = chance.choice(seeds)
        mutant = chance.choice(WAYS)(data, chance)
        try:
            value = decode(mutant, kind if chance.random() < 0.9 else chance.choice(KINDS))
        except Malformed:
            refused += 1
        else:
            assert decode(encode(value), type(value)) == value
    assert MUTANTS // 2 < refused < MUTANTS, "too kind, or nothing got through"


def alter_a_byte(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def cut(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.randrange(1, 30) :]


def repeat(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    end = start + chance.randrange(1, 60)
    return data[:end] + data[start:end] + data[end:]


def alter_a_field(data: bytes, chance: random.Random) -> bytes:
    whole = json.loads(data)
    inner = whole
    while True:
        key = chance.choice(list(inner) if isinstance(inner, dict) else range(len(inner)))
        if not inner[key] or not isinstance(inner[key], dict | list) or chance.random() < 0.3:
            break
        inner = inner[key]
    way = chance.randrange(3)
    if way == 0:
        inner[key] = chance.choice(STRANGE)
    elif way == 1:
        del inner[key]
    elif isinstance(inner, dict):
        inner[chance.choice(["more", "kind", "action", "sequence", "plate"])] = inner[key]
    return json.dumps(whole).encode()


WAYS: Final[tuple[Callable[[bytes, random.Random], bytes], ...]] = (alter_a_byte, cut, repeat, alter_a_field)
