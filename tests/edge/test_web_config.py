"""Beyond loopback the box listens over TLS or not at all, and says which key is wrong before anything moves."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.config import BadConfig, load
from edge.web.config import WebConfig
from edge.web.server import BoxWeb
from edge.web.wall import Wall
from gate.wire import encode
from tests.edge.desk import box_config
from tests.edge.web_desk import LANES, certificate, written

Said = dict[str, object]


def loaded(folder: Path, web: Said) -> WebConfig | None:
    """What a box's file with this `web` comes to."""
    said = json.loads(encode(box_config(folder / "data")))
    said["web"] = web
    return load(written(folder, said)).web


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.0.9"])
def test_loopback_needs_no_tls(tmp_path: Path, host: str) -> None:
    assert loaded(tmp_path, {"host": host, "port": 8480}) == WebConfig(host=host, port=8480)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.20"])  # noqa: S104 - it is refused
def test_any_other_address_needs_tls(tmp_path: Path, host: str) -> None:
    with pytest.raises(BadConfig, match=r"box\.json: web: tls_cert: is missing; beyond loopback"):
        loaded(tmp_path, {"host": host})
    with pytest.raises(ValueError, match="tls_cert: is missing"):
        BoxWeb(WebConfig(host=host), tmp_path, Wall(LANES, tmp_path))
    cert, key = certificate(tmp_path, "box.site")
    assert loaded(tmp_path, {"host": host, "tls_cert": cert, "tls_key": key}) is not None


BAD: dict[str, tuple[Callable[[str, str, str], Said], str]] = {
    "key missing": (lambda cert, _key, _other: {"tls_cert": cert}, "web: tls_key: is missing"),
    "certificate missing": (lambda _cert, key, _other: {"tls_key": key}, "web: tls_cert: is missing"),
    "no such file": (lambda cert, _key, _other: {"tls_cert": cert, "tls_key": "/nowhere.key"}, "web: tls_key: no file"),
    "key of another": (lambda cert, _key, other: {"tls_cert": cert, "tls_key": other}, "web: tls_cert: .*with tls_key"),
    "key as certificate": (lambda _cert, key, _other: {"tls_cert": key, "tls_key": key}, "web: tls_cert: "),
    "a name": (lambda *_: {"host": "box.site"}, "web: host: 'box.site' is no address"),
    "port": (lambda *_: {"port": 0}, r"web\.port"),
    "unknown key": (lambda *_: {"tls": True}, "tls"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_a_mistake_is_named_with_its_key(tmp_path: Path, name: str) -> None:
    said, key = BAD[name]
    cert, mine = certificate(tmp_path, "box.site")
    _, other = certificate(tmp_path, "other.site")
    with pytest.raises(BadConfig, match=key):
        loaded(tmp_path, said(cert, mine, other))
