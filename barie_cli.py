"""The one command. It alone may import all parts, and imports one only when it is asked for.

A new command is a row of COMMANDS and, in its part, one of: a function with typer's annotations; a typer app, where it
has commands of its own; or, with `parses`, a function that gets the words after the command and returns the exit code.
"""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Final, NamedTuple

import typer


class Command(NamedTuple):
    """A command that is not imported yet.

    target: `module:attribute`; help: its line in the list of commands; parses: it reads the words after it by itself.
    """

    target: str
    help: str
    parses: bool = False


COMMANDS: Final[Mapping[str, Command]] = {
    "demo": Command("simulator.command:run_demo", "Run the whole system on this machine and watch it."),
    "server": Command("server.main:server", "The centre."),
    "edge": Command("edge.main:edge", "The agent on a site's box."),
    "simulate": Command("simulator.command:simulate", "A simulated world for running parts."),
    "read": Command("edge.reader.cli:main", "Read the plates in pictures.", parses=True),
    "reconcile": Command("server.cli:reconcile", "Compare a site's day: passages, visits, money."),
    "export": Command("server.cli:export_days", "Write a site's days for finance: xlsx, csv or json."),
    "price": Command("server.cli:price", "The bill of a stay under a tariff."),
    "qr": Command("server.cli:qr", "Write and read VietQR payloads."),
    "bench": Command("tests.bench.command:bench", "Measure the parts beside the bare path."),
    "test": Command("tests.harness.suite:main", "Check and test this checkout.", parses=True),
}


def load(target: str) -> Any:
    """The function or app that `module:attribute` names."""
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)


def not_asked_for() -> None:
    """Stands in the list for a command whose part is not imported."""


def build(asked: str) -> typer.Typer:
    """The app with all commands in its list, only the one asked for imported."""
    app = typer.Typer(
        name="barie", add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
    )
    app.callback()(barie)
    for name, command in COMMANDS.items():
        body = load(command.target) if name == asked and not command.parses else not_asked_for
        if isinstance(body, typer.Typer):
            app.add_typer(body, name=name, short_help=command.help)
        else:
            app.command(name, short_help=command.help)(body)
    return app


def barie() -> None:
    """A cashless parking and toll gate controller whose books agree with its barriers."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what the command line says. Ends the process."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    asked = words[0] if words else ""
    command = COMMANDS.get(asked)
    if command and command.parses:
        sys.exit(load(command.target)(words[1:]))
    build(asked)(words, prog_name="barie")


if __name__ == "__main__":
    main()
