"""Signed papers of the centre: the lease, its changes, and commands that are good for one use."""

from typing import TypeVar
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.clock import Clock
from edge.store import Store
from gate.lease import Delta, Lease
from gate.messages import Command
from gate.signing import Forged, opened
from gate.wire import Malformed, decode, encode

T = TypeVar("T")
log = structlog.get_logger()


class Refused(PermissionError):
    """The paper is not for us, not now, or not the centre's."""


class Papers:
    """What the centre has put in writing.

    Used commands are remembered in memory only: a command names this boot, so none outlives it.
    """

    def __init__(self, store: Store, clock: Clock, box: str, key: Ed25519PublicKey) -> None:
        self._store, self._clock, self._box, self._key = store, clock, box, key
        self._used: dict[UUID, int] = {}
        self.lease: Lease | None = None
        self.delta = 0
        self._recall()
        store.when_ended(self._ended)

    def expired(self) -> bool:
        """Whether the lease's time is over; the box goes on deciding by it, and says so."""
        return self.lease is not None and self._clock.now() >= self.lease.expires_at

    def lease_came(self, data: bytes) -> Lease:
        """Take a newer snapshot. Raises Refused for an older or foreign one."""
        lease = self._opened(data, Lease)
        if lease.box != self._box:
            raise Refused(f"a lease for {lease.box}")
        if self.lease and lease.number <= self.lease.number:
            raise Refused(f"lease {lease.number} is not newer than {self.lease.number}")
        with self._store.transaction():
            self._store.remember("lease", encode(lease).decode())
            self._store.remember("delta", "0")
            self.lease, self.delta = lease, 0
        return lease

    def delta_came(self, data: bytes) -> Delta:
        """Take the next change. Raises Refused for a gap: our state then tells the centre how far we are."""
        delta = self._opened(data, Delta)
        if delta.box != self._box or self.lease is None or delta.lease != self.lease.number:
            raise Refused("a change of another lease")
        if delta.number != self.delta + 1:
            raise Refused(f"change {delta.number} after {self.delta}")
        with self._store.transaction():
            self._store.remember("delta", str(delta.number))
            self.delta = delta.number
        return delta

    def command_came(self, data: bytes) -> Command:
        """A command that may be carried out now, once. Raises Refused with the reason for any other."""
        command = self._opened(data, Command)
        if command.box != self._box:
            raise Refused(f"a command for {command.box}")
        if command.boot != self._clock.boot:
            raise Refused("a command for another boot")
        now = self._clock.monotonic_ms()
        if now > command.deadline_ms:
            raise Refused("the command came too late")
        if command.command in self._used:
            raise Refused("the command was used before")
        self._used = {used: deadline for used, deadline in self._used.items() if deadline >= now}
        self._used[command.command] = command.deadline_ms
        return command

    def _recall(self) -> None:
        kept = self._store.meta("lease")
        try:
            self.lease = decode(kept.encode(), Lease) if kept else None
        except Malformed as error:  # written by another version: the centre sends a new one
            log.warning("the kept lease cannot be read", why=str(error)[:200])
            self.lease = None
        self.delta = int(self._store.meta("delta") or 0)

    def _ended(self, done: bool) -> None:  # noqa: FBT001 - the store's own call
        if not done:
            self._recall()

    def _opened(self, data: bytes, kind: type[T]) -> T:
        try:
            return opened(data, kind, self._key)
        except (Forged, Malformed) as error:
            raise Refused(str(error)) from error
