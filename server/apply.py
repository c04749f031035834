"""What each fact of a box means for the books. One function a kind; facts in, derived rows changed."""

from datetime import datetime, timedelta
from typing import assert_never

import msgspec

from gate.findings import Code
from gate.ledger import pend, unpend
from gate.messages import (
    ArmLowered,
    ArmRaised,
    DeviceFault,
    Direction,
    Envelope,
    PassageExplained,
    PersonWanted,
    PlateRead,
    Quoted,
    TagRead,
    VehiclePassed,
    VisitMatched,
    VisitOpened,
    VisitVoided,
)
from gate.tariff import BadTariff, price
from gate.vehicle import VehicleClass
from server import clocks, lists, supplements
from server.batch import Batch
from server.db import columns
from server.facts import AnomalyRow, ExplainedRow, OpeningRow, PassageRow, SupplementRow
from server.now import LaneNow, VisitNow
from server.tariffs import Tariffs
from server.vault import VaultReadRow


def apply(batch: Batch, envelope: Envelope, tariffs: Tariffs) -> None:  # noqa: C901, PLR0912 - one case a kind
    """Book one fact."""
    body = envelope.body
    lists.book_use(batch, envelope)
    match body:
        case PlateRead():
            _plate_read(batch, envelope, body)
        case VisitOpened():
            _visit_opened(batch, envelope, body)
        case VisitMatched():
            _visit_matched(batch, envelope, body)
        case Quoted():
            _quoted(batch, envelope, body, tariffs)
        case ArmRaised():
            _arm_raised(batch, envelope, body)
        case ArmLowered():
            _lane(batch, envelope).arm = "down"
        case VehiclePassed():
            _vehicle_passed(batch, envelope, body)
        case VisitVoided():
            _visit_voided(batch, envelope, body)
        case PersonWanted():
            _person_wanted(batch, envelope, body)
        case DeviceFault():
            _device_fault(batch, envelope, body)
        case PassageExplained():
            _passage_explained(batch, envelope, body)
        case TagRead():
            pass  # the fact itself is the evidence; what it led to comes as facts of its own
        case _:
            assert_never(body)


def visits_in(envelope: Envelope) -> tuple[str, ...]:
    """The visits that a fact speaks of."""
    visit = getattr(envelope.body, "visit", None)
    return (visit,) if visit else ()


def _plate_read(batch: Batch, envelope: Envelope, body: PlateRead) -> None:
    batch.fact(
        VaultReadRow,
        approach=str(body.approach),
        site=envelope.site,
        lane=body.lane,
        direction=body.direction,
        visit=None,
        plate=body.plate,
        confidence=body.confidence,
        characters=msgspec.json.encode(body.characters).decode(),
        lines=body.lines,
        colour=body.colour,
        vehicle_class=body.vehicle_class,
        picture=body.picture,
        engine=body.engine,
        took_ms=body.took_ms,
        happened_at=envelope.happened_at,
        others=msgspec.json.encode(body.others).decode() if body.others else "",
    )
    lane = _lane(batch, envelope, body.direction)
    lane.approach, lane.visit, lane.price = str(body.approach), None, None
    lane.decided_by = lane.decided_reason = lane.wants = lane.wants_approach = None


def _visit_opened(batch: Batch, envelope: Envelope, body: VisitOpened) -> None:
    if batch.visit(body.visit):  # a reference twice: the books keep the first, people see the second
        _anomaly(batch, envelope, Code.MESSAGE_REUSED, f"visit:{body.visit}", {"lane": body.lane})
        return
    row = VisitNow(
        visit=body.visit,
        site=envelope.site,
        vehicle_class=body.vehicle_class,
        read=body.read,
        entry_lane=body.lane,
        entry_approach=str(body.approach),
        opened_at=envelope.happened_at,
    )
    batch.changed(row)
    lane = _lane(batch, envelope, Direction.IN)
    lane.approach, lane.visit = str(body.approach), body.visit


