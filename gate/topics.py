"""Topics of the wire, built and parsed here and nowhere else (design: "Facts and the wire").

A topic names the site, the box and the channel: `barie/v1/{site}/{box}/{channel}`.
"""

import re
from enum import StrEnum
from typing import Final, NamedTuple, Self

ROOT: Final = "barie/v1"
SITE: Final = re.compile(r"[A-Z][A-Z0-9]{2}")
BOX: Final = re.compile(r"[a-z][a-z0-9-]{1,30}[a-z0-9]")


class Channel(StrEnum):
    """What a message on this topic is; who sends it, and whether a broker may keep it."""

    EVENT = "event"  # box -> centre: facts from the outbox
    ACK = "ack"  # centre -> box: all facts up to here are committed
    COMMAND = "command"  # centre -> box: never retained, a stale "open" must not replay
    REPLY = "reply"  # box -> centre: what became of a command
    LEASE = "lease"  # centre -> box: signed snapshot, retained
    DELTA = "delta"  # centre -> box: numbered changes since the snapshot
    STATE = "state"  # box -> all: lanes and devices, retained
    ONLINE = "online"  # box -> all: birth and last will, retained


RETAINED: Final = frozenset({Channel.LEASE, Channel.STATE, Channel.ONLINE})
FROM_BOX: Final = frozenset({Channel.EVENT, Channel.REPLY, Channel.STATE, Channel.ONLINE})
TO_BOX: Final = frozenset(Channel) - FROM_BOX
_CHANNELS: Final = frozenset(channel.value for channel in Channel)


class ForeignTopic(ValueError):
    """The topic is not one of ours."""


class Topic(NamedTuple):
    """One topic. `site` is three capitals (SPS), `box` a lower-case name (sps-1)."""

    site: str
    box: str
    channel: Channel

    def __str__(self) -> str:
        return f"{ROOT}/{self.site}/{self.box}/{self.channel}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The topic that `text` names. Raises ForeignTopic for anything else."""
        parts = text.split("/")
        if len(parts) != 5 or f"{parts[0]}/{parts[1]}" != ROOT:
            raise ForeignTopic(f"not a topic of ours: {text[:80]!r}")
        _, _, site, box, channel = parts
        if not SITE.fullmatch(site) or not BOX.fullmatch(box) or channel not in _CHANNELS:
            raise ForeignTopic(f"site, box or channel is malformed: {text[:80]!r}")
        return cls(site, box, Channel(channel))


def every_box(channel: Channel, site: str = "+") -> str:
    """The filter under which the centre hears `channel` of all boxes (of one site, when named)."""
    return f"{ROOT}/{site}/+/{channel}"
