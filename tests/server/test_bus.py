"""Which sites the centre's end of the broker hears: those it was told of, at once and after every new connection."""

from collections.abc import Iterator

import pytest

from gate.topics import Channel, Topic
from server.bus import Bus, Delivery
from server.config import Broker
from simulator.stage.mosquitto import Mosquitto
from tests.conftest import USERS
from tests.harness.clients import Watcher

PATIENCE_S = 10.0


@pytest.fixture
def bus(mosquitto: Mosquitto) -> Iterator[Bus]:
    """Connected, and it hears SPS."""
    there = Broker(host=mosquitto.host, port=mosquitto.port, user="centre", password=USERS["centre"])
    made = Bus(there, "centre", sites=())
    made.hear(["SPS"])  # before there is a connection
    made.start()
    assert made.connected.wait(PATIENCE_S)
    yield made
    made.stop()


def said(box: Watcher, site: str, payload: bytes, *, retain: bool = False) -> None:
    told = box.client.publish(str(Topic(site, f"{site.lower()}-1", Channel.STATE)), payload, qos=1, retain=retain)
    told.wait_for_publish(PATIENCE_S)


def heard(bus: Bus) -> tuple[str, bytes]:
    delivery: Delivery = bus.arrivals.get(timeout=PATIENCE_S)
    bus.acknowledge(delivery)
    return delivery.topic.site, delivery.payload


def test_a_site_is_heard_from_the_moment_it_is_told_of(mosquitto: Mosquitto, bus: Bus) -> None:
    """What its box said before, and the broker kept, comes as well; a site that nobody told of never."""
    with Watcher(mosquitto, "box", USERS["box"]) as box:
        said(box, "BHT", b"a stranger's")
        said(box, "SPL", b"kept", retain=True)
        said(box, "SPS", b"first")
        assert heard(bus) == ("SPS", b"first")
        bus.hear(["SPL"])
        assert heard(bus) == ("SPL", b"kept")
        bus.hear(["SPL", "SPS"])  # again: nothing is asked for twice
        said(box, "BHT", b"a stranger's")
        said(box, "SPL", b"new")
        assert heard(bus) == ("SPL", b"new")
        assert bus.arrivals.empty()


def test_what_was_told_while_connected_is_heard_after_the_broker_came_back(mosquitto: Mosquitto, bus: Bus) -> None:
    bus.hear(["SPL"])
    mosquitto.kill()
    while bus.connected.is_set():
        pass
    bus.hear(["BHT"])  # while it is away
    mosquitto.start()
    assert bus.connected.wait(PATIENCE_S)
    with Watcher(mosquitto, "box", USERS["box"]) as box:
        for site in ("SPS", "SPL", "BHT"):
            said(box, site, b"again")
            assert heard(bus) == (site, b"again")
