"""The day page's."""

from typing import Final

from server.console import day

FAMILIES: Final = {"counts": day.COUNTS, "money": day.MONEY}
