"""What people decide about money: each a fact, with effect in the transaction of the last word that it needs.

A refund, a waiver, a write-off and a chargeback that is accepted need two different persons, each within the limit of
their role. What was decided is never changed: it is undone by another decision with as many persons' words, where no
money has left and nothing stands on it.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from sqlmodel import Session, col, select

from gate.ids import uuid7
from gate.messages import NOTE_MAX
from server import effects, ledger, undo_checks, undone_cases
from server.auth import audit
from server.effects import Kind
from server.facts import EntryRow
from server.facts_money import DecisionRow, WordRow
from server.money_rules import RULE, Impossible, MoneyRules, NotYours, Speaker, within
from server.turning import TURNS, turns

NEEDS: Final = {
    Kind.SETTLE: 1,
    Kind.CREDIT: 1,
    Kind.REFUND: 2,
    Kind.WAIVE: 2,
    Kind.WRITE_OFF: 2,
    Kind.CONTEST: 1,
    Kind.ACCEPT: 2,
}
"""How many different persons' word each needs; what undoes a decision needs as many as that did."""
NOTE_MIN: Final = 3


class Wanted(NamedTuple):
    """What somebody wants. `amount` None: all that there is. Which of the names it needs depends on its kind."""

    kind: Kind
    note: str
    amount: int | None = None
    visit: str = ""
    payment: str = ""
    to_visit: str = ""
    undoes: str = ""


class Decided(NamedTuple):
    """How a decision stands. `missing`: how many persons' words; `freed`: the visits that owe nothing now."""

    decision: str
    missing: int
    refused: bool
    freed: tuple[tuple[str, str], ...]


def decide(session: Session, wanted: Wanted, who: Speaker, rules: MoneyRules, now: datetime) -> Decided:
    """Say the first word. Raises Impossible, NotYours, NoSuch."""
    if turns(wanted.note):
        raise Impossible(TURNS)
    if not NOTE_MIN <= len(wanted.note.strip()) <= NOTE_MAX:
        raise Impossible(f"note: say why in {NOTE_MIN} to {NOTE_MAX} characters")
    if wanted.undoes:
        held = _hold_of(session, effects.decision(session, wanted.undoes))
    else:
        held = effects.hold_payment(session, wanted.payment, wanted.visit, wanted.to_visit)
    now = ledger.later(session, held, now)
    row = effects.checked(session, _row(session, wanted, who, now))
    _nothing_against(session, row)
    within(session, rules, who, row.amount + _said_before(session, row, who))
    session.add(row)
    session.flush()
    audit(session, who.name, f"money: {row.kind}", row.decision, now, _detail(row))
    return _heard(session, row, now)


def approve(
    session: Session, name: str, who: Speaker, rules: MoneyRules, now: datetime, *, agrees: bool = True, note: str = ""
) -> Decided:
    """Another person's word on a decision. Raises Impossible, NotYours, NoSuch."""
    if turns(note):
        raise Impossible(TURNS)
    row = effects.decision(session, name)
    now = ledger.later(session, _hold_of(session, row), now)
    before = _words(session, row)
    if not _open(session, row, before):
        raise Impossible(f"{name}: it {'was refused' if _refused(before) else 'has taken effect'} already")
    if who.name == row.by or any(word.by == who.name for word in before):
        raise NotYours(f"{name}: {who.name} has spoken already; another person must")
    within(session, rules, who, row.amount + _said_before(session, row, who))
    if agrees:
        _nothing_against(session, row)
    session.add(WordRow(decision=name, by=who.name, site=row.site, agrees=agrees, note=note[:NOTE_MAX], at=now))
    session.flush()
    audit(session, who.name, "money: agreed" if agrees else "money: refused", name, now, _detail(row))
    return _heard(session, row, now)


def state(session: Session, row: DecisionRow) -> Decided:
    """How a decision stands."""
    words = _words(session, row)
    missing = max(0, needs(session, row) - len(_agreeing(row, words)))
    return Decided(row.decision, missing, _refused(words), ())


def open_of(session: Session, payments: Iterable[str]) -> dict[str, list[DecisionRow]]:
    """The decisions about these payments that wait for words."""
    rows = session.exec(select(DecisionRow).where(col(DecisionRow.payment).in_(sorted(payments)))).all()
    words: dict[str, list[WordRow]] = {row.decision: [] for row in rows}
    for word in session.exec(select(WordRow).where(col(WordRow.decision).in_(sorted(words)))):
        words[word.decision].append(word)
    found: dict[str, list[DecisionRow]] = {}
    for row in rows:
        if _open(session, row, words[row.decision]):
            found.setdefault(row.payment, []).append(row)
    return found


