"""My account: another password, and where I am signed in."""

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import Response

from server.api.caller import CentreDep, DoorkeeperDep, PersonDep, token_of
from server.auth import (
    PASSWORD_MAX,
    PASSWORD_MIN,
    BadPassword,
    LoginRefused,
    audit,
    end_others,
    is_of,
    sessions_of,
)
from server.console.once import Once, sent
from server.console.page import page, seen
from server.db import reading, transaction
from server.guesses import TooManyGuesses
from server.live import of_person

OnceDep = Annotated[Once, Depends(sent)]
Password = Annotated[str, Form(max_length=PASSWORD_MAX)]
HERE: Final = "/account"
router = APIRouter()


@router.get(HERE)
def account(request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """Mine only; what others have is the people's page."""
    token = token_of(request)
    with reading(centre.engine) as session:
        rows = [(row, is_of(row, token)) for row in sessions_of(session, person.name, datetime.now(UTC))]
    return page(request, "account.html", person, sessions=rows, shortest=PASSWORD_MIN, longest=PASSWORD_MAX)


@router.post("/account/password")
def new_password(
    request: Request,
    centre: CentreDep,
    doorkeeper: DoorkeeperDep,
    person: PersonDep,
    form: OnceDep,
    old: Password,
    new: Password,
    again: Password,
) -> Response:
    """Another password; all other sessions end."""
    if new != again:
        raise HTTPException(400, "error.passwords_differ")
    address = request.client.host if request.client else ""
    with form.taking(centre.engine) as first:
        if first:
            _change(doorkeeper, person.name, old, new, address, token_of(request))
    return seen(request, HERE, "password")


@router.post("/account/sessions")
def only_this(request: Request, centre: CentreDep, person: PersonDep, form: OnceDep) -> Response:
    """End all my sessions but this one."""
    with transaction(centre.engine) as session:
        if form.first(session):
            ended = end_others(session, person.name, token_of(request))
            detail = {"sessions ended": str(ended)}
            audit(session, person.name, "signed out elsewhere", person.name, datetime.now(UTC), detail)
    centre.live.changed(of_person(person.name))
    return seen(request, HERE, "signed_out")


def _change(doorkeeper: DoorkeeperDep, name: str, old: str, new: str, address: str, token: str) -> None:
    try:
        doorkeeper.change_password(name, old, new, address, token)
    except BadPassword as error:
        raise HTTPException(400, "error.password") from error
    except LoginRefused as error:
        raise HTTPException(403, "error.old_password") from error
    except TooManyGuesses as error:
        raise HTTPException(403, "login.too_many") from error
