"""A program's request: its person's desk in one transaction, its `Idempotency-Key`, and what is refused as a status."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Final, NamedTuple

from fastapi import Depends, Header, HTTPException

from gate.tariff import BadTariff
from server.api.caller import CentreDep, PersonDep
from server.api.money import rules_of
from server.auth import Person
from server.centre import Centre
from server.corrections import NoSuchPairing, NotPossible
from server.db import transaction
from server.desk import Desk
from server.money_rules import Impossible, NoSuch, NotYours
from server.once import PATTERN, UsedBefore
from server.people import LastAdministrator, NoSuchPerson
from server.planned_events import NoSuchEvent
from server.pricing import NoTariff
from server.reconcile import NoSuchSite
from server.work import NoSuchFinding, NotSo

KEY: Final = "Idempotency-Key"
STATUS: Final[tuple[tuple[type[Exception], int], ...]] = (
    (NotYours, 403),
    (NoSuch, 404),
    (NoSuchSite, 404),
    (NoSuchEvent, 404),
    (NoSuchPerson, 404),
    (NoSuchFinding, 404),
    (NoSuchPairing, 404),
    (NotPossible, 409),
    (Impossible, 409),
    (NotSo, 409),
    (NoTariff, 409),
    (BadTariff, 422),
    (LastAdministrator, 409),
    (UsedBefore, 422),
    (ValueError, 422),
)
"""What is foreseen: the first that fits."""
_FORESEEN: Final = tuple(kind for kind, _ in STATUS)
Key = Annotated[str, Header(alias=KEY, pattern=PATTERN, description="The request's id: sent again, it counts once.")]
MayKey = Annotated[str, Header(alias=KEY, pattern=f"^$|{PATTERN}", description="The request's id, where it has one.")]


class Asking(NamedTuple):
    """Who asks which centre."""

    centre: Centre
    person: Person

    @contextmanager
    def desk(self, request: str = "") -> Iterator[Desk]:
        """Their desk, in a transaction that is over when the block is. What is refused there is a status with words."""
        with answered(), transaction(self.centre.engine) as session:
            yield Desk(session, self.person, rules_of(self.centre), datetime.now(UTC), request)

    def changed(self, *topics: str) -> None:
        """Tell open pages."""
        for topic in topics:
            self.centre.live.changed(topic)


@contextmanager
def answered() -> Iterator[None]:
    """What is foreseen, as the status of STATUS and its words."""
    try:
        yield
    except _FORESEEN as error:
        status = next(number for kind, number in STATUS if isinstance(error, kind))
        raise HTTPException(status, str(error)) from error


def asking(centre: CentreDep, person: PersonDep) -> Asking:
    """The person who asks."""
    return Asking(centre, person)


AskingDep = Annotated[Asking, Depends(asking)]
