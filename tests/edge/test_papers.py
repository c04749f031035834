"""Papers of the centre: good ones are taken once, every other is refused and moves nothing."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.known.papers import Papers, Refused
from gate import signing
from gate.broker_rules import centre_rules
from gate.lease import ENTRIES_MAX, LEASE_MAX, Delta, Entry, Standing
from gate.messages import Close, Open, OpeningReason
from gate.topics import Channel
from gate.wire import BYTES_MAX, encode
from simulator.demo.broker_files import listener
from simulator.stage.mosquitto import Mosquitto
from tests.edge.centre import FakeCentre
from tests.edge.desk import BOX, KEY, SECRET, STRANGER, Desk, lease
from tests.edge.fakes import MORNING
from tests.edge.test_uplink import Line, _until

OPEN = Open(lane="in-1", reason=OpeningReason.PERSON)


def delta(number: int, *paid: str, of: int = 1, box: str = BOX, **changes: Any) -> bytes:
    """A signed change."""
    return signing.sign(Delta(lease=of, number=number, box=box, paid=paid, **changes), KEY)


def rows(*numbers: int) -> tuple[Entry, ...]:
    """Monthly passes, each of its own plate."""
    return tuple(
        Entry(entry=f"SPS-L{n:06}", standing=Standing.PASS, since=MORNING, until=MORNING, plate=f"24A{n:05}")
        for n in numbers
    )


def listed(papers: Papers, *numbers: int) -> list[int]:
    """Which of these the box holds."""
    return [n for n in numbers if papers.lists.of(f"24A{n:05}", "")]


def snapshot(number: int, **changes: Any) -> bytes:
    """A signed lease."""
    return signing.sign(lease(number, **changes), KEY, LEASE_MAX)


def test_every_flipped_byte_is_refused_and_the_whole_one_is_taken(desk: Desk) -> None:
    good = desk.command(OPEN)
    for place in range(len(good)):
        for bit in (0x01, 0x20, 0x80):
            bad = bytearray(good)
            bad[place] ^= bit
            if _says_the_same(bytes(bad), good):
                continue
            with pytest.raises(Refused):
                desk.papers.command_came(bytes(bad))
    assert desk.papers.command_came(good).action == OPEN


def _says_the_same(other: bytes, good: bytes) -> bool:
    """Whether the flip changed nothing that is said: neither the body nor the signature's bytes."""
    try:
        one, two = json.loads(other), json.loads(good)
        return one["body"] == two["body"] and base64.b64decode(one["signature"]) == base64.b64decode(two["signature"])
    except (ValueError, KeyError, TypeError):
        return False


@pytest.mark.parametrize("cut", [0, 1, 40, 200])
def test_half_a_paper_is_refused(desk: Desk, cut: int) -> None:
    with pytest.raises(Refused):
        desk.papers.command_came(desk.command(OPEN)[:cut])


def test_a_strangers_signature_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="signature"):
        desk.papers.lease_came(signing.sign(lease(9), STRANGER))
    assert desk.papers.lease is not None
    assert desk.papers.lease.number == 1


def test_a_lease_is_no_command_though_the_centre_signed_it(desk: Desk) -> None:
    with pytest.raises(Refused):
        desk.papers.command_came(signing.sign(lease(2), KEY))
    with pytest.raises(Refused):
        desk.papers.lease_came(desk.command(OPEN))


def test_a_command_for_another_box(desk: Desk) -> None:
    with pytest.raises(Refused, match="spl-1"):
        desk.papers.command_came(desk.command(OPEN, box="spl-1"))


def test_a_command_for_another_boot(desk: Desk) -> None:
    with pytest.raises(Refused, match="another boot"):
        desk.papers.command_came(desk.command(OPEN, boot=desk.clock.new_id()))


def test_a_command_past_its_deadline_however_the_wall_clock_stands(desk: Desk) -> None:
    late = desk.command(OPEN, seconds=5)
    desk.turn(4.9)
    in_time = desk.command(OPEN, seconds=0.05)
    desk.papers.command_came(in_time)
    desk.turn(0.2)
    desk.clock._wall -= timedelta(days=1)  # noqa: SLF001 - somebody sets the wall clock back
    with pytest.raises(Refused, match="too late"):
        desk.papers.command_came(late)


def test_a_command_is_used_once_though_others_came_between(desk: Desk) -> None:
    command = desk.command(OPEN, seconds=60)
    desk.papers.command_came(command)
    for _ in range(100):
        desk.papers.command_came(desk.command(OPEN))
        desk.turn(0.3)
    with pytest.raises(Refused, match="used before"):
        desk.papers.command_came(command)


