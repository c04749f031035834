from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from gate.lease import ENTRIES_MAX, LEASE_MAX, Entry, Expired, Lease, Policy, Standing, Unpaid, in_force
from gate.tariff import Tariff
from gate.wire import Malformed, decode, encode
from tests.gate.samples import ENTERED, LEASE, LEFT, TARIFF

DAY = timedelta(days=1)
SOON = timedelta(microseconds=1)


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
        (("policy", "expired"), "forget"),
        (("lists",), [{"entry": "", "standing": "pass", "since": "2026-11-23T10:45:00Z"}]),
        (("lists",), [{"entry": "L1", "standing": "friend", "since": "2026-11-23T10:45:00Z"}]),
        (("lists",), [{"entry": "L1", "standing": "pass", "since": "2026-11-23T10:45:00"}]),
        (("lists",), [{"entry": "L1", "standing": "pass", "since": "2026-11-23T10:45:00Z", "tag": "e28011"}]),
        (("lists",), [{"entry": "L1", "standing": "pass", "since": "2026-11-23T10:45:00Z", "tag": "E2801160\n"}]),
        (("lists",), [{"entry": "L1", "standing": "pass", "since": "2026-11-23T10:45:00Z", "plate": "A" * 17}]),
        (("lists",), [{"entry": "L1", "standing": "pass", "since": "2026-11-23T10:45:00Z", "owner": "Lan"}]),
    ],
)
def test_a_lease_that_makes_no_sense_is_malformed(path: tuple[str, ...], value: object) -> None:
    with pytest.raises(Malformed):
        decode(changed(*path, value=value), Lease)


def test_there_is_an_end_to_the_rows() -> None:
    row = Entry(entry="L1", standing=Standing.PASS, since=LEFT)
    full = replace(LEASE, lists=(row,) * ENTRIES_MAX)
    assert decode(encode(full), Lease, LEASE_MAX) == full
    with pytest.raises(Malformed, match="lists"):
        decode(encode(replace(LEASE, lists=(row,) * (ENTRIES_MAX + 1))), Lease, LEASE_MAX)


def test_the_policy_has_careful_defaults() -> None:
    policy = Policy(unpaid=Unpaid.HOLD, patience_s=20)
    assert (policy.accept_probability, policy.accept_margin) == (0.9, 0.3)
    assert (policy.pass_when_full, policy.expired) == (True, Expired.CONTINUE)


@pytest.mark.parametrize(
    ("until", "at", "active"),
    [
        (None, ENTERED - SOON, False),
        (None, ENTERED, True),
        (None, LEFT + 1_000 * DAY, True),
        (LEFT, LEFT - SOON, True),
        (LEFT, LEFT, False),
    ],
)
def test_a_row_is_active_from_its_beginning_until_before_its_end(
    until: datetime | None,
    at: datetime,
    active: bool,  # noqa: FBT001 - a row of the table
) -> None:
    assert Entry(entry="L1", standing=Standing.PASS, since=ENTERED, until=until).is_active(at) is active


def version(code: str, since: int, until: int | None = None) -> Tariff:
    """A price list that begins and ends on these days."""
    return replace(TARIFF, code=code, since=LEFT + since * DAY, until=None if until is None else LEFT + until * DAY)


def test_of_the_price_lists_that_hold_the_one_that_began_last_is_in_force() -> None:
    versions = [version("festival", 3, 5), version("old", 0), version("new", 4), version("short", 9, 10)]
    codes = []
    for day in range(-1, 11):
        for order in (versions, versions[::-1]):
            found = in_force(order, LEFT + day * DAY)
            codes.append(found.code if found else None)
    assert codes[::2] == codes[1::2], "their order is no matter"
    assert codes[::2] == [None, "old", "old", "old", "festival", "new", "new", "new", "new", "new", "short", "new"]


def test_two_price_lists_of_one_moment_are_one_everywhere() -> None:
    twins = [version("a", 0), version("b", 0)]
    assert in_force(twins, LEFT) == in_force(twins[::-1], LEFT) == twins[1]


def test_a_lease_goes_on_by_its_price_list_when_none_is_in_force() -> None:
    lease = replace(LEASE, tariff=version("only", 0, 1), coming=(version("later", 3),))
    days = [lease.tariff_at(LEFT + day * DAY).code for day in range(5)]
    assert days == ["only", "only", "only", "later", "later"]
