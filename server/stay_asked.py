"""A change of a whole stay as somebody asks for it who was shown what it comes to."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from server import stay_changes
from server.corrections import NotPossible
from server.facts_stays import StayChangeRow
from server.stay_changes import Change, Plan


class Asked(NamedTuple):
    """`other`: the visit that a merge takes in; `cost`: the charge that was shown, as its digits, empty for none."""

    kind: Change
    visit: str
    other: str
    note: str
    cost: str


def cost_of(plan: Plan) -> str:
    """The charge that is made with it, as its digits; empty for none."""
    return str(plan.cost.total) if plan.cost else ""


def make(session: Session, asked: Asked, by: str, now: datetime) -> StayChangeRow:
    """Do it. Raises NotPossible, also where it costs another amount than was shown."""
    cost = cost_of(stay_changes.planned(session, asked.kind, asked.visit, asked.other))
    if cost != asked.cost:
        raise NotPossible(f"the price changed meanwhile: it is {cost or 0}, not {asked.cost or 0}")
    return stay_changes.make(session, asked.kind, asked.visit, asked.other, by=by, note=asked.note, now=now)
