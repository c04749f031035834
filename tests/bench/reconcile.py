"""`barie bench reconcile`: a month of visits reconciled, a process to each processor, beside a plain scan by one.

The books are made first and not timed. Both paths run in processes of their own, which say how long they took and how
much memory they had at most; the same month with a quarter and with half of the visits shows how the cost grows.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from server.db import connect, reading
from server.many_days import AT_MOST, reports
from server.reconcile import bounds, look
from simulator.stage.processes import ROOT
from tests.bench import month
from tests.bench.report import report

VISITS: Final = 1_000_000
SHARES: Final = (0.25, 0.5, 1.0)


def bench_reconcile(scale: float) -> dict[str, Any]:
    """The month at a quarter, at half and at all of `scale` times a million visits; seconds."""
    runs = {round(VISITS * scale * share): _measured(round(VISITS * scale * share)) for share in SHARES}
    ours, bare = runs[round(VISITS * scale)]
    growth = [{"visits": visits, **run, "bare": bare} for visits, (run, bare) in runs.items()]
    figures = report("reconcile", [ours["whole_s"]], "s a month", bare=[bare["whole_s"]], rss_mb=ours["rss_mb"])
    return {**figures, "visits": round(VISITS * scale), "findings": ours["findings"], "growth": growth}


def _measured(visits: int) -> tuple[dict[str, Any], dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="barie-bench-") as folder:
        url = f"sqlite:///{folder}/books.sqlite"
        _run("write", url, str(visits))  # elsewhere: the most memory of a process is handed down to those it starts
        return _run("ours", url), _run("bare", url)


def _run(path: str, *words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.reconcile", path, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _write(url: str, visits: str) -> dict[str, Any]:
    month.write(connect(url), int(visits))
    return {}


def _ours(url: str) -> dict[str, Any]:
    """The month, a process to each processor; beside it one day in the middle by itself, as the job looks at it."""
    engine, began = connect(url), time.perf_counter()
    now = datetime.combine(month.FIRST, datetime.min.time(), UTC) + timedelta(days=month.DAYS + 5)
    days = [month.FIRST + timedelta(days=day) for day in range(month.DAYS)]
    findings = sum(len(found.findings) for found in reports(engine, month.SITE, days, now))
    whole, at = time.perf_counter() - began, time.perf_counter()
    cpu = sum(_cpu_s(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    processes = min(AT_MOST, len(os.sched_getaffinity(0)))
    rss = _rss_mb() + processes * _rss_mb(resource.RUSAGE_CHILDREN)
    with reading(engine) as session:
        look(session, month.SITE, days[month.DAYS // 2], now)
    one = time.perf_counter() - at
    figures = {"day_s": one, "whole_s": whole, "cpu_s": cpu, "rss_mb": rss}
    return {"findings": findings, **{name: round(value, 2) for name, value in figures.items()}}


def _bare(url: str) -> dict[str, Any]:
    """The rows of each day once, summed by the database: what looking at them costs at the least."""
    engine, began = connect(url), time.perf_counter()
    with engine.connect() as connection:
        for day in range(month.DAYS):
            start, end = bounds(month.FIRST + timedelta(days=day))
            for statement in month.SCANS:
                connection.exec_driver_sql(statement, (month.SITE, month.text(start), month.text(end))).all()
    whole = time.perf_counter() - began
    return {"whole_s": round(whole, 2), "cpu_s": round(_cpu_s(resource.RUSAGE_SELF), 2), "rss_mb": _rss_mb()}


def _cpu_s(whose: int) -> float:
    """What it would take on one processor that nobody else uses; a machine that is shared takes longer."""
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime


def _rss_mb(whose: int = resource.RUSAGE_SELF) -> float:
    return round(resource.getrusage(whose).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    paths: dict[str, Callable[..., dict[str, Any]]] = {"write": _write, "ours": _ours, "bare": _bare}
    sys.stdout.write(json.dumps(paths[sys.argv[1]](*sys.argv[2:])) + "\n")
