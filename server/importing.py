"""Files of banks and providers taken in while the person who brought them waits: one after the other, in a thread.

A file is known by its bytes. Brought again while it is being read it is the same work; after a restart the books say
whether it is in: a file is in them whole or not at all.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import structlog
from sqlalchemy import Engine

from server.auth import audit
from server.db import transaction
from server.imports import keeping
from server.imports.flaws import BadFile, Flaw
from server.imports.keeping import File, Imported, Step

KEPT_MAX: Final = 50
"""Works that are remembered; their files are not."""
log = structlog.get_logger()


class State(StrEnum):
    """How far a file is."""

    WAITING = "waiting"
    READING = "reading"
    KEEPING = "keeping"
    PROVING = "proving"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"

    @property
    def over(self) -> bool:
        """Nothing more will happen."""
        return self in {State.DONE, State.REFUSED, State.FAILED}


class Sort(StrEnum):
    """What a file is said to be."""

    BANK = "bank"
    SETTLEMENT = "settlement"


@dataclass(frozen=True)
class Work:
    """A file on its way: `done` of `of` in this state, 0 of 0 where nothing is known; of a refused one what is wrong,
    `flaws` the first of `count`."""

    sha256: str
    name: str
    sort: Sort
    source: str
    by: str
    state: State = State.WAITING
    done: int = 0
    of: int = 0
    result: Imported | None = None
    flaws: tuple[Flaw, ...] = field(default=())
    count: int = 0


class Importing:
    """The works of one process. `changed` hears a file's hash whenever something about it did."""

    def __init__(self, engine: Engine, changed: Callable[[str], None]) -> None:
        self._engine, self._changed = engine, changed
        self._lock = threading.Lock()
        self._works: OrderedDict[str, Work] = OrderedDict()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="imports")

    def begin(self, file: File, sort: Sort, source: str) -> Work:
        """Take the file in; the work that there is already, unless that is over."""
        with self._lock:
            known = self._works.get(file.sha256)
            if known is not None and not known.state.over:
                return known
            work = Work(file.sha256, file.name, sort, source, file.by)
            self._keep(work)
        self._thread.submit(self._take, file, work)
        return work

    def work(self, sha256: str) -> Work | None:
        """How far a file is; None for one that this process knows nothing of."""
        with self._lock:
            return self._works.get(sha256)

    def close(self) -> None:
        """Wait until what was begun is in the books."""
        self._thread.shutdown()

    def _take(self, file: File, work: Work) -> None:
        def told(step: Step, done: int, of: int) -> None:
            self._say(work, state=State(step.value), done=done, of=of)

        try:
            result = self._into_the_books(replace(file, told=told), work)
        except BadFile as error:
            self._say(work, state=State.REFUSED, flaws=tuple(error.flaws), count=error.count)
        except Exception:  # said on the page, and in the log with all that is known
            log.exception("an import failed", file=work.name, sha256=work.sha256)
            self._say(work, state=State.FAILED)
        else:
            self._say(work, state=State.DONE, result=result)

    def _into_the_books(self, file: File, work: Work) -> Imported:
        now = datetime.now(UTC)
        take = keeping.bank_statement if work.sort is Sort.BANK else keeping.settlement_file
        with transaction(self._engine) as session:
            done = take(session, file, work.source, now)
            if done.before is None:
                audit(session, work.by, f"imported a {done.kind} file", done.source, now, {"name": done.name})
        return done

    def _say(self, work: Work, **changes: object) -> None:
        with self._lock:
            self._keep(replace(work, **changes))  # type: ignore[arg-type]
        self._changed(work.sha256)

    def _keep(self, work: Work) -> None:
        self._works[work.sha256] = work
        self._works.move_to_end(work.sha256)
        while len(self._works) > KEPT_MAX:
            self._works.popitem(last=False)
