"""A lane's camera: asked for a picture, it gives one or says why not."""

from typing import Protocol


class Camera(Protocol):
    """One camera."""

    def snapshot(self, deadline_s: float) -> bytes:
        """A JPEG or PNG of now. Raises DeviceFailed when none came within `deadline_s`."""
