"""Closing by itself after midnight, at the sites that want it: a nudge now and then, the database decides.

What is in the way of a day is said once for each reason, as a reminder; days that were missed close one after another.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine
from sqlmodel import col, select

from server import closing
from server.db import reading
from server.register import SiteRow

EVERY: Final = timedelta(minutes=5)
DAYS_AT_ONCE: Final = 31
BY: Final = "rule"
log = structlog.get_logger()


class Closer:
    """Closes what is due. Any number of them may run: a day closes once."""

    def __init__(
        self, engine: Engine, key: Ed25519PrivateKey, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine, self._key, self._now = engine, key, now
        self._told: dict[str, tuple[date, list[str]]] = {}

    def go(self) -> list[tuple[str, date]]:
        """Close every day that is due where the site's configuration says `auto_close`. Says which it closed."""
        with reading(self._engine) as session:
            sites = session.exec(select(SiteRow.site).where(col(SiteRow.auto_close)).order_by(col(SiteRow.site))).all()
        return [(site, on) for site in sites for on in self._site(site)]

    def _site(self, site: str) -> list[date]:
        done: list[date] = []
        while len(done) < DAYS_AT_ONCE:
            now = self._now()
            with reading(self._engine) as session:
                on = closing.due(session, site, now)
            if on is None:
                break
            try:
                made = closing.close(self._engine, site, on, self._key, by=BY, now=now)
            except closing.NotYet as error:
                self._remind(site, on, error.reasons)
                break
            if made.fresh:
                done.append(on)
                log.info("day closed", site=site, date=str(on), head=made.row.sha256)
        return done

    def _remind(self, site: str, on: date, reasons: list[str]) -> None:
        if self._told.get(site) != (on, reasons):
            self._told[site] = (on, reasons)
            log.info("day waits to be closed", site=site, date=str(on), reasons=reasons[:5], more=len(reasons) - 5)
