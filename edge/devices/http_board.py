"""Relays and inputs over HTTP, as Shelly's devices have them, of the first generation and since.

A relay is closed together with the time after which the device opens it by itself. All inputs come in one answer,
with the device's uptime: one that goes backwards is a power cut between two samples.
"""

import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import httpx
import msgspec

from edge.devices.board_config import Auth, HttpBoard, Style
from edge.devices.polled import Manner, PolledBoard
from gate.devices import words
from gate.devices.board import DeviceFailed, Level, Relay, Sensor

TIMEOUT_S: Final = 1.0
BYTES_MAX: Final = 65_536


def http_board(name: str, config: HttpBoard) -> PolledBoard:
    """The board of this configuration."""
    manner = Manner(name, config.poll_ms / 1000, config.pulse_ms / 1000, opens_itself=True)
    return PolledBoard(manner, lambda: HttpWire(config), config.absent)


class HttpWire:
    """A client of the device; it connects when it is first asked."""

    def __init__(self, config: HttpBoard) -> None:
        self._config = config
        self._uptime = 0.0
        self._line: socket.socket | None = None
        self._client = httpx.Client(
            base_url=config.url, auth=_auth(config), timeout=TIMEOUT_S, follow_redirects=False, trust_env=False
        )

    def read(self) -> Mapping[Sensor, Level]:
        """All inputs of one status. Raises DeviceFailed where it has started anew since the last one."""
        if self._config.style is Style.SHELLY1:
            status = self._asked("GET", "/status")
            uptime, states = status["uptime"], [entry["input"] for entry in status["inputs"]]
            said = dict(enumerate(states))
        else:
            status = self._asked("GET", "/rpc/Shelly.GetStatus")
            uptime = status["sys"]["uptime"]
            wired = self._config.inputs.values()
            said = {number: status[f"input:{number}"]["state"] for number in wired}
        before, self._uptime = self._uptime, float(uptime)
        if self._uptime < before:
            raise DeviceFailed("it has started anew")
        return {sensor: self._level(sensor, said[number]) for sensor, number in self._config.inputs.items()}

    def counted(self) -> int | None:
        """What its counting input says. Raises DeviceFailed where that input does not count."""
        if self._config.counter is None:
            return None
        said = self._asked("GET", "/rpc/Input.GetStatus", params={"id": self._config.counter})
        counts = said.get("counts")
        if not isinstance(counts, dict):
            raise DeviceFailed(f"counter: input {self._config.counter} is not set up to count")
        return words.count(counts.get("total"))

    def close_relay(self, relay: Relay) -> None:
        """Close the relay for the pulse time. Raises DeviceFailed where it would stay closed."""
        number, pulse_s = self._config.relays[relay], self._config.pulse_ms / 1000
        if self._config.style is Style.SHELLY1:
            said = self._asked("POST", f"/relay/{number}", params={"turn": "on", "timer": f"{pulse_s:g}"})
            if said.get("ison") is not True or said.get("has_timer") is not True:
                raise DeviceFailed("it closed its relay without a timer, or not at all")
        else:
            self._asked("POST", "/rpc/Switch.Set", json={"id": number, "on": True, "toggle_after": pulse_s})

    def open_relay(self, relay: Relay) -> None:
        """Open the relay."""
        number = self._config.relays[relay]
        if self._config.style is Style.SHELLY1:
            self._asked("POST", f"/relay/{number}", params={"turn": "off"})
        else:
            self._asked("POST", "/rpc/Switch.Set", json={"id": number, "on": False})

    def hang_up(self) -> None:
        """End the connection under whoever reads from it."""
        line = self._line
        if line is not None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        with suppress(Exception):
            self._client.close()

    def _asked(self, method: str, path: str, **what: Any) -> dict[str, Any]:
        watch = {"trace": self._trace}
        with self._client.stream(method, path, extensions=watch, **what) as answer:
            body = _body(answer)
        if answer.status_code != httpx.codes.OK:
            raise DeviceFailed(f"answered {answer.status_code}")
        said = msgspec.json.decode(body)
        if not isinstance(said, dict):
            raise DeviceFailed("answered no object")
        return said

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Know the socket, to be able to hang up: the library's time-out begins anew with each byte."""
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            line = info["return_value"].get_extra_info("socket")
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._line = line

    def _level(self, sensor: Sensor, state: object) -> Level:
        if not isinstance(state, int):  # an input that is set up as a button has no state
            return Level.UNKNOWN
        return self._config.level(sensor, closed=bool(state))


def _auth(config: HttpBoard) -> httpx.Auth | None:
    if config.auth is Auth.NONE:
        return None
    kind = httpx.BasicAuth if config.auth is Auth.BASIC else httpx.DigestAuth
    return kind(config.user, config.password)


def _body(answer: httpx.Response) -> bytes:
    body, until = b"", time.monotonic() + TIMEOUT_S
    for part in answer.iter_bytes():
        body += part
        if len(body) > BYTES_MAX or time.monotonic() > until:
            raise DeviceFailed(f"{len(body)} bytes and no end")
    return body
