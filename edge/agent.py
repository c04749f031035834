"""The deciding box: one thread decides for all lanes; every other thread only hands it work."""

import heapq
import itertools
import os
import queue
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from edge import boots, handover
from edge.alone import alone
from edge.clock import Clock
from edge.config import BoxConfig, Engine
from edge.devices.camera import SnapshotCamera
from edge.devices.site_bus import SiteBus
from edge.eyes import LaneEyes
from edge.handover import Handover
from edge.lane import LaneKeeper
from edge.outbox import Outbox
from edge.owed import NoRoom, Owed
from edge.papers import Papers, Refused
from edge.parts import Call, Parts
from edge.pictures import Pictures
from edge.reader.process import ReaderProcess
from edge.store import Store
from edge.tags import Tags
from edge.uplink import Uplink
from edge.visits import Visits
from gate import signing
from gate.messages import Ack, Command, DeviceFault, Online, Outcome, Refresh, Reply, State
from gate.sensing import position
from gate.topics import Channel
from gate.wire import decode, encode

VERSION: Final = "0.1.0"
STATE_EVERY_S: Final = 2.0
TIDY_EVERY_S: Final = 3600.0
WAIT_MAX_S: Final = 1.0
DRAIN_S: Final = 5.0
log = structlog.get_logger()


