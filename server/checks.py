"""What can be seen of a centre from outside: whether it runs, and whether it could."""

import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as mqtt
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from cryptography import x509
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from gate.check import Check, well, wrong
from server.config import BadConfig, Broker, CentreConfig, load
from server.console.assets import FILES
from server.db import connect, migrations

ANSWER_S: Final = 5.0
RENEW: Final = timedelta(days=30)


def running(path: Path) -> Iterator[Check]:
    """Whether the centre of this configuration answers, hears its broker and reaches its database."""
    config = load(path)
    try:
        said = _asked(config)
    except (OSError, http.client.HTTPException, ValueError) as error:
        yield wrong("centre", f"port {config.port} does not answer: {error}")
        return
    yield well("centre", f"port {config.port} answers")
    yield Check("broker", said.get("broker") is True, "heard" if said.get("broker") else "away: no box is heard")
    yield _database(config)


def installed(path: Path | None) -> Iterator[Check]:
    """Whether a centre could run here; with a configuration, that one."""
    absent = [name for name, file in FILES.items() if not file.is_file()]
    words = f"not fetched: {', '.join(absent)}; run the set-up again" if absent else f"{len(FILES)} files"
    yield Check("console assets", not absent, words)
    if path is None:
        return
    try:
        config = load(path)
    except BadConfig as error:
        yield wrong("centre file", str(error))
        return
    yield well("centre file", f"{path}: {len(config.sites)} sites, {len(config.boxes)} boxes")
    if config.certificate:
        yield _certificate(config, datetime.now(UTC))
    yield _database(config)
    yield _broker(config.broker)


def _asked(config: CentreConfig) -> dict[str, Any]:
    """What /v1/health says. Where we speak TLS, our own certificate is the only one that is trusted here."""
    host = "127.0.0.1" if config.host in {"0.0.0.0", "::"} else config.host  # noqa: S104 - compared, not listened at
    connection: http.client.HTTPConnection
    if config.certificate:
        context = ssl.create_default_context(cafile=config.certificate)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.check_hostname = False
        connection = http.client.HTTPSConnection(host, config.port, timeout=ANSWER_S, context=context)
    else:
        connection = http.client.HTTPConnection(host, config.port, timeout=ANSWER_S)
    try:
        connection.request("GET", "/v1/health")
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise ValueError(f"it says {answer.status}")
        said: dict[str, Any] = json.loads(answer.read(10_000))
        return said
    finally:
        connection.close()


def _certificate(config: CentreConfig, now: datetime) -> Check:
    ends = x509.load_pem_x509_certificate(Path(config.certificate).read_bytes()).not_valid_after_utc
    return Check("certificate", ends - now > RENEW, f"{config.certificate} is good until {ends:%Y-%m-%d}")


def _database(config: CentreConfig) -> Check:
    url = make_url(config.database)
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return well("database", f"{shown} is not there yet; the first start makes it")
    engine = connect(config.database)
    try:
        with engine.connect() as connection:
            has = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        return wrong("database", f"{shown}: {str(error).splitlines()[0]}")
    finally:
        engine.dispose()
    if has is None:
        return well("database", f"{shown} is empty; the first start makes the tables")
    return _schema(shown, has)


def _schema(shown: str, has: str) -> Check:
    directory = ScriptDirectory.from_config(migrations())
    head = directory.get_current_head()
    if has == head:
        return well("database", f"{shown} answers, schema {has}")
    if has not in {script.revision for script in directory.walk_revisions()}:
        return wrong("database", f"{shown} has schema {has}, which a newer barie made; start that one")
    return wrong("database", f"{shown} has schema {has}, this barie wants {head}: start the centre")


def _broker(broker: Broker) -> Check:
    """Log in as the centre would, under another client name so that the centre is not thrown out."""
    answered = threading.Event()
    refused: list[str] = []

    def connected(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            refused.append(str(reason))
        answered.set()

    where = f"{broker.host}:{broker.port}"
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="centre-doctor", protocol=mqtt.MQTTv5)
    client.username_pw_set(broker.user, broker.password)
    try:
        if broker.ca_file:
            client.tls_set(ca_certs=broker.ca_file, tls_version=ssl.PROTOCOL_TLS_CLIENT)
    except OSError as error:
        return wrong("broker", f"{broker.ca_file}: {error.strerror}")
    client.on_connect = connected
    client.connect_async(broker.host, broker.port, keepalive=15)
    client.loop_start()
    came = answered.wait(ANSWER_S)
    client.disconnect()
    client.loop_stop()
    if not came:
        return wrong("broker", f"{where} does not answer: is mosquitto running, host and port right?")
    if refused:
        return wrong("broker", f"{where} refuses {broker.user}: {refused[0]}; compare with its password file")
    return well("broker", f"{where} takes {broker.user} in")
