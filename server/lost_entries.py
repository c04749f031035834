"""An exit without an entry: candidates first, with their pictures; where none fits, the tariff's lost-entry row."""

import os
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlmodel import Session, col, select

from gate import vietqr
from gate.assignment import Seen
from gate.ids import uuid7
from gate.messages import Direction
from gate.reference import SPACE, mint
from gate.tariff import Bill, Tariff, lost_entry
from gate.vehicle import VehicleClass
from server import troubled, vault_plates
from server.assignment import Pair, candidates
from server.auth import audit
from server.corrections import NOTE_MAX, NOTE_MIN, replay
from server.db import hold, insert_once
from server.derived import VisitRow
from server.facts_visits import LostEntryRow, ShownRow
from server.pricing import priced, tariff_at
from server.register import SiteRow
from server.turning import TURNS, turns
from server.vault import VaultReadRow

MOST: Final = 8
FRESH: Final = timedelta(hours=1)
"""How long what a person was shown counts as having looked."""


class NoSuchVehicle(LookupError):
    """Nobody was looked at there."""


class NotYet(ValueError):
    """A lost entry cannot be made of it now; the message says why."""


# --- candidates -------------------------------------------------------------------------------------------


def show(session: Session, site: str, approach: str, by: str, now: datetime, *, plates: bool) -> dict[str, Any]:
    """Which visits the vehicle may be, best first, with probability and picture. Recorded. Raises NoSuchVehicle."""
    read = _read(session, site, approach)
    tags = troubled.tags_of(session, site, now)
    stays = [stay for stay in troubled.came(session, site, now) if stay.name not in _lost(session, site)]
    habits = troubled.habits_of(session, site, now)
    ranked = candidates(habits, troubled.seen_at(session, read, tags), stays, MOST)
    row = ShownRow(
        shown=str(uuid7(now, os.urandom(10))),
        site=site,
        subject=approach,
        by=by,
        candidates=msgspec.json.encode([(pair.stay, round(pair.probability, 6)) for pair in ranked]).decode(),
        shown_at=now,
    )
    session.add(row)
    audit(session, by, "asked for candidates", approach, now, {"site": site, "shown": str(len(ranked))})
    by_name = {stay.name: stay for stay in stays}
    here = {"approach": approach, "lane": read.lane, "at": read.happened_at.isoformat(), "class": read.vehicle_class}
    plate = vault_plates.plates(session, [approach]).get(approach, "") if plates else ""
    seen = {"plate": plate, "picture": read.picture} if plates else {}
    found = [_shown(session, pair, by_name[pair.stay], plates=plates) for pair in ranked]
    return {"site": site, "shown": row.shown, **here, **seen, "candidates": found}


def _shown(session: Session, pair: Pair, stay: Seen, *, plates: bool) -> dict[str, Any]:
    visit = session.get_one(VisitRow, pair.stay)
    read = session.get(VaultReadRow, visit.entry_approach)
    plate = vault_plates.plates(session, [visit.entry_approach]).get(visit.entry_approach, "") if plates else ""
    seen = {"plate": plate, "picture": read.picture if read else None} if plates else {}
    return {
        "visit": pair.stay,
        "probability": round(pair.probability, 4),
        "class": visit.vehicle_class,
        "entered_at": stay.at.isoformat(),
        "lane": visit.entry_lane,
        **seen,
        "evidence": {name: round(nats, 1) for name, nats in pair.evidence._asdict().items()},
    }


def _lost(session: Session, site: str) -> set[str]:
    """Visits that are lost entries themselves: nobody's entry."""
    return set(session.exec(select(LostEntryRow.visit).where(LostEntryRow.site == site)))


def _read(session: Session, site: str, approach: str) -> VaultReadRow:
    read = session.get(VaultReadRow, approach)
    if read is None or read.site != site or read.direction != Direction.OUT:
        raise NoSuchVehicle(f"{site}: no vehicle was looked at at an exit as {approach}")
    return read


# --- the lost entry ---------------------------------------------------------------------------------------


def make(
    session: Session, site: str, approach: str, kind: VehicleClass, by: str, note: str, now: datetime
) -> LostEntryRow:
    """A visit of its own, priced by the tariff's row, owed, payable by its reference.

    Raises NoSuchVehicle; NotYet unless this person was shown the candidates just before; NoTariff or BadTariff where
    the price list has no such row.
    """
    if turns(note):
        raise NotYet(TURNS)
    if not NOTE_MIN <= len(note.strip()) <= NOTE_MAX:
        raise NotYet(f"note: {NOTE_MIN} to {NOTE_MAX} characters say why")
    read = _read(session, site, approach)
    hold(session, approach)
    shown = _last_shown(session, approach, by, now)
    _check(session, read)
    tariff = tariff_at(session, site, now)
    bill = lost_entry(tariff, kind, now)
    visit = _reference(session, site)
    row = _row(session, read, visit, kind, tariff, bill, now)
    row.shown, row.by, row.note = shown.shown, by, note.strip()
    if not insert_once(session, row):
        raise NotYet(f"the vehicle {approach} is a lost entry already")
    replay(session, row)
    detail = {"approach": approach, "total": str(bill.total), "note": row.note, "shown": shown.candidates}
    audit(session, by, "made a lost entry", visit, now, detail)
    return row


def of_approach(session: Session, approach: str) -> LostEntryRow | None:
    """The lost entry that was made of the vehicle at an exit."""
    return session.exec(select(LostEntryRow).where(LostEntryRow.approach == approach)).first()


def _last_shown(session: Session, approach: str, by: str, now: datetime) -> ShownRow:
    """What this person was shown. Raises NotYet."""
    order = col(ShownRow.shown_at).desc()
    shown = session.exec(select(ShownRow).where(ShownRow.subject == approach, ShownRow.by == by).order_by(order))
    row = shown.first()
    if row is None or now - row.shown_at > FRESH:
        raise NotYet(f"{by} has not looked at the candidates for {approach}: ask for them first")
    return row


def _check(session: Session, read: VaultReadRow) -> None:
    before = of_approach(session, read.approach)
    if before is not None:
        raise NotYet(f"the vehicle {read.approach} is the lost entry {before.visit} already")
    matched = session.exec(select(VisitRow.visit).where(VisitRow.exit_approach == read.approach)).first()
    if matched:
        raise NotYet(f"the vehicle {read.approach} is visit {matched}")


def _row(
    session: Session, read: VaultReadRow, visit: str, kind: VehicleClass, tariff: Tariff, bill: Bill, now: datetime
) -> LostEntryRow:
    site, cost, payload = session.get_one(SiteRow, read.site), priced(tariff, bill), ""
    if bill.total:
        payload = vietqr.encode(bank=site.bank, account=site.account, amount=bill.total, note=visit)
    return LostEntryRow(
        visit=visit,
        site=read.site,
        approach=read.approach,
        lane=read.lane,
        vehicle_class=kind,
        **cost._asdict(),
        payload=payload,
        shown="",
        by="",
        note="",
        came_at=read.happened_at,
        made_at=now,
    )


def _reference(session: Session, site: str) -> str:
    """One that nobody has: boxes count under a key of their own, so the centre draws until one is free."""
    while True:
        visit = mint(site, secrets.randbelow(SPACE), secrets.token_bytes(16))
        if session.get(VisitRow, visit) is None:
            return visit


def references(session: Session, site: str, count: int) -> Sequence[str]:
    """So many different ones."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[_reference(session, site)] = None
    return list(found)
