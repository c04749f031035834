"""A box's own account at the centre's broker, made while the broker runs.

A broker with mosquitto's dynamic security takes it by a message to `$CONTROL/dynamic-security/v1`, keeps it over its
restarts, and asks its files for everybody else. For a broker without, the same account as lines of its two files.
"""

import base64
import hashlib
import json
import os
import queue
import ssl
from contextlib import suppress
from typing import Any, Final, NamedTuple

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion

from gate.broker_rules import ANSWERS, CONTROL, centre_rules
from gate.topics import FROM_BOX, TO_BOX, Topic
from server.config import Broker

PATIENCE_S: Final = 3.0
_ROUNDS: Final = 1_000
_SALT_BYTES: Final = 12
_HASH_BYTES: Final = 64
log = structlog.get_logger()


class Account(NamedTuple):
    """Who a box is to the centre's broker: its user name is its own name, its topics are its own and no others."""

    site: str
    box: str
    password: str


class Lines(NamedTuple):
    """What stands in a broker's `password_file` and `acl_file` for an account."""

    password: str
    rules: str


def lines(account: Account) -> Lines:
    """The account as mosquitto's files have it. Few rounds: the password is drawn, long, and nobody's own."""
    salt = os.urandom(_SALT_BYTES)
    made = hashlib.pbkdf2_hmac("sha512", account.password.encode(), salt, _ROUNDS, _HASH_BYTES)
    hashed = f"$7${_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(made).decode()}"
    _, _, rules = centre_rules([(account.site, account.box)]).partition("\n\n")
    return Lines(f"{account.box}:{hashed}", rules)


def make(broker: Broker, account: Account, *, patience_s: float = PATIENCE_S) -> bool:
    """Ask the running broker for the account, in place of any of that name. False: it is to be made by hand, because
    the broker is away, does not offer it, or does not let the centre do it."""
    answers: queue.Queue[bytes] = queue.Queue(1)
    client = _client(broker, json.dumps({"commands": _commands(account)}), answers)
    try:
        client.connect_async(broker.host, broker.port, keepalive=15)
        client.loop_start()
        said = answers.get(timeout=patience_s)
    except queue.Empty:
        log.warning("broker makes no accounts", box=account.box)
        return False
    finally:
        client.disconnect()
        client.loop_stop()
    faults = _faults(said)
    if faults:
        log.error("broker refuses an account", box=account.box, why=faults)
    return not faults


def _client(broker: Broker, asked: str, answers: "queue.Queue[bytes]") -> mqtt.Client:
    """A connection of its own, beside that of the bus: it subscribes, asks, and hears one answer."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"centre-{os.urandom(6).hex()}", protocol=mqtt.MQTTv5)
    client.username_pw_set(broker.user, broker.password)
    if broker.ca_file:
        client.tls_set(ca_certs=broker.ca_file, tls_version=ssl.PROTOCOL_TLS_CLIENT)

    def connected(known: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not reason.is_failure:
            known.subscribe(ANSWERS, qos=1)

    def subscribed(known: mqtt.Client, *_: Any) -> None:
        known.publish(CONTROL, asked, qos=1)

    def answered(_client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        with suppress(queue.Full):
            answers.put_nowait(bytes(message.payload))

    client.on_connect, client.on_subscribe, client.on_message = connected, subscribed, answered
    return client


def _commands(account: Account) -> list[dict[str, Any]]:
    """An earlier account of the name goes, its role with it; then both are made."""
    name = account.box
    may = {"publishClientSend": FROM_BOX, "publishClientReceive": TO_BOX, "subscribeLiteral": TO_BOX}
    rules = [
        {"acltype": kind, "topic": str(Topic(account.site, name, channel)), "allow": True}
        for kind, channels in may.items()
        for channel in sorted(channels)
    ]
    return [
        {"command": "deleteClient", "username": name},
        {"command": "deleteRole", "rolename": name},
        {"command": "createRole", "rolename": name, "acls": rules},
        {"command": "createClient", "username": name, "password": account.password, "roles": [{"rolename": name}]},
    ]


def _faults(said: bytes) -> list[str]:
    """What went wrong with the making; that there was nothing to delete is as it should be."""
    try:
        found = json.loads(said)["responses"]
        made = {each["command"]: each.get("error", "") for each in found}
    except (ValueError, KeyError, TypeError):
        return ["an answer that nobody understands"]
    asked = {command: made.get(command, "no answer") for command in ("createRole", "createClient")}
    return [f"{command}: {error}" for command, error in asked.items() if error]
