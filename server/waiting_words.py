"""Decisions about money that wait for another person's word, and the last that were made, newest first."""

from typing import Any, Final

from sqlalchemy import case, func
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from server.decisions import NEEDS
from server.effects import Kind
from server.facts_money import DecisionRow, WordRow
from server.money_rules import RULE

picked: Final[Any] = select
"""Columns chosen at run time have no types of their own."""
KEYS: Final = (col(DecisionRow.made_at), col(DecisionRow.decision))


def _agreeing() -> Any:
    its = picked(func.count()).where(WordRow.decision == DecisionRow.decision, col(WordRow.agrees).is_(True))
    more = its.correlate(DecisionRow).scalar_subquery()
    return more + case((col(DecisionRow.by) == RULE, 0), else_=1)


def _refused() -> Any:
    its = picked(WordRow.decision).where(WordRow.decision == DecisionRow.decision, col(WordRow.agrees).is_(False))
    return its.correlate(DecisionRow).exists()


def _needed() -> Any:
    """As many as `decisions.needs` says."""
    counts = {kind.value: count for kind, count in NEEDS.items()}
    undone: Any = aliased(DecisionRow)
    its = picked(case(counts, value=undone.kind, else_=1)).where(undone.decision == DecisionRow.undoes)
    of_undone = its.correlate(DecisionRow).scalar_subquery()
    return case(
        (col(DecisionRow.kind) == Kind.UNDO, of_undone), else_=case(counts, value=col(DecisionRow.kind), else_=1)
    )


_NEEDED: Final = _needed()
MADE: Final = picked(
    *(getattr(DecisionRow, name) for name in DecisionRow.model_fields),
    _refused().label("refused"),
    (_NEEDED - _agreeing()).label("missing"),
)
"""Every decision; `missing` persons' words, below 1 for one that took effect."""
WAITING: Final = MADE.where(_agreeing() < _NEEDED, ~_refused())
"""Those that have no effect yet."""


def waiting_for(name: str) -> Any:
    """Those on which this person has not spoken."""
    spoke = picked(WordRow.decision).where(WordRow.decision == DecisionRow.decision, WordRow.by == name)
    return WAITING.where(DecisionRow.by != name, ~spoke.correlate(DecisionRow).exists())
