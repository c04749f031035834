"""People: who may sign in, as what, where, up to which sum; new passwords and the end of sessions."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import Response
from sqlmodel import Session

from server import people
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import Person
from server.centre import Centre
from server.console.once import Once, sent
from server.console.page import page, seen
from server.console.sites import sites_of
from server.console.tabs import Tab
from server.db import reading, transaction
from server.live import of_person
from server.money_rules import NotYours
from server.people import BadPerson, LastAdministrator, NoSuchPerson
from server.roles import Power, Role

HERE: Final = "/people"
TAB: Final = Tab("people", HERE, Power.MANAGE_PEOPLE, "u", 90)
OnceDep = Annotated[Once, Depends(sent)]
Name = Annotated[str, Form(max_length=people.NAME_MAX)]
Sites = Annotated[list[str], Form(max_length=1_000)]
Limit = Annotated[str, Form(max_length=20)]
router = APIRouter()


@router.get(HERE)
def everybody(request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """All of them, and the form for one more."""
    needed(person, Power.MANAGE_PEOPLE)
    with reading(centre.engine) as session:
        known = people.people(session, datetime.now(UTC))
        sites = sites_of(session)
    return page(request, "people.html", person, people=known, sites=sites, roles=Role, longest=people.NAME_MAX)


@router.get("/people/{name}")
def one(name: str, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """What one person is and may."""
    needed(person, Power.MANAGE_PEOPLE)
    with reading(centre.engine) as session:
        found = _known(session, name)
        sites = sites_of(session)
    limits = centre.config.money.limits
    return page(request, "person.html", person, found=found, sites=sites, roles=Role, limits=limits)


@router.post(HERE)
def add(
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: OnceDep,
    name: Name,
    role: Annotated[Role, Form()],
    sites: Sites = [],  # noqa: B006 - FastAPI's way to say: none
    limit: Limit = "",
) -> Response:
    """A new person; the password is told once."""
    needed(person, Power.MANAGE_PEOPLE)

    def work(session: Session, now: datetime) -> str:
        return people.add(session, name.strip(), role, sites, _limit(limit), person.name, now)

    return _told(request, person, name.strip(), _done(centre, form, name.strip(), work))


@router.post("/people/{name}")
def change(
    name: str,
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: OnceDep,
    role: Annotated[Role, Form()],
    sites: Sites = [],  # noqa: B006
    limit: Limit = "",
) -> Response:
    """Another role, other sites, another limit."""
    needed(person, Power.MANAGE_PEOPLE)
    _done(centre, form, name, lambda at, now: people.change(at, name, role, sites, _limit(limit), person.name, now))
    return seen(request, f"{HERE}/{name}", "person")


@router.post("/people/{name}/password")
def new_password(name: str, request: Request, centre: CentreDep, person: PersonDep, form: OnceDep) -> Response:
    """A password that signs in once, told once."""
    needed(person, Power.MANAGE_PEOPLE)
    made = _done(centre, form, name, lambda at, now: people.new_password(at, name, person.name, now))
    return _told(request, person, name, made)


@router.post("/people/{name}/sessions")
def end_sessions(name: str, request: Request, centre: CentreDep, person: PersonDep, form: OnceDep) -> Response:
    """Sign the person out everywhere."""
    needed(person, Power.MANAGE_PEOPLE)
    _done(centre, form, name, lambda at, now: people.end_sessions(at, name, person.name, now))
    return seen(request, f"{HERE}/{name}", "sessions_ended")


@router.post("/people/{name}/disable")
def disable(name: str, request: Request, centre: CentreDep, person: PersonDep, form: OnceDep) -> Response:
    """May not sign in any more."""
    needed(person, Power.MANAGE_PEOPLE)
    _done(centre, form, name, lambda at, now: people.disable(at, name, person.name, now))
    return seen(request, f"{HERE}/{name}", "disabled")


@router.post("/people/{name}/enable")
def enable(name: str, request: Request, centre: CentreDep, person: PersonDep, form: OnceDep) -> Response:
    """May sign in again, by a new password."""
    needed(person, Power.MANAGE_PEOPLE)
    made = _done(centre, form, name, lambda at, now: people.enable(at, name, person.name, now))
    return _told(request, person, name, made)


def _done(centre: Centre, form: Once, name: str, work: Callable[[Session, datetime], Any]) -> Any:
    """What the work gave, once; None where the form had been sent before. The person's open pages hear of it."""
    try:
        with transaction(centre.engine) as session:
            done = work(session, datetime.now(UTC)) if form.first(session) else None
    except BadPerson as error:
        raise HTTPException(400, f"error.person_{error}") from error
    except LastAdministrator as error:
        raise HTTPException(403, "error.last_administrator") from error
    except NotYours as error:
        raise HTTPException(403, "error.person_beyond") from error
    except NoSuchPerson as error:
        raise HTTPException(404, "error.no_person") from error
    centre.live.changed(of_person(name))
    return done


def _told(request: Request, person: Person, name: str, password: str | None) -> Response:
    return page(request, "person_password.html", person, name=name, password=password, days=people.ONE_TIME_LIFE.days)


def _known(session: Session, name: str) -> people.Standing:
    try:
        return people.person(session, name, datetime.now(UTC))
    except NoSuchPerson as error:
        raise HTTPException(404, "error.no_person") from error


def _limit(typed: str) -> int | None:
    """Dong as people write them: `30000`, `30.000`, `30k`; nothing for no limit of their own."""
    bare = typed.strip().lower().replace(".", "").replace(",", "").replace(" ", "").removesuffix("₫")
    thousands = bare.endswith("k")
    digits = bare.removesuffix("k")
    if not digits and not thousands:
        return None
    if not (digits.isascii() and digits.isdecimal()):
        raise BadPerson("limit")
    return int(digits) * (1_000 if thousands else 1)
