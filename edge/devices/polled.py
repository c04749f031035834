"""A board that is asked: its inputs are read in turns, its relays closed and opened, all by one thread of its own.

A second thread watches the first: a board that answers a byte a second keeps nobody waiting.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final, NamedTuple, Protocol

import structlog

from edge.devices.inputs import Inputs, Patience
from edge.devices.ticker import Ticker
from gate.devices.board import BoardListener, DeviceFailed, Level, Relay, Sensor

GAP_S: Final = 0.5
"""Two samples further apart than this may have missed a vehicle, or a power cut: what differs is no edge."""

ORDER_S: Final = 0.5
"""An order that could not be begun by then is dropped: the lane asks again when the arm has not moved."""

AGAIN_S: Final = (0.25, 2.0)
"""How long a board that failed is left alone, at first and at last."""

COUNT_EVERY_S: Final = 0.4
"""How often a board is asked what it counted."""

_WATCH_S, _WATCHES = 0.5, 5  # 2.5 s
log = structlog.get_logger()


class Wire(Protocol):
    """An open line to a board. Everything may raise, and the line is then done with."""

    def read(self) -> Mapping[Sensor, Level]:
        """All inputs, at one moment."""

    def counted(self) -> int | None:
        """What the board itself counted at the exit input, asked now; None where it counts nothing."""

    def close_relay(self, relay: Relay) -> None:
        """Close the contact; where the board has a timer, for its pulse time."""

    def open_relay(self, relay: Relay) -> None:
        """Open the contact."""

    def hang_up(self) -> None:
        """Make whoever waits for the board wait no more; may be called from any thread, and never raises."""


class Manner(NamedTuple):
    """How a board is driven."""

    name: str
    poll_s: float
    pulse_s: float
    opens_itself: bool  # a timer in the board opens the relay; else the driver does


class _Order(NamedTuple):
    relay: Relay
    until: float


class PolledBoard:
    """One lane's board behind `dial`, which opens a line or raises."""

    def __init__(self, manner: Manner, dial: Callable[[], Wire], absent: Iterable[Sensor] = ()) -> None:
        self._manner, self._dial, self._absent = manner, dial, tuple(absent)
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._closed: dict[Relay, float] = {}
        self._end = threading.Event()
        self._again_s = AGAIN_S[0]
        self._wire: Wire | None = None
        self._inputs: Inputs | None = None
        self._patience = Patience(_WATCHES, self._given_up)
        self._watch = Ticker(f"watch {manner.name}", _WATCH_S, self._patience.turn)
        self._thread = threading.Thread(target=self._run, name=f"board {manner.name}", daemon=True)

    def start(self, listener: BoardListener) -> None:
        """Begin to watch."""
        self._inputs = Inputs(listener, self._absent)
        self._thread.start()
        self._watch.start()

    def stop(self) -> None:
        """Let a running pulse end, open the relays, hang up."""
        if self._inputs is None:
            return
        self._end.set()
        self._orders.put(None)
        self._thread.join(self._manner.pulse_s + 1.0)
        self._watch.stop()
        if self._thread.is_alive():
            self._hang_up()
            self._thread.join()

    def pulse(self, relay: Relay) -> None:
        """Have the relay closed now. The deciding thread does not wait for the board."""
        if self._inputs is None or not self._inputs.present or self._end.is_set():
            raise DeviceFailed(f"{self._manner.name}: the board is away")
        self._orders.put(_Order(relay, time.monotonic() + ORDER_S))

    # --- the board's thread -------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._end.is_set():
            try:
                self._serve()
            except Exception as error:  # noqa: BLE001 - whatever a board says, its thread goes on
                self._lose(f"{type(error).__name__}: {error}"[:200])
                self._end.wait(self._again_s)
                self._again_s = min(2 * self._again_s, AGAIN_S[1])

    def _serve(self) -> None:
        wire = self._wire = self._dial()
        try:
            for relay in Relay:  # whatever an earlier life left closed
                wire.open_relay(relay)
            self._closed = {}
            self._forget_orders()
            self._watch_inputs(wire)
            self._finish_pulses(wire)
        finally:
            for relay in Relay if self._end.is_set() else ():
                with suppress(Exception):
                    wire.open_relay(relay)
            self._wire = None
            wire.hang_up()

    def _watch_inputs(self, wire: Wire) -> None:
        before, counts_at = 0.0, 0.0
        while not self._end.is_set():
            count = None
            if before >= counts_at:  # before the inputs: it holds no edge that they do not show
                count, counts_at = wire.counted(), before + COUNT_EVERY_S
            levels = wire.read()
            now = time.monotonic()
            self._patience.answered()
            self._again_s = AGAIN_S[0]
            if self._inputs is not None:
                self._inputs.report(levels, seamless=now - before <= GAP_S, count=count)
            before = now
            self._serve_relays(wire, now + self._manner.poll_s)

    def _serve_relays(self, wire: Wire, until: float) -> None:
        """Orders and openings that are due, until it is time to read again."""
        while not self._end.is_set():
            now = self._open_due(wire)
            if now >= until:
                return
            with suppress(queue.Empty):
                order = self._orders.get(timeout=min([until, *self._closed.values()]) - now)
                if order is not None:
                    self._obey(wire, order)

    def _obey(self, wire: Wire, order: _Order) -> None:
        if time.monotonic() > order.until:
            log.warning("order dropped: too late", board=self._manner.name, relay=order.relay)
            return
        for other in self._closed.keys() - {order.relay}:
            wire.open_relay(other)
            del self._closed[other]
        if order.relay not in self._closed or self._manner.opens_itself:
            wire.close_relay(order.relay)
        self._closed[order.relay] = time.monotonic() + self._manner.pulse_s

    def _forget_orders(self) -> None:
        """Those of before the board was away; new ones come only when it has reported."""
        with suppress(queue.Empty):
            while True:
                self._orders.get_nowait()

    def _open_due(self, wire: Wire) -> float:
        now = time.monotonic()
        for relay in [relay for relay, until in self._closed.items() if until <= now]:
            if not self._manner.opens_itself:
                wire.open_relay(relay)
            del self._closed[relay]
        return now

    def _finish_pulses(self, wire: Wire) -> None:
        while self._closed:
            time.sleep(max(0.0, min(self._closed.values()) - time.monotonic()))
            self._open_due(wire)

    # --- a board that does not answer ---------------------------------------------------------------------

    def _given_up(self) -> None:
        self._lose("no answer")
        self._hang_up()

    def _hang_up(self) -> None:
        wire = self._wire
        if wire is not None:
            wire.hang_up()

    def _lose(self, why: str) -> None:
        if self._inputs is not None:
            self._inputs.lose(why)
