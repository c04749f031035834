"""Orders to a lane over the API: who may, what goes out to the box, and what is kept of it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import col, select

from gate.messages import Action, Close, Command, LaneMode, Mode
from gate.signing import Forged, opened
from gate.topics import Channel, Topic
from server.app import application
from server.commands import LIFE
from server.config import Broker
from server.db import reading
from server.derived import BoxNowRow
from server.facts import AuditRow, CommandRow
from server.roles import Role
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.ports import free_port
from tests.console.scene import PASSWORD, ROLES, Scene, config, lane_state
from tests.console.served import Served
from tests.harness.clients import Watcher

pytestmark = pytest.mark.broker
SECRET: Final = "a secret of sixteen"
IN_1: Final = "/v1/lanes/SPS/in-1"
COMMANDS: Final = str(Topic("SPS", "sps-1", Channel.COMMAND))
OTHER_KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
BAD_MODES: Final[list[Any]] = [{}, {"mode": "sideways"}, {"mode": ""}, {"mode": None}, [], {"mode": "FREE"}]


class Office:
    """A centre with a broker, and programs of each role that speak to it."""

    def __init__(self, scene: Scene, broker: Mosquitto, url: str) -> None:
        self.scene, self.broker, self.url = scene, broker, url
        self._tokens = {role: self._token(role) for role in ROLES}

    def _token(self, role: str) -> str:
        answer = httpx.post(f"{self.url}/v1/session", json={"user": role, "password": PASSWORD})
        return str(answer.json()["token"])

    def post(self, role: str, path: str, json: Any = None) -> httpx.Response:
        """As this role."""
        return httpx.post(self.url + path, json=json, headers=self.bearer(role))

    def bearer(self, role: str) -> dict[str, str]:
        """The header of this role's session."""
        return {"authorization": f"Bearer {self._tokens[Role(role)]}"}

    def kept(self) -> tuple[int, int]:
        """How many orders, and how many rows of what people did."""
        with reading(self.scene.centre.engine) as session:
            rows = session.exec(select(CommandRow)).all(), session.exec(select(AuditRow)).all()
        return len(rows[0]), len(rows[1])


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """SPS was heard; SPL told facts and never its state; BHT told nothing."""
    folder = tmp_path_factory.mktemp("office")
    with Mosquitto(folder / "mosquitto", {"centre": SECRET, "box": SECRET}) as broker:
        there = Broker(host=broker.host, port=broker.port, user="centre", password=SECRET)
        scene = Scene(config(folder, free_port(), there))
        now = datetime.now(UTC)
        scene.states("SPS", now, in_1=lane_state("in-1", "idle", "down", "free", exit="unknown"))
        scene.read("SPL", "in-1", "30A12345", now)
        with Served(application(scene.centre), scene.centre.config.port, lifespan=True) as served:
            assert scene.centre.bus.connected.wait(10)
            yield Office(scene, broker, served.url)


@pytest.mark.parametrize(
    ("path", "body", "action", "what"),
    [
        *(("mode", {"mode": mode}, Mode(lane="in-1", mode=mode), f"mode {mode}") for mode in LaneMode),
        ("close", None, Close(lane="in-1"), "lowered by hand"),
    ],
)
def test_an_order_goes_out_signed_with_a_deadline_and_is_recorded(
    office: Office, path: str, body: Any, action: Action, what: str
) -> None:
    with Watcher(office.broker, "box", SECRET) as box:
        box.subscribe(COMMANDS)
        began = datetime.now(UTC)
        answer = office.post("manager", f"{IN_1}/{path}", body)
        message = box.next()
    assert (answer.status_code, message.retain) == (200, False)
    command = opened(bytes(message.payload), Command, office.scene.centre.key.public_key())
    assert (str(command.command), command.by, command.action) == (answer.json()["command"], "manager", action)
    with pytest.raises(Forged):
        opened(bytes(message.payload), Command, OTHER_KEY)
    with reading(office.scene.centre.engine) as session:
        heard = session.get_one(BoxNowRow, "sps-1")
        recorded = session.exec(select(AuditRow).order_by(col(AuditRow.id).desc())).first()
    assert recorded is not None
    assert (recorded.who, recorded.what, recorded.subject) == ("manager", what, "SPS/in-1")
    assert str(command.command) in recorded.detail
    assert str(command.boot) == heard.boot
    by_its_clock = heard.monotonic_ms + (began - heard.heard_at).total_seconds() * 1000
    allowed = LIFE.total_seconds() * 1000
    assert allowed <= command.deadline_ms - by_its_clock + 1 < allowed + 5_000
    assert vars(message.properties)["MessageExpiryInterval"] <= LIFE.total_seconds()


MAY: Final = {"mode": {"manager", "administrator"}, "close": {"attendant", "manager", "administrator"}}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("path", MAY)
def test_a_role_that_may_not_is_refused_and_nothing_is_kept(office: Office, path: str, role: str) -> None:
    body = {"mode": "normal"} if path == "mode" else None
    before = office.kept()
    answer = office.post(role, f"{IN_1}/{path}", body)
    allowed = role in MAY[path]
    assert answer.status_code == (200 if allowed else 403)
    assert [after - was for after, was in zip(office.kept(), before, strict=True)] == [allowed, allowed]
    if not allowed:
        assert "may not" in answer.json()["detail"]


@pytest.mark.parametrize("path", MAY)
@pytest.mark.parametrize("place", ["SPS/in-9", "XXX/in-1", "SPL/in-1", "BHT/in-1"])
def test_a_lane_whose_box_was_never_heard_is_not_found(office: Office, path: str, place: str) -> None:
    before = office.kept()
    answer = office.post("manager", f"/v1/lanes/{place}/{path}", {"mode": "free"})
    assert (answer.status_code, place in answer.json()["detail"]) == (404, True)
    assert office.kept() == before


@pytest.mark.parametrize("body", BAD_MODES)
def test_a_mode_that_is_none_is_refused(office: Office, body: Any) -> None:
    before = office.kept()
    assert office.post("manager", f"{IN_1}/mode", body).status_code == 422
    assert office.kept() == before


@pytest.mark.parametrize("path", MAY)
def test_nobody_orders_without_a_session(office: Office, path: str) -> None:
    before = office.kept()
    assert httpx.post(f"{office.url}{IN_1}/{path}", json={"mode": "free"}).status_code == 401
    assert office.kept() == before


def test_a_lane_tells_its_mode_and_its_inputs(office: Office) -> None:
    answer = httpx.get(f"{office.url}/v1/lanes?site=SPS", headers=office.bearer("finance"))
    (lane,) = answer.json()["lanes"]
    assert (lane["mode"], lane["sensors"]["exit"], lane["sensors"]["safety"]) == ("free", "unknown", "off")
