"""*Claimed paid*: a driver shows a transfer that has not arrived and is let out, within a limit. The stay stays owing
until the money is seen; the next morning it is a debt case."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Final, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from gate.findings import Code, Expectation
from gate.ledger import LedgerAccount
from gate.messages import NOTE_MAX
from server import effects, ledger
from server.auth import audit
from server.db import hold, hold_all, insert_once
from server.derived import VisitRow
from server.facts import EntryRow, PostingRow
from server.facts_day import HandOverRow, ShiftRow
from server.facts_money import ClaimRow
from server.money_rules import Impossible, MoneyRules, NoSuch
from server.reconcile import ZONE
from server.turning import TURNS, turns

MORNING: Final = time(6)
"""When the day's work begins: what has not been seen by then is a debt."""
SHOWN: Final = timedelta(days=40)
"""How long a claim whose money came is still told of."""


def claim(session: Session, lane: str, visit: str, by: str, note: str, rules: MoneyRules, now: datetime) -> ClaimRow:
    """The attendant `by` believes that this visit has paid. Raises NoSuch, Impossible beyond the shift's limits."""
    if turns(note):
        raise Impossible(TURNS)
    if not 3 <= len(note.strip()) <= NOTE_MAX:
        raise Impossible(f"note: say what was shown in 3 to {NOTE_MAX} characters")
    hold(session, f"claims:{by}")
    hold_all(session, [visit])
    row = session.get(VisitRow, visit, populate_existing=True)
    if row is None:
        raise NoSuch(f"there is no visit {visit}")
    if row.left_at is not None:
        raise Impossible(f"{visit} has left")
    owes = effects.owes(session, row)
    if owes <= 0:
        raise Impossible(f"{visit} owes nothing: it may go")
    shift = shift_of(session, row.site, by, now)
    _within(rules, by, used(session, row.site, by, now), owes)
    made = ClaimRow(
        visit=visit, site=row.site, lane=lane, shift=shift, amount=owes, by=by, note=note.strip(), made_at=now
    )
    if not insert_once(session, made):
        raise Impossible(f"{visit}: it was claimed paid before")
    audit(session, by, "money: claimed paid", visit, now, {"amount": str(owes), "note": made.note, "shift": shift})
    return made


class Used(NamedTuple):
    """How many vehicles a person has let out on their word in this shift, and of how much together, in dong."""

    vehicles: int
    amount: int


def used(session: Session, site: str, by: str, now: datetime) -> Used:
    """What of the shift's limits this person has used."""
    since = _since(session, shift_of(session, site, by, now), now)
    before = select(func.count(), func.coalesce(func.sum(col(ClaimRow.amount)), 0)).select_from(ClaimRow)
    count, amount = session.exec(before.where(ClaimRow.by == by, ClaimRow.made_at >= since)).one()
    return Used(count, int(amount))


def shift_of(session: Session, site: str, by: str, now: datetime) -> str:
    """The attendant's open shift at the site; without one, the working day since six in the morning."""
    over = select(HandOverRow.shift).where(HandOverRow.site == site)
    own = select(ShiftRow.shift).where(ShiftRow.site == site, ShiftRow.by == by, col(ShiftRow.shift).not_in(over))
    shift = session.exec(own.order_by(col(ShiftRow.began_at).desc())).first()
    return shift or f"{site}:{(now.astimezone(ZONE) - timedelta(hours=MORNING.hour)).date()}"


def next_morning(at: datetime) -> datetime:
    """The first six o'clock in the morning after `at`."""
    local = at.astimezone(ZONE)
    today = local.replace(hour=MORNING.hour, minute=0, second=0, microsecond=0)
    return today if local < today else today + timedelta(days=1)


def expected(session: Session, site: str, now: datetime) -> Iterator[Expectation]:
    """The money of each claim, due the next morning; met when the stay owes nothing."""
    claims = session.exec(select(ClaimRow).where(ClaimRow.site == site).order_by(col(ClaimRow.made_at))).all()
    names = [row.visit for row in claims]
    debts = ledger.standing(session, col(PostingRow.visit), names, LedgerAccount.RECEIVABLE)
    paid = _last_money(session, names)
    for row in claims:
        met = paid.get(row.visit) if debts.get(row.visit, row.amount) <= 0 else None
        if met and now - met > SHOWN:
            continue
        yield Expectation(
            code=Code.CLAIMED_NOT_SEEN,
            subject=row.visit,
            visit=row.visit,
            amount=debts.get(row.visit, row.amount) if met is None else row.amount,
            due=next_morning(row.made_at),
            evidence={"by": row.by, "lane": row.lane, "note": row.note, "shift": row.shift},
            met_at=met,
        )


def _since(session: Session, shift: str, now: datetime) -> datetime:
    """From when claims count: the shift's beginning or six in the morning, whichever is earlier, so that beginning
    another shift, or none, brings no new limit."""
    began = session.get(ShiftRow, shift)
    six = next_morning(now) - timedelta(days=1)
    return min(began.began_at, six) if began else six


def _within(rules: MoneyRules, by: str, before: Used, owes: int) -> None:
    if before.vehicles >= rules.claims:
        raise Impossible(f"{by} has let out {before.vehicles} on their word in this shift, {rules.claims} are allowed")
    amount = before.amount + owes
    if amount > rules.claims_vnd:
        raise Impossible(f"{amount:,} VND would be let out on a word in this shift, {rules.claims_vnd:,} may be")


def _last_money(session: Session, visits: list[str]) -> dict[str, datetime]:
    """When each stay's debt last became less."""
    last = (
        select(EntryRow.visit, func.max(col(EntryRow.recorded_at)))
        .join(PostingRow, col(PostingRow.key) == col(EntryRow.key))
        .where(col(EntryRow.visit).in_(visits), PostingRow.account == LedgerAccount.RECEIVABLE, PostingRow.amount < 0)
        .group_by(col(EntryRow.visit))
    )
    return dict(session.exec(last).all())
