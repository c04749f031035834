"""The centre's parts in one place, and the one thread that writes what boxes say."""

import itertools
import math
import queue
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlmodel import Session, select

from gate import signing
from gate.messages import Direction, Open, OpeningReason, Reply
from gate.presence import Online, State
from gate.topics import Channel, Topic
from gate.wire import Malformed, decode, encode
from server import commands, event_lanes, expiring, leases, presence
from server.auto_close import EVERY as CLOSES_EVERY
from server.auto_close import Closer
from server.bus import Bus, Delivery
from server.config import CentreConfig
from server.db import AWAY, connect, reading, transaction
from server.derived import BoxNowRow, LaneNowRow, VisitRow
from server.expiring import Expirer
from server.facts import ChargeRow
from server.ingest import BATCH_MAX, Arrival, Settled, ingest
from server.jobs import Errand, Jobs
from server.ledger import owed
from server.live import Live
from server.money_rules import keep_to
from server.polling import Poller
from server.providers.line import HttpLine
from server.providers.registry import providers
from server.refunder import Refunder
from server.register import SiteRow
from server.tariffs import Tariffs

AGAIN: Final = timedelta(seconds=3)
RETRY_S: Final = 1.0
REGISTER_EVERY_S: Final = 10.0
ORDERS_EVERY: Final = timedelta(seconds=5)
REFUNDS_EVERY: Final = timedelta(seconds=20)
ANSWER_S: Final = 5
log = structlog.get_logger()


