"""What is published of the wire contract, made from its classes: `python -m tests.contract.publish` writes it.

docs/schema/*.json are JSON Schema documents (2020-12), one for each thing that travels; docs/asyncapi.yaml says on
which topics they do (AsyncAPI 3). Both are read by people who write another end of the wire.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import yaml

from gate.lease import LEASE_MAX, Delta, Lease
from gate.messages import Ack, Action, Body, Command, Envelope, Reply
from gate.presence import Online, State
from gate.signing import Signed
from gate.topics import BOX, FROM_BOX, RETAINED, ROOT, SITE, Channel
from gate.wire import BYTES_MAX

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
SCHEMA_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

WHOLE: Final[Mapping[str, type[Any]]] = {
    "envelope": Envelope,
    "ack": Ack,
    "command": Command,
    "reply": Reply,
    "state": State,
    "online": Online,
    "lease": Lease,
    "delta": Delta,
    "signed": Signed,
}

# what is on each channel; what is signed travels inside a signed paper
CARRIED: Final[Mapping[Channel, str]] = {
    Channel.EVENT: "envelope",
    Channel.ACK: "ack",
    Channel.COMMAND: "command",
    Channel.REPLY: "reply",
    Channel.LEASE: "lease",
    Channel.DELTA: "delta",
    Channel.STATE: "state",
    Channel.ONLINE: "online",
}
SIGNED: Final = frozenset({Channel.COMMAND, Channel.LEASE, Channel.DELTA})

SUMMARY: Final[Mapping[Channel, str]] = {
    Channel.EVENT: "A fact from the box's outbox, sent until it is acknowledged.",
    Channel.ACK: "All facts of a journal up to a number are committed; a lower number than was sent asks for a resend.",
    Channel.COMMAND: "A signed order: one use, a deadline on the box's own clock, with an expiry. Never retained.",
    Channel.REPLY: "What became of a command, with the arm's confirmed position.",
    Channel.LEASE: "A signed, expiring snapshot of what the box may rely on.",
    Channel.DELTA: "A signed, numbered change since the snapshot; a gap asks for a new snapshot.",
    Channel.STATE: "Lanes, devices, versions and clock quality as they are now.",
    Channel.ONLINE: "Birth and last will; `boot` keeps an old will from speaking for a new birth.",
}


def schemas() -> dict[str, dict[str, Any]]:
    """Every published schema under its file name without `.json`."""
    bodies = {f"body-{_tag(kind)}": kind for kind in get_args(Body)}
    actions = {f"action-{_tag(kind)}": kind for kind in get_args(Action)}
    return {name: _schema(kind) for name, kind in {**WHOLE, **bodies, **actions}.items()}


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI document. `send` and `receive` are the box's, as the specification wants one side."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "barie: boxes and centre",
            "version": ROOT.rpartition("/v")[2],
            "description": "MQTT 5, QoS 1 throughout. Operations are told from the box's side. See contract.md.",
        },
        "defaultContentType": "application/json",
        "channels": {channel.value: _channel(channel) for channel in Channel},
        "operations": {channel.value: _operation(channel) for channel in Channel},
        "components": {"messages": {channel.value: _message(channel) for channel in Channel}},
    }


def published() -> dict[Path, str]:
    """Every file of the publication with its text."""
    files = {DOCS / "schema" / f"{name}.json": _json(schema) for name, schema in schemas().items()}
    head = "# Made by `python -m tests.contract.publish` from the classes of the contract. Do not edit.\n"
    files[DOCS / "asyncapi.yaml"] = head + yaml.safe_dump(asyncapi(), sort_keys=False, allow_unicode=True, width=120)
    return files


def _tag(kind: type[msgspec.Struct]) -> str:
    return str(kind.__struct_config__.tag)


def _schema(kind: type[Any]) -> dict[str, Any]:
    return {"$schema": SCHEMA_DIALECT, **msgspec.json.schema(kind)}


def _channel(channel: Channel) -> dict[str, Any]:
    parameter = {"site": f"Three capitals: ^{SITE.pattern}$", "box": f"The box's name: ^{BOX.pattern}$"}
    return {
        "address": f"{ROOT}/{{site}}/{{box}}/{channel}",
        "parameters": {name: {"description": words} for name, words in parameter.items()},
        "messages": {channel.value: {"$ref": f"#/components/messages/{channel}"}},
    }


def _operation(channel: Channel) -> dict[str, Any]:
    return {
        "action": "send" if channel in FROM_BOX else "receive",
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": SUMMARY[channel],
        "bindings": {"mqtt": {"qos": 1, "retain": channel in RETAINED, "bindingVersion": "0.2.0"}},
    }


def _message(channel: Channel) -> dict[str, Any]:
    name = "signed" if channel in SIGNED else CARRIED[channel]
    inside = f" The body is the text of schema/{CARRIED[channel]}.json." if channel in SIGNED else ""
    most = LEASE_MAX if channel is Channel.LEASE else BYTES_MAX
    return {
        "name": channel.value,
        "contentType": "application/json",
        "description": f"{SUMMARY[channel]}{inside} At most {most} bytes.",
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"schema/{name}.json"},
        },
    }


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the publication, and remove schemas of what travels no more."""
    files = published()
    for stale in set((DOCS / "schema").glob("*.json")) - set(files):
        stale.unlink()
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
