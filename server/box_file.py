"""A new box's `box.json`, with everything that the centre knows and the secrets that are told once.

What only the place itself knows is written as the usual and is to be looked through there: cameras, the box's own
broker, the folder. The keys are those of the handbook; a test starts a box with it.
"""

import json
import secrets
from collections.abc import Sequence
from typing import Final, NamedTuple

from gate import signing
from server.config import Broker, CentreConfig

SITE_BROKER: Final = {"host": "127.0.0.1", "port": 1883}
CAMERA: Final = "http://127.0.0.1:8081/{lane}/snapshot.jpg"
DATA: Final = "/var/lib/barie"


class NewBox(NamedTuple):
    """A box that was registered just now: `token` proves its pictures, `password` is its account's at the broker."""

    site: str
    box: str
    token: str
    password: str
    lanes: Sequence[tuple[str, str]]


def box_file(new: NewBox, centre: CentreConfig, url: str) -> str:
    """The file's text. `url`: where the box reaches the centre."""
    told = {
        "site": new.site,
        "box": new.box,
        "centre": _account(centre.broker, new),
        "site_broker": {**SITE_BROKER, "user": new.box, "password": secrets.token_urlsafe(18)},
        "centre_url": url.rstrip("/"),
        "box_token": new.token,
        "centre_key": signing.public_text(signing.private_key(centre.signing_key)),
        "reference_key": secrets.token_urlsafe(24),
        "data": DATA,
        "lanes": [
            {"lane": lane, "direction": direction, "kind": "mixed", "camera": CAMERA.format(lane=lane)}
            for lane, direction in new.lanes
        ],
    }
    return json.dumps(told, indent=1) + "\n"


def _account(broker: Broker, new: NewBox) -> dict[str, str | int]:
    where: dict[str, str | int] = {"host": broker.host, "port": broker.port, "user": new.box, "password": new.password}
    return {**where, "ca_file": broker.ca_file} if broker.ca_file else where
