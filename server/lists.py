"""A site's lists: monthly passes, exemptions, denials. Each row has an owner, a reason, an end, and counted uses."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from gate.lease import ENTRIES_MAX, Entry, Standing
from gate.messages import ArmRaised, Envelope, PersonWanted
from gate.plate import normalise
from gate.vehicle import VehicleClass
from gate.wire import Malformed, decode, encode
from server.auth import audit
from server.batch import Batch
from server.days.spans import FIRST, LAST, bounds
from server.db import hold, insert_once
from server.listings import ListingEndedRow, ListingRow, ListingUseRow, VaultListingRow
from server.register import SiteRow
from server.turning import TURNS, turns

OWNER_MAX: Final = 100
REASON_MIN: Final = 3
REASON_MAX: Final = 200
CAPACITY_MAX: Final = 1_000_000


class BadListing(ValueError):
    """The row cannot be entered as it is; the message names the field."""


class NoSuchEntry(ValueError):
    """The site has no row of this name."""


class Listing(NamedTuple):
    """A row as a person enters it. A plate, a tag or both; `vehicle_class` None: for all."""

    standing: Standing
    since: datetime
    until: datetime
    owner: str
    reason: str
    plate: str = ""
    tag: str = ""
    vehicle_class: VehicleClass | None = None


class Changes(NamedTuple):
    """What happened to a site's lists behind a change, and the number of the last."""

    listed: tuple[Entry, ...]
    ended: tuple[str, ...]
    last: int


# --- what people do ---------------------------------------------------------------------------------------


def add(session: Session, site: str, listing: Listing, by: str, now: datetime) -> str:
    """Enter a row; its name. Raises BadListing, and nothing is entered."""
    return add_all(session, site, [listing], by, now)[0]


def add_all(session: Session, site: str, listings: Sequence[Listing], by: str, now: datetime) -> list[str]:
    """Enter rows, all of them or none; their names in the same order. Raises BadListing."""
    for listing in listings:
        check(listing, now)
    first = _next_change(session, site)
    if _count(session, site, now) + len(listings) > ENTRIES_MAX:
        raise BadListing(f"{site} has {ENTRIES_MAX} rows, and its boxes hold no more: end those that are not needed")
    entries = [_entry(f"{site}-L{first + place:06}", listing) for place, listing in enumerate(listings)]
    for place, (entry, listing) in enumerate(zip(entries, listings, strict=True)):
        session.add(
            ListingRow(
                entry=entry.entry,
                site=site,
                change=first + place,
                standing=entry.standing,
                vehicle_class=entry.vehicle_class,
                since=listing.since,
                until=listing.until,
                reason=listing.reason,
                by=by,
                listed_at=now,
            )
        )
        session.add(VaultListingRow(entry=entry.entry, plate=entry.plate, tag=entry.tag, owner=listing.owner))
        audit(session, by, "listed", site, now, {"entry": entry.entry, "standing": entry.standing})
    return [entry.entry for entry in entries]


def check(listing: Listing, now: datetime) -> None:
    """Whether the row may be entered now. Raises BadListing with the field."""
    _check_words(listing.owner, "owner", 1, OWNER_MAX)
    _check_words(listing.reason, "reason", REASON_MIN, REASON_MAX)
    if not (bounds(FIRST)[0] <= listing.since and listing.until <= bounds(LAST)[1]):
        raise BadListing(f"until: a row counts between {FIRST} and {LAST}")
    if listing.until <= max(listing.since, now):
        raise BadListing("until: the row is over before it begins, or over already")
    _entry("X-L0", listing)


def end(session: Session, site: str, entry: str, reason: str, by: str, now: datetime) -> bool:
    """End a row now; says whether it was not ended before. Raises NoSuchEntry or BadListing."""
    _check_words(reason, "reason", REASON_MIN, REASON_MAX)
    row = session.get(ListingRow, entry)
    if row is None or row.site != site:
        raise NoSuchEntry(f"{site} has no row {entry}")
    change = _next_change(session, site)
    over = ListingEndedRow(entry=entry, site=site, change=change, reason=reason, by=by, ended_at=now)
    if not insert_once(session, over):
        return False
    audit(session, by, "ended a row", site, now, {"entry": entry, "reason": reason})
    return True


def set_capacity(session: Session, site: str, capacity: int, by: str, now: datetime) -> None:
    """How many places a site has; 0: nobody counts. Boxes hear of it with their next state. Raises BadListing."""
    row = session.get(SiteRow, site)
    if row is None or not 0 <= capacity <= CAPACITY_MAX:
        raise BadListing(f"capacity: {capacity} is not from 0 to {CAPACITY_MAX}" if row else f"there is no site {site}")
    audit(session, by, "set the capacity", site, now, {"before": str(row.capacity), "capacity": str(capacity)})
    row.capacity = capacity
    session.add(row)


def _entry(name: str, listing: Listing) -> Entry:
    """The row as a box will have it, checked by the very class that travels. Raises BadListing."""
    plate, tag = normalise(listing.plate), listing.tag.strip().upper()
    if not plate and not tag:
        raise BadListing("plate: a row needs a plate or a tag")
    if plate and not plate.isalnum():
        raise BadListing(f"plate: {plate[:40]!r} has characters that no plate has")
    row = Entry(
        entry=name,
        standing=listing.standing,
        since=listing.since,
        plate=plate,
        tag=tag,
        until=listing.until,
        vehicle_class=listing.vehicle_class,
    )
    try:
        return decode(encode(row), Entry)
    except Malformed as error:
        raise BadListing(str(error)) from error


