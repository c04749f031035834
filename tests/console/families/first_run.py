"""The first run's."""

from typing import Final

from server.presets import Preset

FAMILIES: Final = {"preset": Preset}
