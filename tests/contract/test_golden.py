"""Messages as they were when the contract was published. A change of a field breaks a named file.

The files are never rewritten by a script. docs/contract.md says what a change means and what to do.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from gate.lease import Delta, Lease
from gate.messages import Ack, Action, Body, Command, Envelope, Reply
from gate.presence import Online, State
from gate.signing import Signed, opened, public_key
from gate.wire import Contract, Malformed, decode, encode
from tests.contract.publish import DOCS

GOLDEN: Final = Path(__file__).parent / "golden"
KEY: Final = public_key("RHFiRg+NMveuLXVZw8Zna7vESa5I6kzEOBp6IlW2DbU=")
"""The public half of the key that signed the golden papers; it signs nothing else."""

# how a file's name begins -> its class and its published schema
KINDS: Final[dict[str, tuple[type[Contract], str]]] = {
    "event": (Envelope, "envelope"),
    "command": (Command, "command"),
    "ack": (Ack, "ack"),
    "reply": (Reply, "reply"),
    "state": (State, "state"),
    "online": (Online, "online"),
    "lease": (Lease, "lease"),
    "delta": (Delta, "delta"),
    "signed": (Signed, "signed"),
}
FILES: Final = sorted(GOLDEN.glob("*.json"))
"""`event-quoted.json` is how it is written today; `event-quoted.2026-11.json` would be how it once was."""
TODAY: Final = [path for path in FILES if "." not in path.stem]


WRONG: Final[tuple[Any, ...]] = (None, [], {}, -1, "", "\n", 1.5)
CHECKER: Final = FormatChecker()


@CHECKER.checks("date-time", raises=ValueError)
def is_moment(value: object) -> bool:
    """RFC 3339 with a zone; the library checks it only with a package that is not needed otherwise."""
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def kind_of(path: Path) -> tuple[type[Contract], str]:
    return KINDS[path.name.partition(".")[0].partition("-")[0]]


@cache
def validator(schema: str) -> Draft202012Validator:
    text = (DOCS / "schema" / f"{schema}.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text), format_checker=CHECKER)


def tags(kinds: Any) -> set[str]:
    return {kind.__struct_config__.tag for kind in get_args(kinds)}


def test_every_kind_of_message_has_its_golden_file() -> None:
    names = {path.stem for path in TODAY}
    signed = {f"signed-{name}" for name in ("command", "lease", "delta")}
    events = {f"event-{tag}" for tag in tags(Body)}
    commands = {f"command-{tag}" for tag in tags(Action)}
    plain = set(KINDS) - {"event", "command", "signed"}
    assert names == events | commands | plain | signed


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_golden_message_is_still_read(path: Path) -> None:
    kind, _ = kind_of(path)
    try:
        decode(path.read_bytes(), kind)
    except Malformed as error:
        pytest.fail(f"golden/{path.name} is not read any more: {error}. See docs/contract.md, Versions")


@pytest.mark.parametrize("path", TODAY, ids=lambda path: path.name)
def test_a_golden_message_is_still_written_like_this(path: Path) -> None:
    data = path.read_bytes()
    written = encode(decode(data, kind_of(path)[0]))
    assert written == data, f"golden/{path.name} is written differently now. See docs/contract.md, Versions"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_golden_message_fits_its_published_schema(path: Path) -> None:
    _, schema = kind_of(path)
    problems = [error.message for error in validator(schema).iter_errors(json.loads(path.read_bytes()))]
    assert not problems, f"golden/{path.name} against schema/{schema}.json"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_schema_and_reader_refuse_the_same(path: Path) -> None:
    kind, schema = kind_of(path)
    for where, broken in mutants(json.loads(path.read_bytes())):
        data = json.dumps(broken).encode()
        try:
            decode(data, kind)
        except Malformed:
            accepted = False
        else:
            accepted = True
        assert validator(schema).is_valid(broken) == accepted, f"golden/{path.name}, {where}: reader says {accepted}"


def mutants(value: Any, where: str = "$") -> Iterator[tuple[str, Any]]:
    """The value with one thing broken, for each thing in it."""
    if isinstance(value, dict):
        yield f"{where}: one field more", {**value, "unheard_of": 1}
        for key in value:
            yield f"{where}.{key} missing", {name: item for name, item in value.items() if name != key}
            for wrong in WRONG:
                yield f"{where}.{key} = {wrong!r}", {**value, key: wrong}
            for deeper, broken in mutants(value[key], f"{where}.{key}"):
                yield deeper, {**value, key: broken}
    elif isinstance(value, list):
        for at, item in enumerate(value[:1]):
            for deeper, broken in mutants(item, f"{where}[{at}]"):
                yield deeper, [broken, *value[1:]]


@pytest.mark.parametrize(("name", "kind"), [("command", Command), ("lease", Lease), ("delta", Delta)])
def test_a_golden_paper_is_opened_with_the_golden_key(name: str, kind: type[Contract]) -> None:
    value = opened((GOLDEN / f"signed-{name}.json").read_bytes(), kind, KEY)
    plain = "command-open" if name == "command" else name
    assert encode(value) == (GOLDEN / f"{plain}.json").read_bytes()
