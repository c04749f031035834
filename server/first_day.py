"""Vehicles that are inside on the first day: a list as CSV or workbook becomes open visits, all of it or nothing.

Columns, in any order: `plate` (biển số), `class` (loại xe), `since` (vào lúc), and if known `lane` (làn) or `zone`.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from gate.lease import INSIDE_MAX
from gate.messages import Direction
from gate.plate import normalise
from gate.vehicle import VehicleClass
from gate.written import NotWritten
from server import plate_parts, vault_plates
from server.auth import audit
from server.corrections import replay
from server.db import hold, insert_once
from server.derived import VisitRow
from server.facts_visits import InsideFileRow, InsideRow
from server.imports import cells, kinds
from server.imports.cells import Cell, Row
from server.imports.flaws import BadFile, Flaws, name_of, shown
from server.lost_entries import references
from server.pricing import NoTariff, tariff_at
from server.vault import VaultReadRow

OLDEST: Final = timedelta(days=366)
LANE: Final = re.compile(r"[a-z][a-z0-9-]{0,30}")
NO_LANE: Final = "first-day"
"""The entry lane of who came in before anybody counted."""
_ENGINE: Final = "first day"
_TITLES: Final = {
    "plate": "plate",
    "bien so": "plate",
    "bien so xe": "plate",
    "class": "class",
    "vehicle class": "class",
    "loai xe": "class",
    "since": "since",
    "entered": "since",
    "vao luc": "since",
    "gio vao": "since",
    "lane": "lane",
    "zone": "lane",
    "lan": "lane",
    "khu": "lane",
}
_NEEDED: Final = ("plate", "class", "since")


class Vehicle(NamedTuple):
    """A line of the list."""

    line: int
    plate: str
    kind: VehicleClass
    since: datetime
    lane: str


class Taken(NamedTuple):
    """What came of a file. `again`: it was taken before, and nothing was done now."""

    sha256: str
    visits: list[str]
    again: bool


def take(session: Session, site: str, path: str, raw: bytes, by: str, now: datetime) -> Taken:
    """Make a visit of every line. Raises BadFile with all that is wrong; nothing is taken then."""
    sha256 = hashlib.sha256(raw).hexdigest()
    hold(session, f"first day:{site}")
    if session.get(InsideFileRow, (site, sha256)):
        order = select(InsideRow.visit).where(InsideRow.site == site, InsideRow.sha256 == sha256)
        return Taken(sha256, list(session.exec(order.order_by(col(InsideRow.line)))), again=True)
    vehicles = read(session, site, path, raw, now)
    names = references(session, site, len(vehicles))
    kept = {"site": site, "sha256": sha256}
    insert_once(session, InsideFileRow(**kept, name=name_of(path), vehicles=len(vehicles), by=by, taken_at=now))
    for visit, vehicle in zip(names, vehicles, strict=True):
        _open(session, site, sha256, visit, vehicle, now)
    audit(session, by, "imported who is inside", site, now, {"file": name_of(path), "vehicles": str(len(vehicles))})
    return Taken(sha256, list(names), again=False)


def _open(session: Session, site: str, sha256: str, visit: str, vehicle: Vehicle, now: datetime) -> None:
    approach = f"{_ENGINE}:{sha256[:16]}:{site}:{vehicle.line}"
    session.add(
        VaultReadRow(
            approach=approach,
            site=site,
            lane=vehicle.lane,
            direction=Direction.IN,
            plate=vehicle.plate,
            confidence=1.0,
            characters="[]",
            lines=0,
            colour="unknown",
            vehicle_class=vehicle.kind,
            engine=_ENGINE,
            took_ms=0,
            happened_at=vehicle.since,
        )
    )
    plate_parts.keep(session, [vehicle.plate])
    row = InsideRow(
        visit=visit,
        site=site,
        sha256=sha256,
        line=vehicle.line,
        approach=approach,
        vehicle_class=vehicle.kind,
        lane=vehicle.lane,
        since=vehicle.since,
        taken_at=now,
    )
    session.add(row)
    session.flush()
    replay(session, row)


# --- reading the list -------------------------------------------------------------------------------------


def read(session: Session, site: str, path: str, raw: bytes, now: datetime) -> list[Vehicle]:
    """The vehicles of a list, checked against the site's price list and who is inside. Raises BadFile."""
    flaws = Flaws(name_of(path))
    rows = [
        row for row in kinds.rows(raw, kinds.kind_of(raw, flaws), "", flaws) if not all(map(cells.is_blank, row.cells))
    ]
    columns = _columns(rows, flaws)
    found = [vehicle for row in rows[1:] if (vehicle := _vehicle(row, columns, flaws, now))]
    if not rows[1:]:
        flaws.add(0, "", "has no vehicle")
    _check_prices(session, site, found, flaws, now)
    _check_once(session, site, found, flaws)
    room = INSIDE_MAX - _count(session, site)
    if len(found) > room:
        flaws.add(0, "", f"has {len(found)} vehicles; the site's boxes can be told of {room} more")
    flaws.check()
    return found


