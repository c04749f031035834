"""Facts of the boxes, booked exactly once and in order, acknowledged after the commit.

The centre takes only the next number of a journal. A number it has is compared by fingerprint; a gap is answered
with the watermark, which makes the box send again from there.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

import msgspec
import structlog
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from gate.findings import Code
from gate.messages import (
    Ack,
    BoxName,
    Direction,
    Envelope,
    JournalName,
    PassageExplained,
    Place,
    PlateRead,
    Quoted,
    VehiclePassed,
)
from gate.topics import Channel, Topic
from gate.wire import BYTES_MAX, Malformed, decode, encode
from server import clocks, ledger, proposals
from server.apply import apply, visits_in
from server.batch import Batch
from server.db import AWAY, hold_all, insert_once, transaction
from server.facts import AnomalyRow, EventRow
from server.register import BoxRow
from server.tariffs import Tariffs
from server.vault import VaultParkedRow

BATCH_MAX = 500
PARKED: Final = "parked"
"""The kind of a fact that was kept and not applied."""
log = structlog.get_logger()


class Arrival(NamedTuple):
    """A message as it came from the broker."""

    topic: Topic
    payload: bytes


class Settled(NamedTuple):
    """A visit that owes nothing now because of what was ingested."""

    site: str
    visit: str


@dataclass
class Taken:
    """What a batch came to: acknowledgements to send, visits that may go, and the envelopes that were new."""

    acks: dict[Topic, Ack]
    settled: list[Settled]
    fresh: list[Envelope]


class Trouble(NamedTuple):
    """A message that was not booked, and why."""

    code: Code
    subject: str
    site: str
    why: str


class Spot(msgspec.Struct):
    """The least that a message of a journal must say so that those behind it need not wait for it."""

    box: BoxName
    journal: JournalName
    sequence: Place


class Unreadable(ValueError):
    """A message that has its place in a journal and is no fact that we know."""


def ingest(engine: Engine, tariffs: Tariffs, arrivals: Sequence[Arrival], received: datetime | None = None) -> Taken:
    """Book a batch in one transaction. When it returns, everything acknowledged is on disk.

    `received` is when it came, now by default: it is recorded as of then, and what clocks say is held against it.

    A message that cannot be booked does not hold up those behind it: it is parked with its finding.
    Raises one of `AWAY` when the database itself takes nothing; nothing is booked then, nothing acknowledged.
    """
    try:
        return _ingest(engine, tariffs, arrivals, received)
    except AWAY:
        raise
    except Exception as error:  # noqa: BLE001 - whatever one message breaks must not stop a site
        if len(arrivals) == 1:
            return _park(engine, arrivals[0], error)
    taken = Taken({}, [], [])
    for arrival in arrivals:
        one = ingest(engine, tariffs, [arrival], received)
        taken.acks.update(one.acks)
        taken.settled.extend(one.settled)
        taken.fresh.extend(one.fresh)
    return taken


def _park(engine: Engine, arrival: Arrival, error: Exception) -> Taken:
    """Keep a fact that cannot be read or booked as it came, in the vault, and go on behind it."""
    place, site = _place(arrival), arrival.topic.site
    if place is None:
        raise error
    digest, now = hashlib.sha256(arrival.payload).hexdigest(), datetime.now(UTC)
    why = str(error) if isinstance(error, Unreadable) else f"could not be booked: {type(error).__name__}"
    log.error("message parked", box=place.box, sequence=place.sequence, error=repr(error))
    with transaction(engine) as session:
        if _boxes(session, {place.box}).get(place.box) != site:
            _record(session, _unknown_box(arrival.topic), now)
            return Taken({}, [], [])
        batch = Batch(session, now)
        mark = batch.mark(place.box, place.journal)
        if place.sequence == mark.sequence + 1:
            mark.sequence, mark.updated_at = place.sequence, now
            where = {"box": place.box, "journal": place.journal, "sequence": place.sequence, "site": site}
            batch.fact(VaultParkedRow, **where, raw=arrival.payload, why=why[:300], arrived_at=now)
        batch.flush()
        _record(session, Trouble(Code.MESSAGE_MALFORMED, f"{place.box}:{digest[:16]}", site, why[:300]), now)
    ack = Ack(journal=place.journal, sequence=mark.sequence)
    return Taken({Topic(site, place.box, Channel.ACK): ack}, [], [])


def _ingest(engine: Engine, tariffs: Tariffs, arrivals: Sequence[Arrival], received: datetime | None) -> Taken:
    parsed: list[tuple[Topic, Envelope, bytes]] = []
    troubles: list[Trouble] = []
    for arrival in arrivals:
        envelope = _parsed(arrival)
        if isinstance(envelope, Trouble):
            troubles.append(envelope)
        else:
            parsed.append((arrival.topic, envelope, arrival.payload))
    with transaction(engine) as session:
        now = _held_at(session, [envelope for _, envelope, _ in parsed], received)
        taken = _book(session, tariffs, parsed, troubles, now)
        clocks.heed(session, taken.fresh, received or now)
        for trouble in troubles:
            _record(session, trouble, now)
    return taken


def _held_at(session: Session, envelopes: Sequence[Envelope], received: datetime | None) -> datetime:
    """Keep money and decisions off these visits until the batch is committed; the moment as of which it is booked.

    Without this a price could miss the money that comes at the same moment, or be charged twice.
    """
    visits = {visit for envelope in envelopes for visit in visits_in(envelope)}
    session.connection()  # where one writer is let in at a time, this waits for it
    hold_all(session, visits)
    now = received or datetime.now(UTC)
    return ledger.later(session, visits, now) if visits else now


def _book(
    session: Session,
    tariffs: Tariffs,
    parsed: list[tuple[Topic, Envelope, bytes]],
    troubles: list[Trouble],
    now: datetime,
) -> Taken:
    batch = Batch(session, now)
    known = _boxes(session, {topic.box for topic, _, _ in parsed})
    _know(batch, [envelope for _, envelope, _ in parsed])
    batch.remember({str(envelope.message_id) for _, envelope, _ in parsed})
    taken = Taken({}, [], [])
    for topic, envelope, payload in parsed:
        if known.get(topic.box) != topic.site:
            troubles.append(_unknown_box(topic))
            continue
        _take(batch, tariffs, envelope, payload, taken, troubles)
        mark = batch.mark(envelope.box, envelope.journal)
        taken.acks[Topic(topic.site, topic.box, Channel.ACK)] = Ack(journal=envelope.journal, sequence=mark.sequence)
    _write(batch, taken)
    return taken


def replay(batch: Batch, tariffs: Tariffs, envelopes: Sequence[Envelope]) -> None:
    """Book facts that were taken before: what follows from them follows again."""
    _know(batch, envelopes)
    for envelope in envelopes:
        apply(batch, envelope, tariffs)
    _write(batch, Taken({}, [], list(envelopes)))


def _know(batch: Batch, envelopes: Sequence[Envelope]) -> None:
    batch.know(
        (visit for envelope in envelopes for visit in visits_in(envelope)),
        ((envelope.site, envelope.body.lane) for envelope in envelopes),
    )
    quoted = {envelope.body.visit for envelope in envelopes if isinstance(envelope.body, Quoted)}
    batch.know_entries(quoted, {envelope.box for envelope in envelopes})


def _write(batch: Batch, taken: Taken) -> None:
    batch.flush()
    _money(batch, taken, batch.now)


def _take(
    batch: Batch, tariffs: Tariffs, envelope: Envelope, payload: bytes, taken: Taken, troubles: list[Trouble]
) -> None:
    mark = batch.mark(envelope.box, envelope.journal)
    if envelope.sequence > mark.sequence + 1:
        return  # a gap: the acknowledgement tells the box from where to send again
    fingerprint = hashlib.sha256(payload).hexdigest()
    if envelope.sequence <= mark.sequence:
        _compare(batch, envelope, fingerprint, troubles)
        return
    mark.sequence, mark.updated_at = envelope.sequence, batch.now
    batch.places[envelope.box, envelope.journal, envelope.sequence] = fingerprint
    if not batch.is_new(str(envelope.message_id)):
        subject = f"{envelope.box}:{envelope.message_id}"
        troubles.append(Trouble(Code.MESSAGE_REUSED, subject, envelope.site, "a message id used for another fact"))
        return
    foreign = [visit for visit in visits_in(envelope) if not visit.startswith(envelope.site)]
    if foreign:  # kept as it was said, but no box changes another site's stays
        batch.fact(EventRow, **{**_event(envelope, fingerprint, batch.now), "kind": PARKED})
        why = f"{envelope.box} speaks of {foreign[0]}"
        troubles.append(Trouble(Code.MESSAGE_FOREIGN, f"{envelope.box}:{envelope.message_id}", envelope.site, why))
        return
    batch.fact(EventRow, **_event(envelope, fingerprint, batch.now))
    apply(batch, envelope, tariffs)
    taken.fresh.append(envelope)


def _compare(batch: Batch, envelope: Envelope, fingerprint: str, troubles: list[Trouble]) -> None:
    """A resend is the same bytes; the same place with other content is refused and reported."""
    place = (EventRow.box == envelope.box, EventRow.journal == envelope.journal)
    stored = select(EventRow.fingerprint).where(*place, EventRow.sequence == envelope.sequence)
    just_now = batch.places.get((envelope.box, envelope.journal, envelope.sequence))
    known = just_now or batch.session.exec(stored).first()
    if known is not None and known != fingerprint:
        subject = f"{envelope.box}:{envelope.journal}:{envelope.sequence}"
        troubles.append(Trouble(Code.MESSAGE_REUSED, subject, envelope.site, "the same place with other content"))


def _money(batch: Batch, taken: Taken, now: datetime) -> None:
    """Quotes are pended, those who left are charged, and money that was there before its price settles it."""
    session = batch.session
    ledger.post_all(session, batch.pended(), now)
    left = dict(filter(None, map(_left, taken.fresh)))
    due = [(visit, left[name]) for name in sorted(set(left) - batch.charged.keys()) if (visit := batch.visit(name))]
    ledger.charge_all(session, due, now)
    told = {visit: envelope.happened_at for envelope in taken.fresh for visit in visits_in(envelope)}
    early = {
        name: (visit, told[name])
        for name in told.keys() & batch.prepaid
        if (visit := batch.visit(name)) and visit.quoted is not None and not visit.voided
    }
    applied = ledger.apply_waiting_all(session, early, now)
    taken.settled.extend(Settled(early[name][0].site, name) for name in sorted(applied.settled))
    for name in sorted(applied.over):
        proposals.give_back_over(session, name, now)


def _left(envelope: Envelope) -> tuple[str, datetime] | None:
    """Whose stay ended with this fact, and when."""
    body = envelope.body
    if not isinstance(body, VehiclePassed | PassageExplained) or body.direction is not Direction.OUT or not body.visit:
        return None
    return body.visit, body.passed_at if isinstance(body, PassageExplained) else envelope.happened_at


def _parsed(arrival: Arrival) -> Envelope | Trouble:
    topic = arrival.topic
    try:
        envelope = decode(arrival.payload, Envelope)
    except Malformed as error:
        if _place(arrival):
            raise Unreadable(str(error)) from error
        digest = hashlib.sha256(arrival.payload).hexdigest()[:16]
        return Trouble(Code.MESSAGE_MALFORMED, f"{topic.box}:{digest}", topic.site, str(error)[:300])
    if (envelope.site, envelope.box) != (topic.site, topic.box):
        why = f"{topic.box} speaks for {envelope.site}/{envelope.box}"
        return Trouble(Code.MESSAGE_FOREIGN, f"{topic.box}:{envelope.message_id}", topic.site, why)
    return envelope


def _place(arrival: Arrival) -> Spot | None:
    """Where in its box's journal a message stands, if it says even that; another box's place is nobody's."""
    try:
        place = msgspec.json.decode(arrival.payload[:BYTES_MAX], type=Spot)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return place if place.box == arrival.topic.box else None


