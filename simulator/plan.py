"""What world to make: the file that `barie simulate` is given, checked before anything starts."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from gate.lease import AccountNumber, BankCode
from gate.messages import Direction, LaneName, Share, SiteCode
from gate.vehicle import VehicleClass
from simulator.devices.arm import Fault

Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Some = Annotated[float, Meta(gt=0, le=86_400)]
Port = Annotated[int, Meta(ge=1, le=65_535)]
Text = Annotated[str, Meta(min_length=1, max_length=200)]
Price = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Url = Annotated[str, Meta(pattern="^https?://[^ ]+$", max_length=300)]


class BadWorld(ValueError):
    """The file is no world; the message names the file, the key and what is wrong."""


class _Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all: immutable, and a key we do not know is an error."""


class BrokerPlan(_Plan, frozen=True, kw_only=True):
    """Where a site's devices connect, and as whom."""

    host: Text
    port: Port
    user: Text
    password: str


class LanePlan(_Plan, frozen=True, kw_only=True):
    """A lane and the faults of its devices."""

    lane: LaneName
    direction: Direction
    travel_s: Some = 1.0
    arm: Fault = Fault.NONE
    camera_dead: bool = False


class AccountPlan(_Plan, frozen=True, kw_only=True):
    """The site's bank account."""

    bin: BankCode
    number: AccountNumber


class SitePlan(_Plan, frozen=True, kw_only=True):
    """A car park: its devices, who comes, and what its price board says."""

    site: SiteCode
    broker: BrokerPlan
    camera_port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    lanes: Annotated[tuple[LanePlan, ...], Meta(min_length=1, max_length=32)]
    headway_s: Some
    stay_s: tuple[Seconds, Seconds]
    mix: dict[VehicleClass, Annotated[float, Meta(ge=0)]]
    prices: dict[VehicleClass, Price]
    account: AccountPlan

    def __post_init__(self) -> None:
        """Refuse a place where nobody can come, go or know the price."""
        names = [lane.lane for lane in self.lanes]
        if len(set(names)) < len(names):
            raise ValueError(f"`lanes` of {self.site}: a lane stands twice")
        if {lane.direction for lane in self.lanes} != set(Direction):
            raise ValueError(f"`lanes` of {self.site}: at least one lane in and one out are needed")
        if self.stay_s[0] > self.stay_s[1]:
            raise ValueError(f"`stay_s` of {self.site}: the shortest stay is longer than the longest")
        if not sum(self.mix.values()) > 0:
            raise ValueError(f"`mix` of {self.site}: no class has a share")
        unpriced = sorted(set(self.mix) - set(self.prices))
        if unpriced:
            raise ValueError(f"`prices` of {self.site}: no price for {unpriced[0]}")

    def lanes_of(self, direction: Direction) -> tuple[str, ...]:
        """The names of the lanes that lead this way."""
        return tuple(lane.lane for lane in self.lanes if lane.direction is direction)


class BankPlan(_Plan, frozen=True, kw_only=True):
    """Where the bank's feed sends its notices, and how badly.

    The shares are of payments (`never_pays`: of vehicles); `retry_unit_s` is the provider's minute.
    """

    notice_url: Url
    secret: Text
    late: Share = 0.0
    twice: Share = 0.0
    reordered: Share = 0.0
    never_pays: Share = 0.0
    retry_unit_s: Some = 1.0
    timeout_s: Some = 8.0


class AttendantPlan(_Plan, frozen=True, kw_only=True):
    """The console that the attendant works at, and how often they look."""

    url: Url
    user: Text
    password: str
    look_s: Some = 1.0


class WorldPlan(_Plan, frozen=True, kw_only=True):
    """All of it. `arrivals_s` None: vehicles come until the world is stopped. `ca_file`: whose certificates the bank
    and the attendant trust, where the centre speaks TLS; empty: those that the machine trusts."""

    seed: int
    arrivals_s: Seconds | None
    drain_s: Seconds
    truth: Text
    sites: Annotated[tuple[SitePlan, ...], Meta(min_length=1, max_length=100)]
    bank: BankPlan
    attendant: AttendantPlan | None = None
    ca_file: Annotated[str, Meta(max_length=200)] = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be told apart."""
        names = [site.site for site in self.sites]
        if len(set(names)) < len(names):
            raise ValueError("`sites`: a site stands twice")


def load(path: Path) -> WorldPlan:
    """The plan in the file. Raises BadWorld."""
    try:
        plan = msgspec.json.decode(path.read_bytes(), type=WorldPlan)
    except OSError as error:
        raise BadWorld(f"{path}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadWorld(f"{path}: {error}") from error
    folder = Path(plan.truth).parent
    if not folder.is_dir():
        raise BadWorld(f"{path}: `truth`: there is no folder {folder}")
    if plan.ca_file and not Path(plan.ca_file).is_file():
        raise BadWorld(f"{path}: `ca_file`: there is no file {plan.ca_file}")
    return plan
