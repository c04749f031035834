"""Orders to boxes: stored with their reason before they are sent, signed, one use, with a deadline."""

import os
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import Session, col, select

from gate.ids import uuid7
from gate.messages import Action, Command
from gate.signing import sign
from gate.topics import Channel, Topic
from gate.wire import encode
from server.bus import Bus
from server.derived import BoxNowRow, LaneNowRow
from server.facts import CommandRow
from server.vault import VaultReadRow

LIFE: Final = timedelta(seconds=10)
"""How long an order may take to arrive; later it moves nothing."""


class NobodyThere(LookupError):
    """The box of this lane was never heard of, so no order can name its boot."""


class Order(NamedTuple):
    """A command ready to go, with where it goes."""

    topic: Topic
    command: Command


def order(session: Session, site: str, lane: str, action: Action, by: str, *, now: datetime | None = None) -> Order:
    """Store a command for the box of a lane; send it once the transaction is committed.

    The deadline is on the box's own monotonic clock: what it last said plus what has passed here since.
    """
    _check_here(session, site, action)
    lane_now = session.get(LaneNowRow, (site, lane))
    box = session.get(BoxNowRow, lane_now.box) if lane_now else None
    if lane_now is None or box is None:
        raise NobodyThere(f"no box was heard for {site}/{lane}")
    now = now or datetime.now(UTC)
    since_heard = max(timedelta(0), now - box.heard_at)
    deadline = box.monotonic_ms + int((since_heard + LIFE).total_seconds() * 1000)
    command = Command(
        command=uuid7(now, os.urandom(10)),
        box=box.box,
        boot=UUID(box.boot),
        deadline_ms=deadline,
        by=by,
        action=action,
    )
    session.add(
        CommandRow(
            command=str(command.command),
            site=site,
            box=box.box,
            lane=lane,
            action=str(action.__struct_config__.tag),
            visit=getattr(action, "visit", None),
            by=by,
            issued_at=now,
            body=encode(command).decode(),
        )
    )
    return Order(Topic(site, box.box, Channel.COMMAND), command)


def _check_here(session: Session, site: str, action: Action) -> None:
    """No box is told of another site's visits and vehicles. Raises NobodyThere."""
    visit, approach = getattr(action, "visit", None), getattr(action, "approach", None)
    if visit and not visit.startswith(site):
        raise NobodyThere(f"{visit} is no visit of {site}")
    seen = session.get(VaultReadRow, str(approach)) if approach else None
    if seen is not None and seen.site != site:
        raise NobodyThere(f"nothing stands at {site}/{getattr(action, 'lane', '')} as {approach}")


def send(bus: Bus, key: Ed25519PrivateKey, orders: list[Order]) -> None:
    """Publish committed orders. They are never retained and expire at the broker as well."""
    for each in orders:
        bus.publish(each.topic, sign(each.command, key), expiry_s=int(LIFE.total_seconds()))


def recently_ordered(session: Session, visit: str, now: datetime, within: timedelta) -> bool:
    """Whether an open for this visit went out so recently that it may still be on its way."""
    newest = select(CommandRow.issued_at).where(CommandRow.visit == visit, CommandRow.action == "open")
    issued = session.exec(newest.order_by(col(CommandRow.issued_at).desc()).limit(1)).first()
    return issued is not None and now - issued < within
