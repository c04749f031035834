"""What stands under docs/ is what the classes say today."""

import re
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from gate.topics import FROM_BOX, RETAINED, Channel, Topic
from tests.contract.publish import DOCS, asyncapi, published, schemas

SCHEMAS = schemas()


@pytest.mark.parametrize("path", published(), ids=lambda path: path.name)
def test_the_publication_is_fresh(path: Any) -> None:
    assert path.is_file(), f"{path.name}: run python -m tests.contract.publish"
    same = path.read_text(encoding="utf-8") == published()[path]
    assert same, f"{path.name} is out of date: run python -m tests.contract.publish"


def test_nothing_else_is_published() -> None:
    assert {path for path in (DOCS / "schema").iterdir() if path.suffix == ".json"} <= set(published())


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one_and_closed(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    for title, definition in SCHEMAS[name]["$defs"].items():
        assert definition.get("description"), f"{title} says nothing"
        if "properties" in definition:
            assert definition["additionalProperties"] is False, f"{title} lets unknown fields in"


def test_every_moment_and_uuid_says_its_format() -> None:
    envelope = SCHEMAS["envelope"]["$defs"]["Envelope"]["properties"]
    assert envelope["happened_at"]["format"] == "date-time"
    assert envelope["message_id"]["format"] == "uuid"


def test_every_channel_is_described_with_its_address_side_and_retention() -> None:
    document = yaml.safe_load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))
    assert document == asyncapi()
    assert document["asyncapi"] == "3.0.0"
    for channel in Channel:
        address = document["channels"][channel.value]["address"]
        assert Topic.parse(address.format(site="SPS", box="sps-1")) == Topic("SPS", "sps-1", channel)
        operation = document["operations"][channel.value]
        assert operation["action"] == ("send" if channel in FROM_BOX else "receive")
        assert operation["bindings"]["mqtt"]["retain"] is (channel in RETAINED)


def test_every_reference_in_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi()
    references = set(re.findall(r"'\$ref': '([^']+)'", str(document)))
    assert {reference for reference in references if reference.startswith("schema/")}
    for reference in references:
        if reference.startswith("schema/"):
            assert (DOCS / reference).is_file(), reference
        else:
            inner: Any = document
            for step in reference.removeprefix("#/").split("/"):
                inner = inner[step]


def test_the_handbook_names_every_channel_kind_and_action() -> None:
    text = (DOCS / "contract.md").read_text(encoding="utf-8")
    for name in SCHEMAS:
        kind, _, tag = name.partition("-")
        assert f"`{tag or kind}`" in text, f"contract.md says nothing of {name}"
    fields = SCHEMAS["envelope"]["$defs"]["Envelope"]["properties"]
    assert [name for name in fields if f"| `{name}` |" not in text] == []
