"""How a lane's camera sees, from what was read of the vehicles before it."""

from collections.abc import Callable

from edge.lanes.approach import Look
from edge.lanes.lane_config import LaneConfig
from edge.parts import Parts


class CameraWatch:
    """The watch over one lane's camera."""

    def __init__(self, config: LaneConfig, parts: Parts, complain: Callable[[str, str], None]) -> None:
        self._config, self._parts, self._complain = config, parts, complain

    def saw(self, look: Look) -> None:
        """A vehicle was looked at."""
