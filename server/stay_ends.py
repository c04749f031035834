"""The two ends of stays that are put together or taken apart: rows of visits, changed in memory."""

from server.derived import VisitRow

_ENTRY = ("entry_lane", "entry_approach", "opened_at", "entered_at", "entry_passage")
_EXIT = ("exit_lane", "exit_approach", "matched_by", "match_probability", "left_at", "exit_passage")


def entry_of(first: VisitRow, last: VisitRow) -> VisitRow:
    """Whose entry is that of both: the earlier's, unless nobody saw it come in and the other was seen."""
    seen = [row for row in (first, last) if row.entered_at is not None]
    return min(seen, key=lambda row: (row.entered_at or row.opened_at, row.visit)) if seen else first


def exit_of(first: VisitRow, last: VisitRow) -> VisitRow | None:
    """Whose exit is that of both: the later one; None while neither left."""
    gone = [row for row in (first, last) if row.left_at is not None]
    return max(gone, key=lambda row: (row.left_at or row.opened_at, row.visit)) if gone else None


def take_ends(stay: VisitRow, first: VisitRow, last: VisitRow) -> None:
    """The stay, one of the two, begins with the entry of both and ends with their exit."""
    came, left = entry_of(first, last), exit_of(first, last)
    found = {name: getattr(came, name) for name in _ENTRY}
    if left is not None:
        found |= {name: getattr(left, name) for name in _EXIT}
    for name, value in found.items():
        setattr(stay, name, value)


def split_off(stay: VisitRow, name: str) -> VisitRow:
    """A new row with the entry, still inside; the stay keeps its exit, of which alone anything is known then."""
    entry = {each: getattr(stay, each) for each in _ENTRY}
    new = VisitRow(visit=name, site=stay.site, vehicle_class=stay.vehicle_class, read=stay.read, **entry)
    stay.entry_lane, stay.entry_approach = stay.exit_lane or "", stay.exit_approach or ""
    stay.opened_at = stay.entered_at = stay.left_at or stay.opened_at
    stay.entry_passage = None
    return new
