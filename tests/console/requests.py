"""A well-formed request to every route that writes, about whatever a test names. A new route is found by itself, and
fails the test until its fields have values here."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import httpx
from fastapi import UploadFile
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from server.app import PARTS
from server.console.once import fresh
from server.console.tabs import modules

Names = Mapping[str, str]
"""A thing of each kind, as `tests.console.elsewhere` gives them."""
NAMING: Final = {
    **dict.fromkeys(("reference", "to_visit", "other"), "visit"),
    "undoes": "decision",
    "source": "account",
    "site": "site",
    "visit": "visit",
    "approach": "approach",
    "box": "box",
    "payment": "payment",
    "refund": "refund",
    "decision": "decision",
    "entry": "entry",
    "event": "event",
    "shift": "shift",
    "subject": "subject",
    "passage": "passage",
    "opening": "opening",
    "digest": "digest",
    "account": "account",
    "lane": "lane",
    "tariff": "tariff",
}
"""Fields and parameters that name a thing, and which of Names that is."""
PLAIN: Final[Mapping[str, Any]] = {
    "note": "as the papers say", "reason": "as the papers say", "why": "as the papers say", "because": "staff",
    "agrees": "true", "first": "true", "empty": "", "amount": "10000", "limit": "", "vehicle_class": "CAR9",
    "side": "in", "plate": "24A11123", "difference": "0", "waive": "false", "shown": "24A11122", "cost": "30000",
    "counted": "0", "left": "0", "opening_cash": "0", "capacity": "10", "standing": "exempt", "owner": "somebody",
    "until": "2027-01-01T00:00:00Z", "mapping": "", "sort": "bank", "mode": "free", "wish": "normal",
    "provider": "sepay", "sha256": "0" * 64, "role": "attendant", "sites": "SPL", "subject": "x",
    "layout": "csv", "bank": "970436", "kind": "waive", "tag": "", "since": "", "do": "", "name": "a",
    "to": "manager", "open": "false", "at": "", "back": "",
}  # fmt: skip
"""What else is said."""
OWN: Final[Mapping[tuple[str, str], str]] = {
    ("/lists/{site}/add", "kind"): "",
    ("/v1/visits/{visit}/change/{kind}", "kind"): "merge",
    ("/visits/{visit}/change/{kind}", "kind"): "merge",
    ("/bank-lines/{digest}/meaning", "kind"): "payment",
}


class Write(NamedTuple):
    """A route that writes, with the names of its path's, its query's and its body's parameters."""

    method: str
    path: str
    places: tuple[str, ...]
    asked: tuple[str, ...]
    body: tuple[str, ...]
    files: tuple[str, ...]

    @property
    def naming(self) -> list[str]:
        """Which of Names its parameters are."""
        known = (self._of(name) for name in (*self.places, *self.asked, *self.body))
        return [name for name in known if name]

    def send(self, browser: httpx.Client, names: Names) -> httpx.Response:
        """Send it about these things, as its page or as a program."""
        said = {name: self._said(name, names) for name in (*self.places, *self.asked, *self.body)}
        path = re.sub(r"\{(\w+)(:path)?\}", lambda found: said[found[1]], self.path)
        query = {name: said[name] for name in self.asked}
        body = {name: said[name] for name in self.body if said[name]}
        if self.path.startswith("/v1/"):
            head = {"authorization": f"Bearer {browser.cookies['barie_session']}", "idempotency-key": fresh()}
            return browser.request(self.method, path, params=query, json=body, headers=head)
        files = dict.fromkeys(self.files, ("a.csv", b"plate\n")) or None
        return browser.request(self.method, path, params=query, data={**body, "once": fresh()}, files=files)

    def _of(self, name: str) -> str:
        """Which of Names the parameter is; empty: none."""
        if name == "code":
            return "tariff" if "prices" in self.path or "tariffs" in self.path else "code"
        if (self.path, name) == ("/decisions", "subject"):
            return ""  # where its page goes back to
        if name == "name" and self.path.startswith("/events/"):
            return "event"
        return NAMING.get(name, "")

    def _said(self, name: str, names: Names) -> str:
        if (self.path, name) in OWN:
            return OWN[self.path, name]
        if name == "meaning" or (name, self.path) == ("subject", "/bank-lines/{digest}/meaning"):
            return f"payment:{names['payment']}" if name == "meaning" else names["payment"]
        if name in {"on", "first", "last"} and (name != "first" or "replay" in self.path):
            return names["on"]
        known = self._of(name)
        return names[known] if known else str(PLAIN[name])


def writes() -> list[Write]:
    """Every route that writes, of programs and of pages, in the order of their paths."""
    routes = [route for module in [*PARTS, *modules()] for route in module.router.routes]
    found = {_write(route, method) for route in routes if isinstance(route, APIRoute) for method in _methods(route)}
    return sorted(found, key=lambda each: (each.path, each.method))


def _methods(route: APIRoute) -> set[str]:
    return (route.methods or set()) - {"GET", "HEAD", "OPTIONS"}


def _write(route: APIRoute, method: str) -> Write:
    asked, body, files = _parameters(route.dependant)
    places = tuple(re.findall(r"\{(\w+)(?::path)?\}", route.path))
    return Write(method, route.path, places, tuple(asked), tuple(name for name in body if name != "once"), tuple(files))


def _parameters(found: Dependant) -> tuple[list[str], list[str], list[str]]:
    """The names in the query, in the body, and of files."""
    asked, body, files = [each.name for each in found.query_params], list[str](), list[str]()
    for each in found.body_params:
        kind: Any = each.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            body += list(kind.model_fields)
        else:
            (files if kind is UploadFile else body).append(each.name)
    for inner in found.dependencies:
        for mine, theirs in zip((asked, body, files), _parameters(inner), strict=True):
            mine.extend(theirs)
    return asked, body, files
