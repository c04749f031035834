"""Many visits of a year for `barie bench search`: vehicles that come again, each read as it came and as it left.

Plates are drawn by the rules of Vietnamese ones; one read in thirty has a slip of the reader's, a look-alike.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Engine

from gate.reference import ALPHABET, DIGITS
from server.db import transaction
from server.derived import StayMoneyRow, VisitRow
from server.plate_parts import PlatePartRow, endings
from server.register import SiteRow
from server.vault import VaultReadRow
from tests.bench import bulk

SITES: Final = ("SPS", "SPL", "MDH", "TTC")
FIRST: Final = datetime(2025, 10, 1, tzinfo=UTC)
OVER: Final = timedelta(days=365)
VEHICLES: Final = 0.5
"""Different vehicles to a visit."""
_LETTERS: Final = "ABCDEFGHKLMNPSTUVXYZ"
_ALIKE: Final = {"0": "D", "8": "B", "5": "S", "1": "L", "2": "Z", "B": "8", "S": "5", "A": "4"}
_SLIP: Final = 30
_KINDS: Final = (("MOTO", 10_000), ("CAR9", 30_000))
_VISIT: Final = (
    "visit", "site", "vehicle_class", "read", "entry_lane", "entry_approach", "opened_at", "entered_at", "exit_lane",
    "exit_approach", "matched_by", "match_probability", "quoted", "left_at", "voided",
)  # fmt: skip
_READ: Final = (
    "approach", "site", "lane", "direction", "plate", "confidence", "characters", "lines", "colour", "engine",
    "took_ms", "happened_at", "others",
)  # fmt: skip
_MONEY: Final = ("visit", "charged", "charged_at", "owed", "odd", "paid_at")


class Stay(NamedTuple):
    """A visit as it went, with what was read at both lanes."""

    visit: str
    site: str
    kind: str
    price: int
    entry: str
    exit: str
    came: datetime
    left: datetime
    read_in: str
    read_out: str


def plates(chance: random.Random, count: int) -> list[str]:
    """Of motorbikes and cars, as they are kept."""
    return [_plate(chance) for _ in range(count)]


def _plate(chance: random.Random) -> str:
    series = chance.choice(_LETTERS) + (chance.choice("123456789") if chance.random() < 0.6 else "")
    return f"{chance.randrange(11, 100)}{series}{chance.randrange(100_000):05}"


def write(engine: Engine, visits: int, seed: int = 6) -> list[str]:
    """The sites and as many visits, in migrated books. The plates of the first of the vehicles, to be looked for."""
    with transaction(engine) as session:
        session.add_all(_site(site) for site in SITES)
    vehicles = plates(random.Random(seed), max(1, round(visits * VEHICLES)))
    said, seen = bulk.moment(engine), dict[str, None]()

    def stays() -> Iterator[Stay]:
        return _stays(random.Random(seed), vehicles, visits)

    bulk.write(
        engine,
        {
            VisitRow: (_VISIT, (_visit(each, said(each.came), said(each.left)) for each in stays())),
            VaultReadRow: (_READ, (row for each in stays() for row in _reads(each, said(each.came), said(each.left)))),
            StayMoneyRow: (_MONEY, (_money(each, said(each.left)) for each in stays())),
            PlatePartRow: (("part", "plate"), _parts(stays(), seen)),
        },
    )
    return vehicles[:10_000]


def _stays(chance: random.Random, vehicles: list[str], visits: int) -> Iterator[Stay]:
    step = OVER / visits
    for number in range(visits):
        came = FIRST + step * number
        left = came + timedelta(minutes=chance.uniform(5, 300))
        plate, (kind, price) = chance.choice(vehicles), _KINDS[chance.random() < 0.3]
        site = chance.choices(SITES, (70, 20, 9, 1))[0]
        ends = f"{number:012x}-in", f"{number:012x}-out"
        read = _as_read(chance, plate), _as_read(chance, plate)
        yield Stay(_name(site, chance), site, kind, price, *ends, came, left, *read)


def _name(site: str, chance: random.Random) -> str:
    """As random as references are; of so many two are hardly ever the same."""
    return site + "".join(chance.choices(ALPHABET, k=DIGITS + 3))


def _as_read(chance: random.Random, plate: str) -> str:
    if chance.randrange(_SLIP):
        return plate
    place = chance.randrange(len(plate))
    return plate[:place] + _ALIKE.get(plate[place], plate[place]) + plate[place + 1 :]


def _visit(stay: Stay, came: str, left: str) -> tuple[object, ...]:
    head = (stay.visit, stay.site, stay.kind, True, "in-1", stay.entry, came, came)
    return (*head, "out-1", stay.exit, "plate", 0.99, stay.price, left, False)


def _reads(stay: Stay, came: str, left: str) -> Iterator[tuple[object, ...]]:
    for approach, lane, way, plate, at in (
        (stay.entry, "in-1", "in", stay.read_in, came),
        (stay.exit, "out-1", "out", stay.read_out, left),
    ):
        yield approach, stay.site, lane, way, plate, 0.97, "", 1, "white", "onnx", 210, at, ""


def _money(stay: Stay, left: str) -> tuple[object, ...]:
    return stay.visit, stay.price, left, 0, False, left


def _parts(stays: Iterator[Stay], seen: dict[str, None]) -> Iterator[tuple[str, str]]:
    seen.update(dict.fromkeys(plate for stay in stays for plate in (stay.read_in, stay.read_out)))
    return iter(sorted({(part, plate) for plate in seen for part in endings(plate)}))


def _site(site: str) -> SiteRow:
    return SiteRow(
        site=site,
        name_vi=f"Bãi {site}",
        name_en=f"Park {site}",
        bank="970436",
        account="1017595600",
        account_name="BENCH",
        capacity=0,
        unpaid="bill",
        patience_s=60,
    )
