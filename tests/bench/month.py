"""A month of books for `barie bench reconcile`: rows written straight into the tables, with a true share of trouble.

Every stay leaves what it leaves in a real centre: its visit, two openings and passages, a charge, a payment, their
entries and postings, and the entry of the bank line that proves the payment a day later.
"""

import random
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Engine
from sqlmodel import SQLModel

from gate.ids import uuid7
from gate.messages import OpeningReason
from gate.money import vat_in
from gate.reference import mint
from server.db import migrate, transaction
from server.derived import VisitRow
from server.facts import ChargeRow, EntryRow, OpeningRow, PassageRow, PaymentRow, PostingRow
from server.facts_bank import ProofRow
from server.reconcile import bounds
from server.register import SiteRow

SITE: Final = "SPS"
FIRST: Final = date(2026, 10, 1)
DAYS: Final = 30
_KEY: Final = b"a key of the bench's site"
_PRICES: Final = (("MOTO", 10_000), ("CAR9", 30_000), ("BUS30", 50_000))
_TABLES: Final[tuple[type[SQLModel], ...]] = (
    VisitRow,
    OpeningRow,
    PassageRow,
    ChargeRow,
    PaymentRow,
    EntryRow,
    PostingRow,
    ProofRow,
)
Rows = dict[str, list[tuple[Any, ...]]]
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
    """One stay as it went."""

    visit: str
    kind: str
    price: int
    came: datetime
    left: datetime
    entry: str
    exit: str


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
    for day in range(DAYS):
        start, _ = bounds(FIRST + timedelta(days=day))
        count = visits * (day + 1) // DAYS - visits * day // DAYS
        rows: Rows = defaultdict(list)
        for stay in _stays(chance, start, count, number):
            _book(rows, stay, chance)
        number += count
        _insert(engine, rows)


def _stays(chance: random.Random, start: datetime, count: int, number: int) -> Iterator[Stay]:
    """In the order they came, most of them by day."""
    hours = sorted(min(23.9, max(0.0, chance.gauss(12, 3.5))) for _ in range(count))
    for place, hour in enumerate(hours):
        kind, price = chance.choices(_PRICES, (70, 25, 5))[0]
        came = start + timedelta(hours=hour)
        overnight = chance.random() < Share().overnight
        stayed = timedelta(minutes=chance.uniform(600, 1_200) if overnight else chance.uniform(5, 240))
        left = came + stayed
        entry, out = (str(uuid7(at, chance.randbytes(10))) for at in (came, left))
        yield Stay(mint(SITE, number + place, _KEY), kind, price, came, left, entry, out)


def _book(rows: Rows, stay: Stay, chance: random.Random) -> None:
    share = Share()
    hit = {name: chance.random() < value for name, value in share._asdict().items()}
    _way(rows, stay, "in", stay.came, OpeningReason.ADMITTED)
    unpaid, late = hit["unpaid"], hit["paid_late"]
    reason = OpeningReason.BILLED if unpaid or late else OpeningReason.PAID
    _way(rows, stay, "out", stay.left, OpeningReason.BY_HAND if hit["by_hand"] else reason)
    if hit["tailgate"]:
        rows["passage"].append(_passage(f"{stay.exit}-t", "out", None, stay.exit, stay.left, tailgate=True))
    if hit["unused"]:
        rows["opening"].append(_opening(f"{stay.exit}-u", "out", OpeningReason.PERSON, stay.left, note="mở thử"))
    recomputed = stay.price + 5_000 * hit["other_price"]
    rows["visit"].append(_visit(stay, recomputed, read=not hit["unread"]))
    charged = stay.left - timedelta(seconds=20)
    _charge(rows, stay, charged)
    if not unpaid:
        paid = stay.left + timedelta(minutes=30) if late else charged
        _payment(rows, stay, paid, 1, stay.price)
    if hit["paid_twice"]:
        _payment(rows, stay, charged + timedelta(seconds=5), 2, 0)


