"""The centre's file: what cannot work is named before anything starts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.config import BadConfig, load
from simulator.demo import files
from simulator.demo.sites import SITES

Change = Callable[[dict[str, Any]], object]


def good(folder: Path) -> dict[str, Any]:
    """A file that can be used."""
    bus = files.broker("127.0.0.1", 1883, "centre", files.password())
    centre = files.centre_for("http://127.0.0.1:8080", SITES)
    return files.centre_file(
        centre,
        SITES,
        database=f"sqlite:///{folder}/centre.db",
        vault=f"{folder}/vault",
        host="127.0.0.1",
        port=8080,
        bus=bus,
    )


def written(folder: Path, told: dict[str, Any]) -> Path:
    """The file."""
    path = folder / "centre.json"
    path.write_text(json.dumps(told))
    return path


def another_box(told: dict[str, Any]) -> None:
    told["boxes"].append({**told["boxes"][0], "box": "sps-2"})


BAD: dict[str, tuple[Change, str]] = {
    "two deciding boxes": (another_box, "boxes: SPS has 2; one decides"),
    "a box of no site": (lambda c: c["boxes"][0].update(site="XXX"), "boxes: sps-1 belongs to XXX"),
    "beyond loopback without TLS": (lambda c: c.update(host="0.0.0.0"), "host: 0.0.0.0 is not loopback"),  # noqa: S104 - it is refused
    "TLS spoken by nobody knows whom": (lambda c: c.update(behind_tls=True), "proxies: behind_tls without"),
    "a proxy without an address": (lambda c: c.update(proxies=["front.example"]), "proxies: front.example is no addr"),
    "everybody as a proxy": (lambda c: c.update(proxies=["0.0.0.0/0"]), "proxies: 0.0.0.0/0 is everybody"),
    "half a certificate": (lambda c: c.update(certificate="/etc/x.pem"), "certificate: it and certificate_key"),
    "a key that is none": (lambda c: c.update(signing_key="AAAAAAAAAAAAAAAAAAAAAA=="), "signing_key"),
    "a name that turns": (lambda c: c["sites"][0].update(name_en="x\u202e"), "name_en: the text holds hidden"),
    "an unknown key": (lambda c: c.update(colour="red"), "colour"),
}


def test_a_good_one_is_taken(tmp_path: Path) -> None:
    assert len(load(written(tmp_path, good(tmp_path))).boxes) == len(SITES)


@pytest.mark.parametrize("name", list(BAD))
def test_a_mistake_is_named_with_its_file_and_key(tmp_path: Path, name: str) -> None:
    change, why = BAD[name]
    told = good(tmp_path)
    change(told)
    path = written(tmp_path, told)
    with pytest.raises(BadConfig) as refused:
        load(path)
    assert str(path) in str(refused.value)
    assert why in str(refused.value)
