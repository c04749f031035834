"""What the audit may say that somebody did: every text that the server's code hands to `audit`, read from its source.

A text that is worked out is followed: a constant, either side of a choice, a name that was given just before, and an
argument of the function around, which every caller's text stands for. What is in the braces of an f-string must be an
argument too, or be named in `VALUES` with all that it can be.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple, get_args, get_type_hints

import server
from gate.messages import LaneMode
from gate.working import What
from server.console.ordering import Wish
from server.effects import Kind as Decided
from server.imports import mapping
from server.stay_changes import Change

FILES: Final = get_args(get_type_hints(mapping.Mapping)["kind"])
SERVER: Final = Path(server.__file__).parent
VALUES: Final[Mapping[tuple[str, str], Iterable[str]]] = {
    ("decisions.py", "row.kind"): Decided,
    ("work.py", "what"): What,
    ("event_lanes.py", "mode"): LaneMode,
    ("lanes.py", "body.mode"): LaneMode,
    ("stay_changes.py", "kind"): Change,
    ("imports.py", "done.kind"): FILES,
    ("cli_imports.py", "done.kind"): FILES,
    ("importing.py", "done.kind"): FILES,
    ("typed_by.py", "what"): ("",),
    ("ordering.py", "wish"): set(Wish) - {Wish.LOWER},
}
"""What a value inside an f-string can be, by the file and the expression."""


class Place(NamedTuple):
    """An expression, the function that it is in, and its file."""

    it: ast.expr
    within: ast.FunctionDef | ast.AsyncFunctionDef
    file: Path


class Untold(Exception):
    """An expression whose texts cannot be found out: its file and line."""


def deeds() -> set[str]:
    """Every text."""
    return {text for place in _handed("audit", 2) for text in texts(place)}


def details() -> set[str]:
    """The names of every detail that is handed to `audit`: of dictionaries in its call, of those given to the name
    just before, and of those in a function of the same file that makes them."""
    found: set[str] = set()
    for function, position in (("audit", 5), ("_audit", 6)):
        for place in _handed(function, position):
            found |= {key for each in _made(place) for key in _keys(each)}
    return found


def _made(place: Place) -> Iterator[ast.AST]:
    yield place.it
    named = {each.id for each in ast.walk(place.it) if isinstance(each, ast.Name)}
    for each in ast.walk(place.within):
        if isinstance(each, ast.Assign) and {getattr(it, "id", "") for it in each.targets} & named:
            yield each.value
    for each in _sources()[place.file].body:
        if isinstance(each, ast.FunctionDef) and each.name in named:
            yield each


def _keys(tree: ast.AST) -> Iterator[str]:
    for each in ast.walk(tree):
        if isinstance(each, ast.Dict):
            yield from (key.value for key in each.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


def _handed(function: str, position: int, file: Path | None = None) -> Iterator[Place]:
    """What is handed to the function as its argument of this position: to a private one in its own file, to others
    wherever one of the name is called."""
    for path, tree in _sources().items():
        if not _knows(path, function, file):
            continue
        for around in ast.walk(tree):
            if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from (Place(call.args[position], around, path) for call in _calls(around, function))


def _knows(path: Path, function: str, file: Path | None) -> bool:
    """Whether in `path` this name is the function of `file`: it is that file, or names its module."""
    if file is None or path == file:
        return True
    text = path.read_text()
    return not function.startswith("_") and bool(re.search(rf"\bimport\b.*\b({function}|{file.stem})\b", text))


def _calls(around: ast.AST, function: str) -> Iterator[ast.Call]:
    for each in ast.walk(around):
        if isinstance(each, ast.Call) and function in {getattr(each.func, "id", ""), getattr(each.func, "attr", "")}:
            yield each


def texts(place: Place) -> set[str]:
    """All that the expression can be. Raises Untold."""
    match place.it:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=one, orelse=other):
            return texts(place._replace(it=one)) | texts(place._replace(it=other))
        case ast.JoinedStr(values=parts):
            return {"".join(each) for each in product(*(texts(place._replace(it=part)) for part in parts))}
        case ast.FormattedValue(value=inner):
            known = VALUES.get((place.file.name, ast.unparse(inner)))
            return set(known) if known is not None else texts(place._replace(it=inner))
        case ast.Name(id=name):
            return _named(place, name)
        case ast.Call(func=ast.Name(id=name)):
            return {text for at in _returned(place, name) for text in texts(at)}
    raise Untold(f"{place.file.name}:{place.it.lineno}: {ast.unparse(place.it)}")


def _named(place: Place, name: str) -> set[str]:
    parameters = [each.arg for each in place.within.args.args]
    if name in parameters:
        callers = _handed(place.within.name, parameters.index(name), place.file)
        found = {text for at in callers for text in texts(at)}
        if not found:
            raise Untold(f"{place.file.name}:{place.it.lineno}: nobody hands {name}")
        return found
    given = [
        each.value
        for each in [*ast.walk(place.within), *_sources()[place.file].body]
        if isinstance(each, ast.Assign | ast.AnnAssign) and _target(each) == name and each.value
    ]
    if not given:
        raise Untold(f"{place.file.name}:{place.it.lineno}: {name}")
    return {text for each in given for text in texts(place._replace(it=each))}


def _returned(place: Place, function: str) -> Iterator[Place]:
    """What a function of the same file answers."""
    for around in _sources()[place.file].body:
        if isinstance(around, ast.FunctionDef) and around.name == function:
            answers = (each.value for each in ast.walk(around) if isinstance(each, ast.Return))
            yield from (Place(each, around, place.file) for each in answers if each)


def _target(given: ast.Assign | ast.AnnAssign) -> str:
    target = given.targets[0] if isinstance(given, ast.Assign) else given.target
    return target.id if isinstance(target, ast.Name) else ""


@cache
def _sources() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text()) for path in sorted(SERVER.rglob("*.py"))}