def _columns(rows: Sequence[Row], flaws: Flaws) -> dict[str, int]:
    titles = [_title(cell) for cell in rows[0].cells] if rows else []
    columns = {_TITLES[title]: place for place, title in enumerate(titles) if title in _TITLES}
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        known = ", ".join(sorted(_TITLES))
        raise flaws.refuse(f"the heading has no {', '.join(missing)}; read are {known}", rows[0].number if rows else 0)
    return columns


def _title(cell: Cell) -> str:
    """Small letters without marks: `Biển số` is `bien so`."""
    bare = unicodedata.normalize("NFD", str(cell or "").casefold().replace("đ", "d"))
    plain = "".join(each for each in bare if not unicodedata.combining(each))
    return " ".join(plain.replace("_", " ").split())


def _vehicle(row: Row, columns: dict[str, int], flaws: Flaws, now: datetime) -> Vehicle | None:
    """One line; what is wrong with it is added to the flaws."""
    said = {name: row.cell(column) for name, column in columns.items()}
    readers = {"plate": _plate, "class": _kind, "since": lambda cell: _since(cell, now), "lane": _lane}
    found: dict[str, object] = {"lane": NO_LANE}
    for name, cell in said.items():
        try:
            if columns[name] in row.computed:
                raise NotWritten("a formula: paste its value")  # what it shows is not what the file says
            found[name] = readers[name](cell)
        except (NotWritten, ValueError) as error:
            flaws.add(row.number, f"{cells.letter(columns[name])} ({name})", str(error))
    if set(found) != {*_NEEDED, "lane"}:
        return None
    return Vehicle(row.number, found["plate"], found["class"], found["since"], found["lane"])  # type: ignore[arg-type]


def _plate(cell: Cell) -> str:
    key = normalise(cells.text(cell))
    if not 4 <= len(key) <= 16 or not (key.isascii() and key.isalnum()):
        raise NotWritten(f"{shown(cells.text(cell))} is no plate")
    return key


def _kind(cell: Cell) -> VehicleClass:
    said = cells.text(cell).strip().upper()
    if said not in set(VehicleClass):
        raise NotWritten(f"{shown(cells.text(cell))} is no class: {', '.join(VehicleClass)}")
    return VehicleClass(said)


def _since(cell: Cell, now: datetime) -> datetime:
    at = cells.at(cell, "dmy")
    if not now - OLDEST <= at <= now:
        raise NotWritten(f"{at.isoformat()} is not within the last {OLDEST.days} days")
    return at


def _lane(cell: Cell) -> str:
    said = cells.text(cell).strip()
    if said and not LANE.fullmatch(said):
        raise NotWritten(f"{shown(said)} is no name of a lane, such as in-1")
    return said or NO_LANE


# --- what the books say to it -----------------------------------------------------------------------------


def _check_prices(session: Session, site: str, found: Iterable[Vehicle], flaws: Flaws, now: datetime) -> None:
    try:
        prices = tariff_at(session, site, now).turns
    except NoTariff as error:
        raise flaws.refuse(str(error)) from error
    for vehicle in found:
        if vehicle.kind not in prices:
            flaws.add(vehicle.line, "class", f"the price list has no {vehicle.kind}")


def _check_once(session: Session, site: str, found: Iterable[Vehicle], flaws: Flaws) -> None:
    """No plate twice in the list, none that is inside already."""
    inside = (
        select(vault_plates.known_as(), VisitRow.visit)
        .join_from(VaultReadRow, VisitRow, col(VisitRow.entry_approach) == col(VaultReadRow.approach))
        .where(VisitRow.site == site, col(VisitRow.left_at).is_(None), col(VisitRow.voided).is_(False))
    )
    known = {plate: f"inside as {visit}" for plate, visit in session.exec(inside) if plate}
    for vehicle in found:
        if vehicle.plate in known:
            flaws.add(vehicle.line, "plate", f"{vehicle.plate} is {known[vehicle.plate]}")
        known.setdefault(vehicle.plate, f"in row {vehicle.line} too")


def _count(session: Session, site: str) -> int:
    """Imported vehicles that are still inside."""
    held = select(func.count()).select_from(InsideRow).join(VisitRow, col(VisitRow.visit) == col(InsideRow.visit))
    return int(session.exec(held.where(InsideRow.site == site, col(VisitRow.left_at).is_(None))).one())


__all__ = ["BadFile", "Taken", "Vehicle", "read", "take"]
