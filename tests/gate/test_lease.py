from typing import Any

import msgspec
import pytest

from gate.lease import Lease
from gate.wire import Malformed, decode, encode
from tests.gate.samples import LEASE


def changed(*path: str, value: object) -> bytes:
    whole: dict[str, Any] = msgspec.json.decode(encode(LEASE))
    inner = whole
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return msgspec.json.encode(whole)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("number",), 0),
        (("capacity",), -1),
        (("expires_at",), "2026-11-23T10:45:00"),
        (("account", "bank"), "97043"),
        (("account", "bank"), "97043٣"),
        (("account", "bank"), "970436\n"),
        (("account", "number"), ""),
        (("account", "number"), "1" * 20),
        (("account", "number"), "1017595600\n"),
        (("policy", "unpaid"), "forgive"),
        (("policy", "patience_s"), 0),
        (("policy", "patience_s"), 3_601),
        (("policy", "accept_probability"), 1.01),
        (("policy", "accept_margin"), -0.1),
        (("paid",), ["SPS"]),
        (("tariff", "turns"), []),
    ],
)
def test_a_lease_that_makes_no_sense_is_malformed(path: tuple[str, ...], value: object) -> None:
    with pytest.raises(Malformed):
        decode(changed(*path, value=value), Lease)


def test_the_policy_has_careful_defaults() -> None:
    assert (LEASE.policy.accept_probability, LEASE.policy.accept_margin) == (0.9, 0.3)
