"""What a box that only carries devices is told when it starts: one JSON file, every mistake named with its key."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from edge.config import BadConfig, Broker
from edge.devices import board_config
from edge.devices.board_config import WiredBoard
from gate.wire import Contract, Malformed, decode

CarriedName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,40}$(?!\n)")]


class Carried(Contract):
    """A board and the name that the deciding box knows it by."""

    name: CarriedName
    board: WiredBoard


class CarrierConfig(Contract):
    """`broker`: the deciding box's, as one of its devices."""

    broker: Broker
    boards: Annotated[tuple[Carried, ...], Meta(min_length=1)]


def load(path: Path) -> CarrierConfig:
    """The configuration in the file. Raises BadConfig."""
    try:
        config = decode(path.read_bytes(), CarrierConfig)
        _check(config)
    except OSError as error:
        raise BadConfig(f"{path}: {error.strerror}") from error
    except (Malformed, ValueError) as error:
        raise BadConfig(f"{path}: {error}") from error
    return config


def _check(config: CarrierConfig) -> None:
    names = [one.name for one in config.boards]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"boards: {twice[0]} stands twice")
    if config.broker.ca_file and not Path(config.broker.ca_file).is_file():
        raise ValueError(f"broker: ca_file: no file {config.broker.ca_file!r}")
    board_config.check({one.name: one.board for one in config.boards}, "boards")
