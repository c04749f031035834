"""A picture that repeats itself to the byte: a real sensor's noise never does, so the camera stands still."""

import hashlib

from gate.devices.board import DeviceFailed


class Frozen:
    """Watches one camera's pictures. `after_s` 0: not watched."""

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s
        self._seen, self._since = b"", 0.0

    def check(self, picture: bytes, now_s: float) -> None:
        """Take note of a picture. Raises DeviceFailed when it has been the same for `after_s`."""
        seen = hashlib.sha256(picture).digest()
        if seen != self._seen:
            self._seen, self._since = seen, now_s
        elif 0 < self._after_s <= now_s - self._since:
            raise DeviceFailed(f"camera: stale: the same picture for {now_s - self._since:.1f} s")
