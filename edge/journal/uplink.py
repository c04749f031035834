"""The line to the centre: facts go up in order until they are acknowledged, papers come down.

The sender keeps a window of facts on their way. What it takes for lost (an acknowledgement that does not move,
a new connection) it sends again from the centre's mark; the centre keeps each fact once. The window halves with each
such loss and grows with what is acknowledged, so that a bad line is not drowned in repetitions.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as mqtt
import structlog
from msgspec.structs import replace

from edge import mqtt as connection
from edge.config import BoxConfig
from edge.journal.outbox import after
from edge.journal.store import Store
from gate.lease import LEASE_MAX
from gate.messages import Ack
from gate.presence import Online
from gate.topics import TO_BOX, Channel, ForeignTopic, Topic
from gate.wire import Malformed, decode, encode

WINDOW: Final = 500
WINDOW_MIN: Final = 8
SAME_MARKS: Final = 3  # one repetition may be the broker's; the centre says its mark again for each fact behind a gap
BURST: Final = 100
PATIENCE_S: Final = 2.0
log = structlog.get_logger()

Heard = Callable[[Channel, bytes], None]
"""What is called on the network thread with a paper; it must only hand it over."""


class Uplink:
    """A connection to the centre's broker and the thread that empties the outbox."""

    def __init__(self, config: BoxConfig, file: Path, birth: Online, heard: Heard) -> None:
        self._config, self._file, self._heard = config, file, heard
        self._birth = birth
        self._changed = threading.Condition()
        self._acknowledged = self._sent = self._last = self._furthest = 0
        self._journal = ""
        self._up = self._resend = self._stopping = False
        self._moved_at = 0.0
        self._window, self._same = WINDOW, 0
        self._client = connection.client(config.centre, config.box)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._message
        self._client.will_set(str(self._topic(Channel.ONLINE)), self._farewell(), qos=1, retain=True)
        self._thread = threading.Thread(target=self._send, name="uplink", daemon=True)

    def start(self, journal: str, acknowledged: int, last: int) -> None:
        """Begin behind what is acknowledged."""
        self._journal, self._acknowledged, self._sent, self._last = journal, acknowledged, acknowledged, last
        self._furthest = last  # whoever ran before may have sent all of it
        connection.connect(self._client, self._config.centre, LEASE_MAX)
        self._thread.start()

    def recorded(self, last: int) -> None:
        """There are facts up to `last` now, on disk."""
        if last == self._last:
            return
        with self._changed:
            self._last = last
            self._changed.notify()

    def say(self, channel: Channel, payload: bytes, *, retain: bool = False) -> None:
        """Publish what is not a fact; lost when the line is down."""
        if self._client.is_connected():
            self._client.publish(str(self._topic(channel)), payload, qos=1, retain=retain)

    def stop(self, wait_s: float) -> None:
        """Send what is left as far as the centre takes it within `wait_s`, then disconnect."""
        with self._changed:
            self._changed.wait_for(lambda: self._acknowledged >= self._last or not self._up, wait_s)
            self._stopping = True
            self._changed.notify()
        self._thread.join(timeout=5)
        self.say(Channel.ONLINE, self._farewell(), retain=True)
        self._client.disconnect()
        self._client.loop_stop()

    def _farewell(self) -> bytes:
        return encode(replace(self._birth, online=False))

    def _topic(self, channel: Channel) -> Topic:
        return Topic(self._config.site, self._config.box, channel)

    # --- network thread: only hands over ------------------------------------------------------------------

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not connection.is_let_in(self._config.centre, reason):
            return
        client.subscribe([(str(self._topic(channel)), 1) for channel in sorted(TO_BOX)])
        client.publish(str(self._topic(Channel.ONLINE)), encode(self._birth), qos=1, retain=True)
        with self._changed:
            self._up, self._resend = True, True
            self._changed.notify()

    def _disconnected(self, *_: Any) -> None:
        with self._changed:
            self._up = False
            self._changed.notify()

    def _message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            channel = Topic.parse(message.topic).channel
        except ForeignTopic:
            return
        payload = bytes(message.payload)
        if channel is Channel.ACK:
            self._acked(payload)
        elif message.retain and channel is not Channel.LEASE:
            log.warning("retained message ignored", channel=channel)  # a command on a shelf is nobody's order
        else:
            self._heard(channel, payload)

    def _acked(self, payload: bytes) -> None:
        try:
            ack = decode(payload, Ack)
        except Malformed as error:
            log.warning("malformed acknowledgement", why=str(error)[:200])
            return
        if ack.journal != self._journal:
            return
        with self._changed:
            if ack.sequence > self._furthest:  # nobody can have what was never sent
                log.warning("acknowledged beyond what was sent", said=ack.sequence, sent=self._furthest)
                return
            if ack.echo_ms is None or ack.sequence != self._acknowledged:  # what answers a state repeats no mark
                self._mark(ack.sequence)
            self._changed.notify_all()
        self._heard(Channel.ACK, payload)

    def _mark(self, mark: int) -> None:
        """The centre has everything up to here. A lower mark, or one said again and again, asks for the next fact."""
        if mark == self._acknowledged:
            self._same += 1
            self._resend = self._resend or (self._same == SAME_MARKS and mark < self._sent)
            return
        self._resend = self._resend or mark < self._acknowledged
        self._window = min(WINDOW, self._window + max(0, mark - self._acknowledged))
        self._acknowledged, self._same, self._moved_at = mark, 0, time.monotonic()

    # --- sending thread ---------------------------------------------------------------------------------------

    def _send(self) -> None:
        store = Store(self._file, writing=False)
        try:
            while self._wait():
                try:
                    self._send_some(store)
                except sqlite3.Error as error:  # this thread must outlive a bad moment of the disk
                    log.warning("facts cannot be read", why=str(error))
                    self._pause()
        finally:
            store.close()

    def _send_some(self, store: Store) -> None:
        entries = after(store, self._sent, min(self._window - (self._sent - self._acknowledged), BURST))
        if not entries or entries[0].sequence != self._sent + 1:  # what the centre wants is older than what is kept
            log.error("facts are missing", behind=self._sent, first=entries[0].sequence if entries else None)
            self._pause()
            return
        for entry in entries:
            self._sent = entry.sequence  # before it goes: its acknowledgement may be faster than this thread
            self._furthest = max(self._furthest, entry.sequence)
            self._publish(entry.payload)
        self._moved_at = time.monotonic()

    def _pause(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, PATIENCE_S)

    def _wait(self) -> bool:
        """Until there is something to send; False when it is over."""
        with self._changed:
            while not self._stopping:
                if self._resend and self._up:
                    if self._sent > self._acknowledged:
                        self._window = max(WINDOW_MIN, self._window // 2)
                    self._sent, self._resend = self._acknowledged, False
                self._sent = max(self._sent, self._acknowledged)
                if self._up and self._sent < self._last and self._sent - self._acknowledged < self._window:
                    return True
                self._changed.wait(PATIENCE_S)
                if self._sent > self._acknowledged and time.monotonic() - self._moved_at >= PATIENCE_S:
                    self._resend, self._same = True, 0  # nothing moved for a while, however much was recorded meanwhile
            return False

    def _publish(self, payload: bytes) -> None:
        self._client.publish(str(self._topic(Channel.EVENT)), payload, qos=1)
