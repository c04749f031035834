"""Where a command and an address of `/v1` meet: one person's request, in one transaction, under an id of its own.

What is asked for is done by the modules beside this one, which the pages call too. Whoever asks has the powers and the
sites that they have on the pages, whichever way they come.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from server import once, sites
from server.auth import Person
from server.derived import VisitRow
from server.money_rules import MoneyRules, NoSuch, NotYours, Speaker
from server.once import Answer, Asked
from server.roles import Power


class Desk(NamedTuple):
    """Who asks, when, in which transaction, by which rules. `request`: their id of it, empty for none."""

    session: Session
    person: Person
    rules: MoneyRules
    now: datetime
    request: str = ""

    @property
    def by(self) -> str:
        """Their name."""
        return self.person.name

    @property
    def speaker(self) -> Speaker:
        """Whose word it is, for decisions."""
        return Speaker(self.person.name, self.person.role)

    def needs(self, *powers: Power) -> None:
        """Raises NotYours unless they have all of these powers."""
        for power in powers:
            if not self.person.may(power):
                raise NotYours(f"{self.by} ({self.person.role}) may not {power.replace('_', ' ')}")

    def needs_one(self, *powers: Power) -> None:
        """Raises NotYours unless they have one of these powers."""
        if not any(self.person.may(power) for power in powers):
            said = " or ".join(power.replace("_", " ") for power in powers)
            raise NotYours(f"{self.by} ({self.person.role}) may not {said}")

    def site(self, site: str) -> str:
        """A site of theirs. Raises NoSuchSite."""
        return sites.known(self.session, self.person, site)

    def visit(self, visit: str) -> VisitRow:
        """A stay at a site of theirs. Raises NoSuch."""
        row = self.session.get(VisitRow, visit)
        if row is None or not self.person.sees(row.site):
            raise NoSuch(f"there is no visit {visit}")
        return row

    def once(self, what: str, said: Any, work: Callable[[], Answer], secret: Collection[str] = ()) -> Answer:
        """What the work answers, done once for this request, however often it comes: `server.once`."""
        return once.once(self.session, Asked(self.by, self.request, what, said), self.now, work, secret)
