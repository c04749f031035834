import queue
from pathlib import Path

import pytest

from simulator.stage.mosquitto import Mosquitto
from simulator.stage.ports import listening
from simulator.stage.processes import ProcessEnded
from tests.conftest import USERS
from tests.harness.clients import Refused, Watcher


def test_strangers_are_refused(mosquitto: Mosquitto) -> None:
    with pytest.raises(Refused, match="Not authorized"), Watcher(mosquitto):
        pass
    with pytest.raises(Refused, match="Not authorized"), Watcher(mosquitto, "box", "wrong"):
        pass


def test_a_message_goes_from_one_user_to_the_other(mosquitto: Mosquitto) -> None:
    with Watcher(mosquitto, "centre", USERS["centre"]) as centre, Watcher(mosquitto, "box", USERS["box"]) as box:
        centre.subscribe("a/#")
        box.publish("a/b", "đồng".encode())
        message = centre.next()
    assert (message.topic, message.payload.decode()) == ("a/b", "đồng")


@pytest.mark.broker
def test_rules_keep_a_user_from_other_topics(tmp_path: Path) -> None:
    acl = "user box\ntopic write own/#\nuser centre\ntopic read #"
    with (
        Mosquitto(tmp_path, USERS, acl) as broker,
        Watcher(broker, "centre", USERS["centre"]) as centre,
        Watcher(broker, "box", USERS["box"]) as box,
    ):
        centre.subscribe("#")
        box.publish("others/1", b"forged")
        box.publish("own/1", b"true")
        assert centre.next().topic == "own/1"
        with pytest.raises(queue.Empty):
            centre.next(timeout_s=0.1)


def test_a_retained_message_outlives_a_stop_on_the_same_port(mosquitto: Mosquitto) -> None:
    with Watcher(mosquitto, "box", USERS["box"]) as box:
        box.publish("a/state", b"up", retain=True)
    port = mosquitto.port
    mosquitto.stop()
    assert not listening(port)
    mosquitto.start()
    assert mosquitto.port == port
    with Watcher(mosquitto, "centre", USERS["centre"]) as centre:
        centre.subscribe("a/#")
        assert centre.next().payload == b"up"


def test_a_killed_broker_is_gone_and_comes_back(mosquitto: Mosquitto) -> None:
    mosquitto.kill()
    assert not mosquitto.running
    assert not listening(mosquitto.port)
    mosquitto.start()
    assert listening(mosquitto.port)


@pytest.mark.broker
def test_a_broken_configuration_says_why(tmp_path: Path) -> None:
    with pytest.raises(ProcessEnded, match="no_such_option"):
        Mosquitto(tmp_path, USERS, extra=["no_such_option 1"]).start()
