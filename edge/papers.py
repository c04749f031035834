"""Signed papers of the centre: the lease, its changes, and commands that are good for one use."""

import time
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.clock import Clock
from edge.store import Store
from gate.lease import Delta, Lease
from gate.messages import Command
from gate.signing import Forged, opened
from gate.wire import Malformed, decode, encode

T = TypeVar("T")
REMEMBER_S: Final = 24 * 3600.0


class Refused(PermissionError):
    """The paper is not for us, not now, or not the centre's."""


class Papers:
    """What the centre has put in writing."""

    def __init__(self, store: Store, clock: Clock, box: str, key: Ed25519PublicKey) -> None:
        self._store, self._clock, self._box, self._key = store, clock, box, key
        kept = store.meta("lease")
        self.lease: Lease | None = decode(kept.encode(), Lease) if kept else None
        self.delta = int(store.meta("delta") or 0)

    def lease_came(self, data: bytes) -> Lease:
        """Take a newer snapshot. Raises Refused for an older or foreign one."""
        lease = self._opened(data, Lease)
        if lease.box != self._box:
            raise Refused(f"a lease for {lease.box}")
        if self.lease and lease.number <= self.lease.number:
            raise Refused(f"lease {lease.number} is not newer than {self.lease.number}")
        self.lease, self.delta = lease, 0
        with self._store.transaction():
            self._store.remember("lease", encode(lease).decode())
            self._store.remember("delta", "0")
        return lease

    def delta_came(self, data: bytes) -> Delta:
        """Take the next change. Raises Refused for a gap: our state then tells the centre how far we are."""
        delta = self._opened(data, Delta)
        if delta.box != self._box or self.lease is None or delta.lease != self.lease.number:
            raise Refused("a change of another lease")
        if delta.number != self.delta + 1:
            raise Refused(f"change {delta.number} after {self.delta}")
        self.delta = delta.number
        with self._store.transaction():
            self._store.remember("delta", str(delta.number))
        return delta

    def command_came(self, data: bytes) -> Command:
        """A command that may be carried out now, once. Raises Refused with the reason for any other."""
        command = self._opened(data, Command)
        if command.box != self._box:
            raise Refused(f"a command for {command.box}")
        if command.boot != self._clock.boot:
            raise Refused("a command for another boot")
        if self._clock.monotonic_ms() > command.deadline_ms:
            raise Refused("the command came too late")
        now = time.time()
        with self._store.transaction():
            self._store.run("DELETE FROM used_command WHERE used_at < ?", now - REMEMBER_S)
            used = self._store.run("INSERT OR IGNORE INTO used_command VALUES (?, ?)", str(command.command), now)
        if not used.rowcount:
            raise Refused("the command was used before")
        return command

    def _opened(self, data: bytes, kind: type[T]) -> T:
        try:
            return opened(data, kind, self._key)
        except (Forged, Malformed) as error:
            raise Refused(str(error)) from error