def _way(rows: Rows, stay: Stay, way: str, at: datetime, reason: OpeningReason) -> None:
    opening = stay.entry if way == "in" else stay.exit
    rows["opening"].append(_opening(opening, way, reason, at - timedelta(seconds=4), stay.visit))
    rows["passage"].append(_passage(f"{opening}-p", way, stay.visit, opening, at))


def text(at: datetime) -> str:
    """As the books keep a moment in SQLite."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _opening(
    name: str, way: str, reason: OpeningReason, at: datetime, visit: str | None = None, note: str = ""
) -> tuple[Any, ...]:
    by = "hand" if reason is OpeningReason.BY_HAND else "rule"
    return (name, SITE, f"{way}-1", reason.value, by, note, visit, None, None, 300, text(at))


def _passage(
    name: str, way: str, visit: str | None, opening: str, at: datetime, *, tailgate: bool = False
) -> tuple[Any, ...]:
    return (name, SITE, f"{way}-1", way, visit, opening, tailgate, text(at), "bench", 0)


def _visit(stay: Stay, recomputed: int, *, read: bool) -> tuple[Any, ...]:
    came, left = text(stay.came), text(stay.left)
    entry = (stay.visit, SITE, stay.kind, read, "in-1", f"{stay.visit}-a", came, came, f"{stay.entry}-p")
    match = ("out-1", f"{stay.visit}-b", "rule", 0.99)
    quote = (stay.price, vat_in(stay.price, 800), "flat-1", "[]", recomputed, None)
    return (*entry, *match, *quote, left, f"{stay.exit}-p", False)


def _charge(rows: Rows, stay: Stay, at: datetime) -> None:
    vat, when = vat_in(stay.price, 800), text(at)
    rows["charge"].append((stay.visit, SITE, "flat-1", stay.kind, stay.price, vat, "[]", when, when))
    pended = (("pended", stay.price), ("quoted", -stay.price))
    _entry(rows, f"pend:{stay.visit}", "pend", stay.visit, "", at, pended)
    released = (("pended", -stay.price), ("quoted", stay.price))
    lines = (("receivable", stay.price), ("revenue", vat - stay.price), ("vat", -vat), *released)
    _entry(rows, f"charge:{stay.visit}", "charge", stay.visit, "", at, lines)


def _payment(rows: Rows, stay: Stay, at: datetime, number: int, applied: int) -> None:
    """Money, its entry, and the bank line that proves it the day after."""
    its = f"{stay.visit}{number}"
    when, name = text(at), f"sepay:{its}"
    rows["payment"].append(("sepay", its, SITE, "1017595600", stay.price, stay.visit, f"FT{its}", when, when))
    lines = (("clearing", stay.price), ("receivable", -applied), ("suspense", applied - stay.price))
    _entry(rows, f"payment:{name}", "payment", stay.visit, name, at, lines)
    proved = at + timedelta(days=1)
    banked = (("bank", stay.price), ("clearing", -stay.price))
    _entry(rows, f"banked:{name}", "banked", stay.visit, name, proved, banked)
    rows["bank_proof"].append(("payment", name, f"FT{its}"))


def _entry(
    rows: Rows, key: str, kind: str, visit: str, payment: str, at: datetime, lines: tuple[tuple[str, int], ...]
) -> None:
    rows["entry"].append((key, kind, SITE, visit, payment, "sepay" if payment else "", text(at), text(at)))
    real = (line for line in lines if line[1])
    rows["posting"].extend((key, number, account, amount) for number, (account, amount) in enumerate(real))


def _insert(engine: Engine, rows: Rows) -> None:
    connection: sqlite3.Connection = engine.raw_connection().driver_connection  # type: ignore[assignment]
    connection.execute("BEGIN")
    for table in _TABLES:
        names = list(table.model_fields)
        places = ", ".join("?" * len(names))
        statement = f"INSERT INTO {table.__tablename__} ({', '.join(names)}) VALUES ({places})"
        connection.executemany(statement, rows[str(table.__tablename__)])
    connection.execute("COMMIT")
