"""The deciding box: its parts put together, the centre's papers taken in, its state said."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from edge import boots
from edge.clock import Clock
from edge.config import BoxConfig
from edge.gear import Gear
from edge.journal import disk
from edge.journal.disk import Disk
from edge.journal.outbox import Outbox
from edge.journal.owed import NoRoom, Owed
from edge.journal.pictures import Pictures
from edge.journal.reserve import Reserve
from edge.journal.store import Store
from edge.journal.trace import Trace
from edge.journal.uplink import Uplink
from edge.known.papers import Papers, Refused
from edge.known.tags import Tags
from edge.known.visits import Visits
from edge.lanes.lane import LaneKeeper
from edge.loop import Loop
from edge.parts import Call, Parts
from edge.watch import handover
from edge.watch.alone import alone
from edge.watch.handover import Handover
from gate import signing
from gate.messages import NOTE_MAX, Ack, Command, DeviceFault, Outcome, Refresh, Reply
from gate.presence import Online, State
from gate.sensing import position
from gate.topics import Channel
from gate.wire import decode, encode

VERSION: Final = "0.1.0"
STATE_EVERY_S: Final = 2.0
TIDY_EVERY_S: Final = 3600.0
DRAIN_S: Final = 5.0
log = structlog.get_logger()


class Agent:
    """A site's box."""

    def __init__(self, config: BoxConfig) -> None:
        self._config = config
        self._shown: tuple[object, ...] = ()
        data = Path(config.data)
        file, folder = data / "box.db", data / "pictures"
        self._clock = Clock()
        self._loop = Loop(self._clock)
        self.post, self.later, self.stop = self._loop.post, self._loop.later, self._loop.stop
        self._lock = alone(data / "box.lock")
        self._store = Store(file)
        self._outbox = Outbox(self._store, self._clock, config.site, config.box)
        reserve = Reserve(data / "reserve", disk.RESERVE)
        self._owed = Owed(self._store, self._outbox, reserve)
        self._papers = Papers(self._store, self._clock, config.box, signing.public_key(config.centre_key))
        if self._papers.lease:
            self._clock.passed(self._papers.lease.issued_at)
        self._trace = Trace(data / "trace.db", self._clock)
        self._pictures = Pictures(config, self._store, file, folder, self._waiting)
        self._disk = Disk(config.disk, file, self._pictures, self._trace, reserve, self._disk_told)
        birth = Online(box=config.box, boot=self._clock.boot, online=True)
        self._uplink = Uplink(config, file, birth, lambda channel, data: self.post(lambda: self._took(channel, data)))
        self._store.when_ended(lambda _done: self._uplink.recorded(self._outbox.last))
        self._visits = Visits(self._store, self._clock, config.site, config.reference_key.encode())
        self._gear = Gear(config, self.post, folder)
        parts = self._parts()
        self._lanes = {lane.lane: LaneKeeper(lane, parts) for lane in config.lanes}
        for lane in self._lanes.values():
            self._gear.listen(lane)
        self._learn_patience()

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
            trace=self._trace,
            devices=self._gear.devices,
            eyes=self._gear.eyes,
            later=self.later,
            reply=self._replied,
            secret=self._config.reference_key.encode(),
        )

    # --- the deciding thread ------------------------------------------------------------------------------

    def run(self) -> None:
        """Decide until told to stop."""
        self._uplink.start(self._outbox.journal, self._outbox.acknowledged, self._outbox.last)
        for part in (self._pictures, self._trace, self._disk, self._gear):
            part.start()
        self.later(0.0, self._say_state_again)
        self.later(TIDY_EVERY_S, self._tidy)
        log.info("box runs", box=self._config.box, journal=self._outbox.journal, last=self._outbox.last)
        self._loop.run(self._wakes, self._say_state_if_changed)
        self._gear.stop()
        self._uplink.stop(DRAIN_S)
        for part in (self._disk, self._pictures, self._trace):
            part.stop()
        self.close()

    def close(self) -> None:
        """Let go of what was taken when it was made: cameras, reader, database, folder."""
        self._gear.close()
        self._store.close()
        os.close(self._lock)

    def hears_boards(self) -> bool:
        """Whether every lane knows where its arm is."""
        return all(position(lane.lane) != "unknown" for lane in self._lanes.values())

    def take_over(self, news: Handover) -> None:
        """Record, once, what became of the agent before. Raises NoRoom."""
        self._owed.decide(lambda: handover.record(news, self._store, self._outbox))
        for name in news.raised:
            if name in self._lanes:
                self._lanes[name].found_raised()

    def _wakes(self) -> Iterable[tuple[float, Call]]:
        return [(lane.lane.wake_at, lane.wake) for lane in self._lanes.values() if lane.lane.wake_at is not None]

    def _waiting(self) -> int:
        return self._outbox.last - self._outbox.acknowledged

    def _disk_told(self, what: str) -> None:
        self.post(lambda: self._fault("disk", what))

    def _fault(self, device: str, what: str) -> None:
        """Something about the box itself."""
        self._owed.witness(lambda: self._outbox.record(DeviceFault(lane="", device=device, what=what[:NOTE_MAX])))

    # --- papers -------------------------------------------------------------------------------------------

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
            self._fault("clock", what)

    def _lease_came(self, data: bytes) -> None:
        with self._store.transaction():  # a lease that is taken without its payments would never bring them again
            lease = self._papers.lease_came(data)
            self._visits.told(lease)
            self._visits.settled(lease)
        self._clock.passed(lease.issued_at)
        self._learn_patience()
        self._say_state()

    def _delta_came(self, data: bytes) -> None:
        with self._store.transaction():
            self._visits.settled(self._papers.delta_came(data))

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
            waiting=self._waiting(),
            lease_number=lease.number if lease else 0,
            delta_number=self._papers.delta,
            reader=self._gear.reader_state(),
            lanes=tuple(lane.state() for lane in self._lanes.values()),
            clock_offset_ms=reading.offset_ms,
            clock_quality=reading.quality,
        )
        self._uplink.say(Channel.STATE, encode(state), retain=True)

    def _tidy(self) -> None:
        self.later(TIDY_EVERY_S, self._tidy)
        log.info("tidied", facts=self._outbox.prune())
