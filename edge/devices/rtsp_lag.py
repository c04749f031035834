"""How far a stream lags: its own time beside the clock's."""

from collections import deque
from typing import Final

WINDOW_S: Final = 600.0  # a camera's clock may run 100 ppm off: 60 ms in this time
_STEP_S: Final = 1.0


class Lag:
    """Pictures that wait in a buffer come later than their time says. The promptest of ten minutes sets the scale."""

    def __init__(self) -> None:
        self._promptest: deque[tuple[float, float]] = deque()  # of each second: when, and arrival less own time
        self._own_s = -1.0

    def of(self, own_s: float, now_s: float) -> float:
        """Seconds by which a picture with this time of its own, coming now, is late; 0 where that says nothing."""
        if own_s <= self._own_s:
            self._promptest.clear()  # it began anew, or has no time at all
        self._own_s = own_s
        late = now_s - own_s
        if not self._promptest or now_s - self._promptest[-1][0] >= _STEP_S:
            self._promptest.append((now_s, late))
        elif late < self._promptest[-1][1]:
            self._promptest[-1] = (self._promptest[-1][0], late)
        while self._promptest[0][0] + WINDOW_S < now_s:
            self._promptest.popleft()
        return late - min(least for _, least in self._promptest)
