"""Writes the files of an installation that docker-compose.yml starts: one site, its box, the centre, a simulated world.

Every secret is fresh and lies in one folder that only its owner can read. In the containers the files of a part lie
in one folder too, SECRETS, each part seeing its own.
"""

import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Final

from gate.broker_rules import CENTRE_USER, DEVICES_USER, centre_rules, site_rules
from simulator.demo import broker_files, files
from simulator.demo.broker_files import HEALTH_USER
from simulator.demo.certificates import Authority
from simulator.demo.sites import SITES

SECRETS: Final = "/run/secrets"
DATA: Final = "/var/lib/barie"
ACCOUNTS: Final = "/mosquitto/accounts"
"""Where the centre's broker keeps whom the centre lets in while it runs: the folder `broker.accounts`."""
CONTAINER_USER: Final = 10_001
"""Who the containers run as where root made the files: nothing needs root inside."""

CENTRE_PORT: Final = 8443
BROKER_PORT: Final = 8883
SITE_BROKER_PORT: Final = 1883
CAMERA_PORT: Final = 8081
LOOPBACK: Final = "127.0.0.1"
_SITE: Final = SITES[0]
_CA: Final = f"{SECRETS}/ca.pem"


class NotEmpty(FileExistsError):
    """The folder holds something; whose secrets it holds would be lost."""


def install(folder: Path, now: datetime) -> None:
    """Make the folder with all files, or nothing. Raises NotEmpty, OSError."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotEmpty(f"{folder} is there and not empty; nothing was written")
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, content in contents(folder.resolve(), now).items():
            (made / name).parent.mkdir(mode=0o700, exist_ok=True)
            files.write(made / name, content)
        _hand_over(made)
        made.replace(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def contents(folder: Path, now: datetime) -> dict[str, files.Json | str]:
    """Every file by its name. `folder` is where they will lie."""
    authority = Authority(now)
    centre = files.centre_for(f"https://centre:{CENTRE_PORT}", [_SITE])
    database_password = files.password()
    bus = {name: files.password() for name in (CENTRE_USER, _SITE.box, HEALTH_USER)}
    devices = {name: files.password() for name in (_SITE.box, DEVICES_USER, HEALTH_USER)}
    lines = [f"{person.name:14} {person.password}" for person in centre.people.values()]
    return {
        "compose.env": _environment(folder),
        "logins.txt": "\n".join([f"https://localhost:{CENTRE_PORT}/", *lines, ""]),
        "postgres.password": database_password,
        **_certificates(authority),
        **_broker("broker", str(BROKER_PORT), bus, centre_rules([(_SITE.site, _SITE.box)]), certified=True),
        "broker.accounts/accounts.json": broker_files.no_accounts(),
        **_broker("site-broker", f"{SITE_BROKER_PORT} {LOOPBACK}", devices, site_rules(_SITE.box), certified=False),
        "centre.json": _centre(centre, bus[CENTRE_USER], database_password),
        "box.json": files.box_file(
            _SITE,
            centre,
            bus={**files.broker("broker", BROKER_PORT, _SITE.box, bus[_SITE.box]), "ca_file": _CA},
            devices=files.broker(LOOPBACK, SITE_BROKER_PORT, _SITE.box, devices[_SITE.box]),
            data=DATA,
            camera=f"http://{LOOPBACK}:{CAMERA_PORT}",
        ),
        "world.json": _world(centre, devices[DEVICES_USER]),
    }


def _centre(centre: files.Centre, broker_password: str, database_password: str) -> files.Json:
    told = files.centre_file(
        centre,
        [_SITE],
        database=f"postgresql+psycopg://barie:{database_password}@postgres:5432/barie",
        vault=f"{DATA}/vault",
        host="0.0.0.0",  # noqa: S104 - with a certificate, and only the host's loopback is let in
        port=CENTRE_PORT,
        bus={**files.broker("broker", BROKER_PORT, CENTRE_USER, broker_password), "ca_file": _CA},
    )
    return {**told, "certificate": f"{SECRETS}/centre.pem", "certificate_key": f"{SECRETS}/centre.key"}


def _world(centre: files.Centre, devices_password: str) -> files.Json:
    devices = files.broker(LOOPBACK, SITE_BROKER_PORT, DEVICES_USER, devices_password)
    plan = files.site_plan(_SITE, devices=devices, camera_port=CAMERA_PORT)
    return files.world_file(centre, [plan], truth=f"{DATA}/truth.json", arrivals_s=None, seed=1, ca_file=_CA)


def _certificates(authority: Authority) -> dict[str, files.Json | str]:
    made: dict[str, files.Json | str] = {"ca.pem": authority.certificate}
    for name in ("centre", "broker"):
        certified = authority.certify([name, "localhost", LOOPBACK])
        made |= {f"{name}.pem": certified.certificate, f"{name}.key": certified.key}
    return made


def _broker(
    name: str, where: str, users: dict[str, str], rules: str, *, certified: bool
) -> dict[str, files.Json | str]:
    port, ca_file = int(where.split(maxsplit=1)[0]), _CA if certified else ""
    accounts = f"{ACCOUNTS}/accounts.json" if name == "broker" else ""
    return {
        f"{name}.conf": broker_files.listener(SECRETS, name, where, certified=certified, accounts=accounts),
        f"{name}.passwd": broker_files.passwords(users),
        f"{name}.acl": broker_files.with_health(rules),
        f"{name}.health": broker_files.health_options(port, users[HEALTH_USER], ca_file),
    }


def _environment(folder: Path) -> str:
    """What docker-compose.yml cannot do without: where the files are and whose they are."""
    who, group = _owner()
    return f"BARIE_SECRETS={folder}\nBARIE_UID={who}\nBARIE_GID={group}\n"


def _owner() -> tuple[int, int]:
    return (CONTAINER_USER, CONTAINER_USER) if os.getuid() == 0 else (os.getuid(), os.getgid())


def _hand_over(folder: Path) -> None:
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, *_owner())