def test_spent_commands_are_forgotten_when_their_deadline_has_passed(desk: Desk) -> None:
    for _ in range(50):
        desk.papers.command_came(desk.command(Close(lane="in-1"), seconds=1))
        desk.turn(2)
    assert len(desk.papers._used) <= 2  # noqa: SLF001 - a box runs for months


def test_a_lease_must_be_newer(desk: Desk) -> None:
    desk.papers.lease_came(signing.sign(lease(5), KEY))
    for number in (1, 4, 5):
        with pytest.raises(Refused, match="not newer"):
            desk.papers.lease_came(signing.sign(lease(number), KEY))
    desk.papers.lease_came(signing.sign(lease(6), KEY))


def test_a_lease_for_another_box(desk: Desk) -> None:
    with pytest.raises(Refused, match="spl-1"):
        desk.papers.lease_came(signing.sign(lease(2, box="spl-1"), KEY))


def test_changes_follow_one_another(desk: Desk) -> None:
    desk.papers.delta_came(delta(1))
    for paper in (delta(1), delta(3), delta(2, of=2), delta(2, box="spl-1")):
        with pytest.raises(Refused):
            desk.papers.delta_came(paper)
    assert desk.papers.delta == 1
    desk.papers.delta_came(delta(2))
    desk.papers.lease_came(signing.sign(lease(2), KEY))
    assert desk.papers.delta == 0
    desk.papers.delta_came(delta(1, of=2))


def test_lease_and_changes_outlive_the_box(desk: Desk) -> None:
    desk.papers.delta_came(delta(1))
    desk.restart()
    assert desk.papers.lease == lease(1)
    assert desk.papers.delta == 1


def test_a_change_whose_payments_could_not_be_written_was_never_taken(desk: Desk) -> None:
    def fails_in_the_midst(take: Callable[[bytes], object], paper: bytes) -> None:
        with desk.store.transaction():
            take(paper)
            raise RuntimeError("the disk failed")

    with pytest.raises(RuntimeError):
        fails_in_the_midst(desk.papers.delta_came, delta(1))
    assert desk.papers.delta == 0
    with pytest.raises(RuntimeError):
        fails_in_the_midst(desk.papers.lease_came, signing.sign(lease(2), KEY))
    assert desk.papers.lease == lease(1)
    desk.papers.delta_came(delta(1))


def test_a_kept_lease_of_another_version_does_not_stop_the_box(desk: Desk) -> None:
    desk.store.remember("lease", '{"number":1,"of":"another version"}')
    papers = Papers(desk.store, desk.clock, BOX, KEY.public_key())
    assert papers.lease is None
    papers.lease_came(signing.sign(lease(2), KEY))


def test_expiry_is_by_the_leases_own_time(desk: Desk) -> None:
    desk.papers.lease_came(signing.sign(lease(2, expires_at=MORNING + timedelta(seconds=90)), KEY))
    assert not desk.papers.expired()
    desk.turn(89)
    assert not desk.papers.expired()
    desk.turn(2)
    assert desk.papers.expired()


def test_an_oversized_paper_is_refused_before_it_is_parsed(desk: Desk) -> None:
    with pytest.raises(Refused, match="bytes"):
        desk.papers.command_came(encode(lease(2)) + b" " * 70_000)


# --- lists and capacity -----------------------------------------------------------------------------------


def test_a_snapshot_brings_its_lists_and_no_others(desk: Desk) -> None:
    desk.papers.lease_came(snapshot(2, lists=rows(1, 2)))
    desk.papers.lease_came(snapshot(3, lists=rows(2, 3)))
    assert listed(desk.papers, 1, 2, 3) == [2, 3]
    assert desk.papers.lease == lease(3), "the rows are in the store, not in every decision's way"


def test_changes_bring_rows_ends_and_capacity_in_order(desk: Desk) -> None:
    desk.papers.lease_came(snapshot(2, lists=rows(1)))
    desk.papers.delta_came(delta(1, of=2, listed=rows(2, 3), ended=("SPS-L000001",)))
    desk.papers.delta_came(delta(2, of=2, capacity=7))
    assert listed(desk.papers, 1, 2, 3) == [2, 3]
    assert desk.papers.lease == lease(2, capacity=7)
    for refused in (delta(2, of=2, capacity=8), delta(4, of=2, listed=rows(4)), delta(3, of=1, listed=rows(4))):
        with pytest.raises(Refused):
            desk.papers.delta_came(refused)
    assert (listed(desk.papers, 4), desk.papers.delta) == ([], 2)
    desk.papers.delta_came(delta(3, of=2, capacity=0, ended=("SPS-L000002", "never known")))
    assert desk.papers.lease == lease(2, capacity=0)
    assert listed(desk.papers, 2, 3) == [3]


