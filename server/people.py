"""People of the centre, as administrators keep them: their roles, sites, limits, passwords and sessions.

Nobody chooses another's password: one is drawn, told once, signs in for `ONE_TIME_LIFE` and does nothing but choose
another. There is always an administrator.
"""

import re
import secrets
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlmodel import Session, col, delete, func, select

from server.auth import audit, hashed
from server.db import hold, insert_once
from server.facts_people import UserSiteRow
from server.money_rules import NotYours
from server.register import SessionRow, SiteRow, UserRow
from server.roles import Role

ONE_TIME_LIFE: Final = timedelta(days=3)
LIMIT_MAX: Final = 10**12
NAME_MAX: Final = 64
_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""None that look alike: it is read from a screen, or over a telephone."""
_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{1,63}")
_ADMINISTRATORS: Final = "administrators"


class BadPerson(ValueError):
    """What is asked for cannot be of a person; the message is a key: `name`, `taken`, `site`, `limit`."""


class NoSuchPerson(LookupError):
    """There is nobody of this name."""


class LastAdministrator(ValueError):
    """Without this one nobody of all sites could let anybody in: who never signed in does not count."""


class Standing(NamedTuple):
    """A person with where they work, how often they are signed in, and when they last were."""

    user: UserRow
    sites: tuple[str, ...]
    sessions: int


def people(session: Session, now: datetime) -> list[Standing]:
    """Everybody, those who may not sign in last."""
    sites: dict[str, list[str]] = {}
    for row in session.exec(select(UserSiteRow).order_by(col(UserSiteRow.site))):
        sites.setdefault(row.name, []).append(row.site)
    signed_in = select(SessionRow.name, func.count()).where(col(SessionRow.expires_at) > now)
    counts: dict[str, int] = dict(session.exec(signed_in.group_by(SessionRow.name)).all())
    rows = session.exec(select(UserRow).order_by(col(UserRow.disabled), col(UserRow.name)))
    return [Standing(row, tuple(sites.get(row.name, ())), counts.get(row.name, 0)) for row in rows]


def person(session: Session, name: str, now: datetime) -> Standing:
    """One of them. Raises NoSuchPerson."""
    row = _user(session, name)
    mine = (SessionRow.name == name, col(SessionRow.expires_at) > now)
    signed_in = session.exec(select(func.count()).select_from(SessionRow).where(*mine)).one()
    return Standing(row, tuple(_sites(session, name)), signed_in)


def add(session: Session, name: str, role: Role, sites: list[str], limit: int | None, by: str, now: datetime) -> str:
    """A new person; the password that signs in once. Raises BadPerson, NotYours."""
    _reaches(session, by, name, sites)
    if not _NAME.fullmatch(name):
        raise BadPerson("name")
    password = drawn()
    until = now + ONE_TIME_LIFE
    row = UserRow(name=name, role=role, password=hashed(password), created_at=now, one_time_until=until)
    row.limit_vnd = _limit(limit)
    if not insert_once(session, row):
        raise BadPerson("taken")
    _see(session, name, sites)
    audit(session, by, "added a person", name, now, {"role": role, "sites": " ".join(sites)})
    return password


def change(
    session: Session, name: str, role: Role, sites: list[str], limit: int | None, by: str, now: datetime
) -> None:
    """Another role, other sites, another limit; no site means all of them. Raises BadPerson, NoSuchPerson, NotYours,
    LastAdministrator."""
    hold(session, _ADMINISTRATORS)
    row = _theirs(session, name, by)
    _reaches(session, by, name, sites)
    if sites or role is not Role.ADMINISTRATOR:
        _not_the_last(session, row)
    detail = {"role": f"{row.role} > {role}", "sites": " ".join(sites), "limit": str(limit)}
    row.role, row.limit_vnd = role, _limit(limit)
    session.add(row)
    _see(session, name, sites)
    audit(session, by, "changed a person", name, now, detail)


def disable(session: Session, name: str, by: str, now: datetime) -> None:
    """May not sign in any more; all sessions end. Raises NoSuchPerson, NotYours, LastAdministrator."""
    hold(session, _ADMINISTRATORS)
    row = _theirs(session, name, by)
    _not_the_last(session, row)
    row.disabled = True
    session.add(row)
    ended = _end_all(session, name)
    audit(session, by, "disabled a person", name, now, {"sessions ended": str(ended)})


def enable(session: Session, name: str, by: str, now: datetime) -> str:
    """May sign in again, by a new password that signs in once. Raises NoSuchPerson, NotYours."""
    row = _theirs(session, name, by)
    row.disabled = False
    session.add(row)
    audit(session, by, "let a person in again", name, now, {})
    return new_password(session, name, by, now)


def new_password(session: Session, name: str, by: str, now: datetime) -> str:
    """A password that signs in once, in place of theirs; all sessions end. Raises NoSuchPerson, NotYours."""
    row, password = _theirs(session, name, by), drawn()
    row.password, row.one_time_until = hashed(password), now + ONE_TIME_LIFE
    session.add(row)
    ended = _end_all(session, name)
    audit(session, by, "gave a new password", name, now, {"sessions ended": str(ended)})
    return password


def end_sessions(session: Session, name: str, by: str, now: datetime) -> int:
    """Sign the person out everywhere. Says how many sessions there were. Raises NoSuchPerson, NotYours."""
    _theirs(session, name, by)
    ended = _end_all(session, name)
    audit(session, by, "ended a person's sessions", name, now, {"sessions ended": str(ended)})
    return ended


def drawn() -> str:
    """A password by chance, of 79 bits, in four groups."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def _user(session: Session, name: str) -> UserRow:
    row = session.get(UserRow, name, populate_existing=True)
    if row is None:
        raise NoSuchPerson(name)
    return row


