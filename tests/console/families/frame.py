"""The frame's."""

from typing import Final

from server.console.tabs import tabs
from server.roles import Role

FAMILIES: Final = {
    "role": Role,
    "nav": [tab.name for tab in tabs()],
    "keys": [tab.name for tab in tabs()],
}