def _check_words(text: str, field: str, least: int, most: int) -> None:
    if not least <= len(text.strip()) <= len(text) <= most:
        raise BadListing(f"{field}: {least} to {most} characters are needed")
    if turns(text):
        raise BadListing(f"{field}: {TURNS}")
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in text):
        raise BadListing(f"{field}: it holds characters that cannot be shown")


def held(session: Session, site: str) -> None:
    """Keep others from changing the site's lists until this transaction ends."""
    hold(session, f"lists:{site}")


def _next_change(session: Session, site: str) -> int:
    """The number behind the last; others wait until this one is committed, so that none is seen before a lower one."""
    held(session, site)
    return last_change(session, site) + 1


# --- what boxes are told ----------------------------------------------------------------------------------


def last_change(session: Session, site: str) -> int:
    """The number of the last row or end of this site; 0 before the first."""
    numbers = [
        session.exec(select(func.max(table.change)).where(table.site == site)).one()
        for table in (ListingRow, ListingEndedRow)
    ]
    return max(number or 0 for number in numbers)


def entries(session: Session, site: str, now: datetime) -> tuple[Entry, ...]:
    """The rows that count now or later."""
    return _entries(session, *standing(site, now))


def changes(session: Session, site: str, after: int, now: datetime) -> Changes:
    """What a box that was told up to change `after` does not know."""
    last = last_change(session, site)
    if last <= after:
        return Changes((), (), after)
    over = select(ListingEndedRow.entry).where(ListingEndedRow.site == site, ListingEndedRow.change > after)
    ended = session.exec(over.order_by(col(ListingEndedRow.change))).all()
    listed = _entries(session, *standing(site, now), ListingRow.change > after)
    return Changes(listed, tuple(ended), last)


def standing(site: str, now: datetime) -> tuple[Any, ...]:
    """Conditions of rows that are neither over nor ended."""
    ended = select(ListingEndedRow.entry).where(ListingEndedRow.site == site)
    return (ListingRow.site == site, col(ListingRow.until) > now, col(ListingRow.entry).not_in(ended))


def _count(session: Session, site: str, now: datetime) -> int:
    return int(session.exec(select(func.count()).select_from(ListingRow).where(*standing(site, now))).one())


def _entries(session: Session, *conditions: Any) -> tuple[Entry, ...]:
    """Rows that still have a vehicle, in the order in which they were entered."""
    joined = select(ListingRow, VaultListingRow).join(
        VaultListingRow, col(VaultListingRow.entry) == col(ListingRow.entry)
    )
    found = session.exec(joined.where(*conditions).order_by(col(ListingRow.change)))
    return tuple(
        Entry(
            entry=row.entry,
            standing=Standing(row.standing),
            since=row.since,
            plate=whose.plate,
            tag=whose.tag,
            until=row.until,
            vehicle_class=VehicleClass(row.vehicle_class) if row.vehicle_class else None,
        )
        for row, whose in found
    )


# --- what follows from facts ------------------------------------------------------------------------------


def book_use(batch: Batch, envelope: Envelope) -> None:
    """Count it when a box acted by a row of the lists. One fact is one use, however often it is booked."""
    body = envelope.body
    if not isinstance(body, ArmRaised | PersonWanted) or body.entry is None:
        return
    batch.fact(
        ListingUseRow,
        message_id=str(envelope.message_id),
        entry=body.entry,
        site=envelope.site,
        lane=body.lane,
        kind="opening" if isinstance(body, ArmRaised) else "denied",
        happened_at=envelope.happened_at,
    )


def excuses(session: Session, site: str, entry: str, kind: VehicleClass, left: datetime) -> bool:
    """Whether a stay of this class that ends then owes nothing by this row: the centre's own answer to a box's."""
    row, over = session.get(ListingRow, entry), session.get(ListingEndedRow, entry)
    if row is None or row.site != site or row.standing == Standing.DENY or row.vehicle_class not in {None, kind}:
        return False
    return row.since <= left < (min(row.until, over.ended_at) if over else row.until)


def uses(session: Session, names: Iterable[str]) -> dict[str, int]:
    """How often each row was used; rows that never were are missing."""
    count = select(ListingUseRow.entry, func.count()).where(col(ListingUseRow.entry).in_(sorted(names)))
    return {entry: int(times) for entry, times in session.exec(count.group_by(col(ListingUseRow.entry)))}


def shown(session: Session, site: str, now: datetime) -> list[dict[str, Any]]:
    """The rows that count now or later, for people who may see plates; who looks is recorded by the caller."""
    found = session.exec(select(ListingRow).where(*standing(site, now)).order_by(col(ListingRow.change))).all()
    names = [row.entry for row in found]
    whose = session.exec(select(VaultListingRow).where(col(VaultListingRow.entry).in_(names)))
    people, used = {row.entry: row for row in whose}, uses(session, names)
    return [_shown(row, people.get(row.entry), used.get(row.entry, 0), now) for row in found]


def _shown(row: ListingRow, whose: VaultListingRow | None, used: int, now: datetime) -> dict[str, Any]:
    return {
        "entry": row.entry,
        "standing": row.standing,
        "plate": whose.plate if whose else "",
        "tag": whose.tag if whose else "",
        "vehicle_class": row.vehicle_class,
        "since": row.since.isoformat(),
        "until": row.until.isoformat(),
        "active": row.since <= now < row.until,
        "owner": whose.owner if whose else "",
        "reason": row.reason,
        "by": row.by,
        "uses": used,
    }
