"""What commands and programs ask about boxes, lanes and cameras."""

from typing import Any

from server import devices
from server.desk import Desk
from server.devices import Box, Camera, Lane
from server.once import Answer
from server.roles import Power

_SAID = ("online", "heard_at", "waiting", "last_sequence", "reader", "version", "clock_quality", "clock_offset_ms")


def of_site(desk: Desk, site: str) -> Answer:
    """A site's boxes with their newest faults, and its lanes as their box last said them. Raises NoSuchSite."""
    desk.needs(Power.SEE_LANES)
    desk.site(site)
    boxes = [_box(each) for each in devices.boxes(desk.session, site, desk.now)]
    return {"site": site, "boxes": boxes, "lanes": [_lane(each) for each in devices.lanes(desk.session, site)]}


def cameras(desk: Desk, site: str) -> Answer:
    """How each lane's camera reads: the share that was not read well in each group, with the chart's lines.

    Raises NoSuchSite.
    """
    desk.needs(Power.SEE_LANES)
    desk.site(site)
    return {"site": site, "cameras": [_camera(each) for each in devices.cameras(desk.session, site)]}


def _box(each: Box) -> dict[str, Any]:
    """`state`: `online`, `offline`, `silent`, or `never` heard; `behind`: facts that are not committed here."""
    said = {name: getattr(each.said, name) if each.said else None for name in _SAID}
    faults = [fault._asdict() for fault in each.faults]
    return {"box": each.name, "state": each.state, "behind": each.behind, **said, "faults": faults}


def _lane(each: Lane) -> dict[str, Any]:
    """`unknown`: the inputs that its box does not know."""
    said = {name: getattr(each.row, name) for name in ("lane", "box", "direction", "phase", "arm", "mode")}
    return {**said, "unknown": list(each.blind), "at": each.row.updated_at}


def _camera(each: Camera) -> dict[str, Any]:
    chart = each.chart
    groups = [
        {"from": since, "to": until, "failing": share}
        for (since, until), share in zip(each.groups, chart.shares, strict=False)
    ]
    lines = {"centre": chart.centre, "upper": chart.upper, "sign": chart.sign}
    return {"lane": each.lane, "direction": each.direction, "reads": each.reads, **lines, "groups": groups}
