"""`stay_money`: what the ledger says of each stay, written with its entries and checked against them.

An entry adds what it does to the row of its visit, so the order of entries does not matter, nor who else adds.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, case, delete, exists, func, insert, literal_column, or_, union, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from gate.ledger import Entry, EntryKind, LedgerAccount
from server.derived import StayMoneyRow, VisitRow
from server.facts import ChargeRow, EntryRow, PaymentRow, PostingRow, SupplementRow

PLAIN: Final = (
    EntryKind.PEND,
    EntryKind.UNPEND,
    EntryKind.CHARGE,
    EntryKind.PAYMENT,
    EntryKind.SETTLED,
    EntryKind.BANKED,
)
"""Entries of a stay about which nobody had to think, as long as none of them touches suspense."""
_picked: Final[Any] = select
"""Columns chosen at run time have no types of their own."""
_M: Final = StayMoneyRow


@dataclass(slots=True)
class Change:
    """What is added to a stay's row."""

    charged: int | None = None
    charged_at: datetime | None = None
    owed: int = 0
    odd: bool = False
    paid_at: datetime | None = None

    def charge(self, amount: int) -> None:
        """It costs that much more."""
        self.charged = (self.charged or 0) + amount


class Difference(NamedTuple):
    """A stay whose row is not what the ledger says; the amounts by which it is off."""

    visit: str
    owed: int
    charged: int


def changes(entries: Iterable[Entry], now: datetime) -> dict[str, Change]:
    """What entries recorded `now` do to the rows of their visits, but for the charge itself."""
    return changes_of((entry, now) for entry in entries)


def changes_of(entries: Iterable[tuple[Entry, datetime]]) -> dict[str, Change]:
    """The same for entries that are each recorded at a moment of its own."""
    found: dict[str, Change] = defaultdict(Change)
    for entry, now in entries:
        if entry.visit:
            _add(found, entry, now)
    return found


def _add(found: dict[str, Change], entry: Entry, now: datetime) -> None:
    owed = sum(each.amount for each in entry.postings if each.account is LedgerAccount.RECEIVABLE)
    more = entry.kind is EntryKind.CHARGE and entry.key != f"charge:{entry.visit}"
    waits = any(each.account is LedgerAccount.SUSPENSE for each in entry.postings)
    odd = more or waits or entry.kind not in PLAIN
    if not (owed or odd or entry.kind is EntryKind.PAYMENT):
        return  # pended, or shown by the bank: nothing of it stands on the stay
    change = found[entry.visit]
    change.owed, change.odd = change.owed + owed, change.odd or odd
    if more:
        change.charge(owed)
    if entry.kind is EntryKind.PAYMENT:
        change.paid_at = max(now, change.paid_at or now)


def write(session: Session, found: Mapping[str, Change]) -> None:
    """Add the changes, in the transaction of their entries."""
    if found:
        rows = [{"visit": visit, **asdict(each)} for visit, each in sorted(found.items())]
        session.connection().execute(_added(session.get_bind().dialect.name), rows)


@cache
def _added(dialect: str) -> Any:
    statement: Any = {"postgresql": postgresql, "sqlite": sqlite}[dialect].insert(_M)
    new, charged, paid_at = statement.excluded, col(_M.charged), col(_M.paid_at)
    sums = {
        "charged": case((new.charged.is_(None), charged), else_=func.coalesce(charged, 0) + new.charged),
        "charged_at": func.coalesce(_M.charged_at, new.charged_at),
        "owed": col(_M.owed) + new.owed,
        "odd": or_(col(_M.odd), new.odd),
        "paid_at": case((or_(paid_at.is_(None), new.paid_at > paid_at), new.paid_at), else_=paid_at),
    }
    return statement.on_conflict_do_update(index_elements=["visit"], set_=sums)


# --- the same from the ledger itself -----------------------------------------------------------------------------


def made_again(session: Session) -> None:
    """All rows anew, from charges, payments and postings."""
    every = union(
        select(ChargeRow.visit),
        _picked(PaymentRow.reference).where(col(PaymentRow.reference).is_not(None)),
        select(EntryRow.visit).where(col(EntryRow.kind).not_in(PLAIN), EntryRow.visit != ""),
    ).subquery("stays")
    rows = _by_the_ledger(every.c[0])
    columns = [name for name in StayMoneyRow.model_fields if name != "visit"]
    whole = _picked(every.c[0], *(rows[name] for name in columns))
    session.connection().execute(delete(StayMoneyRow))
    session.connection().execute(insert(StayMoneyRow).from_select(["visit", *columns], whole))


def differing(session: Session, condition: ColumnElement[bool]) -> list[Difference]:
    """Of the visits of a condition, those whose row is not what charges, payments and postings say."""
    return compared(session, differing_of([condition]), {})


def compared(session: Session, statement: Any, given: dict[str, Any]) -> list[Difference]:
    """The same by a statement that is made once, `differing_of`, and its parameters."""
    rows = session.connection().execute(statement, given).all()
    return [Difference(visit, int(owed), int(charged)) for visit, owed, charged in rows]


def differing_of(conditions: Iterable[ColumnElement[bool]]) -> Any:
    """The statement of `differing` for the visits of conditions, no two true of one visit."""
    said = _by_the_ledger(VisitRow.visit)
    kept: dict[str, Any] = {name: col(getattr(_M, name)) for name in said}
    kept |= {"owed": func.coalesce(_M.owed, 0), "odd": func.coalesce(_M.odd, False)}
    unlike = or_(*(kept[name].is_distinct_from(said[name]) for name in said))
    both = (VisitRow.visit, kept["owed"] - said["owed"], _none(kept["charged"]) - _none(said["charged"]))
    found = _picked(*both).join(_M, col(_M.visit) == col(VisitRow.visit), isouter=True)
    return union_all(*(found.where(each, unlike) for each in conditions))


def _none(column: Any) -> Any:
    return func.coalesce(column, 0)


def _sum(column: Any, *where: Any) -> Any:
    return func.coalesce(_picked(func.sum(column)).where(*where).scalar_subquery(), 0)


def _one() -> Any:
    return _picked(literal_column("1"))


def _by_the_ledger(visit: Any) -> dict[str, Any]:
    """The columns of a row by what other tables say of `visit`, a column of the statement around it."""
    supplements = _sum(SupplementRow.total, col(SupplementRow.visit) == visit)
    charge: Select[Any] = _picked(ChargeRow.total).where(col(ChargeRow.visit) == visit)
    at: Select[Any] = _picked(ChargeRow.happened_at).where(col(ChargeRow.visit) == visit)
    its = col(PostingRow.visit) == visit
    waited = exists(_one().where(its, PostingRow.account == LedgerAccount.SUSPENSE))
    thought = exists(_one().where(col(EntryRow.visit) == visit, col(EntryRow.kind).not_in(PLAIN)))
    more = exists(_one().where(col(SupplementRow.visit) == visit))
    last: Select[Any] = _picked(func.max(PaymentRow.received_at)).where(col(PaymentRow.reference) == visit)
    return {
        "charged": charge.scalar_subquery() + supplements,
        "charged_at": at.scalar_subquery(),
        "owed": _sum(PostingRow.amount, its, PostingRow.account == LedgerAccount.RECEIVABLE),
        "odd": case((or_(waited, thought, more), True), else_=False),
        "paid_at": last.scalar_subquery(),
    }
