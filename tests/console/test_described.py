"""The document of what programs may ask has every route for programs, with all that its code refuses."""

import ast
import inspect
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
from fastapi.routing import APIRoute

from server.api import asking, caller, described_errors
from server.app import PARTS
from tests.console.conftest import Visitor

ROUTES = [(part, each) for part in PARTS for each in part.router.routes if isinstance(each, APIRoute)]


def raised(module: ModuleType, name: str, seen: set[str]) -> Iterator[int]:
    """The statuses that a function of the module raises, and those of the module that it calls."""
    found = [each for each in ast.parse(inspect.getsource(module)).body if getattr(each, "name", "") == name]
    seen.add(name)
    for each in (node for function in found for node in ast.walk(function)):
        if isinstance(each, ast.Call) and getattr(each.func, "id", "") == "HTTPException":
            status = each.args[0]
            assert isinstance(status, ast.Constant), f"{module.__name__}.{name}: a status that cannot be read"
            yield int(str(status.value))
        if isinstance(each, ast.Name) and each.id not in seen:
            yield from raised(module, each.id, seen)


def test_every_route_and_all_that_it_refuses_is_told_and_no_page(visitor: Visitor) -> None:
    told = visitor("auditor").get("/v1/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    operations = {(path, method) for path, ways in told["paths"].items() for method in ways}
    assert {(route.path_format, way.lower()) for _, route in ROUTES for way in route.methods or ()} == operations
    assert all(path.startswith("/v1/") for path in told["paths"])
    for part, route in ROUTES:
        wanted = set(raised(part, route.endpoint.__name__, set())) | {400, 503}
        for way in route.methods or ():
            operation = told["paths"][route.path_format][way.lower()]
            left_out = wanted - {int(each) for each in operation["responses"]}
            assert not left_out, f"{route.path}: {left_out}: name them in server.api.described_errors"
            assert operation["description"], route.path


def test_no_error_is_left_over_of_a_route_that_is_gone() -> None:
    known = {f"{part.__name__.rpartition('.')[2]}.{route.endpoint.__name__}" for part, route in ROUTES}
    assert set(described_errors.OWN) <= known


def test_who_must_sign_in_is_told(visitor: Visitor) -> None:
    told = visitor("attendant").get("/v1/openapi.json").json()["paths"]
    assert told["/v1/people"]["get"]["security"] == [{"person": []}]
    assert {"401", "403", "404", "409", "422"} <= set(told["/v1/people/{name}/lock"]["post"]["responses"])
    assert told["/v1/pictures/{sha256}"]["put"]["security"] == [{"box": []}]
    assert told["/v1/session"]["post"]["security"] == []
    assert "401" not in told["/v1/refunds/{token}/account"]["get"]["responses"]


def test_a_stranger_is_not_told(visitor: Visitor) -> None:
    assert visitor().get("/v1/openapi.json").status_code == 401


def test_it_follows_the_code_it_speaks_of() -> None:
    """What `errors` knows of dependencies is what these refuse."""
    assert {401, 403, 404} >= set(raised(caller, "caller", set())) - {303}
    assert set(raised(sys.modules["server.api.pictures"], "sender", set())) == {401}
    with pytest.raises(AssertionError, match="cannot be read"):
        set(raised(asking, "answered", set()))
