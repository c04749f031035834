"""What stands in front of the camera: a plate on a vehicle."""

from dataclasses import dataclass

from gate.plates.grammar import normalise
from gate.vehicle import VehicleClass

MOTO, CAR9, VAN16, MINI29, BUS30 = VEHICLE_CLASSES = tuple(kind.value for kind in VehicleClass)
WHITE, YELLOW, BLUE, RED = COLOURS = ("white", "yellow", "blue", "red")


@dataclass(frozen=True, slots=True)
class Subject:
    """A vehicle and the plate that it shows.

    `plate_text` is printed or normalised (`24A-123.45` or `24A12345`); `colour` one of COLOURS; `lines` 1 or 2;
    `vehicle_class` one of VEHICLE_CLASSES. Raises ValueError naming the field and its value. The text itself is
    judged when it is drawn.
    """

    plate_text: str
    colour: str
    lines: int
    vehicle_class: str

    def __post_init__(self) -> None:
        """Refuse what nobody can draw."""
        if self.colour not in COLOURS:
            raise ValueError(f"colour {self.colour!r} is not one of {', '.join(COLOURS)}")
        if self.vehicle_class not in VEHICLE_CLASSES:
            raise ValueError(f"vehicle class {self.vehicle_class!r} is not one of {', '.join(VEHICLE_CLASSES)}")
        if self.lines not in {1, 2} or (self.lines == 1 and self.vehicle_class == MOTO):
            raise ValueError(f"a {self.vehicle_class} has no plate of {self.lines!r} lines")

    @property
    def key(self) -> str:
        """The normalised text that a reader should give back: `24A12345`."""
        return normalise(self.plate_text)
