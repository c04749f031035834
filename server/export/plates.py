"""Plates beside visits, out of the vault: whole or masked, and only when asked for. What was erased is empty."""

import re
from enum import StrEnum
from typing import Final, NamedTuple

from sqlmodel import Session, col, select

from gate.plate import pretty
from gate.vehicle import VehicleClass
from server.derived import VisitRow
from server.vault import VaultReadRow
from server.vault_plates import said

_AT_ONCE: Final = 900


class Plates(StrEnum):
    """Whether visits carry their plate. Asking for it is recorded by whoever calls."""

    NONE = "none"
    MASKED = "masked"
    FULL = "full"


def masked(plate: str) -> str:
    """`24A-123.78` as `24A-***.78`: the last two characters stay, and all before the number."""
    head, number = re.fullmatch(r"(.*[-\s])?([^-\s]*)", plate, re.DOTALL).groups("")  # type: ignore[union-attr]
    if not head:  # written without separators: province and series have three or more characters
        head, number = plate[:3], plate[3:]
    return head + re.sub(r"[^.]", "*", number[:-2]) + number[-2:]


class Shown(NamedTuple):
    """The plate of a visit as it is known now, and what the reader read where a person has corrected that."""

    plate: str = ""
    read: str = ""


def plates_of(session: Session, visits: set[str], plates: Plates) -> dict[str, Shown]:
    """The plates of these visits as they are to be shown."""
    found: dict[str, Shown] = {}
    every = sorted(visits)
    for begin in range(0, len(every), _AT_ONCE):
        query = (
            select(VisitRow, VaultReadRow)
            .join(VaultReadRow, col(VaultReadRow.approach) == col(VisitRow.entry_approach))
            .where(col(VisitRow.visit).in_(every[begin : begin + _AT_ONCE]))
        )
        rows = session.exec(query).all()
        corrected = said(session, [read.approach for _, read in rows])
        for visit, read in rows:
            motorbike = visit.vehicle_class == VehicleClass.MOTO
            plate = corrected.get(read.approach, read.plate)
            shown = Shown(plate, read.plate if plate != read.plate else "")
            written = [pretty(each, motorbike=motorbike, colour=read.colour, lines=read.lines) for each in shown]
            found[visit.visit] = Shown(*(masked(each) if plates is Plates.MASKED else each for each in written))
    return found
