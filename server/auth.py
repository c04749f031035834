"""People and sessions. Tokens are random and kept as hashes; passwords as argon2."""

import hashlib
import os
import secrets
import threading
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec
from pwdlib import PasswordHash
from sqlalchemy import Engine
from sqlmodel import Session, col, delete

from gate.ids import uuid7
from server.db import reading, transaction
from server.facts import AuditRow
from server.register import SessionRow, UserRow
from server.roles import POWERS, Power, Role

SESSION_LIFE: Final = timedelta(hours=12)
GUESSES_MAX: Final = 10
GUESS_WINDOW: Final = timedelta(hours=1)
HASHES_AT_ONCE: Final = 2
"""An argon2 hash takes 64 MiB: many at once would take all memory and every thread that answers."""
NAMES_MAX: Final = 10_000
_hasher = PasswordHash.recommended()
_NOBODY: Final = _hasher.hash(secrets.token_urlsafe(16))


class LoginRefused(PermissionError):
    """Name or password is wrong; which of both is not said."""


class TooManyGuesses(PermissionError):
    """This address guessed too often for this name."""


class Person(NamedTuple):
    """Who is asking. `csrf` must come back with every form."""

    name: str
    role: Role
    csrf: str

    def may(self, power: Power) -> bool:
        """Whether the role has this power."""
        return power in POWERS[self.role]


class Doorkeeper:
    """Logs people in and out. Wrong guesses are counted by name and address, so that a stranger's guessing
    does not lock the owner out."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._guesses: dict[tuple[str, str], list[datetime]] = {}
        self._counting = threading.Lock()
        self._hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)

    def login(self, name: str, password: str, address: str) -> tuple[str, Person]:
        """A new session's token. Raises LoginRefused or TooManyGuesses."""
        now = datetime.now(UTC)
        self._count_guess((name, address), now)
        with reading(self._engine) as session:
            user = session.get(UserRow, name)
        stored = user.password if user and not user.disabled else _NOBODY
        with self._hashing:
            right = _hasher.verify(password, stored)
        if not right or user is None or user.disabled:
            raise LoginRefused(name)
        with self._counting:
            self._guesses.pop((name, address), None)
        token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
        row = SessionRow(
            token_sha256=_digest(token), name=name, csrf=csrf, created_at=now, expires_at=now + SESSION_LIFE
        )
        with transaction(self._engine) as session:
            session.exec(delete(SessionRow).where(col(SessionRow.expires_at) < now))
            session.add(row)
            audit(session, name, "login", name, now, {"address": address})
        return token, Person(name, Role(user.role), csrf)

    def _count_guess(self, whose: tuple[str, str], now: datetime) -> None:
        """Counted before it is tried, or many at once would all be the first. Raises TooManyGuesses."""
        with self._counting:
            if len(self._guesses) > NAMES_MAX:  # invented names: forget those that are over
                self._guesses = {k: at for k, at in self._guesses.items() if now - at[-1] < GUESS_WINDOW}
            recent = [at for at in self._guesses.get(whose, []) if now - at < GUESS_WINDOW]
            if len(recent) >= GUESSES_MAX:
                raise TooManyGuesses(whose[0])
            self._guesses[whose] = [*recent, now]

    def person(self, token: str) -> Person | None:
        """Whose session this is, if it is one and not over."""
        now = datetime.now(UTC)
        with reading(self._engine) as session:
            row = session.get(SessionRow, _digest(token))
            user = session.get(UserRow, row.name) if row and row.expires_at > now else None
            if row is None or user is None or user.disabled:
                return None
            return Person(user.name, Role(user.role), row.csrf)

    def logout(self, token: str) -> None:
        """End the session."""
        with transaction(self._engine) as session:
            session.exec(delete(SessionRow).where(col(SessionRow.token_sha256) == _digest(token)))


def add_user(session: Session, name: str, role: Role, password: str, now: datetime) -> bool:
    """A new person. Says whether the name was free."""
    if session.get(UserRow, name):
        return False
    session.add(UserRow(name=name, role=role, password=_hasher.hash(password), created_at=now))
    return True


def audit(session: Session, who: str, what: str, subject: str, now: datetime, detail: dict[str, str]) -> None:
    """Record what a person did or looked at."""
    row = AuditRow(
        id=str(uuid7(now, os.urandom(10))),
        who=who,
        what=what,
        subject=subject,
        at=now,
        detail=msgspec.json.encode(detail).decode(),
    )
    session.add(row)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
