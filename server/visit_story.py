"""All that the books know of one stay, in the order in which it happened, for whoever has to judge it."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec
from sqlmodel import Session, col, or_, select

from gate.ledger import EntryKind, LedgerAccount
from gate.messages import BillLine, Direction
from server import ledger, stay_changes, vault_plates
from server.derived import VisitRow
from server.facts import (
    ChargeRow,
    EntryRow,
    ExplainedRow,
    OpeningRow,
    PassageRow,
    PostingRow,
)
from server.facts_money import ClaimRow, DecisionRow, WordRow
from server.facts_visits import CorrectionRow, InsideRow, LostEntryRow
from server.supplements import newest, prices
from server.vault import VaultReadRow

_NEAR: Final = timedelta(minutes=15)
_SILENT: Final = frozenset({EntryKind.PEND, EntryKind.UNPEND})


class Step(NamedTuple):
    """One thing that happened. `look`: `lane`, `money` or `person`; `what` is a word of its kind; `amount` in dong.

    `reason` says more, where an arm went up or money moved.
    """

    at: datetime
    look: str
    what: str
    lane: str = ""
    by: str = ""
    note: str = ""
    amount: int | None = None
    reason: str = ""


class Bill(NamedTuple):
    """What the stay costs: its charge with all that was added; `posted` is False for a quote, which may change yet."""

    tariff: str
    total: int
    vat: int
    lines: tuple[BillLine, ...]
    posted: bool


class End(NamedTuple):
    """One end of the stay: what the lane saw, and the plate as it is known now."""

    lane: str
    at: datetime | None
    read: VaultReadRow | None
    plate: str
    corrected: bool


class Story(NamedTuple):
    """A stay. `owed`: by the ledger. `recomputed`: the centre's own price where it is another than the box's."""

    visit: VisitRow
    entry: End
    exit: End | None
    bill: Bill | None
    owed: int
    recomputed: int | None
    steps: tuple[Step, ...]


def story(session: Session, visit: str) -> Story | None:
    """The stay of this name; None when there is none."""
    row = session.get(VisitRow, visit)
    if row is None:
        return None
    bill = bill_of(session, row)
    differs = bill is not None and row.recomputed is not None and row.recomputed != row.quoted
    steps = sorted(_steps(session, row), key=lambda step: (step.at, _ORDER.index(step.look)))
    entry = end(session, row.entry_lane, row.entered_at or row.opened_at, row.entry_approach)
    left = end(session, row.exit_lane or "", row.left_at, row.exit_approach) if row.exit_approach else None
    return Story(row, entry, left, bill, ledger.owed(session, visit), row.recomputed if differs else None, tuple(steps))


_ORDER: Final = ("lane", "money", "person")


def bill_of(session: Session, row: VisitRow) -> Bill | None:
    """The price with its lines; None while there is none."""
    price = prices(session, [row.visit]).get(row.visit)
    charge = newest(session, row.visit) or session.get(ChargeRow, row.visit)
    if price is not None and charge is not None:
        return Bill(charge.tariff, price.total, price.vat, lines_of(charge.lines), posted=True)
    if row.quoted is None or row.voided:
        return None
    return Bill(row.quoted_tariff or "", row.quoted, row.quoted_vat or 0, lines_of(row.quoted_lines), posted=False)


def lines_of(stored: str | None) -> tuple[BillLine, ...]:
    """A bill's lines as they are kept."""
    return msgspec.json.decode(stored or "[]", type=tuple[BillLine, ...])


def end(session: Session, lane: str, at: datetime | None, approach: str | None) -> End:
    """What is known of an entry or an exit."""
    read = session.get(VaultReadRow, approach) if approach else None
    said = vault_plates.words(session, [approach or ""])
    plate = said[-1].plate if said else read.plate if read else ""
    return End(lane, at, read, plate, corrected=bool(said))


# --- what happened ----------------------------------------------------------------------------------------


def _steps(session: Session, row: VisitRow) -> Iterator[Step]:
    yield from _reads(session, row)
    yield from _passages(session, row)
    yield from _arms(session, row)
    yield from _money(session, row)
    yield from _decisions(session, row)
    yield from _people(session, row)


def _reads(session: Session, row: VisitRow) -> Iterator[Step]:
    for approach in (row.entry_approach, row.exit_approach):
        read = session.get(VaultReadRow, approach) if approach else None
        if read is not None and (approach != row.exit_approach or row.exit_approach != row.entry_approach):
            yield Step(read.happened_at, "lane", f"seen_{read.direction}", read.lane)


