"""What the box decides by itself, online or not: who comes in, who is leaving, what it costs.

One code path: a dead network is not noticed here. Facts are recorded by the caller in one transaction.
"""

from datetime import datetime
from typing import NamedTuple

from edge.visits import Stay, Visits
from gate import vietqr
from gate.lease import Lease
from gate.matching import Ranking, rank
from gate.messages import OpeningReason
from gate.tariff import BadTariff, Bill, price
from gate.vehicle import VehicleClass


class Quote(NamedTuple):
    """A stay with its price, and the VietQR that pays it; no payload when nothing is due."""

    stay: Stay
    bill: Bill
    tariff: str
    payload: str


class NoLease(LookupError):
    """The box was never given a tariff: it may admit, but it cannot price."""


def matched(
    visits: Visits, lane: str, lease: Lease | None, plate: str, kind: VehicleClass | None
) -> tuple[Ranking, bool]:
    """The ranking of the open visits for a read at this exit, and whether the best one is sure enough to take."""
    ranking = rank(plate, kind, visits.leaving(lane))
    if lease is None or not ranking.candidates:
        return ranking, False
    policy = lease.policy
    sure = ranking.candidates[0].probability >= policy.accept_probability and ranking.margin >= policy.accept_margin
    return ranking, sure


def quote(stay: Stay, lease: Lease | None, now: datetime) -> Quote:
    """The price of a stay that ends now. Raises NoLease."""
    if lease is None:
        raise NoLease("no lease was ever received")
    try:
        bill = price(lease.tariff, stay.vehicle_class, stay.entered_at, max(now, stay.entered_at))
    except BadTariff as error:
        raise NoLease(str(error)) from error
    payload = ""
    if bill.total and not stay.paid:
        account = lease.account
        payload = vietqr.encode(bank=account.bank, account=account.number, amount=bill.total, note=stay.visit)
    return Quote(stay, bill, lease.tariff.code, payload)


def reason_to_go(quoted: Quote) -> OpeningReason | None:
    """Why this stay may leave at once, if it may."""
    if not quoted.bill.total:
        return OpeningReason.FREE
    return OpeningReason.PAID if quoted.stay.paid else None
