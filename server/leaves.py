"""Lists in leaves, newest first or by any other order of columns, without ever counting them: each leaf begins behind
the last row of the one before. However deep somebody reads, the database reads one leaf.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, Generic, NamedTuple, TypeVar

import msgspec
from sqlalchemy import literal, select, tuple_, union_all
from sqlmodel import Session

LEAF: Final = 50
CURSOR_MAX: Final = 400
_KINDS: Final[dict[type, Any]] = {
    int: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)],
    float: float,
    date: date,
    datetime: Annotated[datetime, msgspec.Meta(tz=True)],
}
Row = TypeVar("Row")


class BadPlace(ValueError):
    """The place in a list is not one of this list."""


class Leaf(NamedTuple, Generic[Row]):
    """Rows of one leaf, and where the next begins; empty on the last."""

    rows: tuple[Row, ...]
    after: str


def leaf(
    session: Session, rows: Any, keys: Sequence[Any], after: str = "", *, size: int = LEAF, rising: bool = False
) -> Leaf[Any]:
    """The rows of `select(...)` behind the place `after`; of a tuple of selects those of all of them.

    A select of several is read in the order of an index by itself, so that of all sites is as quick as that of one;
    their rows have names, they are no entities.

    `keys` are columns that are selected, without NULLs, together unique, in the order of an index; the last are highest
    first unless `rising`. Raises BadPlace for a place that is not of this list.
    """
    behind = _behind(after, keys, rising=rising) if after else None
    parts = rows if isinstance(rows, tuple) else (rows,)
    read = [_first(part if behind is None else part.where(behind), keys, size, rising=rising) for part in parts]
    if not read:
        return Leaf((), "")
    found = session.exec(read[0] if len(read) == 1 else _merged(read, keys, size, rising=rising)).all()
    shown = tuple(found[:size])
    return Leaf(shown, _cursor(shown[-1], keys) if len(found) > size else "")


def _first(rows: Any, keys: Iterable[Any], size: int, *, rising: bool) -> Any:
    return rows.order_by(*(key.asc() if rising else key.desc() for key in keys)).limit(size + 1)


def _merged(read: Iterable[Any], keys: Iterable[Any], size: int, *, rising: bool) -> Any:
    every: Any = union_all(*(select(part.subquery()) for part in read)).subquery()
    return _first(select(every), [every.c[key.key] for key in keys], size, rising=rising)


def _behind(after: str, keys: Sequence[Any], *, rising: bool) -> Any:
    place = tuple_(*(literal(value, key.type) for value, key in zip(_place(after, keys), keys, strict=True)))
    return tuple_(*keys) > place if rising else tuple_(*keys) < place


def _cursor(row: Any, keys: Sequence[Any]) -> str:
    return msgspec.json.encode([getattr(row, key.key) for key in keys]).hex()


def _place(after: str, keys: Sequence[Any]) -> tuple[Any, ...]:
    kinds = tuple(_kind(key) for key in keys)
    try:
        if len(after) > CURSOR_MAX:
            raise ValueError(after)
        found: tuple[Any, ...] = msgspec.json.decode(bytes.fromhex(after), type=tuple[kinds])  # type: ignore[valid-type]
    except (ValueError, msgspec.ValidationError) as error:
        raise BadPlace(f"after: {after[:40]!r} is no place in this list") from error
    return found


def _kind(key: Any) -> Any:
    stored = getattr(key.type, "impl_instance", key.type)  # of a type that we decorated, what it decorates
    return _KINDS.get(stored.python_type, str)
