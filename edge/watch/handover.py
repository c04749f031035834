"""What the supervisor hands to the agent that it starts: why the one before was stopped, and which arms it raised."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta

from gate.messages import NOTE_MAX, DeviceFault
from gate.wire import Contract, decode, encode

if TYPE_CHECKING:  # the supervisor, which only hands over, stays small
    from edge.journal.outbox import Outbox
    from edge.journal.store import Store

VARIABLE: Final = "BARIE_HANDOVER"
KEPT: Final = 64
_NEWEST: Final = "handover"  # in the box's database: the newest that was recorded
LAST: Final = "stopped"  # in the box's database: the newest in words, for a doctor


class Stopped(Contract):
    """An agent that was stopped or ended. `name` is its alone; `what` is for people."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    what: Annotated[str, Meta(min_length=1, max_length=NOTE_MAX)]


class Handover(Contract):
    """Everything that no agent has recorded yet, oldest first; `raised`: lanes whose arm the supervisor asked up."""

    stopped: tuple[Stopped, ...] = ()
    raised: tuple[str, ...] = ()

    def environment(self) -> dict[str, str]:
        """How the next agent is told."""
        return {VARIABLE: encode(self).decode()}


def received(environment: Mapping[str, str] = os.environ) -> Handover:
    """What this agent was handed; nothing for one that was started by hand. Raises Malformed."""
    told = environment.get(VARIABLE)
    return decode(told.encode(), Handover) if told else Handover()


def record(handover: Handover, store: "Store", outbox: "Outbox") -> int:
    """Write what was not written before, in the transaction around this. Says how many facts that made."""
    names = [each.name for each in handover.stopped]
    newest = store.meta(_NEWEST) or ""
    fresh = handover.stopped[names.index(newest) + 1 :] if newest in names else handover.stopped
    for each in fresh:
        outbox.record(DeviceFault(lane="", device="agent", what=each.what))
        store.remember(_NEWEST, each.name)
        store.remember(LAST, f"{each.name.partition(' ')[0]} {each.what}")
    return len(fresh)
