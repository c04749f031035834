"""A board on the site's broker, whatever firmware's words it speaks.

It is asked for its levels again and again: the answers prove that it is there, within seconds where a broker would
say so after its keep-alive, and mend an edge that was lost on the way.
"""

from collections.abc import Iterable
from typing import Final

import structlog
from paho.mqtt.client import MQTTMessage

from edge.devices.inputs import Inputs, Patience
from edge.devices.site_bus import DeviceBus
from edge.devices.ticker import Ticker
from gate.devices.board import BoardListener, DeviceFailed, Relay, Sensor
from gate.devices.words import Words

ASK_EVERY_S: Final = 0.6
ASKED_MAX: Final = 4  # in vain: 2.4 s
log = structlog.get_logger()


class MqttBoard:
    """One board on a shared connection, which others start and stop."""

    def __init__(self, bus: DeviceBus, words: Words, name: str, absent: Iterable[Sensor] = ()) -> None:
        self.topics = words.topics(name)
        self._bus, self._words, self._name, self._absent = bus, words, name, tuple(absent)
        self._inputs: Inputs | None = None
        self._patience = Patience(ASKED_MAX, lambda: self._lose("no answer"))
        self._ticker = Ticker(f"board {name}", ASK_EVERY_S, self._ask_again)
        bus.attach(self)

    def start(self, listener: BoardListener) -> None:
        """Begin to watch."""
        self._inputs = Inputs(listener, self._absent)
        self._ask()
        self._ticker.start()

    def stop(self) -> None:
        """Let go; a relay that is closed opens by the board's own timer."""
        self._ticker.stop()
        self._inputs = None

    def pulse(self, relay: Relay) -> None:
        """Make the board close the relay for its PulseTime."""
        if self._inputs is None or not self._inputs.present:
            raise DeviceFailed(f"{self._name}: the board is away")
        for message in self._words.order(self._name, relay):
            self._bus.order(message)

    # --- the line -----------------------------------------------------------------------------------------

    def line_up(self) -> None:
        """Ask at once."""
        self._ask()

    def line_down(self) -> None:
        """Nothing is heard any more."""
        self._lose("the site's broker is away")

    def heard(self, message: MQTTMessage) -> None:
        """The board's birth, its will, its levels or an edge. What a broker kept is a memory, not a reading."""
        if self._inputs is None:
            return
        if message.topic == self._words.will_topic(self._name):
            self._presence(self._inputs, bytes(message.payload), kept=message.retain)
        elif not message.retain:
            self._read(self._inputs, message.topic, bytes(message.payload))

    def _presence(self, inputs: Inputs, payload: bytes, *, kept: bool) -> None:
        if payload == self._words.OFFLINE:
            inputs.lose("its line is down")
        elif payload == self._words.ONLINE:
            if inputs.present and not kept:
                inputs.lose("it has started anew")
            self._ask()

    def _read(self, inputs: Inputs, topic: str, payload: bytes) -> None:
        readings = self._words.readings(self._name, topic, payload)
        if readings and not readings[0].edge:
            self._patience.answered()
            count = self._words.counted(self._name, topic, payload)
            inputs.report({reading.sensor: reading.level for reading in readings}, count=count)
            return
        for reading in readings:
            inputs.change(reading.sensor, reading.level)

    # --- is it there? -------------------------------------------------------------------------------------

    def _ask_again(self) -> None:
        self._patience.turn()
        self._ask()

    def _ask(self) -> None:
        if self._inputs is not None:
            self._bus.ask(self._words.question(self._name))

    def _lose(self, why: str) -> None:
        if self._inputs is not None:
            self._inputs.lose(why)