class Agent:
    """A site's box."""

    def __init__(self, config: BoxConfig) -> None:
        self._config = config
        self._work: queue.SimpleQueue[Call] = queue.SimpleQueue()
        self._timers: list[tuple[float, int, Call]] = []
        self._ticket = itertools.count()
        self._stopping = False
        self._shown: tuple[object, ...] = ()
        data = Path(config.data)
        file = data / "box.db"
        self._clock = Clock()
        self._lock = alone(data / "box.lock")
        self._store = Store(file)
        self._outbox = Outbox(self._store, self._clock, config.site, config.box)
        self._owed = Owed(self._store, self._outbox)
        self._papers = Papers(self._store, self._clock, config.box, signing.public_key(config.centre_key))
        if self._papers.lease:
            self._clock.passed(self._papers.lease.issued_at)
        self._pictures = Pictures(config, self._store, file, data / "pictures")
        self._bus = SiteBus(config.site_broker, f"{config.box}-devices", self._work.put)
        self._reader = self._made_reader()
        cameras = {lane.lane: SnapshotCamera(lane.camera) for lane in config.lanes}
        self._eyes = LaneEyes(cameras, self._reader, config.reader, self._work.put)
        birth = Online(box=config.box, boot=self._clock.boot, online=True)
        self._uplink = Uplink(config, file, birth, lambda channel, data: self._work.put(self._heard(channel, data)))
        self._store.when_ended(lambda _done: self._uplink.recorded(self._outbox.last))
        self._visits = Visits(self._store, self._clock, config.site, config.reference_key.encode())
        parts = self._parts()
        self._lanes = {lane.lane: LaneKeeper(lane, parts) for lane in config.lanes}
        for name, lane in self._lanes.items():
            self._bus.listen(name, lane)
        self._learn_patience()

    def _made_reader(self) -> ReaderProcess | None:
        if self._config.reader.engine is Engine.NONE:
            return None
        return ReaderProcess(engine=self._config.reader.engine, threads=self._config.reader.threads)

    def _parts(self) -> Parts:
        return Parts(
            clock=self._clock,
            store=self._store,
            outbox=self._outbox,
            owed=self._owed,
            visits=self._visits,
            tags=Tags(self._store),
            papers=self._papers,
            pictures=self._pictures,
            devices=self._bus,
            eyes=self._eyes,
            later=self.later,
            reply=self._replied,
            secret=self._config.reference_key.encode(),
        )

    # --- the deciding thread ------------------------------------------------------------------------------

    def run(self) -> None:
        """Decide until told to stop."""
        self._uplink.start(self._outbox.journal, self._outbox.acknowledged, self._outbox.last)
        self._pictures.start()
        self._bus.start()
        self.later(0.0, self._say_state_again)
        self.later(TIDY_EVERY_S, self._tidy)
        log.info("box runs", box=self._config.box, journal=self._outbox.journal, last=self._outbox.last)
        while not self._stopping:
            self._one_turn()
        self._bus.stop()
        self._uplink.stop(DRAIN_S)
        self._pictures.stop()
        self.close()

    def stop(self) -> None:
        """End the loop; may be called from any thread and from a signal."""
        self._work.put(self._end)

    def later(self, seconds: float, call: Call) -> None:
        """Call back on this thread."""
        heapq.heappush(self._timers, (self._clock.monotonic_s() + seconds, next(self._ticket), call))

    def post(self, call: Call) -> None:
        """Call back on this thread, behind all that waits; may be called from any thread."""
        self._work.put(call)

    def hears_boards(self) -> bool:
        """Whether every lane knows where its arm is."""
        return all(position(lane.lane) != "unknown" for lane in self._lanes.values())

    def take_over(self, news: Handover) -> None:
        """Record, once, what became of the agent before. Raises NoRoom."""
        self._owed.decide(lambda: handover.record(news, self._store, self._outbox))

    def _end(self) -> None:
        self._stopping = True

    def _one_turn(self) -> None:
        try:
            work = self._work.get(timeout=self._time_to_next())
        except queue.Empty:
            work = None
        if work:
            self._guarded(work)
        now = self._clock.monotonic_s()
        while self._timers and self._timers[0][0] <= now:
            self._guarded(heapq.heappop(self._timers)[2])
        for lane in self._lanes.values():
            if lane.lane.wake_at is not None and lane.lane.wake_at <= now:
                self._guarded(lane.wake)
        self._say_state_if_changed()

    def _time_to_next(self) -> float:
        wakes = [lane.lane.wake_at for lane in self._lanes.values() if lane.lane.wake_at is not None]
        soonest = min(
            [*wakes, *(timer[0] for timer in self._timers[:1])], default=self._clock.monotonic_s() + WAIT_MAX_S
        )
        return min(WAIT_MAX_S, max(0.0, soonest - self._clock.monotonic_s()))

    def _guarded(self, work: Call) -> None:
        """One bad message must not stop a site; that it was bad is logged with its trace."""
        try:
            work()
        except Exception:
            log.exception("work failed")

    def close(self) -> None:
        """Let go of what was taken when it was made: reader, database, folder."""
        self._eyes.close()
        if self._reader:
            self._reader.close()
        self._store.close()
        os.close(self._lock)

    # --- papers -------------------------------------------------------------------------------------------

    def _heard(self, channel: Channel, data: bytes) -> Call:
        return lambda: self._took(channel, data)

    def _took(self, channel: Channel, data: bytes) -> None:
        handlers: dict[Channel, Callable[[bytes], None]] = {
            Channel.ACK: self._ack_came,
            Channel.LEASE: self._lease_came,
            Channel.DELTA: self._delta_came,
            Channel.COMMAND: self._command_came,
        }
        try:
            handlers[channel](data)
        except Refused as error:
            log.warning("paper refused", channel=channel, why=str(error))

    def _ack_came(self, data: bytes) -> None:
        ack = decode(data, Ack)
        self._outbox.acknowledge(ack.sequence)
        what = boots.answered(self._store, self._clock, ack)
        if what:
            self._owed.witness(lambda: self._outbox.record(DeviceFault(lane="", device="clock", what=what)))

    def _lease_came(self, data: bytes) -> None:
        with self._store.transaction():  # a lease that is taken without its payments would never bring them again
            lease = self._papers.lease_came(data)
            for visit in lease.paid:
                self._visits.paid(visit)
        self._clock.passed(lease.issued_at)
        self._learn_patience()
        self._say_state()

    def _delta_came(self, data: bytes) -> None:
        with self._store.transaction():
            for visit in self._papers.delta_came(data).paid:
                self._visits.paid(visit)

    def _learn_patience(self) -> None:
        lease = self._papers.lease
        if lease:
            for lane in self._lanes.values():
                lane.has_patience(lease.policy.patience_s)

    def _command_came(self, data: bytes) -> None:
        command = self._papers.command_came(data)
        if isinstance(command.action, Refresh):
            self._say_state()
            return
        lane = self._lanes.get(command.action.lane)
        if lane is None:
            self._refused(command, f"no lane {command.action.lane}")
        else:
            lane.ordered(command)

    def _refused(self, command: Command, why: str) -> None:
        self._replied(
            Reply(command=command.command, box=command.box, outcome=Outcome.REFUSED, position="unknown", why=why)
        )

    def _replied(self, reply: Reply) -> None:
        self._uplink.say(Channel.REPLY, encode(reply))

    # --- state --------------------------------------------------------------------------------------------

    def _say_state_again(self) -> None:
        self.later(STATE_EVERY_S, self._say_state_again)
        self._owed.settle()
        self._tell_of_expiry()
        self._say_state()

    def _tell_of_expiry(self) -> None:
        """A lease that ran out changes nothing that is decided, and is said once, across restarts too."""
        lease = self._papers.lease
        if lease is None or not self._papers.expired() or self._store.meta("expiry_told") == str(lease.number):
            return
        what = f"lease {lease.number} expired at {lease.expires_at.isoformat()}; decisions go on by it"
        log.warning("lease expired", number=lease.number, expired_at=lease.expires_at.isoformat())

        def tell() -> None:
            self._outbox.record(DeviceFault(lane="", device="lease", what=what))
            self._store.remember("expiry_told", str(lease.number))

        with suppress(NoRoom):  # the next turn tries again
            self._owed.decide(tell)

    def _say_state_if_changed(self) -> None:
        shown = tuple((lane.lane.phase, lane.lane.limit_up, lane.lane.limit_down) for lane in self._lanes.values())
        if shown != self._shown:
            self._shown = shown
            self._say_state()

    def _say_state(self) -> None:
        lease, reading = self._papers.lease, self._clock.reading()
        state = State(
            box=self._config.box,
            boot=self._clock.boot,
            monotonic_ms=self._clock.asked(),
            at=reading.at,
            version=VERSION,
            journal=self._outbox.journal,
            last_sequence=self._outbox.last,
            waiting=self._outbox.last - self._outbox.acknowledged,
            lease_number=lease.number if lease else 0,
            delta_number=self._papers.delta,
            reader=self._reader_state(),
            lanes=tuple(lane.state() for lane in self._lanes.values()),
            clock_offset_ms=reading.offset_ms,
            clock_quality=reading.quality,
        )
        self._uplink.say(Channel.STATE, encode(state), retain=True)

    def _reader_state(self) -> str:
        if self._reader is None:
            return "none"
        return "ready" if self._reader.wait_ready(0) else "starting"

    def _tidy(self) -> None:
        self.later(TIDY_EVERY_S, self._tidy)
        log.info("tidied", facts=self._outbox.prune())
