"""Lists in leaves, for pages: a place that is not of the list is 400."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from fastapi import HTTPException
from sqlmodel import Session

from server import leaves
from server.leaves import LEAF, BadPlace, Leaf

__all__ = ["Leaf", "leaf", "placed"]


@contextmanager
def placed() -> Iterator[None]:
    """What is read within begins at a place of its own list; else 400."""
    try:
        yield
    except BadPlace as error:
        raise HTTPException(400, "error.bad_cursor") from error


def leaf(
    session: Session, rows: Any, keys: Sequence[Any], after: str = "", *, size: int = LEAF, rising: bool = False
) -> Leaf[Any]:
    """As `server.leaves.leaf`."""
    with placed():
        return leaves.leaf(session, rows, keys, after, size=size, rising=rising)
