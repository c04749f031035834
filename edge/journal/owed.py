"""What happened while the disk would not have it: kept in memory, in order, until it does.

Memory is the last resort: before it, the disk's reserve is given up, which takes some ten thousand facts. What is owed
when the power goes is lost.
"""

import sqlite3
from collections import deque
from collections.abc import Callable
from typing import Final

import structlog

from edge.journal.outbox import Outbox
from edge.journal.reserve import Reserve
from edge.journal.store import Store
from gate.messages import DeviceFault

NO_ROOM: Final = "the disk does not take facts"
WHAT_MAX: Final = 400
_ROOM_HELPS: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
log = structlog.get_logger()


class NoRoom(OSError):
    """The disk does not take facts: what needs them on disk first cannot be done."""


class Owed:
    """Writes of the deciding thread. An arm that rose did rise, room or not; a decision waits for its fact.

    `reserve` is room that is given up on a full disk.
    """

    def __init__(self, store: Store, outbox: Outbox, reserve: Reserve | None = None) -> None:
        self._store, self._outbox, self._reserve = store, outbox, reserve
        self._waiting: deque[Callable[[], object]] = deque()
        self._refused = 0
        self._telling: Callable[[], object] | None = None

    def decide(self, write: Callable[[], object]) -> None:
        """Write all of it or nothing. Raises NoRoom."""
        if not self.settle():
            raise NoRoom(NO_ROOM)
        try:
            self._write(write)
        except sqlite3.Error as error:
            self._complain(error)
            raise NoRoom(f"{NO_ROOM}: {error}") from error

    def witness(self, write: Callable[[], object]) -> None:
        """Write what has happened; later, if it cannot be now."""
        self._waiting.append(write)
        self.settle()

    def settle(self) -> bool:
        """Write what is owed. Whether nothing is owed any more."""
        try:
            while self._waiting:
                self._write_first()
            self._own_up()
        except sqlite3.Error as error:
            self._complain(error)
            return False
        return True

    def _write_first(self) -> None:
        """Write what is owed longest. What no disk would ever take must not keep all that comes behind it."""
        first = self._waiting[0]
        try:
            self._write(first)
        except sqlite3.Error:
            raise
        except Exception as error:
            log.exception("a fact could not be written and is lost")
            self._waiting.popleft()
            if first is not self._telling:  # else not even that can be told
                self._telling = self._lost(error)
                self._waiting.appendleft(self._telling)
            return
        self._waiting.popleft()

    def _lost(self, error: Exception) -> Callable[[], object]:
        what = f"a fact could not be written: {type(error).__name__}: {error}"[:WHAT_MAX]
        lost = DeviceFault(lane="", device="agent", what=what.encode("utf-8", "replace").decode())
        return lambda: self._outbox.record(lost)

    def _write(self, write: Callable[[], object]) -> None:
        """In one transaction; on a full disk once more in the log's own room, and once more in the reserve's."""
        ways = iter((self._store.fold, self._release))
        while True:
            try:
                with self._store.transaction():
                    write()
                break
            except sqlite3.Error as error:
                helps = getattr(error, "sqlite_errorcode", 0) & 0xFF in _ROOM_HELPS
                if not helps or not any(made_room() for made_room in ways):
                    raise
        if self._reserve and not self._reserve.held:
            self._store.fold()  # while there is room to: a log that grows would take ten times what its facts need

    def _release(self) -> bool:
        return self._reserve is not None and self._reserve.release()

    def _own_up(self) -> None:
        """The disk has room again: say that it had none."""
        if self._refused:
            what = f"refused {self._refused} writes; what happened meanwhile was written after"
            with self._store.transaction():
                self._outbox.record(DeviceFault(lane="", device="disk", what=what))
            log.warning("the disk takes facts again", refused=self._refused)
            self._refused = 0

    def _complain(self, error: sqlite3.Error) -> None:
        self._refused += 1
        log.error(NO_ROOM, why=str(error), owed=len(self._waiting))
