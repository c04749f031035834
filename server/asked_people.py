"""What commands and programs ask about people: who there is, one more, another role, sites or limit, a lock."""

from typing import Any, Final

from server import people
from server.desk import Desk
from server.once import Answer
from server.people import Standing
from server.roles import POWERS, Power, Role

AS_IT_IS: Final = ""
"""A limit that is not to be changed, where null is that of the role."""


def everybody(desk: Desk) -> Answer:
    """All of them."""
    desk.needs(Power.MANAGE_PEOPLE)
    return {"people": [_told(each) for each in people.people(desk.session, desk.now)]}


def one(desk: Desk, name: str) -> Answer:
    """One of them, with what they may do. Raises NoSuchPerson."""
    desk.needs(Power.MANAGE_PEOPLE)
    found = people.person(desk.session, name, desk.now)
    role = Role(found.user.role)
    return {**_told(found), "powers": sorted(POWERS[role]), "role_limit": desk.rules.limits.get(role, 0)}


def add(desk: Desk, name: str, role: Role, sites: list[str], limit: int | None) -> Answer:
    """A new person; `password` signs in once and is told once. Raises BadPerson."""
    desk.needs(Power.MANAGE_PEOPLE)

    def work() -> Answer:
        password = people.add(desk.session, name, role, sites, limit, desk.by, desk.now)
        return {"name": name, "password": password}

    return desk.once("person added", [name, role, sorted(sites), limit], work, secret=("password",))


def change(desk: Desk, name: str, role: Role | None, sites: list[str] | None, limit: int | str | None) -> Answer:
    """Another role, other sites (none: all), another limit; what is None, of the limit AS_IT_IS, stays as it is.

    Raises BadPerson, NoSuchPerson, LastAdministrator.
    """
    desk.needs(Power.MANAGE_PEOPLE)

    def work() -> Answer:
        now = people.person(desk.session, name, desk.now)
        new_role = Role(now.user.role) if role is None else role
        new_sites = list(now.sites) if sites is None else sites
        new_limit = now.user.limit_vnd if isinstance(limit, str) else limit
        people.change(desk.session, name, new_role, new_sites, new_limit, desk.by, desk.now)
        return {"name": name, "role": new_role.value, "sites": sorted(set(new_sites)), "limit": new_limit}

    said = [name, role, None if sites is None else sorted(sites), limit]
    return desk.once("person changed", said, work)


def lock(desk: Desk, name: str) -> Answer:
    """May not sign in any more. Raises NoSuchPerson, LastAdministrator."""
    desk.needs(Power.MANAGE_PEOPLE)

    def work() -> Answer:
        people.disable(desk.session, name, desk.by, desk.now)
        return {"name": name, "locked": True}

    return desk.once("person locked", name, work)


def unlock(desk: Desk, name: str) -> Answer:
    """May sign in again, by a new password that is told once. Raises NoSuchPerson."""
    desk.needs(Power.MANAGE_PEOPLE)

    def work() -> Answer:
        return {"name": name, "locked": False, "password": people.enable(desk.session, name, desk.by, desk.now)}

    return desk.once("person unlocked", name, work, secret=("password",))


def new_password(desk: Desk, name: str) -> Answer:
    """A password that signs in once, told once, in place of theirs. Raises NoSuchPerson."""
    desk.needs(Power.MANAGE_PEOPLE)

    def work() -> Answer:
        return {"name": name, "password": people.new_password(desk.session, name, desk.by, desk.now)}

    return desk.once("person password", name, work, secret=("password",))


def sign_out(desk: Desk, name: str) -> Answer:
    """End all their sessions. Raises NoSuchPerson."""
    desk.needs(Power.MANAGE_PEOPLE)

    def work() -> Answer:
        return {"name": name, "ended": people.end_sessions(desk.session, name, desk.by, desk.now)}

    return desk.once("person signed out", name, work)


def _told(each: Standing) -> dict[str, Any]:
    """`sites` empty: all of them; `limit` null: that of the role."""
    user = each.user
    return {
        "name": user.name,
        "role": user.role,
        "sites": list(each.sites),
        "limit": user.limit_vnd,
        "locked": user.disabled,
        "must_change": user.one_time_until is not None,
        "sessions": each.sessions,
        "since": user.created_at,
    }
