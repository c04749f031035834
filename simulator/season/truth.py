"""What really happened in a lot's season, added up by the world itself from who drove in and out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from gate.money import vat_in
from gate.vehicle import VehicleClass
from simulator.season.lanes import Served
from simulator.season.scenario import VAT_BP
from simulator.season.stories import Story
from simulator.season.turns import VIETNAM


@dataclass
class Truth:
    """The sheet of one lot. Money in dong; days are the lot's local dates."""

    site: str
    gross: int = 0
    vat: int = 0
    waived: int = 0
    outstanding: int = 0
    turns: Counter[VehicleClass] = field(default_factory=Counter)
    of_class: Counter[VehicleClass] = field(default_factory=Counter)
    entries: Counter[date] = field(default_factory=Counter)
    exits: Counter[date] = field(default_factory=Counter)
    charged: Counter[date] = field(default_factory=Counter)
    stories: Counter[Story] = field(default_factory=Counter)

    @property
    def collected(self) -> int:
        """What drivers paid and kept paid."""
        return self.gross - self.waived - self.outstanding


def truth(site: str, served: Iterable[Served]) -> Truth:
    """The sheet of everybody who was there and left."""
    sheet = Truth(site)
    for each in served:
        turn, price = each.turn, each.turn.price
        sheet.gross += price
        sheet.vat += vat_in(price, VAT_BP)
        sheet.waived += price * (turn.story is Story.WAIVED)
        sheet.outstanding += price * (turn.story is Story.NEVER)
        sheet.turns[turn.kind] += 1
        sheet.of_class[turn.kind] += price
        sheet.entries[each.passed_in.astimezone(VIETNAM).date()] += turn.story is not Story.LOST_ENTRY
        sheet.exits[each.left.astimezone(VIETNAM).date()] += 1
        sheet.charged[each.left.astimezone(VIETNAM).date()] += price
        sheet.stories[turn.story] += 1
    return sheet
