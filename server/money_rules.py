"""Who may decide about how much, and how much may be let out on a driver's word."""

from enum import StrEnum
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Engine
from sqlmodel import Session

from gate.messages import Natural
from gate.resolving import Outcome, Policy
from gate.wire import Contract
from server.register import UserRow
from server.roles import Role

RULE: Final = "rule"
"""Who decided when nobody did. A rule's word is nobody's: it never counts as a person's."""

_OVER: Final = "money_over"


class NotYours(PermissionError):
    """This person may not decide this."""


class Impossible(ValueError):
    """This cannot be decided as things stand; the message says why. Nothing was done."""


class NoSuch(LookupError):
    """There is no visit, payment, refund or decision of this name."""


class Over(StrEnum):
    """What becomes of money that is over."""

    REFUND = "refund"
    CREDIT = "credit"
    WAITS = "waits"


class MoneyRules(Contract):
    """The centre's `money` settings. `limits`: the most, in VND, that one word of a role may be about.

    `claims` and `claims_vnd`: how many vehicles, and of how much together, an attendant may let out in a shift on
    the word that they paid. `over`: what becomes of money over the debt: refund, credit or waits.
    """

    limits: dict[Role, Natural] = msgspec.field(
        default_factory=lambda: {Role.MANAGER: 2_000_000, Role.FINANCE: 50_000_000}
    )
    claims: Natural = 5
    claims_vnd: Natural = 500_000
    over: Over = Over.REFUND


def keep_to(engine: Engine, rules: MoneyRules) -> None:
    """From now on whatever books money through this engine does with what is over as these rules say."""
    engine.update_execution_options(**{_OVER: rules.over})


def proposing_nothing(session: Session) -> None:
    """In this session nothing is proposed: what was proposed is on record."""
    session.info[_OVER] = Over.WAITS


def policy_of(session: Session) -> Policy:
    """What becomes of money that is over, by the settings of whoever made the engine; refunded where none are known."""
    settings = session.get_bind().get_execution_options()
    over: Over = session.info.get(_OVER) or settings.get(_OVER, Over.REFUND)
    return Policy(over=Outcome(over))


class Speaker(NamedTuple):
    """Whose word it is."""

    name: str
    role: Role


def speaker(session: Session, name: str) -> Speaker:
    """The person of this name. Raises NotYours for one who is not, or not any more."""
    user = session.get(UserRow, name)
    if user is None or user.disabled:
        raise NotYours(f"there is no user {name}")
    return Speaker(user.name, Role(user.role))


def within(session: Session, rules: MoneyRules, who: Speaker, amount: int) -> None:
    """Raises NotYours when the amount is over the limit of the person's role, or of the person where that is less."""
    user = session.get(UserRow, who.name)
    own = user.limit_vnd if user else None
    most = min(rules.limits.get(who.role, 0), rules.limits.get(who.role, 0) if own is None else own)
    if amount > most or not most:
        raise NotYours(f"{who.name} ({who.role}) may decide about {most:,} VND at most, this is {amount:,}")
