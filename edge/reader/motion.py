"""Where something moved between two frames of one camera, or a plate stood: the part that is worth reading."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.reader.contract import Box
from edge.reader.networks import Image

_SMALL: Final = 160  # pixels of the shorter side on which frames are compared
_CHANGE: Final = 14  # grey levels: noise and the file's blocks are less
_LEAST: Final = 6  # small pixels: a leaf
_ROOM: Final = 0.15  # of the frame's shorter side, around what moved
WHOLE_S: Final = 1.0
"""The whole frame is read this often at least: who stands still is still there."""


class Motion:
    """Follows one camera. The moments are the frames' own, in seconds."""

    def __init__(self) -> None:
        self._last: NDArray[np.uint8] | None = None
        self._whole_s = -WHOLE_S

    def part(self, image: Image, at_s: float, stood: Sequence[Box] = ()) -> Box | None:
        """What of this frame to read: all of it now and then, else where something moved and where plates `stood` on
        the frame before; None where there is neither."""
        height, width = image.shape[:2]
        scale = min(1.0, _SMALL / min(height, width))
        small = cv2.resize(
            image, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA
        )
        now = np.asarray(cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (3, 3), 0), np.uint8)
        before, self._last = self._last, now
        if before is None or before.shape != now.shape or at_s - self._whole_s >= WHOLE_S:
            self._whole_s = at_s
            return 0, 0, width, height
        moved = _changed(before, now)
        found = [(x / scale, y / scale, w / scale, h / scale) for x, y, w, h in moved] + [*stood]
        if not found:
            return None
        room = _ROOM * min(height, width)
        left, top = (max(0, int(min(box[n] for box in found) - room)) for n in (0, 1))
        right, low = (int(max(box[n] + box[n + 2] for box in found) + room) for n in (0, 1))
        return left, top, min(width, right) - left, min(height, low) - top


def _changed(before: NDArray[np.uint8], now: NDArray[np.uint8]) -> list[Box]:
    """The box of all pixels that changed, in small pixels, if any did."""
    mask = (cv2.absdiff(before, now) > _CHANGE).astype(np.uint8)
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)), np.uint8)
    if int(mask.sum()) < _LEAST:
        return []
    x, y, width, height = cv2.boundingRect(mask)
    return [(x, y, width, height)]
