"""The world with drivers who drive under an arm that stays up before them, as drivers do; the demo's wait for a sign.

`python -m tests.campaign.bold_world FILE`: like `barie simulate FILE --progress`.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any, Final

from simulator.day import Phase
from simulator.driver import Driver
from simulator.lane import Glance, Lane
from simulator.notices import Notices
from simulator.plan import load
from simulator.population import Vehicle
from simulator.site import Site
from simulator.truth import stamp
from simulator.world import World

PATIENCE_S: Final = 5.0
_LOOKS_EVERY_S: Final = 0.25


class BoldDriver(Driver):
    """Waits for a sign as long as the arm is down, and `PATIENCE_S` longer once it stands open."""

    async def _let_through(self, lane: Lane, since: Glance) -> bool:
        stood_open_s = 0.0
        while not lane.may_go(since) and stood_open_s < PATIENCE_S and self._day.phase < Phase.OVER:
            stood_open_s = stood_open_s + _LOOKS_EVERY_S if lane.board.is_up else 0.0
            await self._day.until(lambda: lane.may_go(since), _LOOKS_EVERY_S)
        if not lane.may_go(since) and stood_open_s < PATIENCE_S:
            return await super()._let_through(lane, since)
        if not lane.may_go(since):
            self._truth.attendant.append(
                {"at": stamp(), "lane": lane.name, "vehicle": self.vehicle.name, "did": "dare"}
            )
        return True


class BoldWorld(World):
    """Brings bold drivers."""

    def _driver(self, vehicle: Vehicle, site: Site, notices: Notices) -> Driver:
        return BoldDriver(vehicle, site, self.day, self.truth, self.bank, notices)


async def _live(path: Path) -> None:
    plan = load(path)
    world = BoldWorld(plan, _tell)
    truth = await world.run()
    truth.write(Path(plan.truth))


def _tell(said: dict[str, Any]) -> None:
    sys.stderr.write(json.dumps(said) + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    asyncio.run(_live(Path(sys.argv[1])))
