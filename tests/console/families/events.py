"""The events' pages'."""

from typing import Final

FAMILIES: Final = {"events.state": ("coming", "now", "over", "undone")}
