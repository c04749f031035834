"""People for whoever manages them: who there is, one more, roles, sites and limits, locks, passwords, sessions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from server import asked_people
from server.api.asking import Asking, AskingDep, Key
from server.desk import Desk
from server.live import of_person
from server.people import LIMIT_MAX, NAME_MAX
from server.roles import Role

router = APIRouter()
Name = Annotated[str, Path(max_length=NAME_MAX)]
SiteName = Annotated[str, Field(max_length=10)]


class NewPerson(BaseModel):
    """`sites` empty: all of them; `limit` null: that of the role."""

    name: str = Field(max_length=NAME_MAX)
    role: Role
    sites: list[SiteName] = Field(default=[], max_length=1_000)
    limit: int | None = Field(default=None, ge=0, le=LIMIT_MAX)


class Changes(BaseModel):
    """What is left out stays as it is."""

    role: Role | None = None
    sites: list[SiteName] | None = Field(default=None, max_length=1_000)
    limit: int | None = Field(default=None, ge=0, le=LIMIT_MAX)


@router.get("/v1/people")
def people(it: AskingDep) -> dict[str, Any]:
    """Everybody, those who are locked last."""
    with it.desk() as desk:
        return asked_people.everybody(desk)


@router.get("/v1/people/{name}")
def person(name: Name, it: AskingDep) -> dict[str, Any]:
    """One, with what they may do."""
    with it.desk() as desk:
        return asked_people.one(desk, name)


@router.post("/v1/people", status_code=201)
def add(body: NewPerson, it: AskingDep, key: Key) -> dict[str, Any]:
    """One more. `password` signs in once and is told once: null when the request is sent again."""
    with it.desk(key) as desk:
        return asked_people.add(desk, body.name, body.role, body.sites, body.limit)


@router.patch("/v1/people/{name}")
def change(name: Name, body: Changes, it: AskingDep, key: Key) -> dict[str, Any]:
    """Another role, other sites, another limit."""
    limit = body.limit if "limit" in body.model_fields_set else asked_people.AS_IT_IS
    with _desk(it, name, key) as desk:
        return asked_people.change(desk, name, body.role, body.sites, limit)


@router.post("/v1/people/{name}/lock")
def lock(name: Name, it: AskingDep, key: Key) -> dict[str, Any]:
    """May not sign in any more; all sessions end."""
    with _desk(it, name, key) as desk:
        return asked_people.lock(desk, name)


@router.post("/v1/people/{name}/unlock")
def unlock(name: Name, it: AskingDep, key: Key) -> dict[str, Any]:
    """May sign in again, by a new password."""
    with _desk(it, name, key) as desk:
        return asked_people.unlock(desk, name)


@router.post("/v1/people/{name}/password")
def password(name: Name, it: AskingDep, key: Key) -> dict[str, Any]:
    """A password that signs in once, in place of theirs."""
    with _desk(it, name, key) as desk:
        return asked_people.new_password(desk, name)


@router.post("/v1/people/{name}/sign-out")
def sign_out(name: Name, it: AskingDep, key: Key) -> dict[str, Any]:
    """End all of their sessions."""
    with _desk(it, name, key) as desk:
        return asked_people.sign_out(desk, name)


@contextmanager
def _desk(it: Asking, name: str, key: str) -> Iterator[Desk]:
    """Whose open pages hear of it when it is done."""
    with it.desk(key) as desk:
        yield desk
    it.changed(of_person(name))
