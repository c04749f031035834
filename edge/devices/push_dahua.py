"""Dahua's HTTP events: `TrafficJunction` and `CrossLineDetection`, and the `TollgateInfo` of ITSAPI.

JSON with the picture inside as base64, JSON or lines of `Events[0].TrafficCar.PlateNumber=...` beside JPEG parts, or
the event manager's `Code=...;action=...;data={...}`.
"""

import base64
import binascii
from collections.abc import Iterator
from typing import Final

from edge.devices.push_body import Body, Fields, Picture, is_picture
from edge.devices.push_event import Crossed, Event, Seen, best, colour, kind, plate, share
from gate.devices.camera import CameraRead
from gate.vehicle import VehicleClass

READS: Final = {"trafficjunction", "trafficgate", "traffictollgate"}
PLATES: Final = ("trafficcar.platenumber", "plate.platenumber", "nonmotor.plate.text", "object.text")
KINDS: Final = {
    "nonmotor": VehicleClass.MOTO,
    "motorcycle": VehicleClass.MOTO,
    "saloon car": VehicleClass.CAR9,
    "salooncar": VehicleClass.CAR9,
    "smallcar": VehicleClass.CAR9,
    "suv": VehicleClass.CAR9,
    "mpv": VehicleClass.CAR9,
    "bus": VehicleClass.BUS30,
}


def events(body: Body) -> Iterator[Event]:
    """What this push means."""
    for said in body.documents:
        yield _event(said, body)


def _event(said: Fields, body: Body) -> Event:
    if said.first("action").lower() == "stop":
        return None
    what = said.first("code", "trafficcar.event").lower()
    if what == "crosslinedetection":
        return Crossed(said.all("direction"))
    if what not in READS and not said.has("normalpic") and not (not what and said.has("plate")):
        return None
    text = plate(said.first(*PLATES))
    read = CameraRead(
        plate=text,
        confidence=share(said.first("plate.confidence", "trafficcar.confidence", "object.confidence")) if text else 0.0,
        picture=_inside(said) or best(body.pictures, "normal", "vehicle"),
        colour=colour(said.first("trafficcar.platecolor", "plate.platecolor", "platecolor")),
        vehicle_class=kind(said.first("vehicle.category", "vehicle.vehicletype", "snapcategory"), KINDS),
    )
    return Seen(read, said.all("junctiondirection", "vehicledirection", "drivingdirection", "snapinfo.direction"))


def _inside(said: Fields) -> bytes:
    """The picture that stands in the document itself."""
    for name in ("normalpic.content", "vehiclepic.content", "cutoutpic.content"):
        try:
            picture = base64.b64decode(said.first(name), validate=True)
        except binascii.Error:
            continue
        if is_picture(picture):
            return best([Picture("", picture)])
    return b""
