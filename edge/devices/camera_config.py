"""Which camera a lane has: the `camera` of a lane in the box's file."""

from typing import Annotated

from msgspec import Meta

from edge import addresses

CameraUrl = Annotated[str, Meta(pattern="^https?://")]

CameraConfig = CameraUrl


def check(camera: CameraConfig) -> None:
    """What the types do not say. Raises ValueError."""
    addresses.check(camera)