def _visit_matched(batch: Batch, envelope: Envelope, body: VisitMatched) -> None:
    lane = _lane(batch, envelope, Direction.OUT)
    lane.approach, lane.visit, lane.wants, lane.wants_approach = str(body.approach), body.visit, None, None
    lane.decided_by = body.by
    row = batch.visit(body.visit)
    if row is None:
        _anomaly(batch, envelope, Code.EXIT_WITHOUT_ENTRY, f"match:{body.approach}", {"visit": body.visit})
        return
    row.exit_lane, row.exit_approach = body.lane, str(body.approach)
    row.matched_by, row.match_probability = body.by, body.probability
    batch.changed(row)


def _quoted(batch: Batch, envelope: Envelope, body: Quoted, tariffs: Tariffs) -> None:
    lane = _lane(batch, envelope, Direction.OUT)
    lane.visit, lane.price = body.visit, body.total
    row = batch.visit(body.visit)
    if row is None:
        return
    if body.visit in batch.charged:  # a charge is posted once and never changes: what is over it is a supplement
        if not _supplemented(batch, envelope, row, body, tariffs):
            return
    elif not row.voided and body.total != (row.quoted or 0):
        key, change = str(envelope.message_id), body.total - (row.quoted or 0)
        batch.pend(pend(key=key, site=row.site, visit=row.visit, change=change, happened_at=envelope.happened_at))
    row.quoted, row.quoted_vat, row.quoted_tariff = body.total, body.vat, body.tariff
    row.quoted_lines = msgspec.json.encode(body.lines).decode()
    row.payload = body.payload
    entry = clocks.entered(batch.session, batch.entries.get(body.visit), clocks.timed(envelope), body.entered_at)
    _came_in(batch, envelope, row, body, entry)
    if body.entry and lists.excuses(
        batch.session, envelope.site, body.entry, VehicleClass(row.vehicle_class), body.left_at
    ):
        row.recomputed = 0
    else:
        row.recomputed = _computed_again(row, body, tariffs, envelope.site, entry.at)
    batch.changed(row)


def _supplemented(batch: Batch, envelope: Envelope, row: VisitNow, body: Quoted, tariffs: Tariffs) -> bool:
    """Whether a charged stay that has not left now costs more than it was charged."""
    price = batch.charged[row.visit]
    if row.voided or row.left_at is not None:
        return False
    tariff = tariffs.get(envelope.site, body.tariff)
    found = supplements.asked(batch.session, price, row.site, row.vehicle_class, body, tariff)
    if found is None:
        return False
    found |= {"quote": str(envelope.message_id), "happened_at": envelope.happened_at, "recorded_at": batch.now}
    fact = SupplementRow(**found)
    batch.fact(SupplementRow, **columns(fact))
    batch.pend(supplements.entry_of(fact))
    batch.charged[row.visit] = price.plus(fact)
    return True


def _came_in(batch: Batch, envelope: Envelope, row: VisitNow, body: Quoted, entry: clocks.Entry) -> None:
    """A stay that began by a clock that was wrong begins when it truly did; one that nobody can time is a finding."""
    if row.entered_at is not None and abs(entry.at - row.entered_at) > clocks.TOLERANCE:
        row.opened_at += entry.at - row.entered_at
        row.entered_at = entry.at
    if not entry.sure:
        evidence = {
            "visit": body.visit,
            "why": "nobody knows how long this stay was",
            "entered": body.entered_at.isoformat(),
            "left": body.left_at.isoformat(),
            "box": envelope.box,
        }
        _anomaly(batch, envelope, Code.CLOCK_UNSURE, body.visit, evidence, body.total)


def _computed_again(row: VisitNow, body: Quoted, tariffs: Tariffs, site: str, entered_at: datetime) -> int | None:
    """The centre's own answer from the same facts; None when it does not know the tariff."""
    tariff = tariffs.get(site, body.tariff)
    if tariff is None or row.entered_at is None:
        return None
    try:
        return price(tariff, VehicleClass(row.vehicle_class), entered_at, body.left_at).total
    except (BadTariff, ValueError):
        return None


