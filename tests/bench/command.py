"""`barie bench`: which bench, how often, for people or for programs."""

import json
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from tests.bench.export import ROWS, bench_export
from tests.bench.gate import bench_gate
from tests.bench.ingest import bench_ingest
from tests.bench.lanes import bench_lanes
from tests.bench.read import bench_read
from tests.bench.reconcile import bench_reconcile


class Name(StrEnum):
    """The benches there are."""

    GATE = "gate"
    INGEST = "ingest"
    LANES = "lanes"
    EXPORT = "export"
    RECONCILE = "reconcile"
    READ = "read"


def bench(
    name: Annotated[
        Name,
        typer.Argument(
            help="gate: vehicle on the loop to arm commanded; ingest: durable events/s; lanes: eight busy lanes; "
            "export: a month as a workbook of 100,000 rows; reconcile: a month of a million visits; read: drawn plates"
        ),
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
    runs: Annotated[
        int | None,
        typer.Option(min=1, help="gate: vehicles read; ingest and export: rounds of each path; read: pictures"),
    ] = None,
    minutes: Annotated[float, typer.Option(min=0.1, max=600, help="lanes: how long vehicles come")] = 3.0,
    scale: Annotated[
        float, typer.Option(min=0.001, max=10, help="reconcile: millions of visits; export: of 100,000 rows")
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
    if name is Name.READ:
        return bench_read(max(20, runs or 200))
    if name is Name.RECONCILE:
        return bench_reconcile(scale)
    return bench_ingest(runs or 3)
