"""Three car parks on the console's pages: facts through the real ingest, pictures that the simulator drew.

Nobody listens here: whoever shows it runs the application around `Scene.centre`.
"""

import base64
import hashlib
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from gate.devices.board import Sensor
from gate.lease import Unpaid
from gate.messages import (
    ArmLowered,
    ArmRaised,
    Body,
    ClockQuality,
    Direction,
    OpeningReason,
    PersonWanted,
    PlateRead,
    Quoted,
    VehiclePassed,
    VisitMatched,
    VisitOpened,
    Why,
)
from gate.money import vat_in
from gate.presence import LaneState, State
from gate.tariff import Tariff, Turn, VatRate
from gate.topics import Channel, Topic
from gate.vehicle import VehicleClass
from server.centre import Centre
from server.config import BoxConfig, Broker, CentreConfig, FirstUser, SiteConfig
from server.db import insert_once, transaction
from server.ingest import Arrival, ingest
from server.presence import state_said
from server.roles import Role
from server.setup import prepare
from server.uploads import path_of
from server.vault import VaultPictureRow
from simulator.draw.look import DUSK, Look
from simulator.draw.scene import draw_scene, jpeg
from simulator.draw.subject import Subject
from tests.server.box import Box, newest, notice, pay, reference

PASSWORD: Final = "a password of ten"
ROLES: Final = tuple(Role)
SITES: Final = {
    "SPS": ("Sân vận động trung tâm Sa Pa", "Sa Pa Central Stadium", 420, "1017595600"),
    "SPL": ("Hồ Mắt Ngọc", "Mắt Ngọc Lake", 160, "1017595601"),
    "BHT": ("Đền Bảo Hà", "Bảo Hà Temple", 600, "1017595602"),
}
PRICES: Final = {
    VehicleClass.MOTO: 10_000,
    VehicleClass.CAR9: 30_000,
    VehicleClass.VAN16: 40_000,
    VehicleClass.MINI29: 50_000,
    VehicleClass.BUS30: 70_000,
}
CAR, MOTO, BUS = VehicleClass.CAR9, VehicleClass.MOTO, VehicleClass.BUS30


def tariff() -> Tariff:
    """A flat price for each class."""
    since = datetime(2026, 1, 1, tzinfo=UTC)
    turns = {kind: Turn(price=price, ceiling=price) for kind, price in PRICES.items()}
    rate = VatRate(since=since, rate_bp=800)
    return Tariff(code="flat-1", since=since, legal_basis="a decision of the province", turns=turns, vat=(rate,))


def config(folder: Path, port: int, broker: Broker, **changes: Any) -> CentreConfig:
    """A centre with three sites, a box each, and a person of each role; all know the same PASSWORD."""
    sites = tuple(
        SiteConfig(
            site=site,
            name_vi=vi,
            name_en=en,
            bank="970436",
            account=account,
            account_name="UBND PHUONG SA PA",
            capacity=capacity,
            unpaid=Unpaid.HOLD,
            patience_s=60,
            tariff=tariff(),
        )
        for site, (vi, en, capacity, account) in SITES.items()
    )
    return CentreConfig(
        **{
            "database": f"sqlite:///{folder / 'centre.sqlite'}",
            "vault": str(folder / "vault"),
            "host": "127.0.0.1",
            "port": port,
            "broker": broker,
            "signing_key": base64.b64encode(bytes(range(32))).decode(),
            "sites": sites,
            "boxes": tuple(BoxConfig(box=f"{site.lower()}-1", site=site, token_sha256="0" * 64) for site in SITES),
            "users": tuple(FirstUser(name=role, role=role, password=PASSWORD) for role in ROLES),
            **changes,
        }
    )


@cache
def drawn(plate: str, kind: VehicleClass, colour: str, lines: int, lane: int) -> bytes:
    """A JPEG of this vehicle in that lane."""
    look = Look(seed=lane + len(plate), lane=lane, x=0.1, yaw=2.0, light=DUSK if lane % 2 else "day")
    return jpeg(draw_scene(Subject(plate, colour, lines, kind.value), look), 80)


