"""The devices'."""

from typing import Final

from gate.control import Sign

FAMILIES: Final = {"devices.state": ("online", "offline", "silent", "never"), "devices.sign": Sign}
