"""What a stay comes to that the centre ends by itself: by its price list at that moment, or nothing by its lists."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlmodel import Session, col, select

from gate.lease import Standing
from gate.messages import BillLine
from gate.plate import normalise
from gate.tariff import Bill, Tariff, load, price
from gate.vehicle import VehicleClass
from server.listings import ListingEndedRow, ListingRow, VaultListingRow
from server.register import TariffRow
from server.tariffs import counting


class NoTariff(ValueError):
    """The site has no price list for that moment."""


class Priced(NamedTuple):
    """A bill as the books keep it; `lines` is JSON."""

    tariff: str
    total: int
    vat: int
    lines: str


def tariff_at(session: Session, site: str, at: datetime) -> Tariff:
    """The site's price list at a moment: of those that have begun and are not over, the one that began last."""
    held = select(TariffRow).where(*counting(site, at), col(TariffRow.since) <= at)
    row = session.exec(held.order_by(col(TariffRow.since).desc()).limit(1)).first()
    if row is None:
        raise NoTariff(f"{site} has no price list for {at.isoformat()}")
    return load(row.body.encode())


def stay_price(
    session: Session, site: str, kind: VehicleClass, entered: datetime, left: datetime, plates: Iterable[str]
) -> Priced:
    """The price of a stay that ended then, nothing for one that a row of the lists excuses.

    Raises NoTariff, or BadTariff where the list has no price for the class.
    """
    tariff = tariff_at(session, site, left)
    standing = excused(session, site, kind, left, plates)
    if standing:
        return priced(tariff, Bill(0, 0, (BillLine(since=entered, until=left, what=standing, amount=0),)))
    return priced(tariff, price(tariff, kind, min(entered, left), left))


def priced(tariff: Tariff, bill: Bill) -> Priced:
    """A bill for the books."""
    return Priced(tariff.code, bill.total, bill.vat, msgspec.json.encode(bill.lines).decode())


def excused(session: Session, site: str, kind: VehicleClass, at: datetime, plates: Iterable[str]) -> str:
    """The standing of the row of the lists by which such a vehicle owes nothing then; empty for none."""
    keys = {normalise(plate) for plate in plates} - {""}
    over = select(ListingEndedRow.entry).where(ListingEndedRow.site == site, col(ListingEndedRow.ended_at) <= at)
    rows = (
        select(ListingRow)
        .join(VaultListingRow, col(VaultListingRow.entry) == col(ListingRow.entry))
        .where(ListingRow.site == site, ListingRow.standing != Standing.DENY, col(VaultListingRow.plate).in_(keys))
        .where(col(ListingRow.since) <= at, col(ListingRow.until) > at, col(ListingRow.entry).not_in(over))
        .order_by(col(ListingRow.change))
    )
    found = [row for row in session.exec(rows) if row.vehicle_class in {None, kind}] if keys else []
    return found[0].standing if found else ""
