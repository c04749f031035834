"""Families of words that hold one for each value of a field; a file for each page, found by itself."""

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

FAMILIES: Final[dict[str, Iterable[str]]] = {}
for _file in iter_modules(__path__):
    FAMILIES.update(import_module(f"{__name__}.{_file.name}").FAMILIES)
OPEN: Final = ("order", "error", "age", "said", "deed", "detail")
"""Families whose words are said by values of other tests, or by the page's script."""
