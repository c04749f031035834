"""From nothing to a lane on the screen: the printed code, an administrator, a site by the wizard, and its box started
with the very file that the wizard gave."""

import html
import json
import re
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from edge.config import load
from gate.broker_rules import DEVICES_USER, site_rules
from server.console.once import fresh
from simulator.demo.installation import BROKER_PORT, CENTRE_PORT, install
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.processes import Process, barie
from tests.console.test_access import csrf
from tests.console.test_first_run import SITE, begun
from tests.deploy.compose import compose, environment
from tests.deploy.loopback import HOST, Loopback
from tests.deploy.running import Running
from tests.edge.desk import SECRET
from tests.system.edge_site import SiteTwin

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(200)]
CODE = re.compile(r"give the code (\S+)")
SHOWN = re.compile(r'<code id="box-json">(.*?)</code>', re.DOTALL)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """What init makes, with empty books: nobody, no site, no box."""
    secrets = tmp_path / "installation"
    install(secrets, datetime.now(UTC))
    at = Loopback(tmp_path / "services", secrets, compose(environment(secrets))["services"])
    nothing: dict[str, list[str]] = {"sites": [], "boxes": [], "users": []}
    at.change("centre", "centre.json", database=f"sqlite:///{tmp_path / 'centre.sqlite'}", **nothing)
    with ExitStack() as stack:
        made = Running(at)
        stack.callback(lambda: [made.stop(name) for name in reversed(list(made.parts))])
        made.start("broker")
        made.parts["broker"].wait_for_port(at.ports[BROKER_PORT])
        made.start("centre")
        made.parts["centre"].wait_for_port(at.ports[CENTRE_PORT], 60)
        yield made


@pytest.fixture
def browser(running: Running) -> Iterator[httpx.Client]:
    """Of somebody who trusts the installation's own authority."""
    context = ssl.create_default_context(cafile=str(running.at.mount("centre") / "ca.pem"))
    with httpx.Client(base_url=f"https://{HOST}:{running.at.ports[CENTRE_PORT]}", verify=context, timeout=20) as made:
        yield made


def begin(running: Running, browser: httpx.Client) -> dict[str, str]:
    """Make the administrator by the code that the server printed; what further forms are sent with."""
    (code,) = CODE.findall(running.parts["centre"].log)
    assert browser.post("/first-run", data=begun(code)).headers["location"] == "/first-run/sites"
    return {"x-csrf-token": csrf(browser.get("/account").text), "hx-request": "true"}


def told(page: str, folder: Path) -> Path:
    """The box's file as the page shows it."""
    (text,) = SHOWN.findall(page)
    folder.mkdir()
    path = folder / "box.json"
    path.write_text(html.unescape(text))
    load(path)
    return path


def start(box: Path, site: Mosquitto, ca_file: Path) -> Process:
    """Start the box where only what its own place knows was looked through: the broker's port and the folder."""
    said = json.loads(box.read_text())
    own = {"site_broker": {**said["site_broker"], "port": site.port}, "data": str(box.parent / "data")}
    box.write_text(json.dumps({**said, **own, "reader": {"engine": "none"}}))
    return barie("edge", "--config", str(box), env={"SSL_CERT_FILE": str(ca_file)})


def test_from_nothing_to_a_lane_on_the_screen(running: Running, browser: httpx.Client, tmp_path: Path) -> None:
    head = begin(running, browser)
    made = browser.post("/first-run/sites", data=SITE | {"once": fresh()}, headers=head)
    assert 'id="account-made"' in made.text, "the broker took the account"
    box = told(made.text, tmp_path / "box")
    secret = json.loads(box.read_text())["site_broker"]["password"]
    assert "phase-unknown" in card(browser, "in-1")
    site = SiteTwin(tmp_path, "in-1")
    site.broker = Mosquitto(tmp_path / "site", {"bhx-1": secret, DEVICES_USER: SECRET}, site_rules("bhx-1"))
    with site, start(box, site.broker, running.at.mount("centre") / "ca.pem") as edge:
        edge.wait_until(lambda: 'data-arm="down"' in card(browser, "in-1"), "come on the screen", 60)
        assert "phase-unknown" not in card(browser, "out-2"), "it has no devices, and that is what the box says of it"
        edge.wait_until(lambda: leased(browser), "take its lease", 60)


def card(browser: httpx.Client, lane: str) -> str:
    """The lane as the live page shows it."""
    page = browser.get("/live/site/BHX").text
    return next(part for part in page.split("<article")[1:] if f'id="card-BHX-{lane}"' in part)


def leased(browser: httpx.Client) -> bool:
    """Whether the box has said that it lives by the centre's lease."""
    return any(each["lease_number"] > 0 for each in browser.get("/v1/boxes").json()["boxes"])
