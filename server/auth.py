"""People and sessions. Tokens are random and kept as hashes; passwords as argon2."""

import hashlib
import os
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec
from pwdlib import PasswordHash
from sqlalchemy import Engine
from sqlmodel import Session, col, delete, select

from gate.ids import uuid7
from server.addresses import network_of
from server.db import insert_once, reading, transaction
from server.facts import AuditRow
from server.facts_people import UserSiteRow
from server.guesses import Guesses
from server.live import of_person
from server.register import SessionRow, UserRow
from server.roles import POWERS, Power, Role

SESSION_LIFE: Final = timedelta(hours=12)
KNOWN_FOR: Final = timedelta(days=30)
"""So long a person is known at an address from which they signed in."""
HASHES_AT_ONCE: Final = 2
"""An argon2 hash takes 64 MiB: many at once would take all memory and every thread that answers."""
PASSWORD_MIN: Final = 10
PASSWORD_MAX: Final = 256
_hasher = PasswordHash.recommended()
_NOBODY: Final = _hasher.hash(secrets.token_urlsafe(16))


class LoginRefused(PermissionError):
    """Name or password is wrong; which of both is not said."""


class BadPassword(ValueError):
    """A new password that is too short, too long, or the old one."""


class Person(NamedTuple):
    """Who is asking. `csrf` must come back with every form. `sites`: those that they see, empty for all of them;
    `must_change`: the password is one that somebody handed over."""

    name: str
    role: Role
    csrf: str
    sites: frozenset[str] = frozenset()
    must_change: bool = False

    def may(self, power: Power) -> bool:
        """Whether the role has this power."""
        return power in POWERS[self.role]

    def sees(self, site: str) -> bool:
        """Whether this site is one of theirs."""
        return not self.sites or site in self.sites


class Doorkeeper:
    """Logs people in and out. Guesses are counted so that a stranger's do not lock the owner out (`Guesses`)."""

    def __init__(self, engine: Engine, changed: Callable[[str], None] = lambda _: None) -> None:
        """`changed` hears the topic of whoever's sessions end here."""
        self._engine = engine
        self._changed = changed
        self._guesses = Guesses()
        self._hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)

    def login(self, name: str, password: str, address: str) -> tuple[str, Person]:
        """A new session's token. Raises LoginRefused or TooManyGuesses."""
        now = datetime.now(UTC)
        self._guesses.count(name, address, now, lambda: self._is_known(name, address, now))
        with reading(self._engine) as session:
            user = session.get(UserRow, name)
        stored = user.password if user and _may_sign_in(user, now) else _NOBODY
        with self._hashing:
            right = _hasher.verify(password, stored)
        if not right or user is None or not _may_sign_in(user, now):
            raise LoginRefused(name)
        self._guesses.right(name, address, now)
        token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
        row = SessionRow(
            token_sha256=_digest(token), name=name, csrf=csrf, created_at=now, expires_at=now + SESSION_LIFE
        )
        with transaction(self._engine) as session:
            session.exec(delete(SessionRow).where(col(SessionRow.expires_at) < now))
            session.add(row)
            audit(session, name, "login", name, now, {"address": address})
            return token, _person(session, user, csrf)

    def _is_known(self, name: str, address: str, now: datetime) -> bool:
        """Whether the person lately signed in from there, by the audit."""
        lately = (AuditRow.who == name, AuditRow.what == "login", col(AuditRow.at) >= now - KNOWN_FOR)
        with reading(self._engine) as session:
            said = session.exec(select(AuditRow.detail).where(*lately).order_by(col(AuditRow.id).desc()).limit(200))
            return network_of(address) in {network_of(msgspec.json.decode(each).get("address", "")) for each in said}

    def person(self, token: str) -> Person | None:
        """Whose session this is, if it is one and not over."""
        now = datetime.now(UTC)
        with reading(self._engine) as session:
            row = session.get(SessionRow, _digest(token))
            user = session.get(UserRow, row.name) if row and row.expires_at > now else None
            if row is None or user is None or not _may_sign_in(user, now):
                return None
            return _person(session, user, row.csrf)

    def change_password(self, name: str, old: str, new: str, address: str, token: str) -> None:
        """Another password, by who knows the old one; all of the person's sessions end but this one.

        Raises BadPassword, LoginRefused for a wrong old one, TooManyGuesses.
        """
        if not PASSWORD_MIN <= len(new) <= PASSWORD_MAX or new == old:
            raise BadPassword(name)
        now = datetime.now(UTC)
        self._guesses.count(name, address, now, lambda: self._is_known(name, address, now))
        with reading(self._engine) as session:
            stored = session.get_one(UserRow, name).password
        with self._hashing:
            kept = _hasher.hash(new) if _hasher.verify(old, stored) else None
        if kept is None:
            raise LoginRefused(name)
        self._guesses.right(name, address, now)
        with transaction(self._engine) as session:
            user = session.get_one(UserRow, name)
            user.password, user.one_time_until = kept, None
            session.add(user)
            ended = end_others(session, name, token)
            audit(session, name, "changed the password", name, now, {"sessions ended": str(ended)})
        self._changed(of_person(name))

    def logout(self, token: str) -> None:
        """End the session."""
        with transaction(self._engine) as session:
            row = session.get(SessionRow, _digest(token))
            name = row.name if row else ""
            session.exec(delete(SessionRow).where(col(SessionRow.token_sha256) == _digest(token)))
        self._changed(of_person(name))


def add_user(session: Session, name: str, role: Role, password: str, now: datetime) -> bool:
    """A new person. Says whether the name was free."""
    if session.get(UserRow, name):
        return False
    return insert_once(session, UserRow(name=name, role=role, password=hashed(password), created_at=now))


def hashed(password: str) -> str:
    """What is kept of a password."""
    return _hasher.hash(password)


def _may_sign_in(user: UserRow, now: datetime) -> bool:
    return not user.disabled and (user.one_time_until is None or now < user.one_time_until)


def _person(session: Session, user: UserRow, csrf: str) -> Person:
    sites = frozenset(session.exec(select(UserSiteRow.site).where(UserSiteRow.name == user.name)))
    return Person(user.name, Role(user.role), csrf, sites, must_change=user.one_time_until is not None)


def sessions_of(session: Session, name: str, now: datetime) -> list[SessionRow]:
    """Where this person is signed in, the newest first."""
    rows = select(SessionRow).where(SessionRow.name == name, col(SessionRow.expires_at) > now)
    return list(session.exec(rows.order_by(col(SessionRow.created_at).desc())))


def end_others(session: Session, name: str, token: str) -> int:
    """End all of the person's sessions but that of this token. Says how many."""
    others = (col(SessionRow.name) == name, col(SessionRow.token_sha256) != _digest(token))
    return session.exec(delete(SessionRow).where(*others)).rowcount


def is_of(row: SessionRow, token: str) -> bool:
    """Whether the session is this token's."""
    return row.token_sha256 == _digest(token)


def audit(session: Session, who: str, what: str, subject: str, now: datetime, detail: dict[str, str]) -> None:
    """Record what a person did or looked at."""
    row = AuditRow(
        id=str(uuid7(now, os.urandom(10))),
        who=who,
        what=what,
        subject=subject,
        at=now,
        detail=msgspec.json.encode(detail).decode(),
        site=subject[:3],
    )
    session.add(row)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
