"""The way out to providers: HTTPS to hosts that the configuration names, time-outs, no redirects, small answers."""

from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

import httpx

from server.providers.contract import Unanswered

ANSWER_MAX: Final = 65_536
TIMEOUT: Final = httpx.Timeout(30.0, connect=5.0)  # MoMo asks its callers for 30 s at least
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def permitted(url: str, hosts: Collection[str]) -> bool:
    """Whether the address is on one of these hosts, by TLS unless it is this machine's own."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    return secure and host in hosts and not parts.username


class HttpLine:
    """Posts JSON. `transport` stands for the network where a provider's twin is in the same process."""

    def __init__(self, hosts: Collection[str], transport: httpx.BaseTransport | None = None) -> None:
        self._hosts, self._transport = frozenset(hosts), transport

    def allows(self, url: str) -> bool:
        """Whether the address is one that we were told of."""
        return permitted(url, self._hosts)

    def post(self, url: str, body: bytes) -> bytes:
        """The answer's bytes, a refusal's (4xx) included. Raises Unanswered."""
        if not self.allows(url):
            raise Unanswered(f"{url} is on no host that we may call")
        with httpx.Client(transport=self._transport, timeout=TIMEOUT, trust_env=False) as client:
            try:
                return _posted(client, url, body)
            except httpx.HTTPError as error:
                raise Unanswered(f"{urlsplit(url).hostname}: {error!r}") from error


def _posted(client: httpx.Client, url: str, body: bytes) -> bytes:
    headers = {"content-type": "application/json; charset=UTF-8"}
    with client.stream("POST", url, content=body, headers=headers) as answer:
        if not (answer.is_success or answer.is_client_error):
            raise Unanswered(f"{urlsplit(url).hostname} answers {answer.status_code}")
        raw = bytearray()
        for piece in answer.iter_bytes():
            raw += piece
            if len(raw) > ANSWER_MAX:
                raise Unanswered(f"{urlsplit(url).hostname} answers more than {ANSWER_MAX} bytes")
    return bytes(raw)
