"""Writes the configuration of every part of a demo: fresh secrets, free ports, nothing shared but what must be."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate import signing
from gate.broker_rules import CENTRE_USER, DEVICES_USER, centre_rules, site_rules
from simulator.demo.sites import SITES, DemoSite
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.ports import free_port

HOST: Final = "127.0.0.1"
PATIENCE_S: Final = 12
DRAIN_S: Final = 28


@dataclass(frozen=True)
class Person:
    """A login of the demo."""

    name: str
    role: str
    password: str


@dataclass(frozen=True)
class Stage:
    """A demo, set up and not yet started."""

    folder: Path
    brokers: tuple[Mosquitto, ...]
    people: dict[str, Person]
    url: str

    @property
    def centre(self) -> Path:
        """The centre's file."""
        return self.folder / "centre.json"

    @property
    def world(self) -> Path:
        """The world's file."""
        return self.folder / "world.json"

    @property
    def truth(self) -> Path:
        """Where the world writes what really happened."""
        return self.folder / "truth.json"

    def box(self, site: DemoSite) -> Path:
        """A box's file."""
        return self.folder / f"{site.box}.json"


def set_up(folder: Path, *, arrivals_s: float | None, seed: int) -> Stage:
    """Write everything below `folder`, which is empty."""
    folder.mkdir(parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    centre_port, notice_secret = free_port(), secrets.token_urlsafe(24)
    url = f"http://{HOST}:{centre_port}"
    people = {role: Person(role, role, secrets.token_urlsafe(9)) for role in ROLES}
    users = {CENTRE_USER: _password(), **{site.box: _password() for site in SITES}}
    broker = Mosquitto(folder / "broker-centre", users, centre_rules((site.site, site.box) for site in SITES))
    brokers, plans, tokens = [broker], [], {}
    for site in SITES:
        own = {site.box: _password(), DEVICES_USER: _password()}
        site_broker = Mosquitto(folder / f"broker-{site.box}", own, site_rules(site.box))
        brokers.append(site_broker)
        tokens[site.box] = secrets.token_urlsafe(24)
        camera_port = free_port()
        _write(
            folder / f"{site.box}.json",
            _box(site, folder, key, url, tokens[site.box], broker, users, site_broker, own, camera_port),
        )
        plans.append(_plan(site, site_broker.port, own[DEVICES_USER], camera_port))
    stage = Stage(folder, tuple(brokers), people, url)
    _write(
        stage.centre, _centre(folder, key, centre_port, broker.port, users[CENTRE_USER], tokens, people, notice_secret)
    )
    _write(stage.world, _world(stage, plans, notice_secret, arrivals_s, seed))
    return stage


ROLES: Final = ("attendant", "manager", "finance", "administrator")


def _password() -> str:
    return secrets.token_urlsafe(18)


def _write(path: Path, content: dict[str, Any]) -> None:
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1))


def _broker(port: int, user: str, password: str) -> dict[str, Any]:
    return {"host": HOST, "port": port, "user": user, "password": password}


def _centre(
    folder: Path,
    key: Ed25519PrivateKey,
    port: int,
    broker_port: int,
    broker_password: str,
    tokens: dict[str, str],
    people: dict[str, Person],
    notice_secret: str,
) -> dict[str, Any]:
    return {
        "database": f"sqlite:///{folder}/centre.db",
        "vault": f"{folder}/vault",
        "host": HOST,
        "port": port,
        "broker": _broker(broker_port, CENTRE_USER, broker_password),
        "signing_key": base64.b64encode(key.private_bytes_raw()).decode(),
        "sepay_secret": notice_secret,
        "sites": [_site(site) for site in SITES],
        "boxes": [
            {"box": site.box, "site": site.site, "token_sha256": hashlib.sha256(tokens[site.box].encode()).hexdigest()}
            for site in SITES
        ],
        "users": [
            {"name": person.name, "role": person.role, "password": person.password} for person in people.values()
        ],
    }


def _site(site: DemoSite) -> dict[str, Any]:
    return {
        "site": site.site,
        "name_vi": site.name_vi,
        "name_en": site.name_en,
        "bank": "970436",
        "account": site.account,
        "account_name": "BARIE DEMO",
        "capacity": 300,
        "unpaid": "bill",
        "patience_s": PATIENCE_S,
        "tariff": site.tariff(),
    }


def _box(  # noqa: PLR0913, PLR0917 - the parts of one file
    site: DemoSite,
    folder: Path,
    key: Ed25519PrivateKey,
    url: str,
    token: str,
    centre: Mosquitto,
    users: dict[str, str],
    broker: Mosquitto,
    own: dict[str, str],
    camera_port: int,
) -> dict[str, Any]:
    camera = f"http://{HOST}:{camera_port}"
    return {
        "site": site.site,
        "box": site.box,
        "centre": _broker(centre.port, site.box, users[site.box]),
        "site_broker": _broker(broker.port, site.box, own[site.box]),
        "centre_url": url,
        "box_token": token,
        "centre_key": signing.public_text(key),
        "reference_key": secrets.token_urlsafe(24),
        "data": f"{folder}/{site.box}",
        "lanes": [
            {"lane": lane, "direction": direction, "kind": "mixed", "camera": f"{camera}/{lane}/snapshot.jpg"}
            for lane, direction in site.lanes
        ],
    }


def _plan(site: DemoSite, port: int, password: str, camera_port: int) -> dict[str, Any]:
    return {
        "site": site.site,
        "broker": _broker(port, DEVICES_USER, password),
        "camera_port": camera_port,
        "lanes": [{"lane": lane, "direction": direction} for lane, direction in site.lanes],
        "headway_s": site.headway_s,
        "stay_s": [4, 12],
        "mix": site.mix,
        "prices": {kind.value: price for kind, price in site.prices.items()},
        "account": {"bin": "970436", "number": site.account},
    }


def _world(
    stage: Stage, plans: list[dict[str, Any]], secret: str, arrivals_s: float | None, seed: int
) -> dict[str, Any]:
    attendant = stage.people["attendant"]
    return {
        "seed": seed,
        "arrivals_s": arrivals_s,
        "drain_s": DRAIN_S,
        "truth": str(stage.truth),
        "sites": plans,
        "bank": {
            "notice_url": f"{stage.url}/v1/notices/sepay",
            "secret": secret,
            "late": 0.15,
            "twice": 0.15,
            "reordered": 0.1,
            "never_pays": 0.05,
        },
        "attendant": {"url": stage.url, "user": attendant.name, "password": attendant.password},
    }
