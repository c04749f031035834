"""Work for the cases page: a match that is proposed, a debt, an opening without a reason, a device at fault."""

from datetime import datetime, timedelta
from typing import NamedTuple

from gate.findings import Code
from gate.messages import ArmLowered, ArmRaised, Direction, OpeningReason, VehiclePassed
from server import pairings
from server.anomalies import anomaly
from server.db import reading, transaction
from server.findings import sync
from tests.console.scene import CAR, Scene

HOUR = timedelta(hours=1)


class Work(NamedTuple):
    """What there is to do: subjects of cases, and the stay that is proposed."""

    passage: str
    visit: str
    debt: str
    opening: str

    @property
    def match(self) -> str:
        """The subject of the proposal."""
        return f"{self.passage}:{self.visit}"


def work(scene: Scene, now: datetime) -> Work:
    """Put it on the screens."""
    passage, visit = _match(scene, now)
    debt = _debt(scene, now)
    opening = _opening(scene, now)
    with transaction(scene.centre.engine) as session:
        anomaly(
            session, Code.DEVICE_FAULT, "board <b>1</b>", "BHT", now - HOUR, {"why": "=1+1 <script>alert(1)</script>"}
        )
    looked(scene, now)
    return Work(passage, visit, debt, opening)


def looked(scene: Scene, now: datetime) -> None:
    """What the jobs do every minute."""
    with reading(scene.centre.engine) as session:
        found = pairings.find(session, "SPS", now)
    with transaction(scene.centre.engine) as session:
        pairings.write(session, found, now)
        for site in scene.boxes:
            sync(session, site, now)


def _match(scene: Scene, now: datetime) -> tuple[str, str]:
    entered, left = now - 3 * HOUR, now - HOUR
    visit = scene.admits("SPS", "in-1", scene.sees("SPS", "in-1", "24A12378", entered), entered)
    scene.admits("SPS", "in-1", scene.read("SPS", "in-1", "51K99999", entered), entered)
    approach = scene.sees("SPS", "out-1", "24A1237B", left, confidence=0.7)
    box = scene.boxes["SPS"]
    opening, passage = box.id(), box.id()
    bodies = (
        ArmRaised(
            lane="out-1", opening=opening, reason=OpeningReason.PERSON, by="mai", approach=approach, note="unreadable"
        ),
        VehiclePassed(
            lane="out-1", direction=Direction.OUT, passage=passage, opening=opening, visit=None, approach=approach
        ),
    )
    scene.said("SPS", [box.fact(body, left) for body in bodies])
    return str(passage), visit


def _debt(scene: Scene, now: datetime) -> str:
    entered, left = now - 4 * HOUR, now - 2 * HOUR
    visit = scene.admits("SPL", "in-1", scene.sees("SPL", "in-1", "29A13579", entered), entered)
    scene.quotes("SPL", "out-1", scene.sees("SPL", "out-1", "29A13579", left), visit, entered, left, CAR)
    scene.leaves("SPL", "out-1", visit, left, OpeningReason.BILLED)
    return visit


def _opening(scene: Scene, now: datetime) -> str:
    box = scene.boxes["SPS"]
    opening = box.id()
    bodies = (
        ArmRaised(lane="out-2", opening=opening, reason=OpeningReason.BY_HAND, by="hand"),
        ArmLowered(lane="out-2", opening=opening),
    )
    scene.said("SPS", [box.fact(body, now - HOUR) for body in bodies])
    return str(opening)
