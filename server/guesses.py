"""Guesses at passwords, counted before they are tried: by name and address, and by name from everywhere.

So many from one address close the name to that address. Many from everywhere make the name wait, longer each time, but
not for addresses from which this person signed in before: strangers must not shut anybody out.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from server.addresses import network_of
from server.throttle import NAMES_MAX, Throttle

GUESSES_MAX: Final = 10
GUESS_WINDOW: Final = timedelta(hours=1)
FROM_EVERYWHERE: Final = 20
"""So many guesses at a name, wherever they come from, need not wait."""
WAIT_MAX: Final = timedelta(minutes=5)
_KEPT: Final = FROM_EVERYWHERE + 10


class TooManyGuesses(PermissionError):
    """This address guessed too often for this name, or all addresses together did."""


class Guesses:
    """Wrong guesses of the last hour. Safe from any thread; known to one process, and forgotten with it."""

    def __init__(self) -> None:
        self._of_address = Throttle(GUESSES_MAX, GUESS_WINDOW)
        self._of_name: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, name: str, address: str, now: datetime, is_known: Callable[[], bool]) -> None:
        """A guess, wrong until `right` is called. Raises TooManyGuesses; then it is not counted: waiting helps.

        `is_known` is asked only while the name waits: whether the person signed in from there before.
        """
        if self._counted(name, address, now, waits=True):
            return
        if not (is_known() and self._counted(name, address, now, waits=False)):
            raise TooManyGuesses(name)

    def right(self, name: str, address: str, now: datetime) -> None:
        """The guess counted at `now` was the password."""
        self._of_address.forget(_key(name, address))
        with self._lock:
            tries = self._of_name.get(name, deque())
            if now in tries:
                tries.remove(now)

    def _counted(self, name: str, address: str, now: datetime, *, waits: bool) -> bool:
        """False where the name is to wait. Raises TooManyGuesses."""
        with self._lock:
            tries = self._of_name.setdefault(name, deque(maxlen=_KEPT))
            self._of_name.move_to_end(name)
            while len(self._of_name) > NAMES_MAX:  # invented names
                self._of_name.popitem(last=False)
            while tries and now - tries[0] >= GUESS_WINDOW:
                tries.popleft()
            if waits and tries and now < tries[-1] + _wait(len(tries)):
                return False
            if not self._of_address.tries(_key(name, address), now):
                raise TooManyGuesses(name)
            tries.append(now)
            return True


def _wait(tries: int) -> timedelta:
    """How long a name waits after so many guesses: twice as long after each that is too many."""
    over = tries - FROM_EVERYWHERE
    return min(timedelta(seconds=2**over), WAIT_MAX) if over >= 0 else timedelta()


def _key(name: str, address: str) -> str:
    return f"{network_of(address)} {name}"
