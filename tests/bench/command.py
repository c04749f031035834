"""`barie bench`: which bench, how often, for people or for programs."""

import json
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from tests.bench.console import bench_console
from tests.bench.export import ROWS, bench_export
from tests.bench.gate import bench_gate
from tests.bench.ingest import bench_ingest
from tests.bench.lanes import bench_lanes
from tests.bench.read import bench_read
from tests.bench.reconcile import bench_reconcile
from tests.bench.search import VISITS, bench_search


class Name(StrEnum):
    """The benches there are."""

    GATE = "gate"
    INGEST = "ingest"
    LANES = "lanes"
    EXPORT = "export"
    RECONCILE = "reconcile"
    READ = "read"
    CONSOLE = "console"
    SEARCH = "search"


def bench(
    name: Annotated[
        Name,
        typer.Argument(
            help="gate: vehicle on the loop to arm commanded; ingest: durable events/s; lanes: eight busy lanes; "
            "export: a month as a workbook of 100,000 rows; reconcile: a month of a million visits; "
            "read: drawn plates; console: fifty open live pages; search: plates among a million visits"
        ),
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
    runs: Annotated[
        int | None,
        typer.Option(
            min=1, help="gate: vehicles read; ingest and export: rounds of each path; read: pictures; search: searches"
        ),
    ] = None,
    minutes: Annotated[
        float,
        typer.Option(min=0.1, max=600, help="lanes: how long vehicles come; console: a tenth of it, of each path"),
    ] = 3.0,
    scale: Annotated[
        float, typer.Option(min=0.001, max=10, help="reconcile, search: millions of visits; export: of 100,000 rows")
    ] = 1.0,
) -> None:
    """Measure the real parts beside the bare path, in one run. Takes some minutes; nothing is left behind."""
    sys.stderr.write(f"measuring {name}: real brokers and processes, some minutes\n")
    figures = _measure(name, runs, minutes, scale)
    if as_json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    for key, value in figures.items():
        sys.stdout.write(f"{key:20} {value}\n")


def _measure(name: Name, runs: int | None, minutes: float, scale: float) -> dict[str, Any]:
    if name is Name.GATE:
        return bench_gate(runs or 40, 4 * (runs or 40))
    if name is Name.EXPORT:
        return bench_export(runs or 3, round(ROWS * scale))
    if name is Name.LANES:
        return bench_lanes(minutes)
    if name is Name.CONSOLE:
        return bench_console(minutes * 6)
    if name is Name.READ:
        return bench_read(max(20, runs or 200))
    return _of_many(name, runs, scale)


def _of_many(name: Name, runs: int | None, scale: float) -> dict[str, Any]:
    if name is Name.SEARCH:
        return bench_search(round(VISITS * scale), runs or 250)
    return bench_reconcile(scale) if name is Name.RECONCILE else bench_ingest(runs or 3)
