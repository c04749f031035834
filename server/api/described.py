"""What programs may ask, as an OpenAPI document made from the routes themselves: `/v1/openapi.json`.

The console's pages are not in it. Errors of all routes are told by what a route depends on; its own by `OWN`.
"""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from server.api.asking import STATUS, asking
from server.api.caller import PersonDep, caller
from server.api.described_errors import OWN, WORDS
from server.api.pictures import sender

PROGRAMS: Final = "/v1/"
BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_ERROR: Final = {"type": "object", "properties": {"detail": {}}, "required": ["detail"]}
_SCHEMES: Final = {
    "person": {"type": "http", "scheme": "bearer", "description": "The token of POST /v1/session."},
    "box": {"type": "http", "scheme": "bearer", "description": "The token of the box that X-Barie-Box names."},
}
router = APIRouter()


@router.get("/v1/openapi.json")
def described(request: Request, person: PersonDep) -> JSONResponse:  # noqa: ARG001 - for whoever signs in
    """This document, OpenAPI 3.1. For everybody who may sign in."""
    return JSONResponse(document(request.app))


def document(app: FastAPI) -> dict[str, Any]:
    """All routes for programs, made once."""
    if not hasattr(app.state, "described"):
        app.state.described = _made(app)
    made: dict[str, Any] = app.state.described
    return made


def routes(app: FastAPI) -> list[APIRoute]:
    """Those for programs, also of routers that are included in others."""
    every = {id(route): route for route in _every(app.routes)}
    return [route for route in every.values() if route.path.startswith(PROGRAMS)]


def errors(route: APIRoute) -> set[int]:
    """Every status that refuses a request of this route."""
    calls = {each.call for each in _dependants(route.dependant)}
    found = {400, 503} | set(OWN.get(_name(route), ()))
    found |= {401, 403} if caller in calls else set()
    found |= {404} if caller in calls and route.dependant.path_params else set()
    found |= {401} if sender in calls else set()
    found |= {status for _, status in STATUS} if asking in calls else set()
    found |= {422} if any((route.dependant.path_params, route.dependant.query_params, route.body_field)) else set()
    return found | ({413} if set(route.methods or ()) & BODY else set())


def _made(app: FastAPI) -> dict[str, Any]:
    known = routes(app)
    made = get_openapi(title="barie", version="1", description=__doc__, routes=known)
    made.setdefault("components", {})["securitySchemes"] = _SCHEMES
    made["components"].setdefault("schemas", {})["Refusal"] = _ERROR
    for route in known:
        for method in route.methods or ():
            _complete(made["paths"][route.path_format][method.lower()], route)
    return made


def _complete(operation: dict[str, Any], route: APIRoute) -> None:
    calls = {each.call for each in _dependants(route.dependant)}
    named = [name for name, call in (("person", caller), ("box", sender)) if call in calls]
    operation["security"] = [{name: []} for name in named]
    for status in sorted(errors(route)):
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
        operation["responses"].setdefault(str(status), {"description": WORDS[status], "content": content})


def _name(route: APIRoute) -> str:
    return f"{route.endpoint.__module__.rpartition('.')[2]}.{route.endpoint.__name__}"


def _dependants(of: Dependant) -> Iterator[Dependant]:
    yield of
    for each in of.dependencies:
        yield from _dependants(each)


def _every(found: Any) -> Iterator[APIRoute]:
    for each in found:
        if isinstance(each, APIRoute):
            yield each
        else:
            yield from _every(getattr(getattr(each, "original_router", None), "routes", ()))
