"""Plausible plates of Lào Cai and its visitors, each text once (Circular 79/2024/TT-BCA)."""

import random
from dataclasses import dataclass, field

from gate.plates.confusable import cost
from gate.plates.grammar import FROM_ONE, SERIES, SERIES_BLUE, SERIES_SECOND
from gate.plates.provinces import PROVINCES
from simulator.draw.subject import BLUE, BUS30, CAR9, MINI29, MOTO, RED, VAN16, VEHICLE_CLASSES, WHITE, YELLOW, Subject

_HOME = {"24": 46, "21": 14, "29": 8, "30": 12, "88": 3, "19": 3, "28": 2, "22": 2, "25": 2, "20": 2, "15": 2, "51": 1}
_VISITORS_SHARE = 0.06
_COMMERCIAL = {CAR9: 0.10, VAN16: 0.65, MINI29: 0.80, BUS30: 0.92}
_TWO_LINES = {CAR9: 0.12, VAN16: 0.10, MINI29: 0.15, BUS30: 0.15}
_STATE_SHARE, _MILITARY_SHARE, _SPECIAL_SHARE, _OLD_SHARE = 0.03, 0.01, 0.015, 0.03
_UNITS = ("KB", "QB", "TM", "AB", "BT", "HB")
_MARKS = ("LD", "KT", "CD")
_CAR_SERIES = {VAN16: "BDEF", MINI29: "BEFGH", BUS30: "BEFGH"}
_CLASS_SHARES = (3334, 5260, 602, 502, 302)
_TRIES = 10_000


def random_plate(rng: random.Random, vehicle_class: str) -> Subject:
    """A plate as such a vehicle might carry, as printed (`24A-123.45`, `24-B1 123.45`); may repeat an earlier one."""
    if vehicle_class == MOTO:
        return Subject(_motorbike(rng), WHITE, 2, MOTO)
    lines = 2 if rng.random() < _TWO_LINES[vehicle_class] else 1
    roll = rng.random()
    if roll < _MILITARY_SHARE:
        return Subject(f"{rng.choice(_UNITS)}-{_digits(rng, 2)}-{_digits(rng, 2)}", RED, lines, vehicle_class)
    if roll < _MILITARY_SHARE + _STATE_SHARE:
        return Subject(f"{_province(rng)}{rng.choice(SERIES_BLUE[:3])}-{_serial(rng)}", BLUE, lines, vehicle_class)
    if rng.random() < _COMMERCIAL[vehicle_class]:
        return Subject(f"{_province(rng)}{_series(rng, vehicle_class)}-{_serial(rng)}", YELLOW, lines, vehicle_class)
    if roll > 1 - _SPECIAL_SHARE:
        return Subject(f"{_province(rng)}{rng.choice(_MARKS)}-{_serial(rng)}", WHITE, lines, vehicle_class)
    serial = _digits(rng, 4) if rng.random() < _OLD_SHARE else _serial(rng)
    return Subject(f"{_province(rng)}{_series(rng, vehicle_class)}-{serial}", WHITE, lines, vehicle_class)


def random_class(rng: random.Random) -> str:
    """A vehicle class in the shares of Sa Pa's two lots."""
    return rng.choices(VEHICLE_CLASSES, _CLASS_SHARES)[0]


@dataclass
class PlateSource:
    """Plates of one world: never the same text twice, and never two that differ in one confusable character only.

    So that a misread of one character can never be another simulated vehicle.
    """

    rng: random.Random
    _gaps: dict[str, str] = field(default_factory=dict)
    """Each key with one place blanked, and the characters that stood there."""

    def draw(self, vehicle_class: str) -> Subject:
        """The next plate of that class. Raises RuntimeError when the class's plates have run out."""
        for _ in range(_TRIES):
            subject = random_plate(self.rng, vehicle_class)
            key = subject.key
            if self._free(key):
                for gap, character in _blanked(key):
                    self._gaps[gap] = self._gaps.get(gap, "") + character
                return subject
        raise RuntimeError(f"no free plate left for {vehicle_class} after {_TRIES} tries")

    def _free(self, key: str) -> bool:
        return all(cost(character, taken) == 1 for gap, character in _blanked(key) for taken in self._gaps.get(gap, ""))


def _blanked(key: str) -> list[tuple[str, str]]:
    return [(f"{key[:place]}?{key[place + 1 :]}", character) for place, character in enumerate(key)]


def _motorbike(rng: random.Random) -> str:
    province, roll = _province(rng), rng.random()
    if roll < 0.35:
        return f"{province}-{rng.choice(SERIES)}{rng.choice(SERIES_SECOND)} {_serial(rng)}"
    if roll < 0.41:
        return f"{province}-MĐ{rng.choice(FROM_ONE)} {_serial(rng)}"
    serial = _digits(rng, 4) if roll < 0.50 else _serial(rng)
    return f"{province}-{rng.choice(SERIES)}{rng.choice(FROM_ONE)} {serial}"


def _province(rng: random.Random) -> str:
    if rng.random() < _VISITORS_SHARE:
        return rng.choice(sorted(PROVINCES))
    return rng.choices(list(_HOME), list(_HOME.values()))[0]


def _series(rng: random.Random, vehicle_class: str) -> str:
    """Before 2025 the letter told the type, and most vehicles are older; since then it tells nothing."""
    usual = _CAR_SERIES.get(vehicle_class, "AAAAFGHKLC")
    return rng.choice(usual) if rng.random() < 0.8 else rng.choice(SERIES)


def _serial(rng: random.Random) -> str:
    return f"{_digits(rng, 3)}.{_digits(rng, 2)}"


def _digits(rng: random.Random, count: int) -> str:
    """Digits that are not all nought."""
    return f"{rng.randrange(1, 10**count):0{count}d}"
