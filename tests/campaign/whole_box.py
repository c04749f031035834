"""A real box as a process between two real brokers: the site's devices are twins, and a small centre keeps its facts.

Every order to an arm is counted on the wire by somebody who only listens.
"""

import os
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from gate import signing
from gate.broker_rules import DEVICES_USER, centre_rules
from gate.devices import tasmota
from gate.devices.board import Relay
from gate.ids import uuid7
from gate.messages import Action, Command, Open, OpeningReason, Reply
from gate.topics import Channel
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.processes import Process
from tests.edge.centre import FakeCentre
from tests.edge.desk import BOX, CAR, KEY, SECRET, lease
from tests.system.edge_site import SiteTwin, config, start_box, until

SITE = "SPS"
USERS = {"centre": "centre-secret-long", BOX: SECRET}
LANES = ("in-1", "out-1")
NOWHERE = "nowhere-9"
"""A lane that no box has: an order for it is answered and moves nothing."""


class Listener:
    """Hears every order to an arm on the site's broker."""

    def __init__(self, broker: Mosquitto) -> None:
        self.pulses: Counter[tuple[str, Relay]] = Counter()
        self._broker = broker
        self._up = threading.Event()
        self.client = Client(CallbackAPIVersion.VERSION2, client_id="listener")
        self.client.username_pw_set(DEVICES_USER, SECRET)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = self._connected
        self.client.on_subscribe = lambda *_: self._up.set()
        self.client.on_message = self._message

    def __enter__(self) -> Self:
        self.client.connect(self._broker.host, self._broker.port)
        self.client.loop_start()
        self._up.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def raised(self) -> int:
        """How often any arm was told to rise."""
        return sum(count for (_, relay), count in self.pulses.items() if relay is Relay.RAISE)

    def _connected(self, client: Client, *_: Any) -> None:
        client.subscribe("cmnd/#", qos=1)

    def _message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        lane = message.topic.split("/")[1]
        relay = tasmota.relay_of(lane, message.topic)
        if relay and message.payload == b"ON":  # an OFF opens the other relay first
            self.pulses[lane, relay] += 1


class WholeBox:
    """`with WholeBox(folder) as whole`: the box runs and is in service."""

    def __init__(self, folder: Path, acl: str = "") -> None:
        self.folder = folder
        self.broker = Mosquitto(folder / "centre", USERS, acl=acl or centre_rules([(SITE, BOX)]))
        self.site = SiteTwin(folder, *LANES)
        self.centre = FakeCentre(self.broker, SITE, BOX, KEY)
        self.listener = Listener(self.site.broker)
        self.box: Process
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        try:
            for part in (self.broker, self.site, self.centre, self.listener):
                self._stack.enter_context(part)
            until(self.centre.client.is_connected, "the centre")
            self.settings = config(self.folder, self.site, self.broker)
            now = datetime.now(UTC)
            self.centre.sign(Channel.LEASE, lease(1, issued_at=now, expires_at=now + timedelta(days=1)), retain=True)
            self._stack.callback(self._end)
            self.start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _end(self) -> None:
        self.box.stop()

    # --- the box --------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the box and wait until both lanes are in service."""
        earlier = self._said
        self.box = start_box(self.folder, self.settings)
        self.centre.wait(lambda: self.in_service() and self._said[0] != earlier[0], "the box")

    def back_in_service(self) -> None:
        """Wait until it says so anew: what it said before the lines fell may still stand on a broker's shelf."""
        earlier = self._said
        self.centre.wait(lambda: self.in_service() and self._said > earlier, "the box after both brokers' restart", 60)

    @property
    def _said(self) -> tuple[str, int]:
        """Boot and moment of the last state that came: after a kill, one of the boot before may still be on its way."""
        state = self.centre.state
        return (str(state.boot), state.monotonic_ms) if state else ("", 0)

    def in_service(self) -> bool:
        """Whether it says that all lanes are idle and has the lease."""
        state = self.centre.state
        return state is not None and state.lease_number > 0 and all(lane.phase == "idle" for lane in state.lanes)

    def restart(self) -> None:
        """kill -9, and a new start."""
        self.box.kill()
        self.start()

    # --- orders ---------------------------------------------------------------------------------------------

    def command(self, action: Action, *, seconds: float = 30.0, **changes: Any) -> Command:
        """A good order for the present boot."""
        state = self.centre.state
        assert state is not None
        said: dict[str, Any] = {
            "command": uuid7(datetime.now(UTC), os.urandom(10)),
            "box": BOX,
            "boot": state.boot,
            "deadline_ms": state.monotonic_ms + int(seconds * 1000),
            "by": "chị Lan",
            "action": action,
        }
        return Command(**{**said, **changes})

    def paper(self, action: Action, **changes: Any) -> bytes:
        """The same, signed."""
        return signing.sign(self.command(action, **changes), KEY)

    def reply_to(self, command: Command, act: Callable[[], object]) -> Reply:
        """Do something that has the box answer this order, and its answer."""
        act()
        self.centre.wait(lambda: any(reply.command == command.command for reply in self.centre.replies), "a reply")
        return next(reply for reply in self.centre.replies if reply.command == command.command)

    def catch_up(self) -> None:
        """Return when the box has worked through all that was sent before."""
        command = self.command(Open(lane=NOWHERE, reason=OpeningReason.PERSON))
        self.reply_to(command, lambda: self.centre.sign(Channel.COMMAND, command))

    # --- vehicles -------------------------------------------------------------------------------------------

    def drive_through(self, lane: str) -> None:
        """Whoever the arm is up for goes, and the arm comes down."""
        self.site.wait_up(lane)
        self.site.drives_through(lane)
        self.site.wait_down(lane)
        self.centre.wait(self.in_service, "the lane in service again")

    def vehicle_comes_in(self) -> None:
        """A whole entry, unread: the box serves."""
        before = self.listener.raised()
        self.site.rolls_up("in-1", CAR)
        self.drive_through("in-1")
        until(lambda: self.listener.raised() == before + 1, "one opening for one vehicle")