class Scene:
    """A centre and its boxes; what the boxes say is in the books when a method returns."""

    def __init__(self, settings: CentreConfig) -> None:
        prepare(settings)
        self.centre = Centre(settings)
        self.boxes = {site: Box(site, journal=f"{number:016x}") for number, site in enumerate(SITES, 1)}
        self._visits = 0
        self._notices = 0
        self._held: list[Arrival] | None = None

    def said(self, site: str, arrivals: list[Arrival]) -> None:
        """The centre takes these facts and tells the open pages, as its writer does."""
        if self._held is not None:
            self._held += arrivals
            return
        ingest(self.centre.engine, self.centre.tariffs, arrivals, newest(arrivals))
        self.centre.live.changed(site)

    @contextmanager
    def at_once(self, site: str) -> Iterator[None]:
        """All that is said in the block reaches the centre as one batch at its end."""
        self._held = []
        try:
            yield
        finally:
            held, self._held = self._held, None
        self.said(site, held)

    def visit(self, site: str) -> str:
        """A new reference."""
        self._visits += 1
        return reference(self._visits, site)

    def picture(self, content: bytes) -> str:
        """A picture that has arrived; its name."""
        name = hashlib.sha256(content).hexdigest()
        path = path_of(self.centre.vault, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        row = VaultPictureRow(sha256=name, box="sps-1", size=len(content), arrived_at=datetime.now(UTC))
        with transaction(self.centre.engine) as session:
            insert_once(session, row)
        return name

    def read(  # noqa: PLR0913 - a vehicle is many things
        self,
        site: str,
        lane: str,
        plate: str,
        at: datetime,
        *,
        kind: VehicleClass = CAR,
        colour: str = "white",
        lines: int = 1,
        confidence: float = 0.97,
        picture: str | None = None,
    ) -> UUID:
        """A lane reads a vehicle; the approach."""
        approach = self.boxes[site].id()
        body = PlateRead(
            lane=lane,
            approach=approach,
            direction=Direction(lane.split("-", maxsplit=1)[0]),
            plate=plate,
            confidence=confidence,
            lines=lines,
            colour=colour,
            vehicle_class=kind,
            picture=picture,
        )
        self.said(site, [self.boxes[site].fact(body, at)])
        return approach

    def sees(self, site: str, lane: str, plate: str, at: datetime, **vehicle: Any) -> UUID:
        """The same with a picture of it."""
        kind, colour = vehicle.get("kind", CAR), vehicle.get("colour", "white")
        shown = plate or "30A-888.88"
        place = len(site) + ord(site[-1]) + ord(lane[-1])
        content = drawn(shown, kind, colour, vehicle.get("lines", 1), place)
        return self.read(site, lane, plate, at, picture=self.picture(content), **vehicle)

    def admits(self, site: str, lane: str, approach: UUID, at: datetime, kind: VehicleClass = CAR) -> str:
        """The box opens a visit for the approach and the vehicle drives in; the visit."""
        box, visit, opening = self.boxes[site], self.visit(site), self.boxes[site].id()
        bodies: tuple[Body, ...] = (
            VisitOpened(lane=lane, approach=approach, visit=visit, vehicle_class=kind, read=True),
            _raised(lane, opening, OpeningReason.ADMITTED, visit),
            VehiclePassed(lane=lane, direction=Direction.IN, passage=box.id(), opening=opening, visit=visit),
            ArmLowered(lane=lane, opening=opening),
        )
        self.said(site, [box.fact(body, at + timedelta(seconds=n)) for n, body in enumerate(bodies)])
        return visit

    def quotes(
        self, site: str, lane: str, approach: UUID, visit: str, entered: datetime, at: datetime, kind: VehicleClass
    ) -> None:
        """The exit matches the approach and shows the price."""
        box, price = self.boxes[site], PRICES[kind]
        matched = VisitMatched(lane=lane, approach=approach, visit=visit, by="rule", probability=0.98, margin=0.9)
        quoted = Quoted(
            lane=lane,
            approach=approach,
            visit=visit,
            tariff="flat-1",
            vehicle_class=kind,
            entered_at=entered,
            left_at=at,
            total=price,
            vat=vat_in(price, 800),
            lines=(),
        )
        self.said(site, [box.fact(matched, at), box.fact(quoted, at)])

    def pays(self, site: str, *transfers: tuple[str, int, datetime]) -> None:
        """The bank tells of money: note, amount, when."""
        with transaction(self.centre.engine) as session:
            for note, amount, at in transfers:
                self._notices += 1
                pay(session, notice(1000 + self._notices, note, amount, accountNumber=SITES[site][3]), at)
        self.centre.live.changed(site)

    def leaves(
        self,
        site: str,
        lane: str,
        visit: str | None,
        at: datetime,
        reason: OpeningReason = OpeningReason.PAID,
        *,
        by: str = "rule",
        passes: bool = True,
    ) -> None:
        """The exit opens and the vehicle drives out."""
        box, opening = self.boxes[site], self.boxes[site].id()
        facts = [box.fact(_raised(lane, opening, reason, visit, by), at)]
        if passes:
            body = VehiclePassed(lane=lane, direction=Direction.OUT, passage=box.id(), opening=opening, visit=visit)
            facts.append(box.fact(body, at + timedelta(seconds=2)))
        facts.append(box.fact(ArmLowered(lane=lane, opening=opening), at + timedelta(seconds=4)))
        self.said(site, facts)

    def wants(
        self, site: str, lane: str, approach: UUID, why: Why, at: datetime, *candidates: tuple[str, float]
    ) -> None:
        """A driver waits for a person."""
        body = PersonWanted(lane=lane, approach=approach, why=why, candidates=candidates)
        self.said(site, [self.boxes[site].fact(body, at)])

    def states(
        self, site: str, at: datetime, box: Mapping[str, Any] | None = None, /, **lanes: tuple[str, str] | LaneState
    ) -> None:
        """The box says what its lanes do, `in_1=("idle", "down")` or all of it, and in `box` what else it says."""
        known = self.boxes[site]
        said = {name.replace("_", "-"): lane for name, lane in lanes.items()}
        state = State(
            **{
                "box": known.name,
                "boot": UUID(int=1),
                "monotonic_ms": 1_000_000,
                "at": at,
                "version": "0.1.0",
                "journal": known.journal,
                "last_sequence": known.sequence,
                "waiting": 0,
                "lease_number": 0,
                "delta_number": 0,
                "reader": "ready",
                "clock_quality": ClockQuality.SYNCHRONISED,
                "clock_offset_ms": 3,
                "lanes": tuple(
                    lane if isinstance(lane, LaneState) else lane_state(name, *lane) for name, lane in said.items()
                ),
                **(box or {}),
            }
        )
        with transaction(self.centre.engine) as session:
            state_said(session, Topic(site, known.name, Channel.STATE), state, at)
        self.centre.live.changed(site)


def lane_state(lane: str, phase: str, arm: str, mode: str = "normal", **sensors: str) -> LaneState:
    """A car lane as its box says it; sensors that are not named are off."""
    direction = Direction(lane.split("-", maxsplit=1)[0])
    levels = {sensor.value: sensors.get(sensor.value, "off") for sensor in Sensor}
    return LaneState(lane=lane, direction=direction, kind="car", phase=phase, arm=arm, mode=mode, sensors=levels)


def _raised(lane: str, opening: UUID, reason: OpeningReason, visit: str | None, by: str = "rule") -> ArmRaised:
    return ArmRaised(lane=lane, opening=opening, reason=reason, by=by, visit=visit)


def busy_day(scene: Scene, site: str, start: datetime, cars: int, seed: int = 7) -> None:
    """A day's traffic from `start` over ten hours, with a few troubles in it. Plates only, no pictures."""
    rng = random.Random(seed)
    exits: list[tuple[str, datetime, VehicleClass]] = []
    with scene.at_once(site):
        for number in range(cars):
            kind = rng.choices(list(VehicleClass), (5, 6, 1, 1, 1))[0]
            entered = start + timedelta(minutes=rng.triangular(0, 540, 200))
            plate = f"24A{rng.randint(10000, 99999)}"
            visit = scene.admits(site, "in-1", scene.read(site, "in-1", plate, entered, kind=kind), entered, kind)
            if number % 9 == 8:
                continue  # stays
            left = entered + timedelta(minutes=rng.randint(12, 50))
            approach = scene.read(site, "out-1", plate, left, kind=kind)
            scene.quotes(site, "out-1", approach, visit, entered, left, kind)
            exits.append((visit, left, kind))
    owing = {visit for number, (visit, _, _) in enumerate(exits) if number % 13 == 5}
    generous = {visit for number, (visit, _, _) in enumerate(exits) if number % 17 == 3}
    scene.pays(
        site,
        *(
            (f"GUI XE {visit}", PRICES[kind] + 20_000 * (visit in generous), left + timedelta(seconds=20))
            for visit, left, kind in exits
            if visit not in owing
        ),
        ("CHUYEN TIEN", 50_000, start + timedelta(minutes=320)),
    )
    with scene.at_once(site):
        for visit, left, _ in exits:
            reason = OpeningReason.BILLED if visit in owing else OpeningReason.PAID
            scene.leaves(site, "out-1", visit, left + timedelta(seconds=25), reason)
        scene.leaves(site, "out-1", None, start + timedelta(minutes=300), OpeningReason.BY_HAND, passes=False)
