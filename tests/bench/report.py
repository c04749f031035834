"""What a bench says: percentiles, the bare path beside them, and their ratio."""

import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from typing import Any


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99 by the nearest rank."""
    ordered = sorted(values)
    rank = {name: ordered[min(len(ordered) - 1, int(len(ordered) * share))] for name, share in _SHARES.items()}
    return {name: round(value, 3) for name, value in rank.items()}


_SHARES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}


def report(name: str, values: Sequence[float], unit: str, *, bare: Sequence[float], **more: Any) -> dict[str, Any]:
    """The stable fields, then whatever this bench has to add."""
    figures = percentiles(values)
    bare_p50 = statistics.median(bare)
    return {
        "name": name,
        "runs": len(values),
        **figures,
        "unit": unit,
        "bare": round(bare_p50, 3),
        "ratio": round(figures["p50"] / bare_p50, 3) if bare_p50 else None,
        **more,
        "machine": {"cores": _cores(), "python": platform.python_version(), "load": _load()},
    }


def rss_mb(pid: int) -> float:
    """Memory that a process holds now, in MiB."""
    status = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return round(int(status.stdout.strip() or 0) / 1024, 1)


def _cores() -> int:

    return len(os.sched_getaffinity(0))


def _load() -> float:

    return round(os.getloadavg()[0], 2)
