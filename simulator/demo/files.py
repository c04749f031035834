"""The files that parts are started with, as data: centre, box, world, and the secrets that only one of them may hold.

Where things are and who is whom comes from the caller; what they have in common with each other is written here, once.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate import signing
from simulator.demo.sites import DemoSite

BANK: Final = "970436"
PATIENCE_S: Final = 12
DRAIN_S: Final = 28
ROLES: Final = ("attendant", "manager", "finance", "administrator", "auditor")

Json = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """A login."""

    name: str
    role: str
    password: str


@dataclass(frozen=True)
class Centre:
    """What the parts know of the centre. `tokens`: by box; the centre gets their hashes."""

    url: str
    people: Mapping[str, Person]
    tokens: Mapping[str, str]
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    notice_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))


def centre_for(url: str, sites: Sequence[DemoSite]) -> Centre:
    """A centre with fresh secrets and a person for each role."""
    people = {role: Person(role, role, secrets.token_urlsafe(9)) for role in ROLES}
    return Centre(url, people, {site.box: secrets.token_urlsafe(24) for site in sites})


def password() -> str:
    """A secret that nobody types."""
    return secrets.token_urlsafe(18)


def write(path: Path, content: Json | str) -> None:
    """Write a file that only its owner may read."""
    path.touch(mode=0o600)
    path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def broker(host: str, port: int, user: str, secret: str) -> Json:
    """Where a broker is and who we are to it."""
    return {"host": host, "port": port, "user": user, "password": secret}


def centre_file(
    centre: Centre, sites: Sequence[DemoSite], *, database: str, vault: str, host: str, port: int, bus: Json
) -> Json:
    """What the centre is told."""
    return {
        "database": database,
        "vault": vault,
        "host": host,
        "port": port,
        "broker": bus,
        "signing_key": base64.b64encode(centre.key.private_bytes_raw()).decode(),
        "sepay_secret": centre.notice_secret,
        "sites": [_site(site) for site in sites],
        "boxes": [
            {"box": site.box, "site": site.site, "token_sha256": _sha256(centre.tokens[site.box])} for site in sites
        ],
        "users": [{"name": each.name, "role": each.role, "password": each.password} for each in centre.people.values()],
    }


def box_file(
    site: DemoSite, centre: Centre, *, bus: Json, devices: Json, data: str, camera: str, web_port: int | None = None
) -> Json:
    """What a site's box is told. `camera`: where the cameras of all lanes are; `web_port`: of its own lane screens."""
    told = {
        "site": site.site,
        "box": site.box,
        "centre": bus,
        "site_broker": devices,
        "centre_url": centre.url,
        "box_token": centre.tokens[site.box],
        "centre_key": signing.public_text(centre.key),
        "reference_key": secrets.token_urlsafe(24),
        "data": data,
        "lanes": [
            {"lane": lane, "direction": direction, "kind": "mixed", "camera": f"{camera}/{lane}/snapshot.jpg"}
            for lane, direction in site.lanes
        ],
    }
    return told if web_port is None else {**told, "web": {"port": web_port}}


def site_plan(site: DemoSite, *, devices: Json, camera_port: int) -> Json:
    """A car park in the world: its devices, who comes, what its price board says."""
    return {
        "site": site.site,
        "broker": devices,
        "camera_port": camera_port,
        "lanes": [{"lane": lane, "direction": direction} for lane, direction in site.lanes],
        "headway_s": site.headway_s,
        "stay_s": [4, 12],
        "mix": site.mix,
        "prices": {kind.value: price for kind, price in site.prices.items()},
        "account": {"bin": BANK, "number": site.account},
    }


def world_file(
    centre: Centre, plans: Sequence[Json], *, truth: str, arrivals_s: float | None, seed: int, ca_file: str = ""
) -> Json:
    """What the world is told. `arrivals_s` None: vehicles come for ever."""
    attendant = centre.people["attendant"]
    return {
        "seed": seed,
        "arrivals_s": arrivals_s,
        "drain_s": DRAIN_S,
        "truth": truth,
        "sites": list(plans),
        "bank": {
            "notice_url": f"{centre.url}/v1/notices/sepay",
            "secret": centre.notice_secret,
            "late": 0.2,
            "twice": 0.25,
            "reordered": 0.2,
            "never_pays": 0.08,
        },
        "attendant": {"url": centre.url, "user": attendant.name, "password": attendant.password},
        "ca_file": ca_file,
    }


def _site(site: DemoSite) -> Json:
    return {
        "site": site.site,
        "name_vi": site.name_vi,
        "name_en": site.name_en,
        "bank": BANK,
        "account": site.account,
        "account_name": "BARIE DEMO",
        "capacity": 300,
        "unpaid": "bill",
        "patience_s": PATIENCE_S,
        "tariff": site.tariff(),
    }


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
