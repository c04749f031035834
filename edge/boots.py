"""What outlives a kill and a power cut of the box's clocks: an anchor for each start of the machine, and the moments
at which visits began, in ticks of the machine that saw them.

A stay that began and ends on one machine's ticks is as long as these say; the wall has no part in it. Over a restart
of the machine each end is corrected by its own anchor, also by one that was measured after the moment.
"""

import sqlite3
from datetime import datetime, timedelta
from typing import Final

import structlog

from edge.clock import Clock, Earlier
from edge.estimate import MS, Estimate, drifted
from edge.journal.store import Store
from gate.messages import Ack, Envelope
from gate.wire import Malformed, decode

TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS boot (
    machine TEXT PRIMARY KEY, tick_ms INTEGER NOT NULL, at TEXT NOT NULL, within_ms REAL NOT NULL,
    offset_ms INTEGER, measured INTEGER NOT NULL) STRICT""",
    """CREATE TABLE IF NOT EXISTS visit_began (
    visit TEXT PRIMARY KEY, machine TEXT NOT NULL, tick_ms INTEGER NOT NULL, at TEXT NOT NULL,
    measured INTEGER NOT NULL) STRICT""",
)
KEEP_EVERY: Final = timedelta(minutes=10)
BOOTS_KEPT: Final = 1_000
log = structlog.get_logger()


def begin(store: Store, clock: Clock) -> None:
    """Let the clock know what was known before. Call it before anything is recorded."""
    for table in TABLES:
        store.run(table)
    clock.recall(_kept(store, clock.machine), Earlier(_floor(store), _offset(store)))
    if clock.estimate().plausible:
        _keep(store, clock)


def answered(store: Store, clock: Clock, ack: Ack) -> str:
    """Learn from the centre's time on its answer to a State. What is to be told of it: a step, or nothing."""
    if ack.at is None or ack.echo_ms is None:
        return ""
    before = clock.estimate()
    step = clock.answered(ack.at, ack.echo_ms)
    learnt = clock.estimate()
    if step or learnt.measured != before.measured or _is_old(store, clock):
        try:
            _keep(store, clock)
        except sqlite3.Error as error:  # what is known in memory goes on
            log.warning("the clock's anchor cannot be kept", why=str(error))
    if step is None:
        return ""
    seconds = abs(step.by).total_seconds()
    what = f"the box's time was {seconds:.1f} s {'behind' if step.by > timedelta(0) else 'ahead'} and was set"
    log.warning("clock set", by_s=step.by.total_seconds(), again=step.again)
    return what


def began(store: Store, clock: Clock, visit: str, at: datetime) -> None:
    """The visit began at this moment, by now() of this boot."""
    ago = max(clock.now() - at, timedelta(0))
    tick = clock.tick_ms() - round(ago / MS)
    store.run(
        "INSERT INTO visit_began VALUES (?, ?, ?, ?, ?) ON CONFLICT (visit) DO UPDATE SET "
        "machine = excluded.machine, tick_ms = excluded.tick_ms, at = excluded.at, measured = excluded.measured",
        visit,
        clock.machine,
        tick,
        at.isoformat(),
        clock.is_measured(),
    )


def ended(store: Store, visit: str) -> None:
    """Nobody will ask for its beginning again."""
    store.run("DELETE FROM visit_began WHERE visit = ?", visit)


def beginning(store: Store, clock: Clock, visit: str, said: datetime) -> datetime:
    """When the visit began, by all that is known now; never later than now. `said`: where nothing else is known."""
    now, tick = clock.now(), clock.tick_ms()
    row = store.run("SELECT machine, tick_ms, at, measured FROM visit_began WHERE visit = ?", visit).fetchone()
    if row is None:
        return min(said, now)
    machine, began_tick, at, measured = row[0], int(row[1]), datetime.fromisoformat(row[2]), bool(row[3])
    if machine == clock.machine:
        counted = now - (tick - began_tick) * MS
        measured = measured and clock.is_measured()
    else:
        anchor = _kept(store, machine)
        if anchor is None or not anchor.measured:
            return min(at, now)
        counted = anchor.at(began_tick)
        tick = anchor.tick
    honest = measured and abs(at - counted) <= drifted((tick - began_tick) * MS)
    return min(at if honest else counted, now)


def _keep(store: Store, clock: Clock) -> None:
    reading, tick = clock.reading(), clock.tick_ms()
    known = clock.estimate()
    with store.transaction():
        store.run("DELETE FROM boot WHERE machine = ?", clock.machine)
        store.run(
            "INSERT INTO boot VALUES (?, ?, ?, ?, ?, ?)",
            clock.machine,
            tick,
            known.at(tick).isoformat(),
            known.uncertain_ms(tick),
            reading.offset_ms,
            known.measured,
        )
        store.run(
            "DELETE FROM boot WHERE rowid NOT IN (SELECT rowid FROM boot ORDER BY rowid DESC LIMIT ?)", BOOTS_KEPT
        )


def _kept(store: Store, machine: str) -> Estimate | None:
    row = store.run("SELECT tick_ms, at, within_ms, measured FROM boot WHERE machine = ?", machine).fetchone()
    if row is None:
        return None
    return Estimate(int(row[0]), datetime.fromisoformat(row[1]), float(row[2]), measured=bool(row[3]))


def _is_old(store: Store, clock: Clock) -> bool:
    """Whether the kept anchor is so old that a restart would know less than it could."""
    kept = _kept(store, clock.machine)
    return kept is None or (clock.tick_ms() - kept.tick) * MS >= KEEP_EVERY


def _offset(store: Store) -> int | None:
    """How far the wall was ahead when it was last measured."""
    row = store.run("SELECT offset_ms FROM boot WHERE measured = 1 ORDER BY rowid DESC LIMIT 1").fetchone()
    return None if row is None or row[0] is None else int(row[0])


def _floor(store: Store) -> datetime | None:
    """The last moment that is known to be past: of the newest fact, or of the newest anchor."""
    row = store.run("SELECT at FROM boot ORDER BY rowid DESC LIMIT 1").fetchone()
    moments = [datetime.fromisoformat(row[0])] if row else []
    newest = store.run("SELECT payload FROM outbox ORDER BY sequence DESC LIMIT 1").fetchone()
    if newest:
        try:
            moments.append(decode(newest[0], Envelope).happened_at)
        except Malformed:  # written by another version
            log.warning("the newest fact cannot be read")
    return max(moments, default=None)
