"""Refusals in words: a page for people, a sentence for a part of a page, JSON for programs as before."""

from typing import Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException

from server.console.page import page, say_to
from server.console.wrong import faults, told

PROGRAMS: Final = "/v1/"
log = structlog.get_logger()
_KNOWN: Final = frozenset({400, 401, 403, 404, 405, 409, 423, 503})


def install(app: FastAPI) -> None:
    """Answer people in words wherever a program is not asking."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(OperationalError, _away)
    app.add_exception_handler(DataError, _unstorable)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if request.url.path.startswith(PROGRAMS):
        return await http_exception_handler(request, error)
    if error.status_code == 401:
        return _to_login(request)
    answer = _told(request, error.status_code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if request.url.path.startswith(PROGRAMS):
        return await request_validation_exception_handler(request, error)
    more = faults(error.errors(), say_to(request))
    return _told(request, 400, "", more, "error.field" if more else "")


async def _away(request: Request, error: Exception) -> Response:
    assert isinstance(error, OperationalError)
    log.error("database away", path=request.url.path, error=str(error.orig))
    if request.url.path.startswith(PROGRAMS):
        return JSONResponse({"detail": "the books cannot be reached; try again"}, 503)
    return _told(request, 503, "")


async def _unstorable(request: Request, error: Exception) -> Response:
    """A text that no book can hold, such as one with a NUL in it."""
    log.warning("cannot be stored", path=request.url.path, error=type(error).__name__)
    if request.url.path.startswith(PROGRAMS):
        return JSONResponse({"detail": "the request holds what no text can be"}, 400)
    return _told(request, 400, "error.unstorable")


def _to_login(request: Request) -> Response:
    """Send a page to the login; a part of a page takes the whole page there."""
    if is_part(request):
        return Response(status_code=401, headers={"HX-Redirect": "/login"})
    if "text/event-stream" in request.headers.get("accept", ""):
        return Response(status_code=401)
    return RedirectResponse("/login", 303)


def _told(request: Request, status: int, detail: str, more: str = "", title: str = "") -> Response:
    say = say_to(request)
    kind = status if status in _KNOWN else 400
    why = told(detail, say)
    late = "error.not_now" if why and kind == 409 else f"error.{kind}"
    head = say(title or ("error.field" if "@" in detail else late))
    more = more or why or say(f"error.{kind}.more")
    if is_part(request):
        return PlainTextResponse(f"{head}. {more}", status)
    return page(request, "error.html", None, status=status, title=head, more=more)


def is_part(request: Request) -> bool:
    """Whether a script asks for a part of a page."""
    return "hx-request" in request.headers
