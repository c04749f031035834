"""Cameras that push: what their words mean, whose a read is, and what strangers' words may not do."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from edge.devices.camera_config import Maker, PushConfig
from edge.devices.push import PushCamera
from edge.devices.push_body import BODY_MAX
from gate.devices.board import DeviceFailed
from gate.devices.camera import CameraRead
from gate.vehicle import VehicleClass
from simulator.devices.push import DahuaTwin, HikvisionTwin, Pusher, hikvision_xml
from tests.edge.push_door import CONFIGS, LOGIN, PICTURE, SECRET, Door, Ear, nothing_came

# --- what makers say ------------------------------------------------------------------------------------------


def test_a_hikvision_read_by_digest(door: Door) -> None:
    camera, ear = door.cameras["hik-digest"], Ear()
    camera.listen(ear)
    twin = HikvisionTwin(door.url("hik-digest"), LOGIN)
    assert twin.plate("24A-123.78", PICTURE, confidence=88) == 200
    assert camera.read(0.1) == CameraRead("24A-123.78", 0.88, PICTURE, "white", VehicleClass.CAR9)
    assert [read.plate for read in ear.reads] == ["24A-123.78"]
    assert twin.plate("24A-123.79", PICTURE) == 200, "its nonce goes on, counted up"
    assert camera.counts["reads"] == 2


def test_a_dahua_read_by_its_secret(door: Door) -> None:
    camera = door.cameras["dahua-secret"]
    twin = DahuaTwin(door.url("dahua-secret", f"/{SECRET}"))
    assert twin.plate("30A12345", PICTURE, confidence=204) == 200
    assert camera.read(0.1) == CameraRead("30A12345", 0.8, PICTURE, "white")
    assert twin.junction("30A12346", PICTURE, confidence=255) == 200
    assert camera.read(0.1) == CameraRead("30A12346", 1.0, PICTURE, "yellow")
    assert twin.alive() == 200
    assert camera.counts == {"reads": 2, "other": 1}


def test_lines_in_the_lanes_direction_and_in_the_other(door: Door) -> None:
    for lane, twin, ways in (
        ("hik-secret", HikvisionTwin(door.url("hik-secret", f"?secret={SECRET}")), ("in", "out", "")),
        ("dahua-secret", DahuaTwin(door.url("dahua-secret", f"/{SECRET}")), ("LeftToRight", "RightToLeft", "")),
    ):
        ear = Ear()
        door.cameras[lane].listen(ear)
        assert [twin.line(way) for way in ways] == [200, 200, 200]
        assert ear.lines == 2, "one that names no direction is the lane's"
        assert door.cameras[lane].counts == {"lines": 2, "elsewhere": 1}


def test_a_vehicle_that_goes_the_other_way_is_not_the_lanes(door: Door) -> None:
    assert HikvisionTwin(door.url("hik-secret", f"/{SECRET}")).plate("24A1", PICTURE, way="reverse") == 200
    assert DahuaTwin(door.url("dahua-secret", f"/{SECRET}")).plate("24A1", PICTURE, way="Reverse") == 200
    for lane in ("hik-secret", "dahua-secret"):
        assert door.cameras[lane].counts == {"elsewhere": 1}
        with pytest.raises(DeviceFailed, match=r"pushed nothing within 0\.05 s"):
            door.cameras[lane].read(0.05)


HIK_WAYS = {
    "other case and order": b"<eventnotificationalert><ANPR><CONFIDENCELEVEL>90</CONFIDENCELEVEL><LicensePlate>24A1"
    b"</LicensePlate></ANPR><EventType>anpr</EventType></eventnotificationalert>",
    "with prefixes": b'<h:EventNotificationAlert xmlns:h="x"><h:eventType>ANPR</h:eventType><h:ANPR><h:licensePlate>'
    b"24A1</h:licensePlate><h:confidenceLevel>90</h:confidenceLevel></h:ANPR></h:EventNotificationAlert>",
    "as JSON": b'{"eventType":"ANPR","ANPR":{"licensePlate":"24A1","confidenceLevel":90,"country":null}}',
    "weakest sign": hikvision_xml(
        "ANPR", "<ANPR><licensePlate>24A1</licensePlate><plateCharBelieve>99,90,97</plateCharBelieve></ANPR>"
    ),
}


@pytest.mark.parametrize("name", list(HIK_WAYS))
def test_hikvision_has_many_ways_to_say_it(door: Door, name: str) -> None:
    assert Pusher(door.url("hik-secret", f"/{SECRET}")).post("text/xml", HIK_WAYS[name]) == 200
    read = door.cameras["hik-secret"].read(0.1)
    assert (read.plate, read.confidence, read.picture) == ("24A1", 0.9, b"")


DAHUA_WAYS = {
    "event manager": b'Code=TrafficJunction;action=Pulse;index=0;data={"TrafficCar":{"PlateNumber":"24A1"}}',
    "batch": b'{"Events":[{"Code":"VideoMotion"},{"Code":"TrafficJunction",'
    b'"Data":{"TrafficCar":{"PlateNumber":"24A1"}}}]}',
    "call": b'{"params":{"eventList":[{"Code":"trafficjunction","Data":{"Object":{"Text":"24A1"}}}]}}',
    "lines": b"Events[0].Code=VideoMotion\nEvents[1].Code=TrafficJunction\nEvents[1].TrafficCar.PlateNumber=24A1\n",
    "motorbike": b'{"Code":"TrafficJunction","Data":{"TrafficCar":{"PlateNumber":""},'
    b'"NonMotor":{"Plate":{"Text":"24A1"}}}}',
}


@pytest.mark.parametrize("name", list(DAHUA_WAYS))
def test_dahua_has_many_ways_to_say_it(door: Door, name: str) -> None:
    assert Pusher(door.url("dahua-secret", f"/{SECRET}")).post("text/plain", DAHUA_WAYS[name]) == 200
    assert door.cameras["dahua-secret"].read(0.1).plate == "24A1"


@pytest.mark.parametrize("word", ["unknown", "noPlate", "", "  "])
def test_a_vehicle_without_a_plate(door: Door, word: str) -> None:
    HikvisionTwin(door.url("hik-secret", f"/{SECRET}")).plate(word, PICTURE)
    assert door.cameras["hik-secret"].read(0.1)[:3] == ("", 0.0, PICTURE)


NOT_NOW = {
    "a heartbeat": hikvision_xml("heartBeat", ""),
    "video loss": hikvision_xml("videoloss", ""),
    "over": hikvision_xml("linedetection", "").replace(b">active<", b">inactive<"),
    "from before a lost connection": hikvision_xml(
        "ANPR", "<ANPR><licensePlate>24A1</licensePlate></ANPR>", "<alarmDataType>1</alarmDataType>"
    ),
    "another document": b"<ResponseStatus><eventType>none</eventType></ResponseStatus>",
    "nothing": b"",
    "a picture alone": PICTURE,
}


@pytest.mark.parametrize("name", list(NOT_NOW))
def test_what_is_of_no_interest_is_answered_and_counted(door: Door, name: str) -> None:
    assert Pusher(door.url("hik-secret", f"/{SECRET}")).post("application/xml", NOT_NOW[name]) == 200
    assert door.cameras["hik-secret"].counts == {"other": 1}


# --- what strangers say -----------------------------------------------------------------------------------------

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">'
    b"<!ENTITY z '&y;&y;&y;&y;&y;&y;&y;&y;'>]><EventNotificationAlert><eventType>ANPR</eventType>"
    b"<licensePlate>&z;</licensePlate></EventNotificationAlert>"
)
MALFORMED = {
    "an XML bomb": ("text/xml", BOMB),
    "an outside entity": (
        "text/xml",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><eventType>ANPR</eventType>&x;</a>',
    ),
    "a bomb in UTF-16": ("text/xml", BOMB.decode().replace('<?xml version="1.0"?>', "").encode("utf-16")),
    "XML cut short": ("text/xml", b"<EventNotificationAlert><eventType>"),
    "XML too deep": ("text/xml", b"<a>" * 99 + b"</a>" * 99),
    "XML too wide": ("text/xml", b"<a>" + b"<b/>" * 6_000 + b"</a>"),
    "XML too large": ("text/xml", b"<a>" + b"x" * (1 << 20) + b"</a>"),
    "an encoding that is none": ("text/xml", b'<?xml version="1.0" encoding="utf-99"?><a/>'),
    "JSON cut short": ("application/json", b'{"eventType":'),
    "JSON too deep": ("application/json", b'{"a":' * 5_000 + b"1" + b"}" * 5_000),
    "JSON too wide": ("application/json", b"{" + b",".join(b'"%d":1' % n for n in range(6_000)) + b"}"),
    "no text": ("text/plain", b"\xfe\xed\x00\x80\x81"),
    "no boundary": ("multipart/form-data", b"--x\r\n\r\n--x--"),
    "no part": ("multipart/form-data; boundary=x", b"nothing of the kind"),
    "no end of headers": ("multipart/form-data; boundary=x", b"--x\r\nContent-Type: a/b"),
    "too many parts": ("multipart/form-data; boundary=x", b"--x\r\n\r\n" * 99),
}


@pytest.mark.parametrize("lane", ["hik-secret", "dahua-secret"])
@pytest.mark.parametrize("name", list(MALFORMED))
def test_what_is_malformed_is_400_and_changes_nothing(door: Door, lane: str, name: str) -> None:
    kind, body = MALFORMED[name]
    began = time.monotonic()
    assert Pusher(door.url(lane, f"/{SECRET}")).post(kind, body) == 400
    assert time.monotonic() - began < 1
    assert nothing_came(door)


@pytest.mark.parametrize("said", [None, b"10"])
def test_a_body_too_large_is_413(door: Door, said: bytes | None) -> None:
    body = b"x" * (BODY_MAX + 70_000)
    line = socket.create_connection(("127.0.0.1", door.port), 10)
    line.settimeout(10)
    head = b"POST /push/hik-secret/%b HTTP/1.1\r\nHost: a\r\n" % SECRET.encode()
    try:
        if said is None:
            line.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body))
        else:
            line.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
            for start in range(0, len(body), 65_536):
                line.sendall(b"%x\r\n%b\r\n" % (len(piece := body[start : start + 65_536]), piece))
    except OSError:
        assert said  # it hung up while more came
    answer = http.client.HTTPResponse(line)
    answer.begin()
    assert answer.status == 413
    answer.close()
    line.close()
    assert nothing_came(door)


def test_a_picture_too_large_for_evidence_is_left_out_and_the_plate_is_read(door: Door) -> None:
    huge = PICTURE[:-2] + bytes(3_000_000) + b"\xff\xd9"
    assert HikvisionTwin(door.url("hik-secret", f"/{SECRET}")).plate("24A1", huge) == 200
    assert door.cameras["hik-secret"].read(0.1).plate == "24A1"


# --- which read is whose ----------------------------------------------------------------------------------------


@contextmanager
def pushing(camera: PushCamera, *plates: str, after_s: float = 0.0) -> Iterator[None]:
    """Reads that come while somebody waits."""

    def push() -> None:
        for plate in plates:
            camera.hear("text/xml", hikvision_xml("ANPR", f"<ANPR><licensePlate>{plate}</licensePlate></ANPR>"))

    timer = threading.Timer(after_s, push)
    timer.start()
    if not after_s:
        timer.join()
    yield
    timer.join()


def test_the_newest_unused_read_is_the_vehicles() -> None:
    camera = PushCamera(CONFIGS["hik-digest"])
    with pushing(camera, "A1", "A2"):
        assert camera.read(0.1).plate == "A2"
        with pytest.raises(DeviceFailed):
            camera.read(0.05)


def test_who_asks_early_gets_the_next_read() -> None:
    camera = PushCamera(CONFIGS["hik-digest"])
    with pushing(camera, "A1", after_s=0.1):
        assert camera.read(5).plate == "A1"


def test_a_read_that_nobody_asked_for_is_soon_too_old() -> None:
    camera = PushCamera(PushConfig(maker=Maker.HIKVISION, secret=SECRET, fresh_s=0.05))
    with pushing(camera, "A1"):
        time.sleep(0.1)
        with pytest.raises(DeviceFailed):
            camera.read(0.05)


def test_the_last_vehicle_read_again_is_not_the_next_vehicle() -> None:
    camera = PushCamera(CONFIGS["hik-digest"])
    with pushing(camera, "A1"):
        assert camera.read(0.1).plate == "A1"
    with pushing(camera, "A1"), pytest.raises(DeviceFailed):
        camera.read(0.05)
    with pushing(camera, "A1", after_s=0.05):
        assert camera.read(5).plate == "A1", "it stands there now: it was read while it was asked for"


def test_a_read_with_a_plate_before_one_without() -> None:
    camera = PushCamera(CONFIGS["hik-digest"])
    with pushing(camera, "A1", "unknown"):
        assert camera.read(0.1).plate == "A1"


def test_stop_lets_who_waits_go() -> None:
    camera = PushCamera(CONFIGS["hik-digest"])
    threading.Timer(0.05, camera.stop).start()
    with pytest.raises(DeviceFailed, match="stopped"):
        camera.read(30)
