"""Sets up a demo: the files of every part, fresh secrets, free ports, nothing shared but what must be."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gate.broker_rules import CENTRE_USER, DEVICES_USER, centre_rules, site_rules
from gate.messages import Direction
from simulator.demo import files
from simulator.demo.files import Person
from simulator.demo.sites import SITES, DemoSite
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.ports import free_port

HOST: Final = "127.0.0.1"


@dataclass(frozen=True)
class Stage:
    """A demo, set up and not yet started. `screens`: the pages that drivers see at the exits."""

    folder: Path
    brokers: tuple[Mosquitto, ...]
    people: Mapping[str, Person]
    url: str
    screens: tuple[str, ...]

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
    port = free_port()
    centre = files.centre_for(f"http://{HOST}:{port}", SITES)
    users = {CENTRE_USER: files.password(), **{site.box: files.password() for site in SITES}}
    broker = Mosquitto(folder / "broker-centre", users, centre_rules((site.site, site.box) for site in SITES))
    brokers, plans = [broker], []
    screens: list[str] = []
    for site in SITES:
        own = {site.box: files.password(), DEVICES_USER: files.password()}
        site_broker = Mosquitto(folder / f"broker-{site.box}", own, site_rules(site.box))
        brokers.append(site_broker)
        camera_port, web_port = free_port(), free_port()
        own_screens = f"http://{HOST}:{web_port}/screen"
        screens += [f"{site.site} {own_screens}/{lane}" for lane, way in site.lanes if way == Direction.OUT]
        box = files.box_file(
            site,
            centre,
            bus=_broker(broker, site.box, users),
            devices=_broker(site_broker, site.box, own),
            data=f"{folder}/{site.box}",
            camera=f"http://{HOST}:{camera_port}",
            web_port=web_port,
        )
        files.write(folder / f"{site.box}.json", box)
        plans.append(files.site_plan(site, devices=_broker(site_broker, DEVICES_USER, own), camera_port=camera_port))
    stage = Stage(folder, tuple(brokers), centre.people, centre.url, tuple(screens))
    told = files.centre_file(
        centre,
        SITES,
        database=f"sqlite:///{folder}/centre.db",
        vault=f"{folder}/vault",
        host=HOST,
        port=port,
        bus=_broker(broker, CENTRE_USER, users),
    )
    files.write(stage.centre, told)
    world = files.world_file(centre, plans, truth=str(stage.truth), arrivals_s=arrivals_s, seed=seed)
    files.write(stage.world, world)
    return stage


def _broker(at: Mosquitto, user: str, users: Mapping[str, str]) -> files.Json:
    return files.broker(HOST, at.port, user, users[user])
