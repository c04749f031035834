"""The one command. It alone may import all parts, and imports one only when it is asked for.

A new command is a row of COMMANDS and a function of its part, with typer's annotations, or a typer app where it has
commands of its own. It ends with `typer.Exit(code)`, and refuses input with `typer.BadParameter`.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Final, NamedTuple

import typer


class Command(NamedTuple):
    """A command that is not imported yet.

    target: `module:attribute` of a function or a typer app; help: its line in the list of commands;
    passes_on: options that it does not know are arguments to it.
    """

    target: str
    help: str
    passes_on: bool = False


COMMANDS: Final[Mapping[str, Command]] = {
    "read": Command("edge.read_command:read", "Read the plates in pictures."),
    "test": Command("tests.harness.suite:run", "Check and test this checkout.", passes_on=True),
}


def load(target: str) -> Callable[..., Any] | typer.Typer:
    """The function or app that `module:attribute` names."""
    module, _, attribute = target.partition(":")
    loaded: Callable[..., Any] | typer.Typer = getattr(import_module(module), attribute)
    return loaded


def not_asked_for() -> None:
    """Stands in the list for a command whose part is not imported."""


def build(arguments: Sequence[str]) -> typer.Typer:
    """The app for these arguments: all commands in its list, only the one asked for imported."""
    app = typer.Typer(
        name="barie", add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
    )
    app.callback()(barie)
    for name, command in COMMANDS.items():
        body = load(command.target) if arguments[:1] == [name] else not_asked_for
        if isinstance(body, typer.Typer):
            app.add_typer(body, name=name, short_help=command.help)
        else:
            settings = {"ignore_unknown_options": command.passes_on}
            app.command(name, short_help=command.help, context_settings=settings)(body)
    return app


def barie() -> None:
    """A cashless parking and toll gate controller whose books agree with its barriers."""


def main() -> None:
    """Run what the command line says."""
    build(sys.argv[1:])(prog_name="barie")


if __name__ == "__main__":
    main()
