"""What a day is made of: openings, passages, visits, payments, recorded trouble, and what is expected."""

from datetime import datetime, timedelta
from typing import Final

from gate.findings import Code, Expectation
from gate.messages import Direction, OpeningReason
from gate.reconcile.flow import Flow
from gate.reconcile.variance import Tolerance
from gate.vehicle import VehicleClass
from gate.wire import Contract

HOUR: Final = timedelta(hours=1)


class Opening(Contract):
    """An arm seen up."""

    opening: str
    lane: str
    reason: OpeningReason
    by: str
    note: str
    visit: str | None
    at: datetime


class Passage(Contract):
    """A vehicle seen past the arm."""

    passage: str
    lane: str
    direction: Direction
    visit: str | None
    opening: str | None
    tailgate: bool
    at: datetime


class Visit(Contract):
    """A stay by its plates. Voided visits never were.

    charged: its charge with all supplements; asked_at: when the last of them was asked for. claimed: let out on the
    driver's word that it had paid, so that its money is awaited as such.
    credited: what money of another stay settled here; waived: what two persons let off, written off included.
    """

    visit: str
    vehicle_class: VehicleClass
    read: bool
    opened_at: datetime
    entered_at: datetime | None
    left_at: datetime | None
    voided: bool
    quoted: int | None
    recomputed: int | None
    charged: int | None
    charged_at: datetime | None
    credited: int = 0
    waived: int = 0
    asked_at: datetime | None = None
    claimed: bool = False


class Payment(Contract):
    """Money that a provider says came. `applied` reached debts; `returned` is to go back or was taken back.

    `reference` is what the transfer said, `visit` the known visit of that name.
    """

    payment: str
    visit: str | None
    amount: int
    applied: int
    at: datetime
    received_at: datetime
    reference: str = ""
    returned: int = 0


class Anomaly(Contract):
    """Trouble that was recorded when it happened: a refused notice, a foreign message, a device fault."""

    code: Code
    subject: str
    amount: int
    at: datetime
    evidence: dict[str, str]


class Settled(Contract):
    """A finding that people settled: said why, or dismissed. It covers `amount` and no dong more."""

    code: Code
    subject: str
    amount: int


class Day(Contract):
    """All facts about one site's local day, as of `now`.

    Counterparts come along though they lie outside the day: the opening before midnight of a passage after it,
    the visits that a payment of the day settles, all payments of a visit of the day. Only what happened
    from `start` until before `end` is counted and found fault with. `clearing` is what came on the day and nothing
    else has shown yet; `ledger_sum` the sum of the day's postings: nothing.
    """

    site: str
    start: datetime
    end: datetime
    now: datetime
    openings: tuple[Opening, ...]
    passages: tuple[Passage, ...]
    visits: tuple[Visit, ...]
    payments: tuple[Payment, ...]
    anomalies: tuple[Anomaly, ...]
    clearing: int
    ledger_sum: int
    expected: tuple[Expectation, ...] = ()
    flows: tuple[Flow, ...] = ()
    settled: tuple[Settled, ...] = ()
    tolerance: Tolerance = Tolerance()

    def has(self, at: datetime | None) -> bool:
        """Whether a moment is of this day."""
        return at is not None and self.start <= at < self.end

    def hour(self, at: datetime) -> int:
        """The hour of the day that a moment is in, from 0."""
        return (at - self.start) // HOUR
