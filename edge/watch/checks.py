"""What can be seen of a box from outside: whether it runs, and whether it could."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import structlog

from edge import mqtt as connection
from edge.config import BadConfig, BoxConfig, Broker, Engine, load
from edge.watch.doctor_state import state
from edge.watch.heartbeat import STALE_S, age_s
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
    yield from state(config, path)
    site = _broker("site broker", config.site_broker, f"{config.box}-doctor")
    yield site
    yield _broker("centre's broker", config.centre, f"{config.box}-doctor")
    yield from _with_devices(config, broker=site.well)


def _with_devices(config: BoxConfig, *, broker: bool) -> list[Check]:
    from edge.watch.doctor_devices import devices  # noqa: PLC0415 - only a doctor waits for the drivers' libraries

    age = age_s(Path(config.data))
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # said here in words
    try:
        return list(devices(config, running=age is not None and age < STALE_S, broker=broker))
    finally:
        structlog.configure(**before)


def _weights() -> Check:
    from edge.reader import kept, networks  # noqa: PLC0415 - only a doctor waits for its libraries

    try:
        sizes = [networks.bundled(name).stat().st_size for name in (networks.DETECTOR, networks.RECOGNISER)]
        sizes += [len(kept.kept(name)) for name in ("finder.onnx", "strokes.onnx", "certainty.json")]
    except (networks.WeightsMissingError, OSError) as error:
        return wrong("reader weights", f"{error}: run the set-up again, or set the engine to {Engine.NONE}")
    return well("reader weights", f"{len(sizes)} networks, {sum(sizes) / 1e6:.0f} MB")


def _broker(what: str, broker: Broker, name: str) -> Check:
    """Log in as the box would, under another client name so that the box is not thrown out."""
    answered = threading.Event()
    came: list[str] = []

    def connected(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        came.append(str(reason) if reason.is_failure else "")
        answered.set()

    where = f"{broker.host}:{broker.port}"
    try:
        client = connection.client(broker, name)
    except OSError as error:
        return wrong(what, f"{broker.ca_file}: {error.strerror}")
    client.on_connect = connected
    client.on_connect_fail = lambda *_: answered.set()  # what is logged for a box is said here once, in words
    connection.connect(client, broker)
    answered.wait(ANSWER_S)
    client.disconnect()
    client.loop_stop()
    if not came:
        return wrong(what, f"{where} does not answer: is mosquitto running, host and port right?")
    if came[0]:
        return wrong(what, f"{where} refuses {broker.user}: {came[0]}; compare with its password file")
    return well(what, f"{where} takes {broker.user} in")
