"""Plates and their visits by what somebody remembers: a part, look-alikes, or one character missing, added or wrong.

Every spelling within one character of what was typed is a range of `plate_part`: some hundred steps into its index,
however many plates there are. Nothing is scanned.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import text
from sqlmodel import Session, col, select, union

from gate.plate import distance, normalise
from gate.plates.confusable import DIGIT_FOR
from gate.plates.grammar import DIGITS, LETTERS
from server.derived import VisitRow
from server.plate_parts import LONGEST, SHORTEST, folded
from server.vault import VaultReadRow
from server.vault_plates import VaultPlateRow

FORGIVEN: Final = 6
"""Characters from which on one of them may be wrong: of fewer, too much is alike."""
MOST: Final = 200
"""Plates that one search finds."""
VISITS: Final = 4_000
"""Reads that one search follows to their visits, the newest."""
_AT_ONCE: Final = 900
_SLIPPED: Final = 3
_ALPHABET: Final = DIGITS + "".join(each for each in LETTERS if each not in DIGIT_FOR)
_BEHIND: Final = "\U0010ffff"  # behind every text that begins with the one before it
_RANGES: Final = {
    "sqlite": text(
        "SELECT DISTINCT plate FROM json_each(:starts) AS start CROSS JOIN plate_part"
        " ON part >= start.value AND part < start.value || :behind LIMIT :most"
    ),
    "postgresql": text(
        "SELECT DISTINCT found.plate FROM json_array_elements_text(CAST(:starts AS json)) AS start(value), LATERAL"
        ' (SELECT plate FROM plate_part WHERE part >= start.value COLLATE "C"'
        ' AND part < (start.value || :behind) COLLATE "C" LIMIT :most) AS found LIMIT :most'
    ),
}


class Plates(NamedTuple):
    """What was found, the likeliest first. `short`: too little was typed; `more`: there are others.

    `close`: how many of them have what was typed, but for look-alikes; the others have a slip.
    """

    plates: tuple[str, ...]
    short: bool = False
    more: bool = False
    close: int = 0

    @property
    def meant(self) -> tuple[str, ...]:
        """Those that have what was typed; where none has, all."""
        return self.plates[: self.close] or self.plates


def plates_like(session: Session, typed: str) -> Plates:
    """The plates in the vault that may be meant."""
    asked = normalise(typed)
    if len(asked) < SHORTEST:
        return Plates((), short=True)
    if len(asked) > LONGEST:
        return Plates(())
    found = _beginning(session, [folded(asked)])
    if len(asked) >= FORGIVEN and len(found) <= MOST:
        found |= _beginning(session, sorted(set(slips(folded(asked)))))
    ranked = sorted(found, key=lambda plate: (_rank(plate, asked), distance(plate, asked), plate))
    shown = tuple(ranked[:MOST])
    return Plates(shown, more=len(found) > MOST, close=sum(_rank(plate, asked) < _SLIPPED for plate in shown))


def slips(key: str) -> Iterator[str]:
    """Every folded text that is one slip away: a character left out, put in, taken for another, or two changed over."""
    for place in range(len(key)):
        head, tail = key[:place], key[place + 1 :]
        yield head + tail
        yield from (head + other + tail for other in _ALPHABET)
        yield from (head + other + key[place:] for other in _ALPHABET)
        if tail:
            yield head + tail[0] + key[place] + tail[1:]


def approaches_of(session: Session, plates: tuple[str, ...]) -> list[str]:
    """Where these plates were read, or are known to have been by somebody's word."""
    if not plates:
        return []
    read = select(VaultReadRow.approach).where(col(VaultReadRow.plate).in_(plates))
    said = select(VaultPlateRow.approach).where(col(VaultPlateRow.plate).in_(plates))
    newest = read.order_by(col(VaultReadRow.happened_at).desc()).limit(VISITS)
    return sorted({*session.exec(newest), *session.exec(said.limit(VISITS))})


def visits_of(session: Session, approaches: list[str]) -> set[str]:
    """The visits that began or ended with these."""
    found: set[str] = set()
    for start in range(0, len(approaches), _AT_ONCE):
        some = approaches[start : start + _AT_ONCE]
        came = select(VisitRow.visit).where(col(VisitRow.entry_approach).in_(some))
        went = select(VisitRow.visit).where(col(VisitRow.exit_approach).in_(some))
        found.update(session.scalars(union(came, went)))
    return found


def _beginning(session: Session, starts: list[str]) -> set[str]:
    """The plates that have an ending that begins with one of these."""
    asked = {"starts": _json(starts), "behind": _BEHIND, "most": MOST + 1}
    return set(session.connection().execute(_RANGES[session.get_bind().dialect.name], asked).scalars())


def _json(starts: list[str]) -> str:
    return msgspec.json.encode(starts).decode()


def _rank(plate: str, asked: str) -> int:
    """The whole plate, a part of it, the same with look-alikes, or with a slip."""
    if normalise(plate) == asked:
        return 0
    return 1 if asked in normalise(plate) else 2 if folded(asked) in folded(plate) else _SLIPPED
