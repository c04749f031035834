"""The box's web server at a real port, as a test starts it; a certificate; pages with something on them."""

import hashlib
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge.known.visits import Stay
from edge.lanes import pages
from edge.lanes.decide import Quote
from edge.web.config import WebConfig
from edge.web.pairs import Moment
from edge.web.server import BoxWeb
from edge.web.wall import Wall
from gate import vietqr
from gate.devices.screen import Page
from gate.lease import Standing
from gate.messages import BillLine, OpeningReason, Why
from gate.tariff import Bill
from gate.vehicle import VehicleClass
from simulator.stage.ports import free_port

PATIENCE_S: Final = 10.0
BOX: Final = "box.site"
"""How screens beyond loopback call the box."""
LANES: Final = ("in-1", "out-1")
NOON: Final = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
PLATE: Final = "24A12345"
PAYLOAD: Final = vietqr.encode(bank="970436", account="1017595600", amount=30_000, note="SPSK7M2Q9AB")


class Hours:
    """The machine's own clock, moved when told."""

    def __init__(self) -> None:
        self.boot, self.seconds = "this boot", 1_000.0

    def __call__(self) -> Moment:
        return Moment(self.boot, self.seconds)


@contextmanager
def served(
    folder: Path, *, tls: tuple[str, str] = ("", ""), port: int = 0, **more: Any
) -> Iterator[tuple[BoxWeb, Wall]]:
    """A server that listens inside the block, with a wall of LANES; the folder is the box's data."""
    wall = Wall(LANES, folder / "pictures")
    (folder / "pictures").mkdir(exist_ok=True)
    web = BoxWeb(WebConfig(port=port or free_port(), tls_cert=tls[0], tls_key=tls[1]), folder, wall, **more)
    web.start()
    try:
        if not web.listening.wait(PATIENCE_S):
            raise TimeoutError("nothing listens")
        yield web, wall
    finally:
        web.stop()


def certificate(folder: Path, *names: str) -> tuple[str, str]:
    """The files of a certificate for these names that signs itself, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / f"{names[0]}.pem", folder / f"{names[0]}.key"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(cert_file), str(key_file)


class _ByName(httpx.HTTPTransport):
    """Finds BOX on loopback, as a site's name server would find it elsewhere."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        there = request.url.copy_with(host="127.0.0.1")
        named = {**request.extensions, "sni_hostname": request.url.host}
        return super().handle_request(
            httpx.Request(request.method, there, headers=request.headers, stream=request.stream, extensions=named)
        )


def visitor(web: BoxWeb, cert: str = "") -> httpx.Client:
    """A browser without scripts: of this machine, or with `cert` one that calls the box by its name over TLS."""
    port = web.config.port
    if not cert:
        return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S)
    trusting = ssl.create_default_context(cafile=cert)
    return httpx.Client(base_url=f"https://{BOX}:{port}", transport=_ByName(verify=trusting), timeout=PATIENCE_S)


class News:
    """A lane's open stream, event by event."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.iter_lines()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        name, data = "", list[str]()
        for line in self._lines:
            if line.startswith("event: "):
                name, data = line.removeprefix("event: "), []
            elif line.startswith("data:"):
                data.append(line.removeprefix("data:").removeprefix(" "))
            elif not line and name:
                yield name, "\n".join(data)
                name = ""

    def until(self, text: str) -> str:
        """The first page that holds this text."""
        return next(data for name, data in self if name == "page" and text in data)


@contextmanager
def listening(client: httpx.Client, lane: str) -> Iterator[News]:
    """The lane's news."""
    with client.stream("GET", f"/screen/{lane}/events") as answer:
        answer.raise_for_status()
        yield News(answer)


def stayed(
    since: datetime,
    kind: VehicleClass = VehicleClass.CAR9,
    *,
    plate: str = PLATE,
    payload: str = PAYLOAD,
    what: str = "",
) -> Quote:
    """A stay since then that costs 30,000 dong."""
    line = BillLine(since=since, until=NOON, what=what or f"turn {kind}", amount=30_000)
    stay, bill = Stay("SPSK7M2Q9AB", plate, kind, since, paid=False), Bill(30_000, 2_222, (line,))
    return Quote(stay, bill, "flat", payload, NOON, 30_000)


def owing(lane: str, *, photo: str = "", plate: str = PLATE, payload: str = PAYLOAD) -> Page:
    """A page that asks for 30,000 dong."""
    since = NOON - timedelta(hours=2, minutes=33)
    return pages.pay(lane, stayed(since, plate=plate, payload=payload), now=NOON, photo=photo)


def kept(folder: Path, content: bytes) -> str:
    """The name of a picture that the box keeps."""
    name = hashlib.sha256(content).hexdigest()
    (folder / "pictures").mkdir(exist_ok=True)
    (folder / "pictures" / name).write_bytes(content)
    return name


def written(folder: Path, said: object) -> Path:
    """A box's file."""
    path = folder / "box.json"
    path.write_text(json.dumps(said))
    return path


def all_faces(lane: str, photo: str) -> dict[str, Page]:
    """A page of every kind, as drivers meet them."""
    kind = VehicleClass.CAR9
    return {
        "welcome": pages.welcome(lane),
        "reading": pages.reading(lane),
        "pay": owing(lane, photo=photo),
        "pay-plain": owing(lane),
        "paid": pages.leave(lane, PLATE, 30_000, reason=OpeningReason.PAID, kind=kind, photo=photo),
        "billed": pages.leave(lane, PLATE, 0, reason=OpeningReason.BILLED, kind=kind, photo=photo),
        "pass": pages.come_in(lane, PLATE, standing=Standing.PASS, kind=kind, photo=photo),
        "unread": pages.wait(lane, why=Why.UNREAD, photo=photo),
        "ambiguous": pages.wait(lane, why=Why.AMBIGUOUS, plate=PLATE, photo=photo),
        "denied": pages.denied(lane, plate=PLATE, kind=kind, photo=photo),
        "full": pages.full(lane),
        "closed": pages.closed(lane),
        "out-of-service": pages.out_of_service(lane),
        "open": pages.go_ahead(lane),
        "starting": pages.starting(lane),
    }
