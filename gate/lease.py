"""The lease: what a box may rely on while the centre is away, until when."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from gate.messages import BoxName, Moment, Name, Natural, Place, Reference, Share, SiteCode
from gate.tariff import Tariff
from gate.wire import Contract

BankCode = Annotated[str, Meta(pattern=r"^[0-9]{6}$(?!\n)")]
AccountNumber = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{1,19}$(?!\n)")]
AccountName = Annotated[str, Meta(max_length=60)]
Patience = Annotated[int, Meta(ge=1, le=3_600)]


class Unpaid(StrEnum):
    """What a lane does with a driver whose money is not confirmed in time."""

    BILL = "bill"  # let out, stays owing
    HOLD = "hold"  # wait for the attendant


class Account(Contract):
    """Where the site's money goes."""

    bank: BankCode
    number: AccountNumber
    name: AccountName = ""


class Policy(Contract):
    """How the site wants its lanes to behave."""

    unpaid: Unpaid
    patience_s: Patience
    accept_probability: Share = 0.9
    accept_margin: Share = 0.3


class Standing(StrEnum):
    """What a row of a site's lists means for its vehicle."""

    PASS = "pass"  # noqa: S105 - monthly pass: paid by the month
    EXEMPT = "exempt"  # priority or exempt: pays nothing
    DENY = "deny"  # not let in; leaves like anybody else


class Entry(Contract):
    """A row of a site's lists: a plate, a tag or both, from `since` until before `until` (None: no end).

    `entry` names the row on the wire and in the facts; who owns it and why stays at the centre.
    """

    entry: Name
    standing: Standing
    since: Moment
    plate: Annotated[str, Meta(max_length=16)] = ""
    tag: Annotated[str, Meta(pattern=r"^([0-9A-F]{8,64})?$(?!\n)")] = ""
    until: Moment | None = None


class Lease(Contract):
    """A numbered snapshot for one box. `coming` are tariffs that begin later, soonest first."""

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
    lists: tuple[Entry, ...] = ()


class Delta(Contract):
    """Change `number` since the snapshot `lease`. `ended` are names of rows; None of capacity: as it was."""

    lease: Place
    number: Place
    box: BoxName
    paid: tuple[Reference, ...] = ()
    listed: tuple[Entry, ...] = ()
    ended: tuple[Name, ...] = ()
    capacity: Natural | None = None
