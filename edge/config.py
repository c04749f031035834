"""What a box is told when it starts: one JSON file, every mistake named with its key before anything moves."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from edge import addresses
from edge.devices import board_config
from edge.devices.camera_config import PushConfig, named
from edge.lanes import lane_config
from edge.lanes.lane_config import LaneConfig
from edge.web import config as web_config
from edge.web.config import WebConfig
from gate import signing
from gate.messages import BoxName, SiteCode
from gate.wire import Contract, Malformed, decode

Port = Annotated[int, Meta(ge=1, le=65_535)]
Secret = Annotated[str, Meta(min_length=16)]
Said = Annotated[str, Meta(min_length=1)]


class BadConfig(ValueError):
    """The file cannot be used; the message names it and the key."""


class Broker(Contract):
    """Where a broker is and who we are to it."""

    host: Said
    port: Port
    user: Said
    password: Secret
    ca_file: str = ""


class Engine(StrEnum):
    """Which reader: `none` admits unread, for lanes without a camera and for measuring."""

    BARIE = "barie"
    RAPID = "rapid"
    NONE = "none"


class ReaderConfig(Contract):
    """The plate reader's process, and how long a vehicle is looked at: frame after frame until what they say together
    is `sure`, at most `frames` of them, none begun after `look_s`."""

    engine: Engine = Engine.BARIE
    threads: Annotated[int, Meta(ge=1, le=8)] = 1
    deadline_s: Annotated[float, Meta(gt=0, le=30)] = 5.0
    frames: Annotated[int, Meta(ge=1, le=20)] = 5
    sure: Annotated[float, Meta(gt=0, le=1)] = 0.95
    look_s: Annotated[float, Meta(gt=0, le=30)] = 2.0


class DiskConfig(Contract):
    """What the box may take of its disk, in MB (10^6 bytes), and what it leaves free. Facts take what they need."""

    budget_mb: Annotated[int, Meta(ge=50, le=10_000_000)] = 8_000
    keep_free_mb: Annotated[int, Meta(ge=0, le=1_000_000)] = 500


class BoxConfig(Contract):
    """A deciding box and all lanes of its site."""

    site: SiteCode
    box: BoxName
    centre: Broker
    site_broker: Broker
    centre_url: Annotated[str, Meta(pattern="^https?://")]
    box_token: Secret
    centre_key: Secret
    reference_key: Secret
    data: Said
    lanes: Annotated[tuple[LaneConfig, ...], Meta(min_length=1)]
    reader: ReaderConfig = ReaderConfig()
    disk: DiskConfig = DiskConfig()
    web: WebConfig | None = None


def load(path: Path) -> BoxConfig:
    """The configuration in the file. Raises BadConfig."""
    try:
        config = decode(path.read_bytes(), BoxConfig)
    except OSError as error:
        raise BadConfig(f"{path}: {error.strerror}") from error
    except Malformed as error:
        raise BadConfig(f"{path}: {error}") from error
    try:
        _check(config)
    except ValueError as error:
        raise BadConfig(f"{path}: {error}") from error
    return config


def _check(config: BoxConfig) -> None:
    """What the types do not say. Raises ValueError with the key."""
    names = [lane.lane for lane in config.lanes]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"lanes: {twice[0]} stands twice")
    for lane in config.lanes:
        lane_config.check(lane)
        if isinstance(named(lane.camera), PushConfig) and config.web is None:
            raise ValueError(f"web: is missing; the camera of {lane.lane} pushes, so the box must listen")
    board_config.check({lane.lane: lane.board for lane in config.lanes})
    try:
        addresses.check(config.centre_url)
    except ValueError as error:
        raise ValueError(f"centre_url: {error}") from error
    for key, broker in (("centre", config.centre), ("site_broker", config.site_broker)):
        if broker.ca_file and not Path(broker.ca_file).is_file():
            raise ValueError(f"{key}: ca_file: no file {broker.ca_file!r}")
    if config.web:
        try:
            web_config.check(config.web)
        except ValueError as error:
            raise ValueError(f"web: {error}") from error
    try:
        signing.public_key(config.centre_key)
    except ValueError as error:
        raise ValueError(f"centre_key: {error}") from error
