"""What a provider really did with money: the judge of our books."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

Clock = Callable[[], datetime]


class Declined(RuntimeError):
    """The provider's page does not take this payment; the message says why."""


class Deed(NamedTuple):
    """Money that moved: a payment above zero, a refund below. `number` is the provider's own."""

    order: str
    number: str
    amount: int
    at: datetime


class Keys:
    """Requests that a provider knows as the same, for as long as it does."""

    def __init__(self, life: timedelta, now: Clock) -> None:
        self._life, self._now = life, now
        self._known: dict[str, tuple[datetime, bytes]] = {}

    def answer(self, key: str) -> bytes | None:
        """What this key was answered, unless it is forgotten."""
        at, said = self._known.get(key, (None, b""))
        return said if at is not None and self._now() - at < self._life else None

    def keep(self, key: str, said: bytes) -> bytes:
        """Know the key from now on."""
        self._known[key] = (self._now(), said)
        return said