class Centre:
    """Everything that requests and threads share."""

    def __init__(self, config: CentreConfig) -> None:
        self.config = config
        self.engine = connect(config.database)
        keep_to(self.engine, config.money)
        self.tariffs = Tariffs(self.engine)
        self.key = signing.private_key(config.signing_key)
        self.vault = Path(config.vault)
        self.live = Live()
        self.bus = Bus(config.broker, "centre", sites=())
        self.providers = providers(config)
        self.line = HttpLine(config.provider_hosts)
        poller = Poller(self.engine, self.providers, self.line, self.authorise)
        closer = Closer(self.engine, self.key)
        refunder = Refunder(self.engine, self.providers, self.line)
        lanes = event_lanes.EventLanes(self.engine, self.bus, self.key, self.live.changed)
        errands: tuple[Errand, ...] = (
            Errand("orders", ORDERS_EVERY, poller.ask),
            Errand("refunds", REFUNDS_EVERY, refunder.go),
            Errand("closes", CLOSES_EVERY, closer.go),
            Errand("events", event_lanes.EVERY, lanes.go),
        )
        if config.keeping.any:
            expirer = Expirer(self.engine, self.vault, config.keeping)
            errands = (*errands, Errand("expire", expiring.EVERY, expirer.go))
        self.jobs = Jobs(self.engine, changed=self.live.changed, errands=errands)
        self._laggards = leases.Laggards()
        self._telling = threading.Lock()  # papers are numbered in a transaction and must go out in that order
        self._register_at = -math.inf
        self._stopping = threading.Event()
        self._writer = threading.Thread(target=self._write, name="ingest", daemon=True)

    def start(self) -> None:
        """Listen to the boxes."""
        self.bus.start()
        self._writer.start()
        self.jobs.start()

    def stop(self) -> None:
        """Finish what is being written, then let go."""
        self._stopping.set()
        self.jobs.stop()
        if self._writer.ident is not None:
            self._writer.join(timeout=10)
        self.bus.stop()
        self.engine.dispose()

    def hear(self, site: str) -> None:
        """Hear a site's boxes from now on: it was registered just now. Open pages are told as well."""
        self.bus.hear([site])
        self.live.changed(site)

    def authorise(self, settled: list[Settled]) -> None:
        """Visits that owe nothing may go: tell the boxes, and open where the vehicle stands at the arm."""
        if not settled:
            return
        orders: list[commands.Order] = []
        papers: list[leases.Paper] = []
        with self._telling:
            with transaction(self.engine) as session:
                for each in sorted(settled):  # always in one order: two that hold many sites cannot wait for each other
                    papers += leases.paid_change(session, each.site, each.visit, self.key)
                    orders += self._open_orders(session, each)
            self._send(papers, orders)
        for site in {each.site for each in settled}:
            self.live.changed(site)

    def _send(self, papers: list[leases.Paper], orders: list[commands.Order]) -> None:
        """What was committed goes out."""
        for paper in papers:
            self.bus.publish(paper.topic, paper.payload, retain=paper.retain)
        commands.send(self.bus, self.key, orders)

    def _open_orders(self, session: Session, settled: Settled) -> list[commands.Order]:
        waiting = select(LaneNowRow).where(
            LaneNowRow.site == settled.site, LaneNowRow.visit == settled.visit, LaneNowRow.direction == Direction.OUT
        )
        orders: list[commands.Order] = []
        visit = session.get(VisitRow, settled.visit)
        if visit is None or visit.left_at is not None:  # money that came late opens for nobody
            return orders
        for lane in session.exec(waiting):
            action = Open(lane=lane.lane, reason=OpeningReason.PAID, visit=settled.visit)
            try:
                orders.append(commands.order(session, settled.site, lane.lane, action, by="rule"))
            except commands.NobodyThere as error:
                log.warning("no order possible", why=str(error))
        return orders

    # --- the writer thread -------------------------------------------------------------------------------

    def _write(self) -> None:
        held: list[Delivery] = []
        while not self._stopping.is_set():
            try:
                self._hear_registered()
                held = held or self._gather()
                self._take(held)
            except AWAY as error:  # the database is away: nothing is lost, everything waits
                log.warning("database away", error=str(error.orig))
                self._stopping.wait(RETRY_S)
                continue
            except Exception:
                log.exception("batch failed")
                self._acknowledge(held)  # facts come again until they are acknowledged here; the window must not fill
            held = []

    def _hear_registered(self) -> None:
        """Every site of the register, those too that another process or a command entered."""
        if time.monotonic() < self._register_at + REGISTER_EVERY_S:
            return
        with reading(self.engine) as session:
            self.bus.hear(session.exec(select(SiteRow.site)).all())
        self._register_at = time.monotonic()

    def _gather(self) -> list[Delivery]:
        try:
            first = self.bus.arrivals.get(timeout=0.5)
        except queue.Empty:
            return []
        gathered = [first]
        while len(gathered) < BATCH_MAX:
            try:
                gathered.append(self.bus.arrivals.get_nowait())
            except queue.Empty:
                break
        return gathered

    def _take(self, deliveries: list[Delivery]) -> None:
        """Facts and states in the order they came: a state that was said before a fact must not undo it."""
        for is_fact, run in itertools.groupby(deliveries, lambda each: each.topic.channel is Channel.EVENT):
            if is_fact:
                self._book(list(run))
            else:
                for each in run:
                    self._heed(each)
        self._acknowledge(deliveries)
        for site in {each.topic.site for each in deliveries}:
            self.live.changed(site)

    def _book(self, facts: list[Delivery]) -> None:
        taken = ingest(self.engine, self.tariffs, [Arrival(each.topic, each.payload) for each in facts])
        for topic, ack in taken.acks.items():
            self.bus.publish(topic, encode(ack))
        self.authorise(taken.settled)

    def _acknowledge(self, deliveries: list[Delivery]) -> None:
        for each in deliveries:
            self.bus.acknowledge(each)

    def _heed(self, delivery: Delivery) -> None:
        """Take what a box says of itself; what cannot be stored stops nobody else."""
        try:
            self._presence(delivery)
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - one box's words must not deafen the centre
            log.warning("cannot be stored", topic=str(delivery.topic), error=repr(error)[:300])

    def _presence(self, delivery: Delivery) -> None:
        topic = delivery.topic
        if not delivery.payload:
            return  # a retained message was cleared
        try:
            said = _said(topic.channel, delivery.payload)
        except Malformed as error:
            log.warning("malformed", topic=str(topic), why=str(error)[:200])
            return
        if said.box != topic.box:
            log.warning("foreign", topic=str(topic))
            return
        with self._telling:
            with transaction(self.engine) as session:
                if not presence.is_known(session, topic):
                    log.warning("unknown box", topic=str(topic))
                    return
                papers, orders = self._heard(session, topic, said, datetime.now(UTC))
                committed = presence.mark(session, said) if isinstance(said, State) else 0
            if isinstance(said, State):
                self._answer(topic, said, committed)
            self._send(papers, orders)

    def _answer(self, topic: Topic, state: State, committed: int) -> None:
        """A late answer tells no time: the broker need not keep it."""
        ack = presence.answer(state, committed, datetime.now(UTC))
        self.bus.publish(Topic(topic.site, topic.box, Channel.ACK), encode(ack), expiry_s=ANSWER_S)

    def _heard(
        self, session: Session, topic: Topic, said: State | Online | Reply, now: datetime
    ) -> tuple[list[leases.Paper], list[commands.Order]]:
        """Book it; what a box must be told in return."""
        match said:
            case Reply():
                presence.reply_said(session, said, now)
            case Online():
                presence.online_said(session, said)
            case State():
                box = presence.state_said(session, topic, said, now)
                return self._renewed(session, box, now), self._forgotten(session, topic.site, said, now)
        return [], []

    def _renewed(self, session: Session, box: BoxNowRow, now: datetime) -> list[leases.Paper]:
        life = timedelta(hours=self.config.lease_hours)
        return leases.due(session, self.tariffs, self._laggards, box, life, self.key, now)

    def _forgotten(self, session: Session, site: str, state: State, now: datetime) -> list[commands.Order]:
        """An open that got lost on the way goes out again while the paid vehicle still waits."""
        orders = []
        for lane in state.lanes:
            if lane.phase != "paying" or lane.visit is None:
                continue
            if session.get(ChargeRow, lane.visit) is None or owed(session, lane.visit) > 0:
                continue
            if commands.recently_ordered(session, lane.visit, now, AGAIN):
                continue
            action = Open(lane=lane.lane, reason=OpeningReason.PAID, visit=lane.visit)
            orders.append(commands.order(session, site, lane.lane, action, by="rule"))
        return orders


def _said(channel: Channel, payload: bytes) -> State | Online | Reply:
    if channel is Channel.STATE:
        return decode(payload, State)
    if channel is Channel.ONLINE:
        return decode(payload, Online)
    return decode(payload, Reply)