def _unknown_box(topic: Topic) -> Trouble:
    return Trouble(Code.MESSAGE_FOREIGN, f"box:{topic.site}:{topic.box}", topic.site, "unknown box")


def _record(session: Session, trouble: Trouble, now: datetime) -> None:
    row = AnomalyRow(
        code=trouble.code,
        subject=trouble.subject,
        site=trouble.site,
        amount=0,
        happened_at=now,
        evidence=msgspec.json.encode({"why": trouble.why}).decode(),
    )
    insert_once(session, row)


def _boxes(session: Session, names: set[str]) -> dict[str, str]:
    return {row.box: row.site for row in session.exec(select(BoxRow).where(col(BoxRow.box).in_(sorted(names))))}


def _event(envelope: Envelope, fingerprint: str, now: datetime) -> dict[str, object]:
    return {
        "message_id": str(envelope.message_id),
        "fingerprint": fingerprint,
        "site": envelope.site,
        "box": envelope.box,
        "journal": envelope.journal,
        "sequence": envelope.sequence,
        "kind": envelope.body.__struct_config__.tag,
        "boot": str(envelope.boot),
        "monotonic_ms": envelope.monotonic_ms,
        "happened_at": envelope.happened_at,
        "recorded_at": now,
        "clock_offset_ms": envelope.clock_offset_ms,
        "clock_quality": envelope.clock_quality,
        "body": encode(_without_plate(envelope)).decode(),
    }


def _without_plate(envelope: Envelope) -> object:
    """The body as the books keep it: a plate goes to the vault and nowhere else."""
    body = envelope.body
    if isinstance(body, PlateRead):
        return msgspec.structs.replace(body, plate="", characters=(), others=())
    return body
