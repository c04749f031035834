"""Tags at one lane: which vehicle a tag belongs to, and the fact that it was there."""

import hashlib
import hmac
from typing import Final

from edge.lanes.approach import Approach
from edge.lanes.decide import standing
from edge.lanes.lane_config import LaneConfig
from edge.lanes.witness import Witness
from edge.parts import Parts
from gate.messages import TagRead

LIFE_S: Final = 10.0
"""A tag that was read so long before its vehicle reached the loop is another's."""


class TagDesk:
    """Keeps a tag that comes before its vehicle."""

    def __init__(self, config: LaneConfig, parts: Parts, witness: Witness) -> None:
        self._config, self._parts, self._witness = config, parts, witness
        self._waiting: tuple[str, float] | None = None

    def wait(self, tag: str) -> None:
        """Nobody stands at the loop yet."""
        self._waiting = (tag, self._parts.clock.monotonic_s())

    def meet(self, here: Approach) -> None:
        """Somebody is at the loop: the tag that waited is theirs, if it did not wait too long."""
        waiting, self._waiting = self._waiting, None
        if waiting and self._parts.clock.monotonic_s() - waiting[1] <= LIFE_S:
            self.take(here, waiting[0])

    def take(self, here: Approach, tag: str) -> None:
        """This is the vehicle's tag. The fact carries no tag, only what recognises it again."""
        here.tag = tag
        row = standing(self._parts.papers.lists, "", tag, None, self._parts.clock.now())
        read = TagRead(
            lane=self._config.lane,
            approach=here.approach,
            direction=self._config.direction,
            tag_sha256=hmac.new(self._parts.secret, tag.encode(), hashlib.sha256).hexdigest(),
            entry=row.entry if row else None,
        )
        self._witness.saw(here, read)
