"""A box's account at the broker: made while it runs, or by hand from the lines that the centre gives."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from gate.topics import Channel, Topic
from server.bus_accounts import Account, lines, make
from server.config import Broker
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.ports import free_port
from tests.harness.accounts import CENTRE, accountable
from tests.harness.clients import Refused, Watcher

pytestmark = pytest.mark.broker
BOX = Account("BHX", "bhx-1", "a password of the box")
OTHER = Topic("SPS", "sps-1", Channel.STATE)
PATIENCE_S = 10.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with accountable(tmp_path / "broker", {"sps-1": "of the other box"}) as running:
        yield running


def there(broker: Mosquitto, password: str = CENTRE) -> Broker:
    return Broker(host=broker.host, port=broker.port, user="centre", password=password)


def speaks(box: Watcher, topic: Topic) -> bool:
    """Whether the broker takes its word there."""
    answers: list[bool] = []
    box.client.on_publish = lambda _c, _u, _m, reason, _p: answers.append(not reason.is_failure)
    box.client.publish(str(topic), b"word", qos=1).wait_for_publish(PATIENCE_S)
    return answers == [True]


def is_let_in(broker: Mosquitto, password: str = BOX.password) -> None:
    """The box speaks and hears on its own topics and nobody else's. Raises Refused where it is not let in."""
    with (
        Watcher(broker, BOX.box, password) as box,
        Watcher(broker, "centre", CENTRE) as centre,
    ):
        box.subscribe(str(Topic(BOX.site, BOX.box, Channel.COMMAND)))
        box.subscribe(str(Topic("SPS", "sps-1", Channel.COMMAND)))
        assert speaks(box, Topic(BOX.site, BOX.box, Channel.EVENT))
        assert not speaks(box, OTHER)
        assert not speaks(box, Topic(BOX.site, BOX.box, Channel.LEASE))
        for site, name in (("SPS", "sps-1"), (BOX.site, BOX.box)):
            assert speaks(centre, Topic(site, name, Channel.COMMAND))
        assert box.next().topic == str(Topic(BOX.site, BOX.box, Channel.COMMAND))
        assert box.messages.empty()


def test_an_account_is_made_while_the_broker_runs_and_stays(broker: Mosquitto) -> None:
    with pytest.raises(Refused):
        is_let_in(broker)
    assert make(there(broker), BOX)
    is_let_in(broker)
    assert make(there(broker), BOX._replace(password="another for the box"))
    with pytest.raises(Refused):
        is_let_in(broker)
    broker.stop()
    broker.start()
    is_let_in(broker, "another for the box")
    with Watcher(broker, "sps-1", "of the other box"):
        pass  # who stands in the files is let in as before


def test_only_the_centre_makes_accounts(broker: Mosquitto) -> None:
    stranger = Broker(host=broker.host, port=broker.port, user="sps-1", password="of the other box")
    assert not make(stranger, BOX, patience_s=0.5)
    assert not make(there(broker, "not the password"), BOX, patience_s=0.5)
    with pytest.raises(Refused):
        is_let_in(broker)


def test_where_the_broker_is_away_or_makes_none_it_is_said(mosquitto: Mosquitto) -> None:
    away = Broker(host="127.0.0.1", port=free_port(), user="centre", password=CENTRE)
    assert not make(away, BOX, patience_s=0.5)
    assert not make(there(mosquitto, "centre-secret-16"), BOX, patience_s=0.5)


def test_the_lines_for_a_broker_s_files_let_the_box_in(broker: Mosquitto) -> None:
    by_hand = lines(BOX)
    for name, more in (("passwords", by_hand.password), ("acl", by_hand.rules)):
        path = broker.folder / name
        path.write_text(f"{path.read_text().rstrip()}\n\n{more}\n" if name == "acl" else f"{path.read_text()}{more}\n")
    process = broker._process  # noqa: SLF001 - an operator would find it in the list of processes
    assert process is not None
    os.kill(process.pid, signal.SIGHUP)
    process.wait_until(lambda: knows(broker), "read its files again")
    is_let_in(broker)


def knows(broker: Mosquitto) -> bool:
    try:
        with Watcher(broker, BOX.box, BOX.password):
            return True
    except Refused:
        return False
