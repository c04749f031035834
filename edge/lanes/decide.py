"""What the box decides by itself, online or not: who comes in, who is leaving, what it costs.

One code path: a dead network is not noticed here. Facts are recorded by the caller in one transaction.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from edge.known.lists import Lists
from edge.known.nearness import unlikeness
from edge.known.tags import Tags
from edge.known.visits import Stay, Visits
from gate import vietqr
from gate.lease import Entry, Expired, Lease, Standing, Unpaid
from gate.matching import Ranking, rank, tagged
from gate.messages import BillLine, OpeningReason, Why
from gate.plate import cost, normalise
from gate.tariff import BadTariff, Bill, Tariff, price, quoted_until, still_owed
from gate.vehicle import VehicleClass

RULE: Final = "rule"
TAG: Final = "tag"
ALIKE_MAX: Final = 0.6
"""How far an uncertain read may be from a denied plate and still be taken for it: two alike characters."""
_FIRST: Final = (Standing.DENY, Standing.EXEMPT, Standing.PASS)


class Seen(NamedTuple):
    """What a lane knows of the vehicle before it. `plate` empty: not read; `tag` empty: none.

    `characters`: the reader's probability of each character of the plate, where it said so; `others`: what else it
    held the whole plate to be.
    """

    plate: str
    tag: str = ""
    kind: VehicleClass | None = None
    confidence: float = 1.0
    characters: tuple[float, ...] = ()
    others: tuple[tuple[str, float], ...] = ()


class Admit(NamedTuple):
    """Let in, ADMITTED or by a row of the lists (PASS), which is one of this `standing`."""

    reason: OpeningReason
    entry: str | None = None
    standing: Standing | None = None


class AskPerson(NamedTuple):
    """Not by the rules: DENIED by a row of the lists, or FULL."""

    why: Why
    entry: str | None = None


class Match(NamedTuple):
    """Who may be leaving, whether the first is sure enough to take, and what said so: `rule` or `tag`."""

    ranking: Ranking
    sure: bool
    by: str


class Quote(NamedTuple):
    """A stay with its price if it ends at `left`, what of it is `owed`, and the VietQR that pays that, if anything.

    `entry` is the row of the lists for which nothing is owed.
    """

    stay: Stay
    bill: Bill
    tariff: str
    payload: str
    left: datetime
    owed: int
    entry: str | None = None


class NoLease(LookupError):
    """The box was never given a tariff: it may admit, but it cannot price."""


# --- the lists --------------------------------------------------------------------------------------------


def standing(lists: Lists, plate: str, tag: str, kind: VehicleClass | None, now: datetime) -> Entry | None:
    """The row that counts for this vehicle now, by its exact plate or its tag; a denial before all others.

    A pass for another class than was measured does not count; where nothing was measured, any does.
    """
    return _first(lists.of(plate, tag), kind, now)


def _first(rows: Iterable[Entry], kind: VehicleClass | None, now: datetime) -> Entry | None:
    active = [row for row in rows if row.is_active(now) and _fits(row, kind)]
    return min(active, key=lambda row: (_FIRST.index(row.standing), row.entry), default=None)


def _fits(row: Entry, kind: VehicleClass | None) -> bool:
    return row.standing is Standing.DENY or None in {row.vehicle_class, kind} or row.vehicle_class is kind


def _may_be_denied(lists: Lists, plate: str, now: datetime) -> Entry | None:
    """A denied plate that an uncertain read may be."""
    key = normalise(plate)
    rows = [row for row in lists.denials(len(key)) if row.is_active(now)]
    return next((row for row in rows if _apart(key, normalise(row.plate)) <= ALIKE_MAX), None) if key else None


def _apart(one: str, other: str) -> float:
    """Of texts of the same length."""
    return sum(cost(a, b) for a, b in zip(one, other, strict=True))


# --- coming in --------------------------------------------------------------------------------------------


def admission(lists: Lists, lease: Lease | None, seen: Seen, inside: int, now: datetime) -> Admit | AskPerson:
    """Whether the vehicle at an entry comes in by the rules. `inside`: places taken (`edge.known.places`)."""
    row = standing(lists, seen.plate, seen.tag, seen.kind, now)
    if row is not None and row.standing is Standing.DENY:
        return AskPerson(Why.DENIED, row.entry)
    if row is None and seen.confidence < (lease.policy.accept_probability if lease else 0.0):
        denied = _may_be_denied(lists, seen.plate, now)
        if denied:
            return AskPerson(Why.DENIED, denied.entry)
    if not place_free(lease, inside) and not _enters_full(lease, row):
        return AskPerson(Why.FULL)
    return Admit(OpeningReason.PASS, row.entry, row.standing) if row else Admit(OpeningReason.ADMITTED)


def place_free(lease: Lease | None, inside: int) -> bool:
    """Whether one more may come in. A capacity of 0 means that nobody counts places here."""
    return lease is None or lease.capacity == 0 or inside < lease.capacity


def _enters_full(lease: Lease | None, row: Entry | None) -> bool:
    if row is None or lease is None:
        return False
    return row.standing is Standing.EXEMPT or lease.policy.pass_when_full


# --- going out --------------------------------------------------------------------------------------------


def identified(visits: Visits, tags: Tags, lane: str, lease: Lease | None, seen: Seen) -> Match:
    """Whose stay ends at this exit: the one that came in with the same tag, else the ranking by plate.

    Where the plate says surely that it is another's, a person decides: a reader that reaches too far hears who waits
    behind.
    """
    leaving = visits.leaving(lane)
    tagged_so = tags.visits(seen.tag)
    ours = [visit.visit for visit in leaving if visit.visit in tagged_so] if tagged_so else []
    said = seen.characters, seen.others
    ranking = rank(seen.plate, seen.kind, leaving, 8, unlikeness, *said)
    sure = _is_sure(ranking, lease)
    if len(ours) != 1:
        return Match(ranking, sure, RULE)
    best = next((visit for visit in leaving if sure and visit.visit == ranking.candidates[0].visit), None)
    ranking = tagged(ours[0], best.plate if best else seen.plate, leaving)
    return Match(ranking, lease is not None and ranking.margin > 0, TAG)


def _is_sure(ranking: Ranking, lease: Lease | None) -> bool:
    """Whether the best one is sure enough to take."""
    if lease is None or not ranking.candidates:
        return False
    policy = lease.policy
    return ranking.candidates[0].probability >= policy.accept_probability and ranking.margin >= policy.accept_margin


def excused(lists: Lists, tags: Tags, stay: Stay, seen: Seen, now: datetime) -> Entry | None:
    """The row for which this stay owes nothing now: of the plate or tag at its entry, or of those at the exit.

    Whoever is denied leaves like anybody else. The row must hold when the vehicle leaves, for the class of its stay.
    """
    rows = lists.of(stay.plate, tags.of(stay.visit)) + lists.of(seen.plate, seen.tag)
    row = _first(rows, stay.vehicle_class, now)
    return None if row is None or row.standing is Standing.DENY else row


def quote(stay: Stay, lease: Lease | None, now: datetime, entry: Entry | None = None) -> Quote:
    """The price of a stay that ends now, nothing for one that `entry` excuses. Raises NoLease."""
    if lease is None:
        raise NoLease("no lease was ever received")
    left = _ends(stay, lease, now)
    tariff = lease.tariff_at(left)
    bill = _bill(stay, tariff, left, entry)
    owes = owed(stay, tariff, bill.total, now)
    payload = ""
    if owes:
        account = lease.account
        payload = vietqr.encode(bank=account.bank, account=account.number, amount=owes, note=stay.visit)
    return Quote(stay, bill, tariff.code, payload, left, owes, entry.entry if entry else None)


def _ends(stay: Stay, lease: Lease, now: datetime) -> datetime:
    """Now, or when it was priced before, so long as that quote is good: the grace to pay."""
    before = stay.quoted_at
    held = before is not None and before <= now <= quoted_until(lease.tariff_at(before), before)
    return max(before if before is not None and held else now, stay.entered_at)


def owed(stay: Stay, tariff: Tariff, total: int, now: datetime) -> int:
    """What a stay that costs `total` still owes: nothing within the grace to leave, then what was not paid of it."""
    if not stay.paid:
        return total
    receipt = stay.receipt  # none: its centre does not say how much, or a person's order was all that came
    return still_owed(tariff, total, receipt.amount, receipt.at, now) if receipt else 0


def _bill(stay: Stay, tariff: Tariff, left: datetime, entry: Entry | None) -> Bill:
    if entry:
        return Bill(0, 0, (BillLine(since=stay.entered_at, until=left, what=entry.standing, amount=0),))
    try:
        return price(tariff, stay.vehicle_class, stay.entered_at, left)
    except BadTariff as error:
        raise NoLease(str(error)) from error


def reason_to_go(quoted: Quote) -> OpeningReason | None:
    """Why this stay may leave at once, if it may."""
    if quoted.entry:
        return OpeningReason.PASS
    if not quoted.bill.total:
        return OpeningReason.FREE
    return None if quoted.owed else OpeningReason.PAID


def when_unpaid(lease: Lease | None, *, expired: bool) -> Unpaid:
    """What becomes of a driver whose money is not confirmed in time."""
    if lease is None or (expired and lease.policy.expired is Expired.HOLD):
        return Unpaid.HOLD
    return lease.policy.unpaid
