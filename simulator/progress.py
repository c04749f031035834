"""What a run says while it goes on: one report a second, for programs as JSON, for people as a line now and then."""

import json
from typing import Any, Final

from simulator.day import Day
from simulator.truth import SiteTruth, Truth

_LINE_EVERY: Final = 5


def report(day: Day, truth: Truth) -> dict[str, Any]:
    """The figures of now."""
    sites = {name: _figures(site) for name, site in truth.sites.items()}
    return {"event": "progress", "phase": day.phase.name.lower(), "sites": sites, "complaints": len(truth.complaints)}


def _figures(site: SiteTruth) -> dict[str, int]:
    here = [known for known in site.vehicles.values() if known.entered_at and not known.left_at]
    return {"arrived": len(site.vehicles), "inside": len(here), **site.totals()}


class Lines:
    """Writes reports: `as_json` all of them, else one line of words in five."""

    def __init__(self, write: Any, *, as_json: bool) -> None:
        self._write = write
        self._as_json = as_json
        self._count = 0

    def tell(self, said: dict[str, Any]) -> None:
        """One report."""
        if self._as_json:
            self._write(json.dumps(said))
        elif said["event"] == "ready":
            self._write("the world is ready: cameras at " + _pairs(said["cameras"]))
        else:
            if self._count % _LINE_EVERY == 0 or said["phase"] == "over":
                self._write(f"{said['phase']}: " + "; ".join(_words(*item) for item in said["sites"].items()))
            self._count += 1


def _words(site: str, figures: dict[str, int]) -> str:
    return f"{site} {figures['arrived']} came, {figures['inside']} inside, {figures['paid_vnd']} VND paid"


def _pairs(ports: dict[str, int]) -> str:
    return ", ".join(f"{site} {port}" for site, port in ports.items())
