"""What routes are asked with, so that a new field is found by itself."""

from collections.abc import Iterator
from typing import Any

from fastapi.dependencies.models import Dependant
from pydantic import BaseModel


def fields(found: Dependant) -> Iterator[str]:
    """The names in the query and in the body."""
    yield from queries(found)
    yield from _names(found.body_params)
    for inner in found.dependencies:
        yield from _names(inner.body_params)


def queries(found: Dependant) -> Iterator[str]:
    """The names in the query."""
    yield from _names(found.query_params)
    for inner in found.dependencies:
        yield from queries(inner)


def _names(given: Any) -> Iterator[str]:
    for each in given:
        kind = each.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from kind.model_fields
        else:
            yield each.name
