"""How a lane's camera sees, from what was read of the vehicles before it: told once when it leaves its limits."""

from collections.abc import Callable
from typing import Final

import structlog

from edge.config import Engine
from edge.known.cameras import Cameras, name_of
from edge.lanes.approach import Look
from edge.lanes.lane_config import LaneConfig
from edge.parts import Parts
from edge.reader.health import Seen, observe

DEVICE: Final = "camera"
log = structlog.get_logger()


class CameraWatch:
    """The watch over one lane's camera. `complain` gets the device's name and what is wrong with it, in words."""

    def __init__(self, config: LaneConfig, parts: Parts, complain: Callable[[str, str], None]) -> None:
        self._lane, self._parts, self._complain = config.lane, parts, complain
        self._cameras = Cameras(parts.store)
        self._health = self._cameras.recall(config.lane, name_of(config.camera))

    def saw(self, look: Look) -> None:
        """A vehicle was looked at. A camera that gave no picture is another fault, and a box without a reader knows
        nothing of its cameras."""
        if look.engine == Engine.NONE or not (look.picture or look.reading):
            return
        sure = look.reading.confidence if look.reading else 0.0
        observed = observe(self._health, Seen(sure, look.sharpness, look.brightness), self._parts.clock.now())
        self._health = health = observed.health
        if observed.keep:
            self._parts.owed.witness(lambda: self._cameras.keep(self._lane, health))
        for news in observed.news:
            log.warning("a camera's figure", lane=self._lane, what=news.words, back=news.back)
            if not news.back:
                self._complain(DEVICE, news.words)