def ended_all(session: Session, payments: Iterable[str], kinds: Iterable[Kind]) -> dict[str, datetime]:
    """When the first decision of one of these kinds about each payment took effect; those without one are left out."""
    about = (col(DecisionRow.payment).in_(sorted(payments)), col(DecisionRow.kind).in_(list(kinds)))
    rows = session.exec(select(DecisionRow).where(*about)).all()
    words: dict[str, list[WordRow]] = {row.decision: [] for row in rows}
    for word in session.exec(select(WordRow).where(col(WordRow.decision).in_(sorted(words)))) if rows else ():
        words[word.decision].append(word)
    found: dict[str, datetime] = {}
    for row in rows:
        of_it = words[row.decision]
        if not _open(session, row, of_it) and not _refused(of_it):
            at = max([row.made_at, *(word.at for word in of_it)])
            found[row.payment] = min(at, found.get(row.payment, at))
    return found


def history(session: Session) -> Iterator[tuple[datetime, str]]:
    """When each decision that took effect did so: what a rebuild replays."""
    words: dict[str, list[WordRow]] = {}
    for word in session.exec(select(WordRow)):
        words.setdefault(word.decision, []).append(word)
    for row in session.exec(select(DecisionRow)).all():
        of_it = words.get(row.decision, [])
        if not _refused(of_it) and not _open(session, row, of_it):
            yield max([row.made_at, *(word.at for word in of_it)]), row.decision


def again(session: Session, name: str, at: datetime) -> None:
    """The effects of a decision once more, as of its last word."""
    effects.take(session, effects.decision(session, name), at)


def _heard(session: Session, row: DecisionRow, now: datetime) -> Decided:
    """The effects, when this word was the last one needed."""
    words = _words(session, row)
    if _open(session, row, words) or _refused(words):
        return state(session, row)
    visits = effects.take(session, row, now)
    if row.kind == Kind.UNDO:
        undone_cases.open_again(session, effects.decision(session, row.undoes), now)
    freed = tuple((visit[:3], visit) for visit in visits if ledger.owed(session, visit) <= 0)
    return state(session, row)._replace(freed=freed)


def needs(session: Session, row: DecisionRow) -> int:
    """How many different persons' word this one needs."""
    return NEEDS[Kind(effects.decision(session, row.undoes).kind if row.kind == Kind.UNDO else row.kind)]


def _nothing_against(session: Session, row: DecisionRow) -> None:
    effects.not_twice(session, row)
    undo_checks.still_may(session, row)


def _open(session: Session, row: DecisionRow, words: Iterable[WordRow]) -> bool:
    return not _refused(words) and len(_agreeing(row, words)) < needs(session, row)


def _refused(words: Iterable[WordRow]) -> bool:
    return any(not word.agrees for word in words)


def _agreeing(row: DecisionRow, words: Iterable[WordRow]) -> set[str]:
    return {row.by, *(word.by for word in words if word.agrees)} - {RULE}


def _words(session: Session, row: DecisionRow) -> list[WordRow]:
    return list(session.exec(select(WordRow).where(WordRow.decision == row.decision)))


def _said_before(session: Session, row: DecisionRow, who: Speaker) -> int:
    """What this person has said of the same kind about the same payment or stay: a limit is not passed in parts."""
    about = DecisionRow.payment == row.payment if row.payment else DecisionRow.visit == row.visit
    same = select(DecisionRow).where(DecisionRow.kind == row.kind, about, DecisionRow.decision != row.decision)
    amount = 0
    for other in session.exec(same).all():
        if session.get(EntryRow, f"undo:{other.decision}"):
            continue
        words = _words(session, other)
        spoke = other.by == who.name or any(word.by == who.name and word.agrees for word in words)
        amount += other.amount if spoke and not _refused(words) else 0
    return amount


def _row(session: Session, wanted: Wanted, who: Speaker, now: datetime) -> DecisionRow:
    return DecisionRow(
        decision=str(uuid7(now, os.urandom(10))),
        kind=wanted.kind,
        site="",
        visit=wanted.visit,
        payment=wanted.payment,
        amount=effects.whole(session, wanted.kind, wanted) if wanted.amount is None else wanted.amount,
        to_visit=wanted.to_visit,
        undoes=wanted.undoes,
        by=who.name,
        note=wanted.note.strip(),
        made_at=now,
    )


def _hold_of(session: Session, row: DecisionRow) -> set[str]:
    undone = effects.decision(session, row.undoes) if row.undoes else row
    names = (row.visit, row.to_visit, undone.visit, undone.to_visit, f"decision:{row.decision}")
    return effects.hold_payment(session, row.payment or undone.payment, *names)


def _detail(row: DecisionRow) -> dict[str, str]:
    said = {"visit": row.visit, "payment": row.payment, "to_visit": row.to_visit, "undoes": row.undoes}
    return {"amount": str(row.amount), "note": row.note} | {name: value for name, value in said.items() if value}
