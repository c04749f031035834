"""Strangers' JSON: small, of the type that is expected, and no key twice.

The last of two equal keys would win here and the first elsewhere: what was signed would not be what is read.
"""

import json
from typing import Any, TypeVar

import msgspec

from gate.wire import Malformed

T = TypeVar("T")


def read(raw: bytes, kind: type[T], most: int) -> T:
    """The value in `raw`; keys that `kind` does not know are ignored. Raises Malformed."""
    if len(raw) > most:
        raise Malformed(f"{len(raw)} bytes, at most {most} are read")
    try:
        value = msgspec.json.decode(raw, type=kind)
        json.loads(raw, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:  # msgspec's and Unicode's errors are of ValueError
        raise Malformed(str(error)) from error
    return value


def _each_once(pairs: list[tuple[str, Any]]) -> None:
    seen = set[str]()
    for key, _ in pairs:
        if key in seen:
            raise Malformed(f"the key {key[:80]!r} stands twice")
        seen.add(key)
