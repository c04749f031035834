"""Families of what is wrong with a field, and of the fields that people fill in."""

from collections.abc import Iterable
from typing import Final

from fastapi.routing import APIRoute

from server.console import tabs
from tests.console.asked import fields

HIDDEN: Final = frozenset(
    {
        "after", "agrees", "approach", "at", "back", "base", "box", "check", "cost", "decision", "difference",
        "do", "first", "head", "last", "mapping", "near", "on", "once", "over", "part", "payment", "q", "seen",
        "sha256", "shown", "source", "subject", "undoes", "visit", "waive",
    }
)  # fmt: skip
"""Fields that pages fill in themselves, or that take any text."""
TYPED: Final = {
    name
    for module in tabs.modules()
    for route in module.router.routes
    if isinstance(route, APIRoute) and not route.path.startswith("/v1/")
    for name in fields(route.dependant)
} - HIDDEN
FAMILIES: dict[str, Iterable[str]] = {
    "wrong": ("empty", "long", "short", "number", "least", "most", "choice"),
    "field": TYPED,
}
