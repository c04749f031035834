"""What may be taken back of what people decided about money: at a case, and in a list."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from sqlmodel import Session, col, or_, select

from server import decisions, effects, refunds, undo_checks, work
from server.decisions import Decided, Wanted
from server.derived import FindingRow
from server.effects import Kind
from server.facts import EntryRow
from server.facts_money import DecisionRow, WordRow
from server.money_rules import Impossible, MoneyRules, NoSuch, Speaker
from server.undo_checks import UNDOABLE
from server.undone_cases import ENDED_BY_MONEY

SHOWN_MAX: Final = 20


class Standing(NamedTuple):
    """A decision in effect. `refused`: why it cannot be taken back now, empty where it can; `waits`: the decision that
    undoes it and waits for another person, empty where there is none; `needs`: how many persons' words that takes."""

    row: DecisionRow
    refused: str
    waits: str
    needs: int


def of_case(session: Session, finding: FindingRow) -> list[Standing]:
    """The decisions in effect about the finding's payment or stay, the newest first."""
    if finding.code not in ENDED_BY_MONEY:
        return []
    about = [col(DecisionRow.payment) == finding.subject]
    if finding.visit:
        about += [col(DecisionRow.visit) == finding.visit, col(DecisionRow.to_visit) == finding.visit]
    its = select(DecisionRow).where(or_(*about), col(DecisionRow.kind).in_(list(UNDOABLE)))
    order = (col(DecisionRow.made_at).desc(), col(DecisionRow.decision).desc())
    rows = session.exec(its.order_by(*order).limit(SHOWN_MAX)).all()
    waiting = _waiting(session, [row.decision for row in rows])
    return [
        Standing(row, refusal(session, row), waiting.get(row.decision, ""), decisions.needs(session, row))
        for row in rows
        if in_effect(session, row)
    ]


def lawful(session: Session, names: Iterable[str]) -> frozenset[str]:
    """Which of these decisions may be taken back as the books stand."""
    return frozenset(name for name, why in refusals(session, names).items() if not why)


def refusals(session: Session, names: Iterable[str]) -> dict[str, str]:
    """By each of these decisions that is in effect and of a kind that is undone: why it cannot be now, empty where it
    can."""
    its = col(DecisionRow.decision).in_(list(names)), col(DecisionRow.kind).in_(list(UNDOABLE))
    rows = session.exec(select(DecisionRow).where(*its)).all()
    return {row.decision: refusal(session, row) for row in rows if in_effect(session, row)}


def in_effect(session: Session, row: DecisionRow) -> bool:
    """Whether the ledger has what it came to, and it was not taken back."""
    there = effects.entry_of(session, row) is not None
    return there and session.get(EntryRow, f"undo:{row.decision}") is None


def refusal(session: Session, row: DecisionRow) -> str:
    """Why this decision cannot be taken back now; empty where it can. Nothing is held, nothing is written."""
    names = {"visit": "", "payment": "", "site": "", "by": "", "note": ""}
    trial = DecisionRow(
        decision="", kind=Kind.UNDO, amount=row.amount, undoes=row.decision, made_at=row.made_at, **names
    )
    try:
        if row.kind == Kind.REFUND:
            refunds.look_here(session, row.decision)
        else:
            effects.checked(session, trial)
        undo_checks.still_may(session, trial)
    except (Impossible, NoSuch) as error:
        return str(error)
    return ""


def undo(
    session: Session, finding: FindingRow, name: str, who: Speaker, rules: MoneyRules, note: str, now: datetime
) -> Decided:
    """Take back a decision about this case. Raises NotSo for one that is about another; Impossible, NotYours."""
    if name not in {each.row.decision for each in of_case(session, finding)}:
        raise work.NotSo(f"{finding.code} {finding.subject}: no decision {name} in effect is about it")
    return decisions.decide(session, Wanted(Kind.UNDO, note, undoes=name), who, rules, now)


def _waiting(session: Session, names: list[str]) -> dict[str, str]:
    """By decision, the one that undoes it and was not refused."""
    refused = select(WordRow.decision).where(col(WordRow.agrees).is_(False))
    rows = select(DecisionRow).where(col(DecisionRow.undoes).in_(names), col(DecisionRow.decision).not_in(refused))
    return {row.undoes: row.decision for row in session.exec(rows)}
