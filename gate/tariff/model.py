"""What a price list says, as data. Prices include VAT; hours and days are those of Vietnam (UTC+7, no summer time).

A rate is prices for classes while its conditions hold; of those that hold the first in the list prices a moment, and
where none has a row for the class, the flat price of `turns`. Surcharges that hold are added to it.
"""

from enum import StrEnum
from typing import Annotated, Final, NamedTuple

from msgspec import Meta

from gate.messages import BillLine, Dong, Moment, Name
from gate.vehicle import VehicleClass
from gate.wire import Contract

_END: Final = r"$(?!\n)"
Minutes = Annotated[int, Meta(ge=1, le=43_200)]
Short = Annotated[int, Meta(ge=0, le=1_440)]
Clock = Annotated[str, Meta(pattern=rf"^([01][0-9]|2[0-3]):[0-5][0-9]{_END}")]
Date = Annotated[str, Meta(pattern=rf"^20[0-9]{{2}}-[01][0-9]-[0-3][0-9]{_END}")]
Edge = Annotated[str, Meta(pattern=rf"^(20[0-9]{{2}}-)?[01][0-9]-[0-3][0-9]{_END}")]
Label = Annotated[str, Meta(pattern=rf"^[a-z][a-z0-9-]{{0,23}}{_END}")]
Around = Annotated[int, Meta(ge=0, le=60)]


class BadTariff(ValueError):
    """The tariff contradicts itself or has no answer; the message names the field."""


class VatRate(Contract):
    """A VAT rate in basis points from a moment on."""

    since: Moment
    rate_bp: Annotated[int, Meta(ge=0, le=5_000)]


class Turn(Contract):
    """What a turn costs for a class where no rate says otherwise, and the listed ceiling that nothing may exceed.

    `cap`, `ceiling` and `lost` (exit without entry) count for each `per` of the tariff.
    """

    price: Dong
    ceiling: Dong
    cap: Dong | None = None
    lost: Dong | None = None


class Step(Contract):
    """A part of a ladder of prices: `minutes` long, without end where it is the last.

    The price is asked once, or for every started `every` minutes.
    """

    price: Dong
    minutes: Minutes | None = None
    every: Minutes | None = None


Ladder = Annotated[tuple[Step, ...], Meta(min_length=1, max_length=24)]


class Hours(Contract):
    """From `start` until before `end`, over midnight where that is earlier."""

    start: Clock
    end: Clock


class Season(Contract):
    """From the `first` to the `last` day, both included; without a year (`06-01`) in every year, over New Year too."""

    first: Edge
    last: Edge


class LunarDay(Contract):
    """A day of the Vietnamese lunar calendar; of a leap month only where `leap` says so."""

    month: Annotated[int, Meta(ge=1, le=12)]
    day: Annotated[int, Meta(ge=1, le=30)]
    leap: bool = False


class Event(Contract):
    """Days by name: solar dates, a lunar day of every year, and so many days before and after each."""

    name: Label
    dates: Annotated[tuple[Date, ...], Meta(max_length=100)] = ()
    lunar: LunarDay | None = None
    before: Around = 0
    after: Around = 0


class Rate(Contract):
    """Prices by class while all of its conditions hold; weekdays are 1 (Monday) to 7. The moment's own date counts."""

    name: Label
    rows: dict[VehicleClass, Ladder]
    hours: Hours | None = None
    weekdays: Annotated[tuple[Annotated[int, Meta(ge=1, le=7)], ...], Meta(max_length=7)] = ()
    season: Season | None = None
    events: Annotated[tuple[Label, ...], Meta(max_length=30)] = ()


class Boundary(StrEnum):
    """What a stay costs during which the rate changes."""

    FOLLOW = "follow"  # the rate at its beginning goes on
    SPLIT = "split"  # each part by itself, from the foot of its ladder
    JOINED = "joined"  # each rate once, for all of its parts together
    LARGER = "larger"  # all of it by the rate that held longest; the earlier of two
    BEST = "best"  # the cheapest of: split, or all of it by one of the rates


class Falling(StrEnum):
    """With `larger` and `best` a longer stay may come out cheaper than a shorter one; neither is asked for that."""

    LOWER = "lower"  # the shorter one costs no more than any longer one of its day: never above the listed rule
    KEEP = "keep"  # the longer one costs no less than the shorter one did


class Per(StrEnum):
    """For what prices begin anew, and cap and ceiling hold."""

    TURN = "turn"  # the whole stay
    DAY_FROM_ENTRY = "24h"
    DATE = "date"  # the calendar day


class Way(StrEnum):
    """To which side a total is rounded."""

    UP = "up"
    DOWN = "down"
    HALF_UP = "half_up"


class Rounding(Contract):
    """The total is rounded once, to whole `to` dong."""

    to: Annotated[int, Meta(ge=1, le=10_000)]
    way: Way = Way.UP


class Basis(Contract):
    """The document that the prices stand on."""

    document: Annotated[str, Meta(min_length=1, max_length=200)]
    number: Annotated[str, Meta(min_length=1, max_length=60)]
    date: Date


class Tariff(Contract):
    """One version of a site's price list.

    `free_minutes`: a stay no longer than this is free. `grace_to_pay_minutes`: so long a quote stays as it is.
    `grace_to_leave_minutes`: so long after its payment a stay owes nothing more. `both_from_minutes`: with `larger`,
    a stay (or day of one) from this length on is priced as `joined`. `falling` must be said with `larger` and `best`.
    """

    code: Name
    since: Moment
    legal_basis: Annotated[str, Meta(min_length=1, max_length=200)]
    turns: dict[VehicleClass, Turn]
    vat: Annotated[tuple[VatRate, ...], Meta(min_length=1)]
    until: Moment | None = None
    free_minutes: Short = 0
    grace_to_pay_minutes: Short = 5
    grace_to_leave_minutes: Short = 15
    per: Per = Per.TURN
    boundary: Boundary = Boundary.FOLLOW
    falling: Falling | None = None
    both_from_minutes: Minutes | None = None
    rates: Annotated[tuple[Rate, ...], Meta(max_length=30)] = ()
    surcharges: Annotated[tuple[Rate, ...], Meta(max_length=10)] = ()
    events: Annotated[tuple[Event, ...], Meta(max_length=30)] = ()
    rounding: Rounding | None = None
    basis: Basis | None = None


class Bill(NamedTuple):
    """What a stay costs: the lines add up to the total; the VAT is inside it."""

    total: int
    vat: int
    lines: tuple[BillLine, ...]
