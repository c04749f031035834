"""How certain findings are and where they stand in the list of work, by `gate.ranking`, as far as the books know more.

A proposal is as certain as its pairing, what is true as far as an exit was the stay's as its match.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, Protocol

from sqlmodel import Session, col, select

from gate.findings import Code
from gate.ranking import BY_MATCH, WHOLE, certainty, weight
from server.derived import VisitRow
from server.facts_visits import PairingRow

_AT_ONCE: Final = 900


class Case(Protocol):
    """A finding or its row."""

    @property
    def code(self) -> str:
        """What is amiss (`gate.findings.Code`)."""

    @property
    def subject(self) -> str:
        """Of what."""

    @property
    def visit(self) -> str | None:
        """At which stay."""


def certainties(session: Session, cases: Iterable[Case]) -> dict[tuple[str, str], int]:
    """How certain each is, in thousandths, by code and subject."""
    every = list(cases)
    chances = {key: chance for key, chance in _matches(session, every) if chance is not None}
    found = {}
    for case in every:
        chance = chances.get(_about(case))
        found[str(case.code), case.subject] = certainty(Code(case.code)) if chance is None else round(chance * WHOLE)
    return found


def kept(amount: int, sure: int) -> dict[str, Any]:
    """The columns of a `FindingRow` by which its list is ordered."""
    return {"less_money": -weight(amount, sure), "less_certain": -sure}


def _about(case: Case) -> tuple[str, str]:
    """Passage and visit of a proposal, whose subject is `PASSAGE:VISIT`; of what a match is about the visit alone."""
    if not case.visit or (case.code != Code.MATCH_PROPOSED and case.code not in BY_MATCH):
        return "", ""
    return (case.subject[: -len(case.visit) - 1] if case.code == Code.MATCH_PROPOSED else ""), case.visit


def _matches(session: Session, cases: list[Case]) -> Iterator[tuple[tuple[str, str], float | None]]:
    keys = sorted({_about(case) for case in cases} - {("", "")})
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        passages = [passage for passage, _ in some if passage]
        proposed = select(PairingRow).where(col(PairingRow.passage).in_(passages))
        yield from (((row.passage, row.visit), row.probability) for row in session.exec(proposed))
        stays = [visit for passage, visit in some if not passage]
        matched = select(VisitRow.visit, VisitRow.match_probability).where(col(VisitRow.visit).in_(stays))
        yield from ((("", visit), chance) for visit, chance in session.exec(matched))
