"""A reader of tags, whatever it says and however it is connected: each tag once while it stays."""

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import pytest

from edge.devices.tag_reader import LINE_MAX, TAGS_MAX, Lines, Presence, TagReader, check, epc
from simulator.devices.tag_reader import SerialTagTwin, TcpTagTwin

TAG, OTHER = "E2003412012345678900AB12", "3000112233445566"


class Twin(Protocol):
    """A reader's twin."""

    @property
    def url(self) -> str:
        """Where it speaks."""

    def say(self, data: bytes) -> None:
        """Send."""

    def stop(self) -> None:
        """Be gone."""


class Ear:
    """Hears tags and losses."""

    def __init__(self) -> None:
        self.tags: queue.Queue[str] = queue.Queue()
        self.losses: queue.Queue[str] = queue.Queue()

    def tag_read(self, tag: str) -> None:
        """Keep it."""
        self.tags.put(tag)


@contextmanager
def reading(url: str, gone_s: float = 3.0) -> Iterator[Ear]:
    """A reader at work; afterwards its thread is gone."""
    ear = Ear()
    reader = TagReader(url, ear, lost=ear.losses.put, gone_s=gone_s)
    reader.start()
    try:
        yield ear
    finally:
        reader.stop()
    assert "tag-reader" not in {thread.name for thread in threading.enumerate()}


def connected(kind: Callable[[], Twin]) -> Iterator[tuple[Twin, Ear]]:
    """A twin that a reader hears."""
    twin = kind()
    with reading(twin.url) as ear:
        if isinstance(twin, TcpTagTwin):
            assert twin.wait_dials(1)
        yield twin, ear
    twin.stop()


@pytest.fixture(params=[TcpTagTwin, SerialTagTwin])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[Twin, Ear]]:
    """Each twin in turn, with what was heard of it."""
    yield from connected(request.param)


def until_heard(twin: Twin, ear: Ear, tag: str) -> None:
    """Say the tag until it is heard: a serial line that nobody has opened yet forgets."""
    for _ in range(100):
        twin.say(tag.encode() + b"\r\n")
        try:
            assert ear.tags.get(timeout=0.1) == tag
        except queue.Empty:
            continue
        return
    pytest.fail("never heard")


def test_a_tag_is_said_once_while_it_stays(pair: tuple[Twin, Ear]) -> None:
    twin, ear = pair
    until_heard(twin, ear, TAG)
    for _ in range(50):
        twin.say(f"{TAG}\r\n".encode())
    twin.say(f"{OTHER}\n".encode())
    assert ear.tags.get(timeout=5) == OTHER
    assert ear.tags.empty()
    assert ear.losses.empty()


def test_a_tag_in_pieces_and_several_in_one(pair: tuple[Twin, Ear]) -> None:
    twin, ear = pair
    until_heard(twin, ear, OTHER)
    for piece in (TAG[:5], TAG[5:], "\r", "\nE2" + "00" * 11 + "\rAAAABBBB,-60\n"):
        twin.say(piece.encode())
    assert [ear.tags.get(timeout=5) for _ in range(3)] == [TAG, "E2" + "00" * 11, "AAAABBBB"]


def test_garbage_is_let_be(pair: tuple[Twin, Ear]) -> None:
    twin, ear = pair
    until_heard(twin, ear, OTHER)
    twin.say(b"\xff\x00\x80 \x1b[2J\r\n" + b"A" * (20 * LINE_MAX) + b"\nHEARTBEAT\n,,,\n" + TAG.encode() + b"\n")
    assert ear.tags.get(timeout=5) == TAG


def test_a_reader_that_hangs_up_is_lost_once_and_comes_back() -> None:
    twin = TcpTagTwin()
    with reading(twin.url) as ear:
        assert twin.wait_dials(1)
        twin.cut()
        assert ear.losses.get(timeout=5) == "tag reader: hung up"
        assert twin.wait_dials(2)
        twin.cut()
        assert twin.wait_dials(3), "it dials again and again"
        assert ear.losses.empty(), "and says so once"
        until_heard(twin, ear, TAG)
        twin.cut()
        assert ear.losses.get(timeout=5)
    twin.stop()


def test_a_tag_that_was_away_is_said_again() -> None:
    twin = TcpTagTwin()
    with reading(twin.url, gone_s=0.1) as ear:
        assert twin.wait_dials(1)
        until_heard(twin, ear, TAG)
        time.sleep(0.2)
        until_heard(twin, ear, TAG)
    twin.stop()


