"""Where to look for a finding: which moments at which lanes it is about."""

from datetime import datetime
from typing import Final, NamedTuple

from sqlmodel import Session

from gate.findings import Code
from server.derived import FindingRow, VisitRow
from server.facts import OpeningRow, PassageRow
from server.facts_visits import PairingRow


class Sight(NamedTuple):
    """A moment at a lane. `what`: `entry` or `exit` of a stay, `lane` for what is nobody's yet. `approach` leads to
    the vault; `visit` may be empty."""

    what: str
    lane: str
    at: datetime
    approach: str
    visit: str


_PAIR: Final = 2


def sights(session: Session, row: FindingRow) -> tuple[Sight, ...]:
    """All of a finding, the exit of a proposed match beside its entry."""
    names = row.subject.split(":")
    if row.code == Code.MATCH_PROPOSED and len(names) == _PAIR:
        return (*_stay(session, names[1])[:1], *_proposed(session, names[0], names[1]))
    if row.code == Code.DUPLICATE_READ and len(names) == _PAIR:
        return (*_stay(session, names[1])[:1], *_stay(session, names[0])[:1])
    found = (*_stay(session, row.visit or ""), *_lane(session, row.subject))
    known: dict[str, Sight] = {}
    for each in found:
        known.setdefault(each.approach, each)
    return tuple(known.values())


def _stay(session: Session, visit: str) -> tuple[Sight, ...]:
    row = session.get(VisitRow, visit) if visit else None
    if row is None:
        return ()
    entry = Sight("entry", row.entry_lane, row.entered_at or row.opened_at, row.entry_approach, visit)
    if not row.exit_approach or not row.exit_lane:
        return (entry,)
    return (entry, Sight("exit", row.exit_lane, row.left_at or row.opened_at, row.exit_approach, visit))


def _proposed(session: Session, passage: str, visit: str) -> tuple[Sight, ...]:
    pairing, gone = session.get(PairingRow, (passage, visit)), session.get(PassageRow, passage)
    if pairing is None or gone is None:
        return ()
    return (Sight("exit", gone.lane, gone.happened_at, pairing.approach, ""),)


def _lane(session: Session, subject: str) -> tuple[Sight, ...]:
    """Of an opening, or of a passage by the opening that it went under."""
    gone = session.get(PassageRow, subject)
    opening = session.get(OpeningRow, gone.opening or "" if gone else subject)
    if opening is None or not opening.approach:
        return ()
    return (Sight("lane", opening.lane, opening.happened_at, opening.approach, opening.visit or ""),)