def _passages(session: Session, row: VisitRow) -> Iterator[Step]:
    explained = select(ExplainedRow.passage).where(ExplainedRow.visit == row.visit)
    own = or_(col(PassageRow.visit) == row.visit, col(PassageRow.passage).in_(explained))
    for passage in session.exec(select(PassageRow).where(own)):
        what = "tailgated" if passage.tailgate else f"passed_{passage.direction}"
        yield Step(passage.happened_at, "lane", what, passage.lane)


def _arms(session: Session, row: VisitRow) -> Iterator[Step]:
    """Openings for this visit, looked for about when it came and when it left."""
    moments = {row.opened_at, row.left_at or row.opened_at}
    windows = [col(OpeningRow.happened_at).between(at - _NEAR, at + _NEAR) for at in moments]
    here = (OpeningRow.site == row.site, or_(*windows), OpeningRow.visit == row.visit)
    for opening in session.exec(select(OpeningRow).where(*here)):
        yield Step(opening.happened_at, "lane", "arm", opening.lane, opening.by, opening.note, reason=opening.reason)


def _money(session: Session, row: VisitRow) -> Iterator[Step]:
    found = session.exec(select(EntryRow).where(EntryRow.visit == row.visit)).all()
    keys = [entry.key for entry in found]
    amounts: dict[str, dict[str, int]] = {}
    for line in session.exec(select(PostingRow).where(col(PostingRow.key).in_(keys))) if keys else ():
        amounts.setdefault(line.key, {})[line.account] = line.amount
    for entry in found:
        if entry.kind not in _SILENT:
            yield Step(entry.happened_at, "money", entry.kind, note=entry.payment, amount=_size(amounts[entry.key]))


def _size(postings: dict[str, int]) -> int:
    """What an entry is about, above zero: what it does to the debt, else what it moves."""
    return abs(postings.get(LedgerAccount.RECEIVABLE, 0)) or max(postings.values(), default=0)


def _decisions(session: Session, row: VisitRow) -> Iterator[Step]:
    about = or_(col(DecisionRow.visit) == row.visit, col(DecisionRow.to_visit) == row.visit)
    decisions = session.exec(select(DecisionRow).where(about)).all()
    for each in decisions:
        yield Step(each.made_at, "person", f"decided_{each.kind}", by=each.by, note=each.note, amount=each.amount)
    names = [each.decision for each in decisions]
    for word in session.exec(select(WordRow).where(col(WordRow.decision).in_(names))) if names else ():
        yield Step(word.at, "person", "agreed" if word.agrees else "refused", by=word.by, note=word.note)


def _people(session: Session, row: VisitRow) -> Iterator[Step]:
    """What people put right."""
    for claim in session.exec(select(ClaimRow).where(ClaimRow.visit == row.visit)):
        yield Step(claim.made_at, "person", "claimed", claim.lane, claim.by, claim.note, claim.amount)
    about = or_(col(CorrectionRow.visit) == row.visit, col(CorrectionRow.before) == row.visit)
    for fixed in session.exec(select(CorrectionRow).where(about)):
        what = "exit_given" if fixed.visit == row.visit else "exit_taken"
        yield Step(fixed.made_at, "person", what, fixed.lane, fixed.by, fixed.note)
    yield from _plates(session, row)
    for change in stay_changes.of_visit(session, row.visit):
        part = "" if change.kind == "void" else "_here" if change.visit == row.visit else "_there"
        other = change.other if change.visit == row.visit else change.visit
        yield Step(change.made_at, "person", f"{change.kind}{part}", by=change.by, note=change.note, reason=other)
    inside, lost = session.get(InsideRow, row.visit), session.get(LostEntryRow, row.visit)
    if inside is not None:
        yield Step(inside.taken_at, "person", "inside_listed", inside.lane)
    if lost is not None:
        yield Step(lost.made_at, "person", "lost_entry", lost.lane, lost.by, lost.note, lost.total)


def _plates(session: Session, row: VisitRow) -> Iterable[Step]:
    for word in vault_plates.words(session, [row.entry_approach, row.exit_approach or ""]):
        side = Direction.IN if word.approach == row.entry_approach else Direction.OUT
        changed = f"{word.was or '?'} → {word.plate}"
        yield Step(word.at, "person", f"plate_{side}", by=word.by, note=word.note, reason=changed)


WITHOUT_PLATES: Final = frozenset({"plate_in", "plate_out"})
"""Steps whose `reason` is a plate."""
