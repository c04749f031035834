"""Tariff versions as stored, parsed once: a version never changes once it is in."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, or_
from sqlmodel import Session, col, select

from gate.tariff import Tariff, load
from server.db import reading
from server.register import TariffRow
from server.register_tariffs import TariffWithdrawalRow


class Tariffs:
    """A reader of tariff versions that remembers what it parsed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[tuple[str, str], Tariff] = {}

    def get(self, site: str, code: str) -> Tariff | None:
        """The version `code` of the site's list, or None."""
        if (site, code) not in self._known:
            with reading(self._engine) as session:
                row = session.get(TariffRow, (site, code))
            if row is None:
                return None
            self._known[site, code] = load(row.body.encode())
        return self._known[site, code]

    def in_force(self, site: str, now: datetime) -> Tariff | None:
        """The version that holds now: of those that have begun and not ended, the one that began last."""
        statement = select(TariffRow).where(*counting(site, now), col(TariffRow.since) <= now)
        with reading(self._engine) as session:
            row = session.exec(statement.order_by(col(TariffRow.since).desc()).limit(1)).first()
        return self.get(site, row.code) if row else None


def counting(site: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The site's published versions that are not over and were not withdrawn, as conditions of a query."""
    withdrawn = select(TariffWithdrawalRow.code).where(TariffWithdrawalRow.site == site)
    not_over = or_(col(TariffRow.until).is_(None), col(TariffRow.until) > now)
    return col(TariffRow.site) == site, not_over, col(TariffRow.code).not_in(withdrawn)


def clash(session: Session, site: str, tariff: Tariff, now: datetime) -> str | None:
    """The code of a published version that would hold at the same time, if there is one.

    A version without an end holds until the next such one begins; one with an end is an exception within it. So two
    exceptions may not meet, nothing else may begin within one, and no two begin at once.
    """
    rows: Iterable[TariffRow] = session.exec(select(TariffRow).where(*counting(site, now)))
    return next((row.code for row in rows if _meets(row.since, row.until, tariff.since, tariff.until)), None)


def _meets(since: datetime, until: datetime | None, other: datetime, other_until: datetime | None) -> bool:
    if since == other:
        return True
    if until is not None and other_until is not None:
        return since < other_until and other < until
    if until is not None:
        return since < other < until
    return other_until is not None and other < since < other_until
