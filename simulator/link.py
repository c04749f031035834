"""A device's connection to its site's broker: paho's thread on one side, the world's event loop on the other.

MQTT 3.1.1 with a clean session, as relay boards speak it. What arrives is handled on the loop, so that twins need
no locks. A line that breaks is dialled again; the last will says so meanwhile.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any, Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gate.devices import tasmota
from simulator.plan import BrokerPlan

_KEEPALIVE_S: Final = 20
_AGAIN_S: Final = (1, 2)

Hear = Callable[[str, bytes], None]


class LinkFailed(RuntimeError):
    """A broker did not answer or would not have us; the message names it and says why."""


class Link:
    """One lane's cabinet on the broker: board, profiler and screen share its line and its last will.

    Made inside a running event loop. `hear` is called on the loop for each message under `cmnd/{name}/`.
    """

    def __init__(self, broker: BrokerPlan, name: str, hear: Hear) -> None:
        self.name = name
        self._broker = broker
        self._hear = hear
        self._loop = asyncio.get_running_loop()
        self._ready = asyncio.Event()
        self._said = "no answer"
        self._client = self._make_client()

    async def open(self, within_s: float) -> None:
        """Dial, and return when the broker hears us. Raises LinkFailed when that takes longer than `within_s`."""
        broker = self._broker
        self._client.connect_async(broker.host, broker.port, _KEEPALIVE_S)
        self._client.loop_start()
        try:
            async with asyncio.timeout(within_s):
                await self._ready.wait()
        except TimeoutError:
            await self.close()
            where = f"broker {broker.host}:{broker.port}"
            raise LinkFailed(f"{where} did not take {self.name} in within {within_s:g} s: {self._said}") from None

    def publish(self, topic: str, payload: bytes) -> None:
        """Send now or never, as a board's firmware does: it keeps nothing for a line that comes back."""
        if self._client.is_connected():
            self._client.publish(topic, payload, qos=0)

    async def close(self) -> None:
        """Say Offline and go; what was published before is sent first if the line stands."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        if self._client.is_connected():
            said = self._client.publish(tasmota.will_topic(self.name), tasmota.OFFLINE, qos=1, retain=True)
            with contextlib.suppress(RuntimeError, ValueError):  # the line broke just now: the will speaks
                said.wait_for_publish(2.0)
            self._client.disconnect()
        self._client.loop_stop()

    def _make_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=f"cabinet-{self.name}", protocol=MQTTProtocolVersion.MQTTv311
        )
        client.username_pw_set(self._broker.user, self._broker.password)
        client.will_set(tasmota.will_topic(self.name), tasmota.OFFLINE, qos=1, retain=True)
        client.reconnect_delay_set(*_AGAIN_S)
        client.max_inflight_messages_set(1)  # edges of a loop must not overtake each other on a resend
        client.on_socket_open = _without_delay
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_connect_fail = lambda *_: self._note("it cannot be reached")
        client.on_message = self._arrived
        return client

    def _connected(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._note(str(reason))
            return
        client.subscribe(f"cmnd/{self.name}/#", qos=1)

    def _subscribed(self, client: Client, _data: Any, _mid: int, reasons: list[Any], _properties: Any) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            self._note(f"it refused cmnd/{self.name}/#: {refused[0]}")
            return
        client.publish(tasmota.will_topic(self.name), tasmota.ONLINE, qos=1, retain=True)
        self._on_loop(self._ready.set)

    def _arrived(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self._on_loop(self._hear, message.topic, bytes(message.payload))

    def _note(self, why: str) -> None:
        self._said = why

    def _on_loop(self, act: Callable[..., object], *words: object) -> None:
        # The loop may have ended while the network thread still speaks; nobody is left to hear it then.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(act, *words)


def _without_delay(_client: Client, _data: Any, line: Any) -> None:
    """Send each edge at once: Nagle's algorithm would hold small packets back for 40 ms."""
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
