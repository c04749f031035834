"""What can be seen of a box from outside: whether it runs, and whether it could."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from edge import mqtt as connection
from edge.config import BadConfig, BoxConfig, Broker, Engine, load
from edge.heartbeat import STALE_S, age_s
from gate.check import Check, well, wrong

ANSWER_S: Final = 5.0


def running(path: Path) -> Iterator[Check]:
    """Whether the box of this configuration decides and reaches its devices. A centre that is away is no illness."""
    config = load(path)
    age = age_s(Path(config.data))
    if age is None:
        yield wrong("box", f"no sign of life in {config.data}: it does not run")
    else:
        yield Check("box", age < STALE_S, f"its deciding thread turned {age:.0f} s ago")
    yield _broker("site broker", config.site_broker, f"{config.box}-health")


def installed(path: Path | None) -> Iterator[Check]:
    """Whether a box could run here; with a configuration, that one."""
    yield _weights()
    if path is None:
        return
    try:
        config = load(path)
    except BadConfig as error:
        yield wrong("box file", str(error))
        return
    yield well("box file", f"{path}: {config.box}, {len(config.lanes)} lanes of {config.site}")
    yield _data(config)
    yield _broker("site broker", config.site_broker, f"{config.box}-doctor")
    yield _broker("centre's broker", config.centre, f"{config.box}-doctor")


def _weights() -> Check:
    from edge.reader import networks  # noqa: PLC0415 - only a doctor waits for its libraries

    try:
        sizes = [networks.bundled(name).stat().st_size for name in (networks.DETECTOR, networks.RECOGNISER)]
    except (networks.WeightsMissingError, OSError) as error:
        return wrong("reader weights", f"{error}: run the set-up again, or set the engine to {Engine.NONE}")
    return well("reader weights", f"{len(sizes)} networks, {sum(sizes) / 1e6:.0f} MB")


def _data(config: BoxConfig) -> Check:
    folder = Path(config.data)
    nearest = next(parent for parent in (folder, *folder.resolve().parents) if parent.exists())
    may = os.access(nearest, os.W_OK | os.X_OK)
    words = "can be written" if may else "cannot be written: its owner must be who runs the box"
    return Check("box data", may, f"{nearest} {words}")


def _broker(what: str, broker: Broker, name: str) -> Check:
    """Log in as the box would, under another client name so that the box is not thrown out."""
    answered = threading.Event()
    refused: list[str] = []

    def connected(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            refused.append(str(reason))
        answered.set()

    where = f"{broker.host}:{broker.port}"
    try:
        client = connection.client(broker, name)
    except OSError as error:
        return wrong(what, f"{broker.ca_file}: {error.strerror}")
    client.on_connect = connected
    client.on_connect_fail = None  # what is logged for a box is said here once, in words
    connection.connect(client, broker)
    came = answered.wait(ANSWER_S)
    client.disconnect()
    client.loop_stop()
    if not came:
        return wrong(what, f"{where} does not answer: is mosquitto running, host and port right?")
    if refused:
        return wrong(what, f"{where} refuses {broker.user}: {refused[0]}; compare with its password file")
    return well(what, f"{where} takes {broker.user} in")
