"""Tariff versions as stored, parsed once: a version never changes once it is in."""

from datetime import datetime

from sqlalchemy import Engine, or_
from sqlmodel import col, select

from gate.tariff import Tariff, load
from server.db import reading
from server.register import TariffRow


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
        begun = (TariffRow.site == site, col(TariffRow.since) <= now)
        not_over = or_(col(TariffRow.until).is_(None), col(TariffRow.until) > now)
        statement = select(TariffRow).where(*begun, not_over).order_by(col(TariffRow.since).desc()).limit(1)
        with reading(self._engine) as session:
            row = session.exec(statement).first()
        return self.get(site, row.code) if row else None
