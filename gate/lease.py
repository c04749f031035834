"""The lease: what a box may rely on while the centre is away, until when."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta

from gate.messages import BoxName, Dong, LaneName, Moment, Name, Natural, Place, Reference, Share, SiteCode
from gate.tariff import Tariff
from gate.vehicle import VehicleClass
from gate.wire import Contract

ENTRIES_MAX: Final = 5_000
"""Rows of a site's lists that a lease carries; the centre refuses one more."""
INSIDE_MAX: Final = 2_000
"""Vehicles that a lease names as inside since before the first day; the centre refuses one more."""
GONE_MAX: Final = 2_000
"""Visits that a lease names as gone, the newest."""
LEASE_MAX: Final = 1_900_000
"""Bytes of a signed lease. All else stays within `gate.wire.BYTES_MAX`; brokers since mosquitto 2.1 take 2,000,000."""

BankCode = Annotated[str, Meta(pattern=r"^[0-9]{6}$(?!\n)")]
AccountNumber = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{1,19}$(?!\n)")]
AccountName = Annotated[str, Meta(max_length=60)]
Patience = Annotated[int, Meta(ge=1, le=3_600)]


class Unpaid(StrEnum):
    """What a lane does with a driver whose money is not confirmed in time."""

    BILL = "bill"  # let out, stays owing
    HOLD = "hold"  # wait for the attendant


class Expired(StrEnum):
    """What a box does about debts when its lease is over: it has not heard of payments for that long."""

    CONTINUE = "continue"  # as the policy for the unpaid says
    HOLD = "hold"  # who owes waits for the attendant; passes and free stays go as always


class Account(Contract):
    """Where the site's money goes."""

    bank: BankCode
    number: AccountNumber
    name: AccountName = ""


class Policy(Contract):
    """How the site wants its lanes to behave. Exempt vehicles enter a full park in any case."""

    unpaid: Unpaid
    patience_s: Patience
    accept_probability: Share = 0.9
    accept_margin: Share = 0.3
    pass_when_full: bool = True
    expired: Expired = Expired.CONTINUE


class Standing(StrEnum):
    """What a row of a site's lists means for its vehicle."""

    PASS = "pass"  # noqa: S105 - monthly pass: paid by the month
    EXEMPT = "exempt"  # priority or exempt: pays nothing
    DENY = "deny"  # not let in; leaves like anybody else


class Entry(Contract):
    """A row of a site's lists: a plate, a tag or both, from `since` until before `until` (None: no end).

    `entry` names the row on the wire and in the facts; who owns it and why stays at the centre. A pass or an exemption
    with a `vehicle_class` is good for that class alone, None for all; a denial does not ask for the class.
    """

    entry: Name
    standing: Standing
    since: Moment
    plate: Annotated[str, Meta(max_length=16)] = ""
    tag: Annotated[str, Meta(pattern=r"^([0-9A-F]{8,64})?$(?!\n)")] = ""
    until: Moment | None = None
    vehicle_class: VehicleClass | None = None

    def is_active(self, at: datetime) -> bool:
        """Whether it counts at this moment."""
        return self.since <= at and (self.until is None or at < self.until)


class Receipt(Contract):
    """A visit that owed nothing when the centre booked its last money, `at`, having paid `amount` in all."""

    visit: Reference
    amount: Dong
    at: Moment


class Inside(Contract):
    """A stay that has not ended and of which the centre knows more than the box: one that no box opened, and one whose
    plate a person corrected."""

    visit: Reference
    plate: Annotated[str, Meta(max_length=16)]
    vehicle_class: VehicleClass
    since: Moment
    lane: LaneName


class Lease(Contract):
    """A numbered snapshot for one box.

    `paid` are visits inside that owe nothing, `receipts` what those among them paid that were not free. `coming` are
    tariffs that take over later, by `in_force`. `capacity` is the number of places, 0 where nobody counts.

    `inside` are stays that have not ended and that no box opened, or whose plate a person corrected; `gone` are stays
    that ended by a person's word.
    """

    number: Place
    site: SiteCode
    box: BoxName
    issued_at: Moment
    expires_at: Moment
    tariff: Tariff
    account: Account
    policy: Policy
    capacity: Natural
    paid: tuple[Reference, ...] = ()
    coming: tuple[Tariff, ...] = ()
    lists: Annotated[tuple[Entry, ...], Meta(max_length=ENTRIES_MAX)] = ()
    receipts: tuple[Receipt, ...] = ()
    inside: Annotated[tuple[Inside, ...], Meta(max_length=INSIDE_MAX)] = ()
    gone: Annotated[tuple[Reference, ...], Meta(max_length=GONE_MAX)] = ()

    def tariff_at(self, at: datetime) -> Tariff:
        """The price list of a stay that ends at this moment: the exit decides, as with the VAT rate."""
        return in_force((self.tariff, *self.coming), at) or self.tariff


class Delta(Contract):
    """Change `number` since the snapshot `lease`. `ended` are names of rows; None of capacity: as it was.

    A row of `listed` whose name is known replaces it; `ended` is taken after `listed`.
    """

    lease: Place
    number: Place
    box: BoxName
    paid: tuple[Reference, ...] = ()
    listed: tuple[Entry, ...] = ()
    ended: tuple[Name, ...] = ()
    capacity: Natural | None = None
    receipts: tuple[Receipt, ...] = ()


def in_force(versions: Iterable[Tariff], at: datetime) -> Tariff | None:
    """Of the versions that have begun and are not over, the one that began last."""
    begun = [each for each in versions if each.since <= at and (each.until is None or at < each.until)]
    return max(begun, key=lambda each: (each.since, each.code), default=None)
