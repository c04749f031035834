"""`barie bench reconcile`: a month of visits reconciled day by day, beside a plain scan of the same rows.

The books are made first and not timed. Both paths run in processes of their own, which say how long they took and how
much memory they had at most; the same month with a quarter and with half of the visits shows how the cost grows.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from server import witnesses
from server.db import connect, reading
from server.reconcile import bounds, look
from simulator.stage.processes import ROOT
from tests.bench import month
from tests.bench.report import report

VISITS: Final = 1_000_000
SHARES: Final = (0.25, 0.5, 1.0)


def bench_reconcile(scale: float) -> dict[str, Any]:
    """The month at a quarter, at half and at all of `scale` times a million visits; seconds."""
    measured = [_measured(round(VISITS * scale * share)) for share in SHARES]
    ours, bare = measured[-1]
    figures = report("reconcile", ours["days"], "s a day", bare=bare["days"], rss_mb=ours["rss_mb"])
    return {
        **figures,
        "visits": round(VISITS * scale),
        "month_s": ours["whole_s"],
        "bare_month_s": bare["whole_s"],
        "findings": ours["findings"],
        "growth": [
            {"visits": round(VISITS * scale * share), "month_s": run["whole_s"], "rss_mb": run["rss_mb"]}
            for share, (run, _) in zip(SHARES, measured, strict=True)
        ],
    }


def _measured(visits: int) -> tuple[dict[str, Any], dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="barie-bench-") as folder:
        url = f"sqlite:///{folder}/books.sqlite"
        engine = connect(url)
        month.write(engine, visits)
        engine.dispose()
        return _run("ours", url), _run("bare", url)


def _run(path: str, url: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.reconcile", path, url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _ours(url: str) -> dict[str, Any]:
    engine, days, findings = connect(url), [], 0
    began = time.perf_counter()
    now = datetime.combine(month.FIRST, datetime.min.time(), UTC) + timedelta(days=month.DAYS + 5)
    with reading(engine) as session:
        expected = witnesses.every(session, month.SITE, now)
        for day in range(month.DAYS):
            at = time.perf_counter()
            found = look(session, month.SITE, month.FIRST + timedelta(days=day), now, expected).report
            findings += len(found.findings)
            session.expunge_all()
            days.append(round(time.perf_counter() - at, 4))
    return {"days": days, "whole_s": round(time.perf_counter() - began, 2), "findings": findings, "rss_mb": _rss_mb()}


def _bare(url: str) -> dict[str, Any]:
    """The rows of each day once, summed by the database: what looking at them costs at the least."""
    engine, days = connect(url), []
    began = time.perf_counter()
    with engine.connect() as connection:
        for day in range(month.DAYS):
            at = time.perf_counter()
            start, end = bounds(month.FIRST + timedelta(days=day))
            for statement in month.SCANS:
                connection.exec_driver_sql(statement, (month.SITE, month.text(start), month.text(end))).all()
            days.append(round(time.perf_counter() - at, 4))
    return {"days": days, "whole_s": round(time.perf_counter() - began, 2), "findings": 0, "rss_mb": _rss_mb()}


def _rss_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"ours": _ours, "bare": _bare}[sys.argv[1]](sys.argv[2])) + "\n")
