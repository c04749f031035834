"""What really happened, written down by the world itself. It asks the product nothing."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from gate.messages import Direction
from simulator.population import Vehicle

FAULTS: Final = ("late", "twice", "reordered", "never_paid", "retried", "undelivered")


@dataclass(slots=True)
class Known:
    """All that is known of one vehicle. `where` is where it was last; `paid` in dong."""

    vehicle: Vehicle
    price: int
    where: str
    entered_at: str | None = None
    left_at: str | None = None
    paid: int = 0

    @property
    def is_charged(self) -> bool:
        """A stay is charged at exit or at payment, whichever is first."""
        return self.left_at is not None or self.paid > 0

    def document(self) -> dict[str, Any]:
        """As it stands in the truth's file."""
        return {
            "class": self.vehicle.kind.value,
            "plate": self.vehicle.plate,
            "entered_at": self.entered_at,
            "left_at": self.left_at,
            "paid": self.paid,
            "price": self.price,
            "where": self.where,
        }


@dataclass(slots=True)
class SiteTruth:
    """One site's truth."""

    site: str
    openings: list[dict[str, Any]] = field(default_factory=list)
    passages: list[dict[str, Any]] = field(default_factory=list)
    vehicles: dict[str, Known] = field(default_factory=dict)
    transfers: list[dict[str, Any]] = field(default_factory=list)

    def arrived(self, vehicle: Vehicle, price: int) -> Known:
        """A vehicle came; nothing is due before it has entered."""
        self.vehicles[vehicle.name] = known = Known(vehicle, price, "outside")
        return known

    def opened(self, lane: str, vehicle: str | None) -> None:
        """An arm reached its upper end, and who stood before it."""
        self.openings.append({"lane": lane, "at": stamp(), "vehicle": vehicle})

    def passed(self, lane: str, direction: Direction, vehicle: str) -> None:
        """A vehicle left the exit loop behind it."""
        at = stamp()
        self.passages.append({"lane": lane, "direction": direction.value, "vehicle": vehicle, "at": at})
        known = self.vehicles[vehicle]
        if direction is Direction.IN:
            known.entered_at, known.where = at, "parked"
        else:
            known.left_at, known.where = at, "gone"

    def transferred(self, transfer: dict[str, Any]) -> None:
        """Money moved: `id`, `vehicle`, `amount`, `content`, `reference`, `at`."""
        self.transfers.append(transfer)
        self.vehicles[transfer["vehicle"]].paid += transfer["amount"]

    def totals(self) -> dict[str, int]:
        """The eight figures of the site."""
        charged = [known for known in self.vehicles.values() if known.is_charged]
        return {
            "openings": len(self.openings),
            "passages": len(self.passages),
            "visits": sum(known.entered_at is not None for known in self.vehicles.values()),
            "charges": len(charged),
            "payments": len(self.transfers),
            "charged_vnd": sum(known.price for known in charged),
            "paid_vnd": sum(transfer["amount"] for transfer in self.transfers),
            "outstanding_vnd": sum(max(0, known.price - known.paid) for known in charged),
        }

    def document(self) -> dict[str, Any]:
        """As it stands in the truth's file."""
        vehicles = self.vehicles.items()
        return {
            "site": self.site,
            "openings": self.openings,
            "passages": self.passages,
            "vehicles": {name: known.document() for name, known in vehicles},
            "transfers": self.transfers,
            "charges": [{"vehicle": name, "amount": known.price} for name, known in vehicles if known.is_charged],
            "totals": self.totals(),
        }


class Truth:
    """The whole world's truth."""

    def __init__(self, sites: tuple[str, ...]) -> None:
        self.sites = {site: SiteTruth(site) for site in sites}
        self.faults: Counter[str] = Counter(dict.fromkeys(FAULTS, 0))
        self.complaints: list[dict[str, Any]] = []
        self.attendant: list[dict[str, Any]] = []

    def complain(self, site: str, lane: str, who: str | None, what: str) -> None:
        """Somebody saw what must not be."""
        self.complaints.append({"site": site, "lane": lane, "vehicle": who, "what": what, "at": stamp()})

    def document(self) -> dict[str, Any]:
        """The truth's file."""
        return {
            "sites": {site: truth.document() for site, truth in self.sites.items()},
            "faults": dict(self.faults),
            "complaints": self.complaints,
            "attendant": self.attendant,
        }

    def write(self, path: Path) -> None:
        """Write the file whole or not at all."""
        draft = path.with_name(f"{path.name}.part")
        draft.write_text(json.dumps(self.document(), ensure_ascii=False, indent=1), encoding="utf-8")
        draft.replace(path)


def stamp() -> str:
    """Now, UTC."""
    return datetime.now(UTC).isoformat()
