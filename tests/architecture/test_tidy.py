"""Files and functions stay small, and things are done in the one place that is for them.

Each test lists all offenders; what to do instead stands beside the assertion.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from tests.architecture.sources import ALL, GATE, PRODUCT, SIZED, name

FILE_LINES_MAX: Final = 400
FUNCTION_LINES_MAX: Final = 60

IMPURE: Final = {
    r"\.now\(|\.today\(|\.utcnow\(": "take `now` as an argument",
    r"\btime\.(time|monotonic|sleep|perf_counter)\b": "take `now` as an argument",
    r"\brandom\.\w|\buuid[14]\(|\bos\.urandom\b|\bsecrets\.\w": "take chance as an argument",
    r"(?<![\w.])open\(|\.(read|write)_(text|bytes)\(": "take the content as an argument",
    r"\bos\.environ\b|\bos\.getenv\b": "take settings as arguments",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tree(path: Path) -> ast.Module:
    """A file, parsed."""
    return ast.parse(path.read_text())


@cache
def code(path: Path) -> str:
    """A file without its comments and docstrings."""
    copy = ast.parse(path.read_text())
    for node in ast.walk(copy):
        if isinstance(node, ast.Module | ast.ClassDef | Function) and ast.get_docstring(node):
            node.body[0] = ast.Pass()
    return ast.unparse(copy)


def functions(path: Path) -> Iterator[Function]:
    """Every function of a file, however deep."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, and every name that it imports from one."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        if isinstance(node, ast.ImportFrom | ast.Import):
            yield from (alias.name for alias in node.names)


def saying(files: list[Path], pattern: str) -> list[str]:
    """The files whose code has the pattern."""
    return [name(path) for path in files if re.search(pattern, code(path))]


def test_files_are_short() -> None:
    long = {name(path): count for path in SIZED if (count := len(path.read_text().splitlines())) > FILE_LINES_MAX}
    assert not long, "split the file by responsibility"


def test_functions_are_short() -> None:
    lengths = {f"{name(path)}:{f.name}": (f.end_lineno or 0) - f.lineno + 1 for path in SIZED for f in functions(path)}
    long = {where: lines for where, lines in lengths.items() if lines > FUNCTION_LINES_MAX}
    assert not long, "keep the ifs, extract the rest"


def test_gate_is_pure() -> None:
    impure = [f"{where}: {instead}" for pattern, instead in IMPURE.items() for where in saying(GATE, pattern)]
    assert not impure


def test_topics_are_built_and_parsed_in_one_place() -> None:
    elsewhere = [where for where in saying(PRODUCT, "barie/v1") if where != "gate/topics.py"]
    assert not elsewhere, "use gate.topics"


def test_nobody_prints() -> None:
    talking = [where for where in saying(PRODUCT, r"(?<![\w.])print\(") if not where.endswith(("/cli.py", "/main.py"))]
    assert not talking, "a command's own file prints, anything else has its log"


def test_nobody_mocks() -> None:
    mocking = [name(path) for path in ALL if any(m.startswith(("mock", "unittest.mock")) for m in imported(path))]
    assert not mocking, "write a fake that keeps the constraints"


def test_the_rules_see_what_they_forbid(tmp_path: Path) -> None:
    sample = tmp_path / "sample.py"
    sample.write_text(
        '"""barie/v1 and print( in a docstring are words."""\n'
        "import random\nfrom unittest import mock\nimport unittest.mock\n"
        "def chance():\n    print(datetime.now(UTC), open('x'), random.random(), 'barie/v1')  # os.environ\n"
    )
    found = [instead for pattern, instead in IMPURE.items() if re.search(pattern, code(sample))]
    assert found == ["take `now` as an argument", "take chance as an argument", "take the content as an argument"]
    assert "print(" in code(sample).replace("docstring", "")
    assert "a docstring are words" not in code(sample)
    assert {"unittest.mock", "mock"} <= set(imported(sample))
    assert [f.name for f in functions(sample)] == ["chance"]
