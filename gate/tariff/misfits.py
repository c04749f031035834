"""Where a document does not fit its form, in full: which entry of a table it is, and what stands there.

The decoder says `$.turns[...].price`; a person wants `$.turns[CAR9].price` and the value.
"""

import re
from typing import Any

import msgspec

_PATH = re.compile(r" - at `(\$[^`]*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_SHOWN = 60


def placed(data: bytes, why: str, form: type[Any]) -> str:
    """The decoder's message about JSON that it could read, with the entry's name and the value that stands there."""
    found = _PATH.search(why)
    try:
        root = msgspec.json.decode(data)
    except msgspec.DecodeError:
        return why
    if found is None:
        return why
    node, path = root, "$"
    for name, number in _STEP.findall(found[1]):
        key = _key(root, node, why, form) if number == "..." else name or int(number)
        try:
            node = node[key]
        except (KeyError, IndexError, TypeError):
            return why
        path += f".{name}" if name else f"[{key}]"
    return f"{why[: found.start()]} - at `{path}`{_value(node)}"


def _key(root: Any, table: Any, why: str, form: type[Any]) -> Any:
    """The entry of a table without which the document has this fault no more."""
    every = dict(table)
    for key in every:
        table.pop(key)
        again = _fault(root, form)
        table.clear()
        table.update(every)
        if again != why:
            return key
    return None


def _fault(root: Any, form: type[Any]) -> str:
    try:
        msgspec.convert(root, form)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def _value(node: Any) -> str:
    text = msgspec.json.encode(node).decode()
    return f": it is {text}" if len(text) <= _SHOWN and not isinstance(node, dict | list) else ""
