"""Signing in and out, and the language."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from server.api.caller import COOKIE, CentreDep, DoorkeeperDep, PersonDep, token_of
from server.auth import SESSION_LIFE, LoginRefused
from server.centre import Centre
from server.console.page import LANGUAGE, page
from server.guesses import TooManyGuesses
from server.language import Language

_A_YEAR_S: Final = 365 * 24 * 3600
router = APIRouter()


@router.get("/")
def first() -> RedirectResponse:
    """The first page."""
    return RedirectResponse("/live", 303)


@router.get("/login")
def login_page(request: Request) -> Response:
    """Name and password; the first run where there is nobody yet."""
    if request.app.state.first_run.code():
        return RedirectResponse("/first-run", 303)
    return page(request, "login.html", None, error=None, name="")


@router.post("/login")
def login(
    request: Request,
    centre: CentreDep,
    doorkeeper: DoorkeeperDep,
    name: Annotated[str, Form(max_length=64)] = "",
    password: Annotated[str, Form(max_length=256)] = "",
) -> Response:
    """A session's cookie, or the form again with what is wrong."""
    if not _from_here(request):  # nobody may sign a browser in from another page
        return page(request, "login.html", None, status=403, error="login.foreign", name=name)
    address = request.client.host if request.client else ""
    try:
        token, _ = doorkeeper.login(name, password, address)
    except LoginRefused:
        return page(request, "login.html", None, status=401, error="login.refused", name=name)
    except TooManyGuesses:
        return page(request, "login.html", None, status=429, error="login.too_many", name=name)
    answer = RedirectResponse("/live", 303)
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=_is_secure(centre),
    )
    return answer


@router.post("/logout")
def logout(request: Request, centre: CentreDep, doorkeeper: DoorkeeperDep, person: PersonDep) -> Response:  # noqa: ARG001 - proves the CSRF token
    """End the session."""
    doorkeeper.logout(token_of(request))
    answer = Response(status_code=200, headers={"HX-Redirect": "/login"})
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=_is_secure(centre))
    return answer


@router.get("/lang/{language}")
def speak(language: Language, centre: CentreDep, back: str = "/") -> Response:
    """Keep the language and go back to the page."""
    answer = RedirectResponse(_local(back), 303)
    answer.set_cookie(LANGUAGE, language, max_age=_A_YEAR_S, samesite="lax", secure=_is_secure(centre))
    return answer


def _is_secure(centre: Centre) -> bool:
    """Whether browsers reach us by HTTPS, ours or a proxy's."""
    return centre.config.behind_tls or bool(centre.config.certificate)


def _local(back: str) -> str:
    """A path of this server; anything else is the first page."""
    is_path = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable()
    return back if is_path else "/"


def _from_here(request: Request) -> bool:
    """Whether a browser says that the form is ours. Programs say nothing. (Our own `no-referrer` makes the origin of
    a form `null`, so the newer header goes first.)"""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
