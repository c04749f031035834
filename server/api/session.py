"""Logging in and out, for programs."""

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, Field

from server.api.caller import DoorkeeperDep, token_of
from server.auth import LoginRefused
from server.guesses import TooManyGuesses

router = APIRouter()


class Login(BaseModel):
    """Who, and the proof."""

    user: str = Field(max_length=64)
    password: str = Field(max_length=256)


@router.post("/v1/session")
def login(body: Login, request: Request, doorkeeper: DoorkeeperDep) -> dict[str, str]:
    """A token for the header `Authorization: Bearer`."""
    address = request.client.host if request.client else ""
    try:
        token, person = doorkeeper.login(body.user, body.password, address)
    except LoginRefused as error:
        raise HTTPException(401, "name or password is wrong") from error
    except TooManyGuesses as error:
        raise HTTPException(429, "too many wrong guesses; try again in an hour") from error
    return {"token": token, "role": person.role}


@router.delete("/v1/session")
def logout(request: Request, doorkeeper: DoorkeeperDep) -> dict[str, bool]:
    """End the session."""
    doorkeeper.logout(token_of(request))
    return {"ended": True}
