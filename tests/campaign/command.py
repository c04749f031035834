"""`barie campaign`: which proof, from which seed, how large; its log is kept."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Final, NamedTuple, Protocol

import typer

from tests.campaign.result import Result, Say

ROOT: Final = Path(__file__).resolve().parents[2]
LOGS: Final = ROOT / "docs" / "campaigns"


class Name(StrEnum):
    """The campaigns there are."""

    KILLS = "kills"
    KILLS_POSTGRES = "kills-postgres"
    POWER_CUTS = "power-cuts"
    OUTAGE = "outage"
    CLOCKS = "clocks"
    LANES = "lanes"
    BOX_LANES = "box-lanes"
    PAYLOADS = "payloads"
    REPLAYS = "replays"
    RACES = "races"
    NOTICES = "notices"
    KEYS = "keys"
    ASSIGNMENT = "assignment"
    RANKING = "ranking"
    WORN = "worn"
    SEASONS = "seasons"
    SEASON_SAPA = "season-sapa"
    SEASON_BAOHA = "season-baoha"
    CLOSES = "closes"
    CLOSES_POSTGRES = "closes-postgres"


class Campaign(NamedTuple):
    """A campaign that is not imported yet: `module:function`, and its line in the list."""

    target: str
    help: str


CAMPAIGNS: Final[Mapping[Name, Campaign]] = {
    Name.KILLS: Campaign("tests.campaign.kills:run", "kill -9 of box, brokers and centre with traffic on"),
    Name.KILLS_POSTGRES: Campaign("tests.campaign.kills:run_postgres", "the same with PostgreSQL at the centre"),
    Name.POWER_CUTS: Campaign("tests.campaign.power_cuts:run", "power cuts of the outbox at every write"),
    Name.OUTAGE: Campaign("tests.campaign.outage:run", "a day without the centre, 20,000 passages"),
    Name.CLOCKS: Campaign("tests.campaign.clocks:run", "clocks that are wrong, jump, or start in 1970"),
    Name.LANES: Campaign("tests.campaign.lanes:run", "the lane table against loops, arms and lines that fail"),
    Name.BOX_LANES: Campaign("tests.campaign.box_lanes:run", "the same with the box's whole lane above the table"),
    Name.PAYLOADS: Campaign("tests.campaign.payloads:run", "mutated messages on every topic of box and centre"),
    Name.REPLAYS: Campaign("tests.campaign.replays:run", "replayed, stale, forged and retained orders to open"),
    Name.RACES: Campaign("tests.campaign.races:run", "many at one visit's money at the same moment, on PostgreSQL"),
    Name.NOTICES: Campaign("tests.campaign.notices:run", "notices of money repeated, late, out of order, forged"),
    Name.KEYS: Campaign("tests.campaign.keys:run", "orders and refunds asked again when the provider forgot the key"),
    Name.RANKING: Campaign("tests.campaign.ranking:run", "exits of a full car park by the box's own ranking"),
    Name.WORN: Campaign("tests.campaign.worn:run", "worn plates, matched with the reader's n-best lists and without"),
    Name.ASSIGNMENT: Campaign("tests.campaign.assignment:run", "troubled exits against open visits, 3,600 of them"),
    Name.CLOSES: Campaign("tests.campaign.closes:run", "400 business days, each closed exactly once and in order"),
    Name.CLOSES_POSTGRES: Campaign("tests.campaign.closes:run_postgres", "the same with PostgreSQL at the centre"),
    Name.SEASONS: Campaign("tests.campaign.season:run", "both seasons to the published totals, through everything"),
    Name.SEASON_SAPA: Campaign("tests.campaign.season:run_sapa", "50,670 turns of Sa Pa's two lots in a year"),
    Name.SEASON_BAOHA: Campaign("tests.campaign.season:run_baoha", "34,000 turns of Bảo Hà to its festival"),
}


class Run(Protocol):
    """A campaign. `scale` 1.0 is the promised size."""

    def __call__(self, seed: int, *, scale: float, say: Say) -> Result:
        """Do it."""


def campaign(
    name: Annotated[Name, typer.Argument(help=" · ".join(f"{name}: {row.help}" for name, row in CAMPAIGNS.items()))],
    *,
    seed: Annotated[int, typer.Option(help="the same seed brings the same faults")] = 1,
    scale: Annotated[float, typer.Option(min=0.0001, max=1000, help="1 is the promised size")] = 1.0,
    log: Annotated[
        bool | None, typer.Option("--log/--no-log", help="write it down under docs/campaigns; so by default from 1 up")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
) -> None:
    """Prove a promise against a simulated world. Exit 1 with every failure when it does not hold."""
    target, _, function = CAMPAIGNS[name].target.partition(":")
    run: Run = getattr(import_module(target), function)
    began = time.monotonic()
    result = run(seed, scale=scale, say=lambda line: _say(f"{name}: {line}"))
    result.figures["seconds"] = round(time.monotonic() - began, 1)
    if log or (log is None and scale >= 1):
        write_down(LOGS / f"{name}.md", name, scale, result, datetime.now(UTC))
    _tell(name, scale, result, as_json=as_json)
    raise typer.Exit(1 if result.failures else 0)


def again(name: Name, seed: int, scale: float) -> str:
    """The command that does the same once more."""
    return f"./barie campaign {name} --seed {seed}" + (f" --scale {scale:g}" if scale != 1 else "")


def write_down(path: Path, name: Name, scale: float, result: Result, now: datetime) -> None:
    """Append the run to the campaign's log."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(
            f"# Campaign {name}\n\n{CAMPAIGNS[name].help}. Each run is written down by the command itself.\n"
        )
    with path.open("a") as file:
        file.write(entry(name, scale, result, now))


def entry(name: Name, scale: float, result: Result, now: datetime) -> str:
    """One run in the log."""
    verdict = f"{len(result.failures)} failures" if result.failures else "held"
    cores = len(os.sched_getaffinity(0))
    lines = [
        "",
        f"## {now:%Y-%m-%d %H:%M} UTC: {verdict}",
        "",
        f"`{again(name, result.seed, scale)}` on {commit()}, {cores} cores.",
        "",
        "| figure | value |",
        "|---|---|",
        *(f"| {figure} | {value} |" for figure, value in result.figures.items()),
    ]
    if result.failures:
        lines += ["", *(f"- {failure}" for failure in result.failures[:50])]
    return "\n".join([*lines, ""])


def commit() -> str:
    """Which commit this checkout is, and whether anything was changed in it since."""
    said = [_git("rev-parse", "--short", "HEAD"), _git("status", "--porcelain", "--untracked-files=no")]
    return "no commit" if not said[0] else f"commit {said[0]}{' with changes' if said[1] else ''}"


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _tell(name: Name, scale: float, result: Result, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({**result._asdict(), "scale": scale}) + "\n")
    else:
        for figure, value in result.figures.items():
            sys.stdout.write(f"{figure:36} {value}\n")
    for failure in result.failures[:50]:
        _say(f"FAILED  {failure}")
    if result.failures:
        _say(f"{len(result.failures)} failures; once more: {again(name, result.seed, scale)}")


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
