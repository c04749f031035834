"""`barie test`: the checks and the tests, as everyone and every machine runs them."""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]

SOURCES: Final = ("gate", "edge", "server", "simulator", "tests", "barie_cli.py")

CHECKS: Final[Mapping[str, Sequence[str]]] = {
    "ruff check": ("-m", "ruff", "check", "--quiet", "."),
    "ruff format": ("-m", "ruff", "format", "--check", "--quiet", "."),
    "mypy": ("-m", "mypy", *SOURCES),
    "import-linter": (
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
        "--no-cache",
        "--no-logo",
    ),
}

UNITS: Final = ("-p", "no:xdist", "-m", "not slow", "tests/gate")
"""The trade's rules, which need nothing but Python: one process, because two take longer to start than to run them."""


def main(words: Sequence[str]) -> int:
    """Check and test as the words after `barie test` say. 0 only when all passed."""
    options, arguments = _parser().parse_known_args(words)
    failed = [] if arguments or options.fast else [name for name, command in CHECKS.items() if not check(name, command)]
    code = python(["-m", "pytest", *UNITS, *arguments]) if options.fast else run_pytest(arguments)
    if failed:
        sys.stderr.write(f"barie test: failed: {', '.join(failed)}\n")
    return code or len(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="barie test",
        usage="barie test [--fast] [TEST or option of pytest ...]",
        description="Lint, types, import rules and all tests, against a real broker and a real PostgreSQL "
        "started here. With tests or options named, or with --fast, only tests are run.",
        allow_abbrev=False,
    )
    parser.add_argument("--fast", action="store_true", help="only the unit tests: the rules in gate/, in some seconds")
    return parser


def check(name: str, command: Sequence[str]) -> bool:
    """Run one check from the root. Says whether it passed."""
    sys.stdout.write(f"{name} ...\n")
    return python(command) == 0


def run_pytest(arguments: Sequence[str]) -> int:
    """Run pytest in two processes. Its closing line is the last that it prints."""
    return python(["-m", "pytest", "-n", "2", "--dist", "loadgroup", *absolute(arguments)])


def absolute(arguments: Sequence[str]) -> list[str]:
    """The arguments, with the paths in them as seen from where the caller stands."""
    return [_absolute(argument) for argument in arguments]


def _absolute(argument: str) -> str:
    path, separator, name = argument.partition("::")
    return f"{Path(path).resolve()}{separator}{name}" if path and Path(path).exists() else argument


def python(arguments: Sequence[str]) -> int:
    """Run this Python from the root with nothing but the checkout on its path."""
    sys.stdout.flush()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=False).returncode
