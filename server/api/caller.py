"""Who calls: the centre, and the person behind a bearer token or a session cookie."""

from typing import Annotated, Final

from fastapi import Depends, HTTPException, Request

from server import reach
from server.auth import Doorkeeper, Person
from server.centre import Centre
from server.db import reading
from server.roles import Power

COOKIE: Final = "barie_session"
MAY_STILL: Final = frozenset({"/account", "/account/password", "/logout"})
"""What somebody may do whose password was handed over: choose another, or leave."""

_NAMED_IN_QUERY: Final = ("source",)
"""What of a site a query may name, beside `site`: the account or provider that a file is of."""


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
    if person.must_change and request.url.path not in MAY_STILL:
        raise _change_first(request)
    _keep_to_sites(request, person)
    return person


def _change_first(request: Request) -> HTTPException:
    """To the account; a program is told in words."""
    if request.url.path.startswith("/v1/"):
        return HTTPException(403, "choose another password first, at /account")
    if "hx-request" in request.headers:
        return HTTPException(403, headers={"HX-Redirect": "/account"})
    return HTTPException(303, headers={"Location": "/account"})


def _keep_to_sites(request: Request, person: Person) -> None:
    """404 where the address names a site, or anything of sites, that is none of the person's."""
    asked = request.query_params.get("site", "")
    named = {name: request.query_params[name] for name in _NAMED_IN_QUERY if name in request.query_params}
    named |= {name: str(value) for name, value in request.path_params.items()}
    if not person.sites or not (named or asked):
        return
    with reading(centre_of(request).engine) as session:
        beyond = reach.is_beyond(session, person, request.url.path, named)
    if beyond or (asked and not person.sees(asked)):
        raise HTTPException(404, "error.no_site")


PersonDep = Annotated[Person, Depends(caller)]


def needed(person: Person, power: Power) -> None:
    """403 unless the person's role has this power."""
    if not person.may(power):
        raise HTTPException(403, f"{person.role} may not {power.replace('_', ' ')}")
