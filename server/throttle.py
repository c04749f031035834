"""How often something may be tried under a name: so many times in a window, then not until the window has moved on."""

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta
from typing import Final

NAMES_MAX: Final = 20_000


class Throttle:
    """Counts tries by name. Safe from any thread; known to one process, and forgotten with it."""

    def __init__(self, most: int, window: timedelta) -> None:
        self._most = most
        self._window = window
        self._tries: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def tries(self, name: str, now: datetime) -> bool:
        """Count another try; whether it is within the measure. One that is not is not counted: waiting helps."""
        with self._lock:
            tries = self._tries.setdefault(name, deque())
            self._tries.move_to_end(name)
            while len(self._tries) > NAMES_MAX:  # invented names: who came longest ago is forgotten
                self._tries.popitem(last=False)
            while tries and now - tries[0] >= self._window:
                tries.popleft()
            if len(tries) >= self._most:
                return False
            tries.append(now)
            return True

    def back(self, name: str, now: datetime) -> None:
        """The try counted at `now` does not count after all."""
        with self._lock:
            tries = self._tries.get(name, deque())
            if now in tries:
                tries.remove(now)

    def forget(self, name: str) -> None:
        """As if nothing had been tried under this name."""
        with self._lock:
            self._tries.pop(name, None)
