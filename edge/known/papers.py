"""Signed papers of the centre: the lease, its changes, and commands that are good for one use."""

from typing import TypeVar
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec.structs import replace

from edge.clock import Clock
from edge.journal.store import Store
from edge.known.lists import Lists
from gate.lease import LEASE_MAX, Delta, Lease
from gate.messages import Command
from gate.signing import Forged, opened
from gate.wire import BYTES_MAX, Malformed, decode, encode

T = TypeVar("T")
log = structlog.get_logger()


class Refused(PermissionError):
    """The paper is not for us, not now, or not the centre's."""


class Papers:
    """What the centre has put in writing. `lease` holds all of it but the rows of the lists, which are in `lists`, and
    the stays that it names, which are the visits'.

    Used commands are remembered in memory only: a command names this boot, so none outlives it.
    """

    def __init__(self, store: Store, clock: Clock, box: str, key: Ed25519PublicKey) -> None:
        self._store, self._clock, self._box, self._key = store, clock, box, key
        self._used: dict[UUID, int] = {}
        self.lease: Lease | None = None
        self.delta = 0
        self.lists = Lists(store)
        self._recall()
        store.when_ended(self._ended)

    def expired(self) -> bool:
        """Whether the lease's time is over; the box goes on deciding by it, and says so."""
        return self.lease is not None and self._clock.now() >= self.lease.expires_at

    def lease_came(self, data: bytes) -> Lease:
        """Take a newer snapshot, lists included. Raises Refused for an older or foreign one, and nothing is taken."""
        lease = self._opened(data, Lease, LEASE_MAX)
        if lease.box != self._box:
            raise Refused(f"a lease for {lease.box}")
        if self.lease and lease.number <= self.lease.number:
            raise Refused(f"lease {lease.number} is not newer than {self.lease.number}")
        with self._store.transaction():
            self.lists.replace(lease.lists)
            self._keep(replace(lease, lists=(), inside=(), gone=()), 0)
        return lease

    def delta_came(self, data: bytes) -> Delta:
        """Take the next change. Raises Refused for a gap: our state then tells the centre how far we are.

        Lists and capacity are as it says when this returns; who is paid is for the caller, in the same transaction.
        """
        delta = self._opened(data, Delta)
        if delta.box != self._box or self.lease is None or delta.lease != self.lease.number:
            raise Refused("a change of another lease")
        if delta.number != self.delta + 1:
            raise Refused(f"change {delta.number} after {self.delta}")
        with self._store.transaction():
            self.lists.add(delta.listed)
            self.lists.end(delta.ended)
            capacity = self.lease.capacity if delta.capacity is None else delta.capacity
            self._keep(replace(self.lease, capacity=capacity), delta.number)
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

    def _keep(self, lease: Lease, delta: int) -> None:
        """For the next start. A change that leaves the lease as it was writes its number alone."""
        if lease != self.lease:
            self._store.remember("lease", encode(lease).decode())
        self._store.remember("delta", str(delta))
        self.lease, self.delta = lease, delta

    def _recall(self) -> None:
        kept = self._store.meta("lease")
        try:
            self.lease = decode(kept.encode(), Lease, LEASE_MAX) if kept else None
        except Malformed as error:  # written by another version: the centre sends a new one
            log.warning("the kept lease cannot be read", why=str(error)[:200])
            self.lease = None
            self.lists.replace(())
        self.delta = int(self._store.meta("delta") or 0)

    def _ended(self, done: bool) -> None:  # noqa: FBT001 - the store's own call
        if not done:
            self._recall()

    def _opened(self, data: bytes, kind: type[T], most: int = BYTES_MAX) -> T:
        try:
            return opened(data, kind, self._key, most)
        except (Forged, Malformed) as error:
            raise Refused(str(error)) from error
