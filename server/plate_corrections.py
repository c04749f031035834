"""A person says what a plate is: what that does to the stay's price, before it is kept, and that it is kept.

What the reader read stays in the vault as it was. A posted charge is never touched: what it was too much is waived by
two persons, where it is still owed.
"""

from datetime import datetime
from typing import Final, NamedTuple

from sqlmodel import Session

from gate.messages import Direction
from gate.plate import normalise
from gate.tariff import BadTariff
from gate.vehicle import VehicleClass
from server import decisions, ledger, plate_parts, plate_search, vault_plates
from server.auth import audit
from server.corrections import NOTE_MAX, NOTE_MIN, NotPossible
from server.db import hold, insert_once
from server.decisions import Decided, Wanted
from server.derived import VisitRow
from server.effects import Kind
from server.facts import ChargeRow
from server.facts_visits import LostEntryRow
from server.money_rules import MoneyRules, Speaker
from server.pricing import NoTariff, excused, stay_price
from server.turning import TURNS, turns
from server.vault_plates import VaultPlateRow

PLATE_MIN: Final = 4
PLATE_MAX: Final = 16


class Effect(NamedTuple):
    """What another plate does. `costs` and `will_cost`: the stay's price with the plate as it is known and with the new
    one, in dong, None where no price list says; `standing`: that of the lists' row that excuses it then.

    `over`: by how much the posted charge is too high then; `waivable`: how much of that is still owed. `same`: other
    visits of this plate at the site that have not ended.
    """

    approach: str
    was: str
    plate: str
    costs: int | None
    will_cost: int | None
    standing: str
    charged: int | None
    over: int
    waivable: int
    same: tuple[str, ...]

    @property
    def difference(self) -> int:
        """What the driver would pay more; below nothing where it is less."""
        return (self.will_cost or 0) - (self.costs or 0) if None not in (self.costs, self.will_cost) else 0


class Corrected(NamedTuple):
    """What was kept, and the waiver that was asked for with it."""

    effect: Effect
    waiver: Decided | None


def key_of(typed: str) -> str:
    """The key form of a plate that a person typed. Raises NotPossible."""
    key = normalise(typed)
    if not PLATE_MIN <= len(key) <= PLATE_MAX or not key.isalnum():
        raise NotPossible(f"plate: {PLATE_MIN} to {PLATE_MAX} letters and digits, not {typed[:40]!r}")
    return key


def effect(session: Session, visit: str, side: Direction, typed: str, now: datetime) -> Effect:
    """What it does to say that the plate at this end is another. Nothing is kept. Raises NotPossible."""
    stay, plate = session.get(VisitRow, visit), key_of(typed)
    approach = (stay.entry_approach if side is Direction.IN else stay.exit_approach) if stay else None
    if stay is None or not approach:
        raise NotPossible(f"visit {visit} has no {'entry' if side is Direction.IN else 'exit'} to correct")
    known = vault_plates.plates(session, [stay.entry_approach, stay.exit_approach or ""])
    if known.get(approach) == plate:
        raise NotPossible(f"the plate is {plate} already")
    ends = {**known, approach: plate}
    costs, will_cost = (_price(session, stay, list(of.values()), now) for of in (known, ends))
    charge = session.get(ChargeRow, visit)
    over = max(0, (costs or 0) - (will_cost or 0)) if charge and None not in (costs, will_cost) else 0
    kind, left = VehicleClass(stay.vehicle_class), stay.left_at or now
    return Effect(
        approach=approach,
        was=known.get(approach, ""),
        plate=plate,
        costs=costs,
        will_cost=will_cost,
        standing=excused(session, stay.site, kind, left, ends.values()),
        charged=charge.total if charge else None,
        over=over,
        waivable=min(over, max(0, ledger.owed(session, visit))),
        same=_same(session, stay, plate),
    )


def save(  # noqa: PLR0913 - all of what was said
    session: Session,
    visit: str,
    side: Direction,
    typed: str,
    *,
    seen: int,
    waive: bool,
    who: Speaker,
    rules: MoneyRules,
    note: str,
    now: datetime,
) -> Corrected:
    """Keep the plate; with `waive` ask for a waiver of what the charge is too much, which waits for a second person.

    `seen` is the difference that the person was shown: NotPossible where it is another by now, or for a note that does
    not say why. Raises Impossible or NotYours for the waiver; nothing is kept then.
    """
    if turns(note):
        raise NotPossible(TURNS)
    if not NOTE_MIN <= len(note.strip()) <= NOTE_MAX:
        raise NotPossible(f"note: {NOTE_MIN} to {NOTE_MAX} characters say why")
    hold(session, visit)
    found = effect(session, visit, side, typed, now)
    if found.difference != seen:
        raise NotPossible(f"the price changed meanwhile: the difference is {found.difference}, not {seen}")
    words = vault_plates.words(session, [found.approach])
    row = VaultPlateRow(
        approach=found.approach,
        number=len(words) + 1,
        site=visit[:3],
        plate=found.plate,
        was=found.was,
        by=who.name,
        note=note.strip(),
        at=now,
    )
    if not insert_once(session, row):
        raise NotPossible("somebody else has corrected this plate just now")
    plate_parts.keep(session, [found.plate])
    detail = {"side": side.value, "note": row.note, "difference": str(found.difference)}
    audit(session, who.name, "corrected a plate", visit, now, detail)
    wanted = Wanted(kind=Kind.WAIVE, note=row.note, amount=found.waivable, visit=visit)
    waiver = decisions.decide(session, wanted, who, rules, now) if waive and found.waivable else None
    return Corrected(found, waiver)


def _price(session: Session, stay: VisitRow, plates: list[str], now: datetime) -> int | None:
    """By the price list and the lists of that moment; None where there is none. A lost entry costs what it does."""
    lost = session.get(LostEntryRow, stay.visit)
    if lost is not None:
        return lost.total
    came, kind = stay.entered_at or stay.opened_at, VehicleClass(stay.vehicle_class)
    try:
        return stay_price(session, stay.site, kind, came, stay.left_at or now, plates).total
    except (NoTariff, BadTariff, ValueError):
        return None


def _same(session: Session, stay: VisitRow, plate: str) -> tuple[str, ...]:
    """Visits of this plate that may be the same stay."""
    known = vault_plates.plates(session, plate_search.approaches_of(session, (plate,)))
    approaches = [approach for approach, now in known.items() if now == plate]
    found = (session.get(VisitRow, visit) for visit in sorted(plate_search.visits_of(session, approaches)))
    return tuple(
        row.visit
        for row in found
        if row and row.site == stay.site and row.visit != stay.visit and row.left_at is None and not row.voided
    )
