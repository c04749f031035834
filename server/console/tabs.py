"""The console's pages. A module beside this one that has a `router` is a page; one that has a `TAB` is found in the
navigation as well. Nobody lists them: a new page is a new file.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Final, NamedTuple

import server.console
from server.auth import Person
from server.roles import Power


class Tab(NamedTuple):
    """A page's place in the navigation. Its word is `nav.NAME`, its shortcut's `keys.NAME`; `order` is from left to
    right, `key` one letter. Only who has the power sees it.
    """

    name: str
    path: str
    power: Power
    key: str
    order: int
    also: tuple[str, ...] = ()
    """Further paths whose pages belong to it."""

    def holds(self, path: str) -> bool:
        """Whether a page of this path is below the tab."""
        return any(path == mine or path.startswith(f"{mine}/") for mine in (self.path, *self.also))


DIGITS: Final = frozenset("123456789")
"""Keys that lead to the n-th row of a page that waits for somebody."""
TAKEN: Final = DIGITS | {"?", "/", "j", "k", "Escape"}
"""Keys with a meaning on every page."""


@cache
def modules() -> tuple[ModuleType, ...]:
    """The modules of this package that answer requests."""
    names = sorted(each.name for each in iter_modules(server.console.__path__))
    found = [import_module(f"server.console.{name}") for name in names]
    return tuple(module for module in found if hasattr(module, "router"))


@cache
def tabs() -> tuple[Tab, ...]:
    """The navigation, from left to right."""
    return tuple(sorted((module.TAB for module in modules() if hasattr(module, "TAB")), key=lambda tab: tab.order))


def tabs_of(person: Person | None) -> list[Tab]:
    """Those that this person may open; nobody's without a person."""
    return [tab for tab in tabs() if person is not None and person.may(tab.power)]
