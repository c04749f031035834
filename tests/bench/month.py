"""A month of books for `barie bench reconcile`: written by the database itself, with a true share of trouble.

Every stay leaves what it leaves in a real centre: its visit, two openings and passages, a charge, a payment, their
entries and postings, what is kept beside them, and the entry of the bank line that proves the payment a day later, so
that none is left in clearing. How each stay went is drawn here and put into a table of its own; its rows in the books
follow in one statement a table (`stays.sql`).
"""

import random
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Engine

from gate.money import vat_in
from gate.reference import mint
from server.db import migrate, transaction
from server.reconcile import bounds
from server.register import SiteRow

SITE: Final = "SPS"
FIRST: Final = date(2026, 10, 1)
DAYS: Final = 30
WRITTEN: Final = ("visit", "opening", "passage", "charge", "payment", "entry", "posting", "bank_proof", "stay_money")
STAYS: Final = Path(__file__).parent / "stays.sql"
_KEY: Final = b"a key of the bench's site"
_PRICES: Final = (("MOTO", 10_000), ("CAR9", 30_000), ("BUS30", 50_000))
_KINDS: Final = "'pend', 'charge', 'payment', 'banked'"
_OF_DAY: Final = "AND happened_at >= ? AND happened_at < ?"
SCANS: Final = (
    "SELECT sum(quoted), sum(read) FROM visit WHERE site = ? AND opened_at >= ? AND opened_at < ?",
    "SELECT count(reason) FROM opening WHERE site = ? AND happened_at >= ? AND happened_at < ?",
    "SELECT count(direction) FROM passage WHERE site = ? AND happened_at >= ? AND happened_at < ?",
    "SELECT sum(total) FROM charge WHERE site = ? AND happened_at >= ? AND happened_at < ?",
    "SELECT sum(amount) FROM payment WHERE site = ? AND received_at >= ? AND received_at < ?",
    f"SELECT sum(amount) FROM entry JOIN posting USING (key) WHERE site = ? AND kind IN ({_KINDS}) {_OF_DAY}",
)
"""The rows of a day, each table once."""


class Share(NamedTuple):
    """How often each trouble befalls a stay. Together a little under two in a hundred, as at a busy lot."""

    unread: float = 0.006
    unpaid: float = 0.003
    paid_late: float = 0.003
    paid_twice: float = 0.0005
    tailgate: float = 0.002
    by_hand: float = 0.001
    unused: float = 0.001
    other_price: float = 0.0002
    overnight: float = 0.02


class Stay(NamedTuple):
    """One stay as it went, with the troubles that befell it; moments are seconds since 1970."""

    visit: str
    entry: str
    exit: str
    kind: str
    price: int
    vat: int
    came: float
    left: float
    unread: bool
    unpaid: bool
    paid_late: bool
    paid_twice: bool
    tailgate: bool
    by_hand: bool
    unused: bool
    other_price: bool


def write(engine: Engine, visits: int, seed: int = 4) -> None:
    """The schema, one site, and thirty days with as many visits in all."""
    migrate(engine)
    with transaction(engine) as session:
        session.add(
            SiteRow(
                site=SITE,
                name_vi="Bãi xe",
                name_en="Car park",
                bank="970436",
                account="1017595600",
                account_name="BENCH",
                capacity=0,
                unpaid="bill",
                patience_s=60,
            )
        )
    chance, number = random.Random(seed), 0
    with _quick(engine) as connection:
        connection.execute(f"CREATE TEMP TABLE stay ({', '.join(Stay._fields)})")
        for day in range(DAYS):
            start, _ = bounds(FIRST + timedelta(days=day))
            count = visits * (day + 1) // DAYS - visits * day // DAYS
            _write(connection, _stays(chance, start.timestamp(), count, number))
            number += count


@contextmanager
def _quick(engine: Engine) -> Iterator[sqlite3.Connection]:
    """A connection that waits for no disk, and whose indexes are made at the end: these books are made to be read."""
    pooled = engine.raw_connection()
    connection: sqlite3.Connection = pooled.driver_connection  # type: ignore[assignment]
    connection.executescript("PRAGMA journal_mode=OFF; PRAGMA foreign_keys=OFF; PRAGMA cache_size=-400000")
    connection.execute("PRAGMA synchronous=OFF")
    names = ", ".join(f"'{table}'" for table in WRITTEN)
    found = f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({names})"
    indexes = connection.execute(found).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    yield connection
    for _, made in indexes:
        connection.execute(made)
    pooled.invalidate()


def _write(connection: sqlite3.Connection, stays: Iterable[Stay]) -> None:
    places = ", ".join("?" * len(Stay._fields))
    connection.execute("BEGIN")
    connection.executemany(f"INSERT INTO temp.stay VALUES ({places})", stays)
    for statement in STAYS.read_text(encoding="utf-8").split(";"):
        connection.execute(statement)
    connection.execute("DELETE FROM temp.stay")
    connection.execute("COMMIT")


def _stays(chance: random.Random, start: float, count: int, number: int) -> Iterator[Stay]:
    """In the order they came, most of them by day."""
    share = Share()
    hours = sorted(min(23.9, max(0.0, chance.gauss(12, 3.5))) for _ in range(count))
    for place, hour in enumerate(hours):
        kind, price = chance.choices(_PRICES, (70, 25, 5))[0]
        came = start + hour * 3_600
        overnight = chance.random() < share.overnight
        left = came + 60 * (chance.uniform(600, 1_200) if overnight else chance.uniform(5, 240))
        troubles = (chance.random() < often for often in share[:-1])
        names = mint(SITE, number + place, _KEY), _id(chance, came), _id(chance, left)
        yield Stay(*names, kind, price, vat_in(price, 800), came, left, *troubles)


def _id(chance: random.Random, at: float) -> str:
    """An id in the order of time, as boxes make them."""
    text = f"{int(at * 1_000):012x}7{chance.getrandbits(76):019x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def text(at: datetime) -> str:
    """As the books keep a moment in SQLite."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
