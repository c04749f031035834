"""A lane's camera: asked for a picture, it gives one or says why not; some read plates by themselves and push."""

from typing import NamedTuple, Protocol

from gate.vehicle import VehicleClass


class Camera(Protocol):
    """One camera. Every driver passes the same conformance suite, each with its twin:

    - A picture is whole and of now: no older than a few seconds, and never the repetition of a frozen one.
    - An answer or DeviceFailed comes within the deadline, whatever the camera does.
    - What is larger than a picture may be is refused; a camera that was away comes back by itself.
    - Only the host of the configuration is ever asked. No picture is decoded in the box's own process.
    - `stop` leaves no thread, process or connection behind.
    """

    def snapshot(self, deadline_s: float) -> bytes:
        """A JPEG or PNG of now. Raises DeviceFailed when none came within `deadline_s`, or only a stale one."""

    def stop(self) -> None:
        """Let go of the camera; may be called twice."""


class CameraRead(NamedTuple):
    """What a camera that reads by itself says of one vehicle, whatever its maker's words for it.

    `plate` is as the camera gave it, empty when it saw a vehicle and no plate; `confidence` 0..1, 0 when it says none.
    """

    plate: str
    confidence: float
    picture: bytes
    colour: str = "unknown"  # one of gate.reading.COLOURS
    vehicle_class: VehicleClass | None = None


class CameraListener(Protocol):
    """Who hears a camera that speaks by itself. Called on any thread; it must only hand over."""

    def camera_read(self, read: CameraRead) -> None:
        """The camera read a vehicle."""

    def line_crossed(self) -> None:
        """A vehicle crossed the counting line in the lane's direction: a passage, where the lane counts so."""
