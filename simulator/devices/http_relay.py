"""An HTTP relay board's twin, as Shelly's devices speak: `/relay/0?turn=on&timer=0.5` and `/status` of the first
generation, `/rpc/Switch.Set` and `/rpc/Shelly.GetStatus` since. It wants basic or digest credentials where it has some.

Relays 0 and 1 raise and lower; inputs 0 to 6 are the inputs in the order of `Sensor`, input 7 counts (`Input` in mode
`count`, since the second generation).
"""

import asyncio
import base64
import json
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from gate.devices import digest
from gate.devices.board import Level, Relay, Sensor
from simulator.devices.arm import Arm
from simulator.devices.barrier import Barrier, Clock
from simulator.devices.trouble import Trouble

RELAYS: Final = {Relay.RAISE: 0, Relay.LOWER: 1}
INPUTS: Final = {sensor: number for number, sensor in enumerate(Sensor)}
COUNTER: Final = len(INPUTS)
_REALM, _NONCE = "relay", "60d1f3a9"
_CHALLENGE: Final = f'Basic realm="{_REALM}"\r\nWWW-Authenticate: Digest qop="auth", realm="{_REALM}", '
_BOTH: Final = f'{_CHALLENGE}nonce="{_NONCE}", algorithm=SHA-256'


class Request(NamedTuple):
    """What was asked."""

    method: str
    target: str
    words: dict[str, Any]
    authorisation: str

    @property
    def path(self) -> str:
        """Without the query."""
        return urlsplit(self.target).path


class HttpTwin(Barrier):
    """One board of one lane, on a port of this machine. Lives on its event loop."""

    host: Final = "127.0.0.1"

    def __init__(self, port: int, clock: Clock, *, arm: Arm | None = None, login: digest.Login | None = None) -> None:
        super().__init__(clock, arm)
        self.port = port
        self.trouble = Trouble.NONE
        self.redirect = ""
        self.asked: list[str] = []
        self._login = login
        self._chance = random.Random(port)
        self._started_at = 0.0
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()

    async def open_line(self) -> None:
        """Start, and listen."""
        self._started_at = self._clock.time()
        self._server = await asyncio.start_server(self._serve, self.host, self.port)

    async def cut_line(self) -> None:
        """Listen no more; whoever is connected is hung up on."""
        if self._server is not None:
            self._server.close()
            for line in list(self._lines):
                line.transport.abort()
            await self._server.wait_closed()
            self._server = None

    def restart(self) -> None:
        """A power cut that no open connection tells of: only its uptime begins anew."""
        self._started_at = self._clock.time()

    async def _serve(self, reader: asyncio.StreamReader, line: asyncio.StreamWriter) -> None:
        self._lines.add(line)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                while True:
                    line.write(self._answered(await _request(reader)))
                    await line.drain()
        finally:
            self._lines.discard(line)
            line.close()

    def _answered(self, request: Request) -> bytes:
        if self.trouble is Trouble.MUTE:
            return b""
        if self.trouble is Trouble.JUNK:
            return self._chance.randbytes(self._chance.randrange(1, 200)) + b"\r\n\r\n"
        if self.redirect:
            return _written(302, b"", f"Location: {self.redirect}\r\n")
        if not self._knows(request):
            return _written(401, b"", f"WWW-Authenticate: {_BOTH}\r\n")
        self.asked.append(f"{request.method} {request.target}")
        said = self._paths().get(request.path)
        return _written(404, b"") if said is None else _written(200, json.dumps(said(request.words)).encode())

    def _knows(self, request: Request) -> bool:
        if self._login is None:
            return True
        scheme, _, rest = request.authorisation.partition(" ")
        if scheme == "Basic":
            return rest == base64.b64encode(":".join(self._login).encode()).decode()
        said = digest.fields(request.authorisation)
        if said.get("username") != self._login.user or said.get("nonce") != _NONCE or said["uri"] != request.target:
            return False
        proof = digest.Proof(_REALM, _NONCE, said["nc"], said["cnonce"])
        return said["response"] == digest.response("SHA-256", self._login, request.method, request.target, proof)

    def _paths(self) -> dict[str, Callable[[dict[str, Any]], object]]:
        return {
            "/status": lambda _words: {
                "uptime": self._uptime(),
                "relays": [{"ison": self.is_closed(relay)} for relay in RELAYS],
                "inputs": [{"input": int(self._reads(sensor)), "event": "", "event_cnt": 0} for sensor in INPUTS],
            },
            "/rpc/Shelly.GetStatus": lambda _words: {
                "sys": {"uptime": self._uptime()},
                **{f"input:{number}": {"id": number, "state": self._reads(s)} for s, number in INPUTS.items()},
                **{f"switch:{number}": {"id": number, "output": self.is_closed(r)} for r, number in RELAYS.items()},
            },
            "/rpc/Input.GetStatus": lambda words: self._input_status(int(words["id"])),
            "/rpc/Switch.Set": self._switch_set,
            **{f"/relay/{number}": lambda words, relay=r: self._turn(relay, words) for r, number in RELAYS.items()},  # type: ignore[misc]
        }

    def _turn(self, relay: Relay, words: dict[str, Any]) -> object:
        if words.get("turn") == "on":
            self.close(relay, float(words.get("timer", "inf")))
        elif words.get("turn") == "off":
            self.open(relay)
        return {"ison": self.is_closed(relay), "has_timer": "timer" in words and self.is_closed(relay)}

    def _switch_set(self, words: dict[str, Any]) -> object:
        relay = next(relay for relay, number in RELAYS.items() if number == words["id"])
        was_on = self.is_closed(relay)
        if words["on"]:
            self.close(relay, float(words.get("toggle_after", "inf")))
        else:
            self.open(relay)
        return {"was_on": was_on}

    def _input_status(self, number: int) -> object:
        if number == COUNTER:
            return {"id": number, "counts": {"total": self.counter}, "freq": 0}
        return {"id": number, "state": self._reads(list(INPUTS)[number])}

    def _reads(self, sensor: Sensor) -> bool:
        return self.level(sensor) is Level.ON

    def _uptime(self) -> int:
        return int(self._clock.time() - self._started_at)


async def _request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    words: dict[str, Any] = dict(parse_qsl(urlsplit(target).query))
    if body:
        words |= json.loads(body)
    return Request(method, target, words, headers.get("authorization", ""))


def _written(status: int, body: bytes, more: str = "") -> bytes:
    return f"HTTP/1.1 {status} -\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body
