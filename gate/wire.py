"""How values of the contract become bytes and come back. One place, one library, hard limits."""

import json
from typing import Any, Final, TypeVar, dataclass_transform

import msgspec

T = TypeVar("T")

BYTES_MAX: Final = 65_536
"""No message of ours but a lease is near this; a larger one is refused before it is parsed."""


class Malformed(ValueError):
    """The bytes do not say what they should; the message names the field where it can."""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Contract(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of everything on the wire: immutable, and a field we do not know is an error."""


def encode(value: Any) -> bytes:
    """The JSON bytes of a contract value, keys in declared order: the same value gives the same bytes."""
    return msgspec.json.encode(value, order="deterministic")


def decode(data: bytes, kind: type[T], most: int = BYTES_MAX) -> T:
    """The value of `kind` in `data`. Raises Malformed for anything else, more than `most` bytes included."""
    if len(data) > most:
        raise Malformed(f"{len(data)} bytes, at most {most} are read")
    try:
        value = msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error
    if encode(value) != data:  # our own writing cannot hold a key twice; any other may
        json.loads(data, object_pairs_hook=_each_once)
    return value


def _each_once(pairs: list[tuple[str, Any]]) -> None:
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Malformed(f"the key {twice[:80]!r} stands twice")
