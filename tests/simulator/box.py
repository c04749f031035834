"""A minimal box and centre for tests of the world: it opens, asks for money, hears notices, and keeps books.

It stands where the product will stand: on the broker and behind HTTP, nowhere else. Its plate reader is perfect
because it asks the world whom a picture shows.
"""

import hashlib
import hmac
import itertools
import json
import threading
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from gate import vietqr
from gate.devices import profiler, tasmota
from gate.devices.board import Level, Relay, Sensor
from gate.devices.screen import Face, Page, screen_topic
from gate.reference import found_in, mint
from gate.vehicle import classify
from gate.wire import encode
from simulator.stage.mosquitto import Mosquitto

SECRET = "feed-secret"
PRICES = {"MOTO": 10_000, "CAR9": 30_000, "VAN16": 40_000, "MINI29": 50_000, "BUS30": 70_000}
BANK, ACCOUNT = "970436", "1017595600"


class Box:
    """Plays box and centre for site SPS with lanes `in-1` and `out-1`.

    `who` tells whom a picture shows, `cameras` the port they are at. `puzzled`: how many exits it wants a person for.
    """

    def __init__(self, broker: Mosquitto, user: str, password: str, *, puzzled: int = 0) -> None:
        self.who: Callable[[str], str | None] = lambda _sha: None
        self.cameras = 0
        self.notices: list[dict[str, Any]] = []
        self.forged = 0
        self.books: dict[str, Any] = {name: [] for name in ("openings", "passages", "visits", "charges", "payments")}
        self.prices = PRICES
        self.wants: dict[str, Any] | None = None
        self.logins = 0
        self._puzzled = puzzled
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()
        self._here: dict[str, Any] = {}
        self._timers: list[threading.Timer] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._mqtt = Client(CallbackAPIVersion.VERSION2)
        self._mqtt.username_pw_set(user, password)
        self._mqtt.on_message = self._message
        self._mqtt.connect(broker.host, broker.port)
        for topic in ("stat/+/RESULT", "tele/+/PROFILE"):
            self._mqtt.subscribe(topic, 1)

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        self._mqtt.loop_start()
        return self

    def __exit__(self, *_: object) -> None:
        for timer in self._timers:
            timer.cancel()
        self._mqtt.disconnect()
        self._mqtt.loop_stop()
        self._http.shutdown()
        self._http.server_close()

    def totals(self) -> dict[str, Any]:
        """Its books with their totals."""
        books = self.books
        charged, paid = (sum(item["amount"] for item in books[name]) for name in ("charges", "payments"))
        figures = {name: len(items) for name, items in books.items()} | {"charged_vnd": charged, "paid_vnd": paid}
        figures["visits"] = sum(visit["entry_passage"] is not None for visit in books["visits"])
        return books | {"totals": figures | {"outstanding_vnd": charged - paid}}

    def _message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        lane = message.topic.split("/")[1]
        with self._lock:
            if message.topic == profiler.profile_topic(lane):
                self._measured(lane, bytes(message.payload))
            for sensor, level, _edge in tasmota.readings(lane, message.topic, bytes(message.payload)):
                self._edge(lane, sensor, level)

    def _edge(self, lane: str, sensor: Sensor, level: Level) -> None:
        if (sensor, level) == (Sensor.LIMIT_UP, Level.ON):
            visit = self._here[lane]["visit"]
            self._book("openings", opening=self._number(), lane=lane, reason="paid", by="rule", visit=visit["visit"])
        elif (sensor, level) == (Sensor.EXIT, Level.OFF):
            self._passed(lane, self._here.pop(lane)["visit"])
            self._pulse(lane, Relay.LOWER)

    def _measured(self, lane: str, payload: bytes) -> None:
        outline = profiler.profile(payload)
        assert outline is not None
        with urllib.request.urlopen(f"http://127.0.0.1:{self.cameras}/{lane}/snapshot.jpg", timeout=10) as answer:
            picture = hashlib.sha256(answer.read()).hexdigest()
        self._here[lane] = {"approach": f"{self._number()}", "picture": picture}
        if lane.startswith("in"):
            self._here[lane]["visit"] = self._visit(picture, classify(outline).value)
            self._pulse(lane, Relay.RAISE)
        elif self._puzzled:
            self._puzzled -= 1
            approach = self._here[lane]["approach"]
            self.wants = {"why": "no_match", "since": "2026-11-23T00:00:00Z", "approach": approach}
        else:
            self.display(self._of(self.who(picture)))

    def display(self, visit: dict[str, Any]) -> None:
        """Price the visit at the exit and ask for its money; let it out unpaid after a while."""
        with self._lock:
            self.wants, lane = None, "out-1"
            self._here[lane]["visit"] = visit
            total = self.prices[visit["class"]]
            payload = vietqr.encode(bank=BANK, account=ACCOUNT, amount=total, note=visit["visit"])
            page = Page(lane=lane, face=Face.PAY, vi="Quét mã", en="Scan", total=total, payload=payload)
            self._mqtt.publish(screen_topic(lane), encode(page), qos=1)
            self._timers.append(threading.Timer(4.0, self._let_out, (visit,)))
            self._timers[-1].start()

    def notice(self, body: bytes, timestamp: str, signature: str) -> None:
        """A notice came."""
        right = hmac.digest(SECRET.encode(), timestamp.encode() + b"." + body, "sha256").hex()
        with self._lock:
            if signature != f"sha256={right}":
                self.forged += 1
                return
            said = json.loads(body)
            self.notices.append(said)
            if any(payment["provider_id"] == str(said["id"]) for payment in self.books["payments"]):
                return
            (reference,) = found_in(said["content"], frozenset({"SPS"}))
            amount = said["transferAmount"]
            self._book("payments", provider="sepay", provider_id=str(said["id"]), visit=reference, amount=amount)
            self._let_out(next(visit for visit in self.books["visits"] if visit["visit"] == reference))

    def lanes(self) -> dict[str, Any]:
        """What the console lists."""
        with self._lock:
            out = {"site": "SPS", "lane": "out-1", "direction": "out", "wants": self.wants, "phase": "deciding"}
            return {"lanes": [out]}

    def open_visits(self) -> dict[str, Any]:
        """What the console lists of visits."""
        with self._lock:
            keys = ("visit", "picture")
            return {"visits": [{key: visit[key] for key in keys} for visit in self.books["visits"]]}

    def visit(self, name: str) -> dict[str, Any]:
        """By its reference."""
        found: dict[str, Any] = next(visit for visit in self.books["visits"] if visit["visit"] == name)
        return found

    def _let_out(self, visit: dict[str, Any]) -> None:
        with self._lock:
            here = self._here.get("out-1")
            if here and here.get("visit") is visit and not here.get("raised"):
                here["raised"] = True
                self._pulse("out-1", Relay.RAISE)

    def _visit(self, picture: str, kind: str) -> dict[str, Any]:
        visit: dict[str, Any] = {
            "visit": mint("SPS", self._number(), b"key"),
            "class": kind,
            "plate": "",
            "picture": picture,
        }
        visit |= {"entry_passage": None, "exit_passage": None, "state": "open"}
        self.books["visits"].append(visit)
        return visit

    def _of(self, vehicle: str | None) -> dict[str, Any]:
        return next(visit for visit in self.books["visits"] if self.who(visit["picture"]) == vehicle)

    def _passed(self, lane: str, visit: dict[str, Any]) -> None:
        number, way = self._number(), lane.split("-", maxsplit=1)[0]
        visit["entry_passage" if way == "in" else "exit_passage"] = number
        self._book("passages", passage=number, lane=lane, direction=way, visit=visit["visit"], tailgate=False)
        if way == "out":
            self._book("charges", visit=visit["visit"], amount=self.prices[visit["class"]], vat=0)

    def _book(self, name: str, **item: Any) -> None:
        self.books[name].append(item)

    def _number(self) -> int:
        return next(self._numbers)

    def _pulse(self, lane: str, relay: Relay) -> None:
        self._mqtt.publish(tasmota.pulse_topic(lane, relay), b"ON", qos=1)


def _handler(box: Box) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers["Authorization"] != "Bearer open-sesame":
                self._answer(401, {})
            elif self.path == "/v1/lanes":
                self._answer(200, box.lanes())
            else:
                self._answer(200 if self.path == "/v1/visits/SPS/open" else 404, box.open_visits())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/notices/sepay":
                box.notice(body, self.headers["X-SePay-Timestamp"], self.headers["X-SePay-Signature"])
                self._answer(200, {"success": True})
            elif self.path == "/v1/session":
                box.logins += 1
                self._answer(200, {"token": "open-sesame", "role": "attendant"})
            elif self.path == "/v1/lanes/SPS/out-1/display":
                box.display(box.visit(json.loads(body)["visit"]))
                self._answer(202, {})
            else:
                self._answer(404, {})

        def _answer(self, status: int, said: Any) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    return Handler