def _arm_raised(batch: Batch, envelope: Envelope, body: ArmRaised) -> None:
    batch.fact(
        OpeningRow,
        opening=str(body.opening),
        site=envelope.site,
        lane=body.lane,
        reason=body.reason,
        by=body.by,
        note=body.note,
        visit=body.visit,
        approach=str(body.approach) if body.approach else None,
        command=str(body.command) if body.command else None,
        took_ms=body.took_ms,
        happened_at=envelope.happened_at,
    )
    lane = _lane(batch, envelope)
    lane.arm, lane.decided_by, lane.decided_reason = "up", body.by, body.reason
    lane.wants = lane.wants_approach = None


def _vehicle_passed(batch: Batch, envelope: Envelope, body: VehiclePassed) -> None:
    batch.fact(
        PassageRow,
        passage=str(body.passage),
        site=envelope.site,
        lane=body.lane,
        direction=body.direction,
        visit=body.visit,
        opening=str(body.opening) if body.opening else None,
        tailgate=body.tailgate,
        happened_at=envelope.happened_at,
        journal=envelope.journal,
        sequence=envelope.sequence,
    )
    _went(batch, body, clocks.timed(envelope))


def _passage_explained(batch: Batch, envelope: Envelope, body: PassageExplained) -> None:
    batch.fact(
        ExplainedRow,
        passage=str(body.passage),
        site=envelope.site,
        visit=body.visit,
        approach=str(body.approach),
        happened_at=envelope.happened_at,
    )
    row = batch.visit(body.visit)
    if row is not None and (row.left_at if body.direction is Direction.OUT else row.entered_at) is not None:
        evidence = {"lane": body.lane, "visit": body.visit, "why": "a passage was explained by a visit that had passed"}
        _anomaly(batch, envelope, Code.COUNT_DRIFT, f"explained:{body.passage}", evidence)
        return
    told = clocks.timed(envelope)
    since_ms = (told.at - body.passed_at) // timedelta(milliseconds=1)
    _went(batch, body, told._replace(at=body.passed_at, monotonic_ms=told.monotonic_ms - since_ms))


def _went(batch: Batch, body: VehiclePassed | PassageExplained, passed: clocks.Timed) -> None:
    """The visit, if it is known, came in or left with this passage."""
    row = batch.visit(body.visit)
    if row is None:
        return
    if body.direction is Direction.IN:
        row.entered_at, row.entry_passage = passed.at, str(body.passage)
        batch.entries[row.visit] = passed
    else:
        row.left_at, row.exit_passage = passed.at, str(body.passage)
        if row.entered_at is not None:
            row.entered_at = min(row.entered_at, row.left_at)
    batch.changed(row)


def _visit_voided(batch: Batch, envelope: Envelope, body: VisitVoided) -> None:
    """Its quote will never be charged, unless money that came charged it already."""
    row = batch.visit(body.visit)
    if row is None or row.entered_at is not None or row.voided:
        return
    if row.quoted and row.visit not in batch.charged:
        batch.pend(unpend(site=row.site, visit=row.visit, pended=row.quoted, happened_at=envelope.happened_at))
    row.voided = True
    batch.changed(row)


def _person_wanted(batch: Batch, envelope: Envelope, body: PersonWanted) -> None:
    lane = _lane(batch, envelope)
    lane.wants, lane.wants_approach, lane.wants_since = body.why, str(body.approach), envelope.happened_at
    lane.candidates = msgspec.json.encode(body.candidates).decode()


def _device_fault(batch: Batch, envelope: Envelope, body: DeviceFault) -> None:
    evidence = {"lane": body.lane, "device": body.device, "what": body.what, "box": envelope.box}
    _anomaly(batch, envelope, Code.DEVICE_FAULT, str(envelope.message_id), evidence)


def _anomaly(
    batch: Batch, envelope: Envelope, code: Code, subject: str, evidence: dict[str, str], amount: int = 0
) -> None:
    batch.fact(
        AnomalyRow,
        code=code,
        subject=subject,
        site=envelope.site,
        amount=amount,
        happened_at=batch.now if code is Code.CLOCK_UNSURE else envelope.happened_at,
        evidence=msgspec.json.encode(evidence).decode(),
    )


def _lane(batch: Batch, envelope: Envelope, direction: str = "") -> LaneNow:
    row = batch.lane(envelope.site, envelope.body.lane, envelope.box, direction)
    row.direction = direction or row.direction
    return row