def _theirs(session: Session, name: str, by: str) -> UserRow:
    """The person, where they are one whom `by` may keep."""
    row = _user(session, name)
    _reaches(session, by, name, _sites(session, name))
    return row


def _reaches(session: Session, by: str, name: str, sites: list[str]) -> None:
    """Raises NotYours where these sites, or all for none, are more than `by` has."""
    own = set(_sites(session, by))
    if own and (not sites or set(sites) - own):
        raise NotYours(f"{name}: sites beyond those of {by}")


def _sites(session: Session, name: str) -> list[str]:
    return list(session.exec(select(UserSiteRow.site).where(UserSiteRow.name == name).order_by(col(UserSiteRow.site))))


def _limit(limit: int | None) -> int | None:
    if limit is not None and not 0 <= limit <= LIMIT_MAX:
        raise BadPerson("limit")
    return limit


def _see(session: Session, name: str, sites: list[str]) -> None:
    """From now on these sites."""
    known: set[str] = set(session.exec(select(SiteRow.site)).all())
    if set(sites) - known:
        raise BadPerson("site")
    session.exec(delete(UserSiteRow).where(col(UserSiteRow.name) == name))
    for site in sorted(set(sites)):
        session.add(UserSiteRow(name=name, site=site))
    session.flush()


def _end_all(session: Session, name: str) -> int:
    return session.exec(delete(SessionRow).where(col(SessionRow.name) == name)).rowcount


def _not_the_last(session: Session, row: UserRow) -> None:
    """Raises LastAdministrator. Whoever calls this holds `_ADMINISTRATORS`."""
    if row.role != Role.ADMINISTRATOR or row.disabled or _sites(session, row.name):
        return
    able = (UserRow.role == Role.ADMINISTRATOR, col(UserRow.disabled).is_(False), col(UserRow.one_time_until).is_(None))
    limited = select(UserSiteRow.name)
    others = select(UserRow.name).where(*able, UserRow.name != row.name, col(UserRow.name).not_in(limited))
    if session.exec(others.limit(1)).first() is None:
        raise LastAdministrator(row.name)
