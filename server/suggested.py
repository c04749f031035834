"""What is proposed about a finding, what it would do, and doing it.

An effect is not guessed: the work itself is done in a savepoint, what changed is read, and all of it is taken back. So
what a person is shown before is what happens after, or the same refusal.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from sqlmodel import Session

from gate.findings import Code
from gate.tariff import BadTariff
from server import corrections, decisions, ledger, receiving, work
from server.corrections import NoSuchPairing, NotPossible
from server.decisions import Wanted
from server.derived import FindingRow, VisitRow
from server.effects import Kind
from server.facts import PassageRow, PaymentRow
from server.facts_money import DecisionRow
from server.facts_visits import PairingRow, PairingWordRow
from server.money_rules import RULE, Impossible, MoneyRules, NoSuch, NotYours, Speaker
from server.pricing import NoTariff
from server.roles import Power
from server.supplements import prices

_OF_PAYMENTS: Final = frozenset({Code.PAYMENT_UNKNOWN, Code.PAID_TWICE, Code.PAID_LATE, Code.AMOUNT_DIFFERS})
REFUSALS: Final = (NoSuchPairing, NotPossible, NoTariff, BadTariff, Impossible, NotYours, NoSuch)


class Doing(StrEnum):
    """What is proposed."""

    MATCH = "match"  # the passage ended the stay
    REFUND = "refund"  # what is over goes back; two persons say so
    SETTLE = "settle"  # waiting money pays the one stay that it can be for

    @property
    def power(self) -> Power:
        """Who may accept it."""
        return Power.CORRECT_STAYS if self is Doing.MATCH else Power.DECIDE_MONEY


class Suggested(NamedTuple):
    """A proposal. `visit`: the stay that it is about, `passage` its exit's; `payment` and `decision`: the money's.

    `chance` is 0..1, None where nobody worked one out; `amount` in dong.
    """

    doing: Doing
    visit: str
    amount: int
    passage: str = ""
    payment: str = ""
    decision: str = ""
    before: str = ""
    chance: float | None = None


class Stay(NamedTuple):
    """A stay's money and end at a moment; `charged` None before it has a price that counts."""

    charged: int | None
    owed: int
    left_at: datetime | None


class Change(NamedTuple):
    """What becomes of a stay."""

    visit: str
    before: Stay
    after: Stay


class Effect(NamedTuple):
    """What accepting does. `refused`: why it cannot be done, empty when it can, and `refused_as` which of REFUSALS it
    is; `missing`: how many more persons must say so afterwards before anything moves."""

    changes: tuple[Change, ...] = ()
    missing: int = 0
    refused: str = ""
    refused_as: str = ""


class Accepted(NamedTuple):
    """What came of it. `freed`: sites and visits that owe nothing now; `missing`: as in Effect."""

    freed: tuple[tuple[str, str], ...]
    missing: int


def suggestion(session: Session, row: FindingRow) -> Suggested | None:
    """What is proposed about an open finding; None where a person has to find out."""
    code = Code(row.code)
    if row.closed_at is not None:
        return None
    if code is Code.MATCH_PROPOSED:
        return _match(session, row)
    return _money(session, row, code) if code in _OF_PAYMENTS else None


def accept(
    session: Session, row: FindingRow, it: Suggested, who: Speaker, rules: MoneyRules, note: str, now: datetime
) -> Accepted:
    """Do what is proposed, as this person, and keep that they said so. Raises what REFUSALS names; NoSuchFinding."""
    done = _do(session, it, who, rules, note, now)
    work.accepted(session, Code(row.code), row.subject, who.name, note, now, done=not done.missing)
    return done


def refuse(
    session: Session, row: FindingRow, it: Suggested, who: Speaker, rules: MoneyRules, note: str, now: datetime
) -> None:
    """It is not so: the proposal is over for ever, and a match's case with it. Raises what REFUSALS names; NotSo."""
    if it.doing is Doing.MATCH:
        corrections.dismiss(session, it.passage, it.visit, who.name, note, now)
        row.closed_at = now
        session.add(row)
    elif it.doing is Doing.REFUND:
        decisions.approve(session, it.decision, who, rules, now, agrees=False, note=note)
    else:
        raise work.NotSo("nobody decided that: there is nothing to refuse")


def effect(session: Session, it: Suggested, who: Speaker, rules: MoneyRules, note: str, now: datetime) -> Effect:
    """What accepting would do now. Nothing of it stays."""
    names = [name for name in (it.visit, it.before) if name]
    before = _stays(session, names)
    with _taken_back(session):
        try:
            done = _do(session, it, who, rules, note, now)
        except REFUSALS as error:
            return Effect(refused=str(error), refused_as=type(error).__name__)
        session.flush()
        after = _stays(session, names)
    return Effect(tuple(Change(name, before[name], after[name]) for name in names if name in before), done.missing)


def _do(session: Session, it: Suggested, who: Speaker, rules: MoneyRules, note: str, now: datetime) -> Accepted:
    match it.doing:
        case Doing.MATCH:
            row = corrections.accept(session, it.passage, it.visit, who.name, note, now)
            freed = ((row.site, it.visit),) if ledger.owed(session, it.visit) <= 0 else ()
            return Accepted(freed, 0)
        case Doing.REFUND:
            said = decisions.approve(session, it.decision, who, rules, now, note=note)
        case Doing.SETTLE:
            wanted = Wanted(Kind.SETTLE, note, payment=it.payment, to_visit=it.visit)
            said = decisions.decide(session, wanted, who, rules, now)
    return Accepted(said.freed, said.missing)


def _match(session: Session, row: FindingRow) -> Suggested | None:
    passage, _, visit = row.subject.partition(":")
    pairing = session.get(PairingRow, (passage, visit))
    if pairing is None or session.get(PairingWordRow, (passage, visit)) is not None:
        return None
    gone = session.get(PassageRow, passage)
    before = gone.visit or "" if gone else ""
    return Suggested(
        Doing.MATCH, visit, row.amount, passage=passage, before=before, chance=pairing.probability
    )  # fmt: skip


def _money(session: Session, row: FindingRow, code: Code) -> Suggested | None:
    provider, _, number = row.subject.rpartition(":")
    payment = session.get(PaymentRow, (provider, number))
    if payment is None:
        return None
    name = ledger.payment_name(payment)
    waits = decisions.open_of(session, [name]).get(name, [])
    for each in sorted(waits, key=lambda it: (it.by != RULE, it.made_at)):
        if each.kind == Kind.REFUND:
            return _refund(each)
    near = receiving.likely(session, payment) if code is Code.PAYMENT_UNKNOWN else ()
    if len(near) != 1:
        return None
    return Suggested(Doing.SETTLE, near[0].visit, payment.amount, payment=name)


def _refund(row: DecisionRow) -> Suggested:
    return Suggested(Doing.REFUND, row.visit, row.amount, payment=row.payment, decision=row.decision)


def _stays(session: Session, names: list[str]) -> dict[str, Stay]:
    charged = prices(session, names)
    found: dict[str, Stay] = {}
    for name in names:
        row = session.get(VisitRow, name, populate_existing=True)
        if row is not None:
            price = charged.get(name)
            found[name] = Stay(price.total if price else None, ledger.owed(session, name), row.left_at)
    return found


@contextmanager
def _taken_back(session: Session) -> Iterator[None]:
    """Whatever is written inside is not."""
    point = session.begin_nested()
    try:
        yield
    finally:
        point.rollback()
        session.expire_all()
