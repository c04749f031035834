"""Messages that are nearly right: valid ones with one or a few things changed, where a parser or a rule may slip."""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any, Final

NESTED: Final = 20_000
LONG: Final = 60_000
ODD: Final[tuple[Any, ...]] = (
    None,
    True,
    0,
    -1,
    2**63,
    2**64,
    -(2**63) - 1,
    10**400,
    1e308,
    -0.0,
    "",
    " ",
    "\0",
    "\u202e81-A05",
    "\U0001f697" * 30,
    "=1+1",
    "'; DROP TABLE visit; --",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "+/#",
    "9999-99-99T99:99:99Z",
    "0001-01-01T00:00:00+00:00",
    "2026-11-23T10:45:00",
    [],
    {},
    [None],
    [[[[]]]],
    {"kind": "arm_raised"},
    {"": ""},
)


class Mutator:
    """Makes mutants of messages; the same chance makes the same mutants."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.kinds: Mapping[str, Callable[[bytes], bytes]] = {
            "bit flipped": self._flipped,
            "cut short": lambda data: data[: self._rng.randrange(len(data))],
            "bytes inserted": self._inserted,
            "bytes repeated": self._repeated,
            "empty": lambda _data: b"",
            "said twice in one": lambda data: data + data,
            "garbage": lambda _data: self._rng.randbytes(self._rng.randrange(1, 400)),
            "too large": lambda data: data[:-1] + b" " * self._rng.choice((66_000, 200_000)) + data[-1:],
            "nested deeply": self._nested,
            "a number that is none": self._not_a_number,
            "a key twice": self._doubled,
            "not UTF-8": lambda data: data[:-2] + b'\xff\xfe"' + data[-2:],
            "value changed": lambda data: self._in_tree(data, self._change),
            "key dropped": lambda data: self._in_tree(data, self._drop),
            "key added": lambda data: self._in_tree(data, self._add),
            "values swapped": lambda data: self._in_tree(data, self._swap),
            "text grown": lambda data: self._in_tree(data, self._grow),
            "many at once": self._many,
        }

    def of(self, data: bytes) -> tuple[str, bytes]:
        """A mutant and its kind."""
        kind = self._rng.choice(tuple(self.kinds))
        return kind, self.kinds[kind](data)

    # --- bytes ----------------------------------------------------------------------------------------------

    def _flipped(self, data: bytes) -> bytes:
        changed = bytearray(data)
        changed[self._rng.randrange(len(data))] ^= 1 << self._rng.randrange(8)
        return bytes(changed)

    def _inserted(self, data: bytes) -> bytes:
        place = self._rng.randrange(len(data) + 1)
        return data[:place] + self._rng.randbytes(self._rng.randrange(1, 9)) + data[place:]

    def _repeated(self, data: bytes) -> bytes:
        first, last = sorted(self._rng.randrange(len(data) + 1) for _ in range(2))
        return data[:last] + data[first:last] + data[last:]

    def _nested(self, data: bytes) -> bytes:
        depth = self._rng.choice((100, 2_000, NESTED))
        opening, closing = self._rng.choice(((b"[", b"]"), (b'{"a":', b"}")))
        deep = opening * depth + b"1" + closing * depth
        return deep if self._rng.random() < 0.3 else data[:-1] + b',"x":' + deep + b"}"

    def _not_a_number(self, data: bytes) -> bytes:
        digits = [n for n, byte in enumerate(data) if 48 <= byte <= 57]
        if not digits:
            return data + b"NaN"
        place = self._rng.choice(digits)
        word = self._rng.choice((b"NaN", b"Infinity", b"-Infinity", b"1e999", b"0x10", b"01", b"9" * 400, b"-"))
        return data[:place] + word + data[place + 1 :]

    def _doubled(self, data: bytes) -> bytes:
        tree = _parsed(data)
        if not isinstance(tree, dict) or not tree:
            return data + data
        key = self._rng.choice(list(tree))
        pair = f"{json.dumps(key)}:{json.dumps(self._rng.choice(ODD[:9]))}"
        return b"{" + pair.encode() + b"," + data[1:]

    # --- structure --------------------------------------------------------------------------------------------

    def _in_tree(self, data: bytes, act: Callable[[Any, Any], None]) -> bytes:
        tree = _parsed(data)
        spots = list(_spots(tree))
        if not spots:
            return self._flipped(data)
        act(*self._rng.choice(spots))
        return json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")

    def _change(self, holder: Any, key: Any) -> None:
        holder[key] = self._rng.choice(ODD)

    def _drop(self, holder: Any, key: Any) -> None:
        del holder[key]

    def _add(self, holder: Any, _key: Any) -> None:
        if isinstance(holder, dict):
            holder[self._rng.choice(("x", "__proto__", "kind", "box", "\0"))] = self._rng.choice(ODD)
        else:
            holder.append(self._rng.choice(ODD))

    def _swap(self, holder: Any, key: Any) -> None:
        other = self._rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        holder[key], holder[other] = holder[other], holder[key]

    def _grow(self, holder: Any, key: Any) -> None:
        holder[key] = self._rng.choice(("A", "\u0110", "\U0001f697", "\ud800")) * self._rng.choice((41, 401, LONG // 4))

    def _many(self, data: bytes) -> bytes:
        for _ in range(self._rng.randrange(2, 6)):
            data = self._in_tree(data, self._change) or b"{}"
        return data


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _spots(tree: Any) -> list[tuple[Any, Any]]:
    """Every place in the tree where a value stands: its holder and its key."""
    found: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting and len(found) < 500:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        for key in keys:
            found.append((holder, key))
            waiting.append(holder[key])
    return found
