"""Devices: boxes and what they say of themselves, lanes with their modes, cameras with their control charts."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from gate.control import GROUP
from server import devices
from server.api.caller import CentreDep, PersonDep, needed
from server.console.page import page, say_to
from server.console.shown import moment
from server.console.sites import known_site, sites_of
from server.console.tabs import Tab
from server.console.words import Say, named
from server.db import reading
from server.devices import Box, Camera, Lane
from server.register import SiteRow
from server.roles import Power

HERE: Final = "/devices"
TAB: Final = Tab("devices", HERE, Power.SEE_LANES, "b", 80)
BEHIND: Final = 10
"""Fewer facts are on their way in any busy minute."""
SLOW_CLOCK: Final = timedelta(seconds=2)
router = APIRouter()


class SiteDevices(NamedTuple):
    """What a site has."""

    site: SiteRow
    boxes: list[Box]
    lanes: list[Lane]


@router.get(HERE)
def everything(request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """All my sites: boxes and lanes."""
    needed(person, Power.SEE_LANES)
    with reading(centre.engine) as session:
        sites = [_devices(session, row) for row in sites_of(session, person)]
    return page(request, "devices.html", person, sites=sites, behind_many=BEHIND, slow_clock=SLOW_CLOCK)


@router.get("/devices/site/{site}")
def one_site(site: str, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """One site's boxes and lanes, as a part of the page."""
    needed(person, Power.SEE_LANES)
    with reading(centre.engine) as session:
        shown = _devices(session, known_site(session, site))
    return page(request, "devices_site.html", person, shown=shown, behind_many=BEHIND, slow_clock=SLOW_CLOCK)


@router.get("/devices/{site}/cameras")
def cameras(site: str, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """How the cameras of a site read: a control chart each."""
    needed(person, Power.SEE_LANES)
    with reading(centre.engine) as session:
        row = known_site(session, site)
        found = devices.cameras(session, site)
        sites = sites_of(session, person)
    charts = [_series(camera, say_to(request)) for camera in found]
    values: dict[str, Any] = {"site": row, "sites": sites, "cameras": found, "charts": charts}
    return page(request, "devices_cameras.html", person, **values, group=GROUP, well=devices.WELL)


def _devices(session: Session, site: SiteRow) -> SiteDevices:
    found = devices.boxes(session, site.site, datetime.now(UTC))
    return SiteDevices(site, found, devices.lanes(session, site.site))


def _series(camera: Camera, say: Say) -> dict[str, Any]:
    """A chart for the page's script: percent, in the order of time."""
    centre, upper, *shares = (
        round(100 * each, 2) for each in (camera.chart.centre, camera.chart.upper, *camera.chart.shares)
    )
    return {
        "lane": camera.lane,
        "shares": shares,
        "centre": centre,
        "upper": upper,
        "times": [f"{moment(since)} - {moment(until)}" for since, until in camera.groups],
        "names": [say("devices.failing"), say("devices.centre"), say("devices.upper")],
        "sign": named(say, "devices.sign", camera.chart.sign),
    }
