"""The lease: what a box may rely on while the centre is away, until when."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from gate.messages import BoxName, Moment, Natural, Place, Reference, SiteCode
from gate.tariff import Tariff
from gate.wire import Contract


class Unpaid(StrEnum):
    """What a lane does with a driver whose money is not confirmed in time."""

    BILL = "bill"  # let out, stays owing
    HOLD = "hold"  # wait for the attendant


class Account(Contract):
    """Where the site's money goes."""

    bank: Annotated[str, Meta(pattern=r"^[0-9]{6}$(?!\n)")]
    number: Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{1,19}$(?!\n)")]
    name: Annotated[str, Meta(max_length=60)] = ""


class Policy(Contract):
    """How the site wants its lanes to behave."""

    unpaid: Unpaid
    patience_s: Annotated[int, Meta(ge=1, le=3_600)]
    accept_probability: Annotated[float, Meta(ge=0, le=1)] = 0.9
    accept_margin: Annotated[float, Meta(ge=0, le=1)] = 0.3


class Lease(Contract):
    """A numbered snapshot for one box."""

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


class Delta(Contract):
    """Change `number` since the snapshot `lease`: visits that are paid now."""

    lease: Place
    number: Place
    box: BoxName
    paid: tuple[Reference, ...]