@pytest.mark.parametrize("url", ["tcp://127.0.0.1:9", "serial:///dev/no-such-line?baud=9600"])
def test_nobody_there_is_a_loss_said_once(url: str) -> None:
    with reading(url) as ear:
        assert ear.losses.get(timeout=5).startswith("tag reader: ")
        time.sleep(0.6)
        assert ear.losses.empty()


def test_a_pulled_serial_line_is_lost() -> None:
    twin = SerialTagTwin()
    with reading(twin.url) as ear:
        until_heard(twin, ear, TAG)
        twin.stop()
        assert ear.losses.get(timeout=5)


def test_a_listener_that_fails_does_not_silence_the_reader() -> None:
    class Deaf(Ear):
        def tag_read(self, tag: str) -> None:
            super().tag_read(tag)
            raise ZeroDivisionError("a bug")

    twin, ear = TcpTagTwin(), Deaf()
    reader = TagReader(twin.url, ear)
    reader.start()
    assert twin.wait_dials(1)
    twin.say(f"{TAG}\n{OTHER}\n".encode())
    assert [ear.tags.get(timeout=5) for _ in range(2)] == [TAG, OTHER]
    reader.stop()
    twin.stop()


def test_stop_before_start_and_while_it_dials() -> None:
    TagReader("tcp://127.0.0.1:9", Ear()).stop()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        reader = TagReader(f"tcp://127.0.0.1:{silent.getsockname()[1]}", Ear())
        reader.start()
        began = time.monotonic()
        reader.stop()
        assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("line", "tag"),
    [
        (TAG, TAG),
        (TAG.lower(), TAG),
        (f"  {TAG}  ", TAG),
        (f"EPC:{TAG}", TAG),
        (f"TAG = {TAG}", TAG),
        ("EPC: E200 3412 0123 4567 8900 AB12", TAG),
        (f"0x{TAG}", TAG),
        (f"{TAG},-56", TAG),
        (f"{TAG};01;-56.5", TAG),
        (f"1,{TAG},-56", TAG),
        (f"ANT1:{TAG}\t-56", TAG),
        ("", ""),
        ("E2003", ""),  # no whole words
        ("E200", ""),  # one word is no tag
        (f"{TAG}0", ""),
        ("E2" * 63, ""),  # 504 bits
        ("Đ2003412", ""),
        ("E200341G", ""),
        ("٣٠٠٠١١٢٢", ""),  # digits, of another script
        ("<script>", ""),
    ],
)
def test_the_tag_on_a_line(line: str, tag: str) -> None:
    assert epc(line) == tag


def test_a_line_that_never_ends_takes_no_memory() -> None:
    lines = Lines()
    for _ in range(1_000):
        assert list(lines.feed(b"A" * 4_096)) == []
    assert list(lines.feed(b"BBBB\nCCCC\n")) == ["CCCC"], "what was cut is not taken for a line"


def test_tags_that_are_remembered_are_bounded() -> None:
    present = Presence()
    assert all(present.is_new(f"{number:08X}", 0.0) for number in range(5 * TAGS_MAX))
    assert not present.is_new(f"{5 * TAGS_MAX - 1:08X}", 1.0)
    assert present.is_new(f"{0:08X}", 1.0)


def test_a_tag_that_stays_is_present_however_long() -> None:
    present = Presence(gone_s=3.0)
    assert [present.is_new(TAG, at) for at in (0.0, 2.9, 5.8, 8.7, 11.7)] == [True, False, False, False, True]


@pytest.mark.parametrize("url", ["tcp://10.0.0.9:4001", "serial:///dev/ttyUSB0?baud=115200", "serial:///dev/ttyS1"])
def test_addresses_that_can_be(url: str) -> None:
    check(url)


@pytest.mark.parametrize(
    "url",
    [
        "tcp://10.0.0.9",
        "tcp://:4001",
        "tcp://h:99999",
        "serial:///etc/passwd",
        "serial:///dev/../etc/passwd",
        "serial://host/dev/ttyUSB0",
        "serial:///dev/ttyUSB0?baud=123",
        "serial:///dev/ttyUSB0?baud=٩٦٠٠",
        "http://h/",
        "",
    ],
)
def test_addresses_that_cannot_be(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        check(url)
