"""The one command. It alone may import all parts, and imports one only when it is asked for.

A new command is a row of COMMANDS and, in its part, one of: a function with typer's annotations; a typer app, where it
has commands of its own; or, with `parses`, a function that gets the words after the command and returns the exit code.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, NoReturn

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
    "carry": Command("edge.carry.carrier_main:carry", "The boards of a box that only carries devices."),
    "pair": Command("edge.web.cli:pair", "Pair a lane's screen with a box."),
    "trace": Command("edge.journal.trace_command:trace", "What a box's inputs said, for disputes."),
    "simulate": Command("barie_cli:simulate", "A simulated world for running parts, or a season."),
    "read": Command("edge.reader.cli:main", "Read the plates in pictures.", parses=True),
    "reconcile": Command("server.cli:reconcile", "Compare a site's day: passages, visits, money."),
    "close": Command("server.cli_close:app", "Close a site's day once for ever; check what was closed."),
    "shift": Command("server.cli_shifts:app", "Shifts and tills: begin, receipts, hand over, deposit."),
    "findings": Command("server.cli_findings:app", "What is due and missing, and what people do about it."),
    "cases": Command("server.cli_cases:app", "The findings as ranked work: take, accept, refuse, dismiss."),
    "export": Command("server.cli:export_days", "Write a site's days for finance: xlsx, csv or json."),
    "import": Command("server.cli_imports:app", "Bank statements and providers' settlements; what each bank line is."),
    "lists": Command("server.cli_lists:app", "A site's passes, exemptions and denials."),
    "tariffs": Command("server.cli_tariffs:app", "A site's price lists: drafts, approval, replay of past days."),
    "visits": Command("server.cli_visits:app", "Stays: search, correct, void, merge, split; proposals, lost entries."),
    "events": Command("server.cli_events:app", "Planned events: a site's prices, lanes and people for a match."),
    "people": Command("server.cli_people:app", "Who may sign in, as what, where, up to which sum."),
    "devices": Command("server.cli_devices:app", "A site's boxes, lanes and cameras as they are now."),
    "expire": Command("server.cli_expire:expire", "Erase plates, pictures and audit older than they are kept."),
    "money": Command("server.cli_money:app", "Payments, debts and refunds: show, decide, approve, send."),
    "price": Command("server.cli:price", "The bill of a stay under a tariff."),
    "qr": Command("server.cli:qr", "Write and read VietQR payloads."),
    "init": Command("simulator.demo.init:init", "Write an installation's configuration with fresh secrets."),
    "doctor": Command("barie_cli:doctor", "What is wrong with this installation, in words."),
    "health": Command("barie_cli:health", "Whether a running part is well."),
    "bench": Command("tests.bench.command:bench", "Measure the parts beside the bare path."),
    "campaign": Command("tests.campaign.command:campaign", "Prove a promise against a simulated world, with a log."),
    "test": Command("tests.harness.suite:main", "Check and test this checkout.", parses=True),
}


# What tells one part's file from another's, and where that part's checks are.
CHECKS: Final[Mapping[str, str]] = {
    "database": "server.checks",
    "site_broker": "edge.watch.checks",
    "arrivals_s": "simulator.checks",
}
ConfigFile = Annotated[Path, typer.Option("--config", help="the JSON file of a centre, a box or a world")]


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


def simulate(
    scenario: Annotated[str, typer.Argument(help="the JSON file of a world, or season-sapa, season-baoha")],
    *,
    progress: Annotated[bool, typer.Option(help="a world: report every second as a JSON line on stderr")] = False,
    seed: Annotated[int, typer.Option(help="a season: the same seed brings the same faults")] = 1,
    scale: Annotated[float, typer.Option(min=0.001, max=1, help="a season: 1 is the published size")] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="a season: one JSON object on stdout")] = False,
) -> None:
    """Run a simulated world against running boxes and a centre: vehicles, arms, cameras, a bank, an attendant.

    In real time. It ends by itself when its drain is over, or on SIGTERM or Ctrl-C, and then writes the truth.
    A season runs through a centre of its own in this process, a year in minutes, and compares its books with the
    truth; exit 1 when they differ. `barie campaign` does the same and writes it down.
    """
    if scenario in load("simulator.season.scenario:SEASONS"):
        name = load("tests.campaign.command:Name")(scenario)
        load("tests.campaign.command:campaign")(name, seed=seed, scale=scale, log=False, as_json=as_json)
    load("simulator.command:simulate")(Path(scenario), progress=progress)


def health(config: ConfigFile, *, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Look at the running part that this file configures. Exit 0 when it is well, 1 when it is not."""
    try:
        checks = list(load(f"{_checks_for(config)}:running")(config))
    except (OSError, ValueError) as error:
        _refuse("health", config, error)
    _tell(checks, as_json=as_json)


def doctor(
    config: Annotated[
        list[Path] | None, typer.Option("--config", help="a centre's, box's or world's JSON file; may be repeated")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
) -> None:
    """Say what is wrong with this installation. Exit 0 when nothing is, 1 when something is.

    With the file of a centre or a box: also whether its brokers take it in, its database answers and its files are
    valid. Nothing is changed.
    """
    files: dict[str, list[Path | None]] = {module: [] for module in CHECKS.values()}
    for given in config or []:
        try:
            files[_checks_for(given)].append(given)
        except (OSError, ValueError) as error:
            _refuse("doctor", given, error)
    checks: list[Any] = []
    for module, paths in reversed(files.items()):
        for path in paths or [None]:
            checks += load(f"{module}:installed")(path)
    _tell(checks, as_json=as_json)


def _checks_for(path: Path) -> str:
    """The module that knows the part this file is for. Raises OSError, ValueError."""
    said = json.loads(path.read_bytes())
    for key, module in CHECKS.items():
        if isinstance(said, dict) and key in said:
            return module
    raise ValueError(f"is no part's file: it has none of {', '.join(CHECKS)}")


def _refuse(command: str, path: Path, error: Exception) -> NoReturn:
    why = error.strerror if isinstance(error, OSError) else str(error)
    sys.stderr.write(f"barie {command}: {why if str(path) in str(why) else f'{path}: {why}'}\n")
    raise typer.Exit(2) from error


def _tell(checks: list[Any], *, as_json: bool) -> NoReturn:
    well = all(check.well for check in checks)
    if as_json:
        sys.stdout.write(json.dumps({"well": well, "checks": [check._asdict() for check in checks]}) + "\n")
    else:
        for check in checks:
            sys.stdout.write(f"{'well ' if check.well else 'WRONG'}  {check.what:16} {check.words}\n")
    raise typer.Exit(0 if well else 1)


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
