"""Who comes, drawn from the seed alone: the same seed brings the same vehicles in the same order, habits included."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gate.messages import Direction
from gate.vehicle import Profile, VehicleClass
from simulator.devices.profiler import measured, true_outline
from simulator.draw.look import Look, look
from simulator.draw.plates import PlateSource
from simulator.draw.subject import Subject
from simulator.plan import BankPlan, SitePlan

_FIRST_WITHIN_S: Final = 3.0
_FAMILY: Final = ("NGUYEN", "TRAN", "LE", "PHAM", "HOANG", "VU", "LY", "GIANG", "MA", "THAO", "VANG", "LUONG")
_MIDDLE: Final = ("VAN", "THI", "DUC", "MINH", "SEO", "A", "XUAN", "NGOC")
_GIVEN: Final = ("ANH", "BINH", "CHO", "DUNG", "HA", "HUNG", "LAN", "MAI", "NAM", "PHONG", "SON", "TUAN")


@dataclass(frozen=True, slots=True)
class Payer:
    """How a driver pays, and what happens to the bank's notice of it. Times in seconds."""

    name: str
    account: str
    pays: bool
    after_s: float
    late_s: float
    twice: bool
    reordered: bool
    wording: int


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle. `stands` says how it stands before the camera at the entry and at the exit."""

    name: str
    site: str
    subject: Subject
    outline: dict[Direction, Profile]
    stands: dict[Direction, Look]
    roll_up_s: float
    stay_s: float
    pace: float
    payer: Payer

    @property
    def kind(self) -> VehicleClass:
        """Its class."""
        return VehicleClass(self.subject.vehicle_class)

    @property
    def plate(self) -> str:
        """Its plate's key form."""
        return self.subject.key


def arrivals(site: SitePlan, bank: BankPlan, seed: int) -> Iterator[tuple[float, Vehicle]]:
    """Without end: the seconds since the arrival before, and who arrives. The first is soon there."""
    rng = random.Random(f"{seed}/{site.site}")
    plates = PlateSource(random.Random(rng.getrandbits(64)))
    headway_s = rng.uniform(0, min(site.headway_s, _FIRST_WITHIN_S))
    for number in itertools.count(1):
        yield headway_s, _vehicle(f"{site.site}-{number:05}", site, bank, plates, rng)
        headway_s = rng.expovariate(1 / site.headway_s)


def _vehicle(name: str, site: SitePlan, bank: BankPlan, plates: PlateSource, rng: random.Random) -> Vehicle:
    kind = rng.choices(list(site.mix), list(site.mix.values()))[0]
    outline = true_outline(kind, rng)
    return Vehicle(
        name=name,
        site=site.site,
        subject=plates.draw(kind.value),
        outline={direction: measured(outline, rng) for direction in Direction},
        stands={direction: look(rng) for direction in Direction},
        roll_up_s=rng.uniform(0.5, 0.9),
        stay_s=rng.uniform(*site.stay_s),
        pace=rng.uniform(0.9, 1.15),
        payer=_payer(bank, rng),
    )


def _payer(bank: BankPlan, rng: random.Random) -> Payer:
    # Every chance is drawn whatever its share, so that changing one share leaves all other draws as they were.
    name = " ".join(rng.choice(part) for part in (_FAMILY, _MIDDLE, _GIVEN))
    account = f"0{rng.randrange(10**9):09}"
    never, late, twice, swapped = (rng.random() for _ in range(4))
    after_s, late_s, wording = rng.uniform(1, 3), rng.uniform(2, 6), rng.randrange(2**16)
    return Payer(
        name=name,
        account=account,
        pays=never >= bank.never_pays,
        after_s=after_s,
        late_s=late_s if late < bank.late else 0.0,
        twice=twice < bank.twice,
        reordered=swapped < bank.reordered,
        wording=wording,
    )