def test_a_row_that_comes_and_ends_in_one_change_is_over(desk: Desk) -> None:
    desk.papers.delta_came(delta(1, listed=rows(1), ended=("SPS-L000001",)))
    assert listed(desk.papers, 1) == []


def test_lists_and_capacity_outlive_the_box(desk: Desk) -> None:
    desk.papers.lease_came(snapshot(2, lists=rows(1)))
    desk.papers.delta_came(delta(1, of=2, listed=rows(2), capacity=7))
    desk.restart()
    assert (desk.papers.lease, desk.papers.delta) == (lease(2, capacity=7), 1)
    assert listed(desk.papers, 1, 2) == [1, 2]
    desk.papers.delta_came(delta(2, of=2, ended=("SPS-L000001",)))
    assert listed(desk.papers, 1, 2) == [2]


def test_a_paper_that_could_not_be_written_leaves_lists_and_capacity_as_they_were(desk: Desk) -> None:
    desk.papers.lease_came(snapshot(2, lists=rows(1)))
    papers: tuple[tuple[Callable[[bytes], object], bytes], ...] = (
        (desk.papers.delta_came, delta(1, of=2, listed=rows(2), ended=("SPS-L000001",), capacity=7)),
        (desk.papers.lease_came, snapshot(3, lists=rows(3))),
    )

    def fails_in_the_midst(take: Callable[[bytes], object], paper: bytes) -> None:
        with desk.store.transaction():
            take(paper)
            raise RuntimeError("the disk failed")

    for take, paper in papers:
        with pytest.raises(RuntimeError):
            fails_in_the_midst(take, paper)
        assert (desk.papers.lease, desk.papers.delta) == (lease(2), 0)
        assert listed(desk.papers, 1, 2, 3) == [1]


def test_a_lease_with_as_many_rows_as_there_may_be_is_taken(desk: Desk) -> None:
    paper = snapshot(2, lists=rows(*range(ENTRIES_MAX)))
    assert len(paper) > 10 * BYTES_MAX
    desk.papers.lease_came(paper)
    assert len(desk.papers.lists) == ENTRIES_MAX
    desk.restart()
    assert len(desk.papers.lists) == ENTRIES_MAX
    with pytest.raises(Refused, match=str(LEASE_MAX)):
        desk.papers.lease_came(paper + b" " * (LEASE_MAX + 1 - len(paper)))


def test_only_a_lease_may_be_so_large(desk: Desk) -> None:
    long = signing.sign(Delta(lease=1, number=1, box=BOX, listed=rows(*range(1_000))), KEY, LEASE_MAX)
    with pytest.raises(Refused, match=str(BYTES_MAX)):
        desk.papers.delta_came(long)
    assert listed(desk.papers, 1) == []


def test_a_kept_lease_of_another_version_leaves_no_rows_behind(desk: Desk) -> None:
    desk.papers.lease_came(snapshot(2, lists=rows(1)))
    desk.store.remember("lease", '{"number":1,"of":"another version"}')
    assert len(Papers(desk.store, desk.clock, BOX, KEY.public_key()).lists) == 0


@pytest.mark.broker
def test_the_largest_lease_passes_a_real_broker_and_nothing_larger_does(desk: Desk, tmp_path: Path) -> None:
    """Retained, under the very rules that a site gets; the box connects when it is already on the shelf."""
    users = {"centre": "centre-secret-long", BOX: SECRET}
    paper = snapshot(2, lists=rows(*range(ENTRIES_MAX)))
    broker = Mosquitto(tmp_path / "mosquitto", users, acl=centre_rules([("SPS", BOX)]))
    with broker, FakeCentre(broker, "SPS", BOX, KEY) as centre:
        _until(centre.client.is_connected)
        centre.say(Channel.LEASE, paper, retain=True)
        with Line(tmp_path, broker) as line:
            _until(lambda: bool(line.heard))
        ((channel, came),) = line.heard
        assert (channel, came == paper) == (Channel.LEASE, True)
        desk.papers.lease_came(came)
        assert len(desk.papers.lists) == ENTRIES_MAX
        thrown_out: list[str] = []
        centre.client.on_disconnect = lambda *said: thrown_out.append(str(said[3]))
        centre.client.publish(f"barie/v1/SPS/{BOX}/lease", b" " * 2_100_000, qos=1, retain=True)
        _until(lambda: thrown_out)  # whoever sends more than any lease
        with Line(tmp_path, broker) as line:
            _until(lambda: line.heard)
        assert line.heard == [(Channel.LEASE, paper)], "what was on the shelf is there still"


def test_a_sites_own_broker_takes_a_lease_and_no_more() -> None:
    assert "max_packet_size 2000000\n" in listener("/etc", "centre", "8883", certified=False)
    assert LEASE_MAX + 1_024 < 2_000_000
