"""How values look to people: dong, local dates and times, plates, shares (vietnam.md 10.1)."""

from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from gate.plate import pretty
from gate.vehicle import VehicleClass
from server.reconcile import ZONE

COLOURS: Final = frozenset({"white", "yellow", "blue", "red"})
SURE: Final = 0.9
DOUBTFUL: Final = 0.6


class Plate(NamedTuple):
    """A plate as it is drawn: its lines of text, the colour of its ground, how certain the reader was (0..1)."""

    lines: tuple[str, ...]
    colour: str
    certainty: float

    @property
    def text(self) -> str:
        """In one line, as people say it."""
        return " ".join(self.lines)

    @property
    def level(self) -> str:
        """`sure`, `fair` or `doubtful`."""
        if self.certainty >= SURE:
            return "sure"
        return "fair" if self.certainty >= DOUBTFUL else "doubtful"


def plate(text: str, certainty: float, colour: str, lines: int, vehicle_class: str | None) -> Plate | None:
    """The plate to draw; None for one that was not read."""
    if not text:
        return None
    motorbike = vehicle_class == VehicleClass.MOTO
    shown = pretty(text, motorbike=motorbike, colour=colour, lines=lines)
    parts = shown.rsplit(" " if " " in shown else "-", 1) if lines == 2 else [shown]
    return Plate(tuple(parts), colour if colour in COLOURS else "unknown", certainty)


def day(value: date) -> str:
    """`23/11/2026`."""
    return f"{value:%d/%m/%Y}"


def clock(value: datetime) -> str:
    """`10:16:12`, local."""
    return f"{value.astimezone(ZONE):%H:%M:%S}"


def moment(value: datetime) -> str:
    """`10:16 23/11/2026`, local."""
    return f"{value.astimezone(ZONE):%H:%M %d/%m/%Y}"


def recent(value: datetime, now: datetime) -> str:
    """`10:16` of the same local day, else with its date."""
    if value.astimezone(ZONE).date() == now.astimezone(ZONE).date():
        return f"{value.astimezone(ZONE):%H:%M}"
    return moment(value)


def iso(value: datetime) -> str:
    """For a machine: the attribute of a `time` element."""
    return value.astimezone(ZONE).isoformat(timespec="seconds")


def percent(share: float) -> str:
    """`92%`; never 100 % of what is not certain, never 0 % of what is possible."""
    whole = round(share * 100)
    if whole == 100 and share < 1:
        whole = 99
    return f"{whole}%"


def ahead(offset: timedelta) -> str:
    """By how much a clock is ahead: `+12 s`, `-2 s`, `+24:00:05`."""
    seconds = round(abs(offset).total_seconds())
    sign = "-" if offset < timedelta(0) else "+"
    if seconds < 60:
        return f"{sign}{seconds} s"
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
