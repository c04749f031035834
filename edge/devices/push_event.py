"""What a push means: a vehicle read, a counting line crossed, or nothing that a lane asks about."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from edge.devices.push_body import Picture
from edge.devices.snapshot import BYTES_MAX
from gate.devices.camera import CameraRead
from gate.reading import COLOURS
from gate.vehicle import VehicleClass

NO_PLATE: Final = frozenset({"", "unknown", "<unknown>", "noplate", "no plate", "no_plate", "none", "null", "无车牌"})


class Seen(NamedTuple):
    """A vehicle was read; `ways` are the camera's words for where it was going, as far as it said."""

    read: CameraRead
    ways: tuple[str, ...]


class Crossed(NamedTuple):
    """A vehicle crossed the counting line."""

    ways: tuple[str, ...]


Event = Seen | Crossed | None
"""None: a heartbeat, an event of another kind, one that is over, or one from before."""


def plate(text: str) -> str:
    """A plate as the camera gave it, empty where that is its word for none."""
    return "" if text.strip().lower() in NO_PLATE else text.strip()


def colour(text: str) -> str:
    """The background as `gate.reading` calls it."""
    return text.lower() if text.lower() in COLOURS else "unknown"


def share(*texts: str) -> float:
    """The least of some confidences, each 0..1, 0..100 or 0..255 as the makers like; 0 where none is said."""
    numbers = [number for text in texts for part in text.split(",") if (number := _number(part)) > 0]
    return min((_as_share(number) for number in numbers), default=0.0)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if 0 < number <= 255 else 0.0


def _as_share(number: float) -> float:
    return number if number <= 1 else number / 100 if number <= 100 else number / 255


def best(pictures: list[Picture], *wanted: str) -> bytes:
    """The picture of the whole vehicle: by name if the camera names it so, else the largest; nothing if too large."""
    small = [picture for picture in pictures if len(picture.data) <= BYTES_MAX]
    for word in wanted:
        for picture in small:
            if word in picture.name:
                return picture.data
    return max((picture.data for picture in small), key=len, default=b"")


def kind(text: str, kinds: Mapping[str, VehicleClass]) -> VehicleClass | None:
    """The class, where the camera's word leaves no doubt."""
    return kinds.get(text.lower())
