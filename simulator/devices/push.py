"""Twins of cameras that read plates by themselves and push: in Hikvision's words and in Dahua's.

Each proves itself as its original does: digest on being asked, or a secret in the address.
"""

import base64
import http.client
import json
import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from gate.devices import digest
from gate.devices.digest import Login

BOUNDARY: Final = "MIME_boundary"
NAMESPACE: Final = "http://www.isapi.org/ver20/XMLSchema"


class Pusher:
    """Pushes to one address. Keeps its nonce and counts it up, as the standard has it."""

    def __init__(self, url: str, login: Login | None = None) -> None:
        self._url, self._login = urlsplit(url), login
        self._challenges: list[str] = []
        self._count = 0

    def post(self, content_type: str, body: bytes, below: str = "") -> int:
        """Push; the status of the answer."""
        status = self._post(content_type, body, below)
        if status == 401 and self._login and self._challenges:
            self._count = 0
            status = self._post(content_type, body, below)
        return status

    def _post(self, content_type: str, body: bytes, below: str) -> int:
        target = self._url.path + below + (f"?{self._url.query}" if self._url.query else "")
        headers = {"Content-Type": content_type}
        if self._login and self._challenges:
            self._count += 1
            cnonce = os.urandom(6).hex()
            said = digest.authorisation(self._challenges, self._login, "POST", target, self._count, cnonce)
            headers["Authorization"] = said
        line = http.client.HTTPConnection(self._url.hostname or "", self._url.port, timeout=10)
        try:
            line.request("POST", target, body, headers)
            with line.getresponse() as answer:
                answer.read()
                self._challenges = answer.headers.get_all("WWW-Authenticate") or self._challenges
                return answer.status
        finally:
            line.close()


def multipart(parts: list[tuple[str, str, bytes]]) -> tuple[str, bytes]:
    """Content type and body of parts (name, type, data)."""
    body = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
        f"Content-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        + data
        + b"\r\n"
        for name, kind, data in parts
    )
    return f"multipart/form-data; boundary={BOUNDARY}", body + f"--{BOUNDARY}--\r\n".encode()


def hikvision_xml(kind: str, inner: str, extra: str = "") -> bytes:
    """An `EventNotificationAlert`."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<EventNotificationAlert version="2.0" xmlns="{NAMESPACE}">\n'
        "<ipAddress>127.0.0.1</ipAddress><portNo>80</portNo><protocol>HTTP</protocol><channelID>1</channelID>"
        "<dateTime>2026-11-23T08:00:00+07:00</dateTime><activePostCount>1</activePostCount>"
        f"<eventType>{kind}</eventType><eventState>active</eventState>{extra}{inner}</EventNotificationAlert>"
    ).encode()


class HikvisionTwin(Pusher):
    """Pushes as Hikvision's ANPR cameras do."""

    def plate(self, text: str, picture: bytes, confidence: int = 97, way: str = "forward") -> int:
        """A vehicle was read."""
        plate = escape(text)
        inner = (
            f"<ANPR><country>1</country><licensePlate>{plate}</licensePlate><line>1</line><direction>{way}</direction>"
            f"<confidenceLevel>{confidence}</confidenceLevel><plateType>unknown</plateType>"
            "<plateColor>white</plateColor><vehicleType>SUVMPV</vehicleType>"
            f"<originalLicensePlate>{plate}</originalLicensePlate></ANPR>"
        )
        parts = [
            ("anpr.xml", "application/xml", hikvision_xml("ANPR", inner)),
            ("licensePlatePicture.jpg", "image/jpeg", picture[:200] + b"\xff\xd9"),
            ("detectionPicture.jpg", "image/jpeg", picture),
        ]
        return self.post(*multipart(parts))

    def line(self, way: str = "") -> int:
        """A vehicle crossed the line."""
        said = f"<direction>{way}</direction>" if way else ""
        region = f"<DetectionRegionList><DetectionRegionEntry><regionID>1</regionID>{said}</DetectionRegionEntry>"
        return self.post("application/xml", hikvision_xml("linedetection", f"{region}</DetectionRegionList>"))


class DahuaTwin(Pusher):
    """Pushes as Dahua's traffic cameras do."""

    def plate(self, text: str, picture: bytes, confidence: int = 200, way: str = "Obverse") -> int:
        """A vehicle was read: ITSAPI's TollgateInfo, the picture inside."""
        inside = {"PicName": "a.jpg", "Content": base64.b64encode(picture).decode()}
        plate = {"IsExist": True, "PlateNumber": text, "PlateColor": "White", "Confidence": confidence}
        said = {"Plate": plate, "NormalPic": inside, "SnapInfo": {"DeviceID": "twin", "Direction": way}}
        return self._json({"Picture": said}, "/NotificationInfo/TollgateInfo")

    def junction(self, text: str, picture: bytes, confidence: int = 200) -> int:
        """A vehicle was read: lines of text beside the picture."""
        lines = (
            f"Events[0].EventBaseInfo.Code=TrafficJunction\r\nEvents[0].EventBaseInfo.Action=Pulse\r\n"
            f"Events[0].Object.Confidence={confidence}\r\nEvents[0].TrafficCar.PlateNumber={text}\r\n"
            "Events[0].TrafficCar.PlateColor=Yellow\r\nEvents[0].JunctionDirection=Obverse\r\n"
        )
        return self.post(*multipart([("info", "text/plain", lines.encode()), ("normal", "image/jpeg", picture)]))

    def line(self, way: str = "LeftToRight") -> int:
        """A vehicle crossed the line."""
        return self._json({"Action": "Pulse", "Code": "CrossLineDetection", "Data": {"Direction": way}})

    def alive(self) -> int:
        """A heartbeat."""
        return self._json({"Active": "keepAlive", "DeviceID": "twin"}, "/NotificationInfo/KeepAlive")

    def _json(self, said: Mapping[str, object], below: str = "") -> int:
        return self.post("application/json", json.dumps(said, ensure_ascii=False).encode(), below)
