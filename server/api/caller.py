"""Who calls: the centre, and the person behind a bearer token or a session cookie."""

from typing import Annotated, Final

from fastapi import Depends, HTTPException, Request

from server.auth import Doorkeeper, Person
from server.centre import Centre
from server.roles import Power

COOKIE: Final = "barie_session"


def centre_of(request: Request) -> Centre:
    """The centre that this application runs."""
    centre: Centre = request.app.state.centre
    return centre


def doorkeeper_of(request: Request) -> Doorkeeper:
    """Who logs people in."""
    doorkeeper: Doorkeeper = request.app.state.doorkeeper
    return doorkeeper


CentreDep = Annotated[Centre, Depends(centre_of)]
DoorkeeperDep = Annotated[Doorkeeper, Depends(doorkeeper_of)]


def token_of(request: Request) -> str:
    """The session's token, from the header of a program or the cookie of a browser; empty without one."""
    return bearer_of(request) or request.cookies.get(COOKIE, "")


def bearer_of(request: Request) -> str:
    """The token that a program sends in its header; empty without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def caller(request: Request, doorkeeper: DoorkeeperDep) -> Person:
    """The person who calls. 401 without a session; a browser's writes need the session's CSRF token as well."""
    person = doorkeeper.person(token_of(request))
    if person is None:
        raise HTTPException(401, "log in first")
    by_cookie = not bearer_of(request)
    if by_cookie and request.method not in {"GET", "HEAD"} and request.headers.get("x-csrf-token") != person.csrf:
        raise HTTPException(403, "the page is stale: load it again")
    return person


PersonDep = Annotated[Person, Depends(caller)]


def needed(person: Person, power: Power) -> None:
    """403 unless the person's role has this power."""
    if not person.may(power):
        raise HTTPException(403, f"{person.role} may not {power.replace('_', ' ')}")
