"""The world against a real broker and a box that keeps honest books: both must agree, item by item."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from simulator.audit import differences
from simulator.devices.camera import CameraFailed
from simulator.link import LinkFailed
from simulator.plan import WorldPlan, load
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.ports import free_port
from simulator.truth import Truth
from simulator.world import World
from tests.simulator.box import ACCOUNT, BANK, PRICES, SECRET, Box

pytestmark = pytest.mark.timeout(90)


def plan_text(tmp_path: Path, broker_port: int, centre: str, **changes: Any) -> dict[str, Any]:
    """A small busy world."""
    site = {
        "site": "SPS",
        "broker": {"host": "127.0.0.1", "port": broker_port, "user": "box", "password": "box-secret"},
        "lanes": [{"lane": "in-1", "direction": "in"}, {"lane": "out-1", "direction": "out"}],
        "headway_s": 2.5,
        "stay_s": [0.2, 2],
        "mix": {"MOTO": 0.4, "CAR9": 0.4, "VAN16": 0.1, "MINI29": 0.05, "BUS30": 0.05},
        "prices": PRICES,
        "account": {"bin": BANK, "number": ACCOUNT},
    }
    bank = {"notice_url": f"{centre}/v1/notices/sepay", "secret": SECRET, "late": 0.2, "twice": 1.0}
    attendant = {"url": centre, "user": "attendant", "password": "secret", "look_s": 0.2}
    return {
        "seed": 7,
        "arrivals_s": 12,
        "drain_s": 20,
        "truth": str(tmp_path / "truth.json"),
        "sites": [site | changes.pop("site", {})],
        "bank": bank | changes.pop("bank", {}),
        "attendant": attendant,
    } | changes


def plan(tmp_path: Path, broker_port: int, centre: str, **changes: Any) -> WorldPlan:
    """The same, read as the world reads it."""
    path = tmp_path / "world.json"
    path.write_text(json.dumps(plan_text(tmp_path, broker_port, centre, **changes)))
    return load(path)


def live(plan: WorldPlan, box: Box | None = None, stop_after_s: float | None = None) -> Truth:
    """Run a world in this thread, with the box wired to its cameras."""

    async def run() -> Truth:
        def tell(said: dict[str, Any]) -> None:
            if box is not None and said["event"] == "ready":
                box.cameras = said["cameras"]["SPS"]
                box.who = world.sites["SPS"].vehicle_in

        world = World(plan, tell)
        if stop_after_s is not None:
            asyncio.get_running_loop().call_later(stop_after_s, world.stop)
        return await world.run()

    return asyncio.run(run())


@pytest.mark.slow
def test_honest_books_agree_item_by_item(tmp_path: Path, mosquitto: Mosquitto) -> None:
    with Box(mosquitto, "box", "box-secret", puzzled=1) as box:
        truth = live(plan(tmp_path, mosquitto.port, box.url, bank={"reordered": 0.3, "never_pays": 0.2}), box)
        books = box.totals()

    document = truth.document()
    assert differences(document["sites"]["SPS"], books) == []
    assert document["complaints"] == []
    assert box.forged == 0
    assert document["sites"]["SPS"]["totals"]["visits"] >= 3, "too kind a day: nobody came"
    assert document["sites"]["SPS"]["totals"]["charges"] >= 2, "too kind a day: nobody left"
    assert document["faults"]["twice"], "too kind a day: no notice came twice"
    assert [(done["did"], done["answer"]) for done in document["attendant"]] == [("display", 202)]


@pytest.mark.slow
def test_a_wrong_price_is_complained_of_and_is_a_difference(tmp_path: Path, mosquitto: Mosquitto) -> None:
    with Box(mosquitto, "box", "box-secret") as box:
        box.prices = dict.fromkeys(PRICES, 12_345)
        truth = live(plan(tmp_path, mosquitto.port, box.url, arrivals_s=3, drain_s=16), box)
        books = box.totals()

    complaints = {complaint["what"].split(",")[0] for complaint in truth.complaints}
    assert complaints <= {f"the price board says {price}" for price in PRICES.values()}
    assert complaints
    found = {difference["what"] for difference in differences(truth.document()["sites"]["SPS"], books)}
    assert found >= {"charges of a vehicle", "total"}


def test_a_vehicle_whose_arm_never_rises_is_still_there_at_the_end(tmp_path: Path, mosquitto: Mosquitto) -> None:
    with Box(mosquitto, "box", "box-secret") as box:
        stuck = [{"lane": "in-1", "direction": "in", "arm": "stuck"}, {"lane": "out-1", "direction": "out"}]
        site = {"lanes": stuck, "headway_s": 0.2}
        truth = live(plan(tmp_path, mosquitto.port, box.url, arrivals_s=2, drain_s=1, site=site), box)
    where = {vehicle["where"] for vehicle in truth.document()["sites"]["SPS"]["vehicles"].values()}
    assert where == {"at in-1", "turned away"}
    assert truth.document()["sites"]["SPS"]["totals"] | {"openings": 0} == dict.fromkeys(
        ("openings", "passages", "visits", "charges", "payments", "charged_vnd", "paid_vnd", "outstanding_vnd"), 0
    )


def test_an_endless_world_stops_when_told(tmp_path: Path, mosquitto: Mosquitto) -> None:
    with Box(mosquitto, "box", "box-secret") as box:
        truth = live(plan(tmp_path, mosquitto.port, box.url, arrivals_s=None), box, stop_after_s=1.0)
    assert truth.document()["faults"]["undelivered"] == 0


def test_a_missing_broker_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.world._CONNECT_WITHIN_S", 0.5)
    port = free_port()
    with pytest.raises(LinkFailed, match=f"broker 127.0.0.1:{port} did not take .* within 0.5 s: it cannot be reached"):
        live(plan(tmp_path, port, "http://127.0.0.1:9"))


def test_a_broker_that_refuses_is_named(tmp_path: Path, mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.world._CONNECT_WITHIN_S", 0.5)
    text = plan_text(tmp_path, mosquitto.port, "http://127.0.0.1:9")
    text["sites"][0]["broker"]["password"] = "wrong"
    path = tmp_path / "world.json"
    path.write_text(json.dumps(text))
    with pytest.raises(LinkFailed, match=r"(?i)not authori[sz]ed|bad user"):
        live(load(path))


def test_a_camera_port_in_use_is_named(tmp_path: Path, mosquitto: Mosquitto) -> None:
    with pytest.raises(CameraFailed, match=f"camera port {mosquitto.port}: Address already in use"):
        live(plan(tmp_path, mosquitto.port, "http://127.0.0.1:9", site={"camera_port": mosquitto.port}))
