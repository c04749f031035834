"""Hikvision's `EventNotificationAlert` (ISAPI): plates as event type ANPR, counting lines as `linedetection`.

XML as most firmware sends it, or the same as JSON; alone, or as `anpr.xml` beside `detectionPicture.jpg` and others.
"""

from collections.abc import Iterator
from typing import Final

from edge.devices.push_body import Body, Fields
from edge.devices.push_event import Crossed, Event, Seen, best, colour, kind, plate, share
from gate.devices.camera import CameraRead
from gate.vehicle import VehicleClass

KINDS: Final = {
    "twowheelvehicle": VehicleClass.MOTO,
    "motorcycle": VehicleClass.MOTO,
    "vehicle": VehicleClass.CAR9,
    "suvmpv": VehicleClass.CAR9,
    "mediumbus": VehicleClass.MINI29,
    "largebus": VehicleClass.BUS30,
}


def events(body: Body) -> Iterator[Event]:
    """What this push means."""
    for said in body.documents:
        yield _event(said, body)


def _event(said: Fields, body: Body) -> Event:
    over = said.first("eventstate").lower() == "inactive"
    old = said.first("alarmdatatype") == "1" or said.first("isdataretransmission").lower() == "true"
    what = said.first("eventtype").lower()
    if over or old or what not in {"anpr", "linedetection"}:
        return None
    ways = said.all("anpr.direction", "eventnotificationalert.direction", "detectionregionentry.direction")
    if what == "linedetection":
        return Crossed(ways or said.all("direction"))
    text = plate(said.first("anpr.licenseplate", "licenseplate"))
    read = CameraRead(
        plate=text,
        confidence=share(said.first("confidencelevel"), said.first("platecharbelieve")) if text else 0.0,
        picture=best(body.pictures, "detection", "vehicle"),
        colour=colour(said.first("platecolor")),
        vehicle_class=kind(said.first("anpr.vehicletype", "vehicletype"), KINDS),
    )
    return Seen(read, ways)
