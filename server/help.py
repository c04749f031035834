"""A person helps a driver: the order is stored with its reason and its author before it is sent."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from gate.messages import Action
from server import commands
from server.auth import Person, audit
from server.centre import Centre
from server.db import transaction

NOTE_MAX: Final = 200
VISIT: Final = "^[A-Z][A-Z0-9]{2}[2-9A-HJKMNP-Z]{8}$"
"""What a visit's reference looks like in a form."""
_JOINT: Final = ": "


class Because(StrEnum):
    """Why a person opens an arm; a note may say more, and must for OTHER."""

    UNREADABLE = "unreadable"
    NO_ENTRY = "no_entry"
    DEVICE = "device"
    PRIORITY = "priority"
    STAFF = "staff"
    PAID_SHOWN = "paid_shown"
    OTHER = "other"


def noted(because: Because, note: str) -> str:
    """The note that the opening keeps: the reason's code, then the person's words."""
    return _JOINT.join(part for part in (because.value, note.strip()) if part)


def ordered(centre: Centre, person: Person, site: str, action: Action, what: str) -> UUID:
    """Store, record and send an order for a lane; its command id. Raises commands.NobodyThere."""
    lane = getattr(action, "lane", "")
    with transaction(centre.engine) as session:
        order = commands.order(session, site, lane, action, by=person.name)
        detail = {"command": str(order.command.command), "note": getattr(action, "note", "")}
        audit(session, person.name, what, f"{site}/{lane}", datetime.now(UTC), detail)
    commands.send(centre.bus, centre.key, [order])
    centre.live.changed(site)
    return order.command.command
