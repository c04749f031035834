"""What must hold of docker-compose.yml, read against the files that `barie init` writes."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

import barie_cli
from simulator.demo.installation import install
from tests.deploy.compose import Service, Unset, compose, environment, targets

MOUNTED: Final = re.compile(r"/run/secrets/([\w.-]+)")
LOOPBACK: Final = "127.0.0.1"


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as init leaves it."""
    folder = tmp_path_factory.mktemp("installation") / "secrets"
    install(folder, datetime.now(UTC))
    return folder


@pytest.fixture(scope="module")
def whole(secrets: Path) -> dict[str, Any]:
    """The whole file."""
    return compose(environment(secrets))


@pytest.fixture(scope="module")
def services(whole: dict[str, Any]) -> dict[str, Service]:
    """Its services."""
    found: dict[str, Service] = whole["services"]
    return found


def test_nothing_starts_before_init() -> None:
    with pytest.raises(Unset, match=r"run \./barie init deploy/secrets"):
        compose({})


def test_all_parts_are_there(services: dict[str, Service]) -> None:
    assert set(services) == {"postgres", "broker", "centre", "site-broker", "edge", "simulator"}


def test_every_service_has_image_health_check_restart_and_limits(services: dict[str, Service]) -> None:
    for name, service in services.items():
        assert service["image"], name
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert {"interval", "timeout", "retries", "start_period"} <= set(service["healthcheck"]), name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.get("privileged"), name


def test_nobody_is_root(services: dict[str, Service]) -> None:
    for name, service in services.items():
        user, group = service["user"].split(":")
        assert int(user) > 0 < int(group), name


def test_the_parts_are_one_program(services: dict[str, Service]) -> None:
    parts = {name: service for name, service in services.items() if "build" in service}
    assert set(parts) == {"centre", "edge", "simulator"}
    assert len({(part["image"], str(part["build"])) for part in parts.values()}) == 1
    for part in parts.values():
        assert part["command"][0] in barie_cli.COMMANDS
        assert part["healthcheck"]["test"][1:3] == ["barie", "health"]


def test_only_the_console_is_published_and_only_here(services: dict[str, Service]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {"centre": ["127.0.0.1:8443:8443"]}
    assert not [name for name, service in services.items() if service.get("network_mode") == "host"]


def test_there_is_no_password_in_it(services: dict[str, Service], secrets: Path) -> None:
    told = {f"{name}:{key}": value for name, each in services.items() for key, value in
            each.get("environment", {}).items()}  # fmt: skip
    suspicious = {key for key in told if re.search("PASS|SECRET|TOKEN|KEY|AUTH_METHOD", key)}
    assert suspicious == {"postgres:POSTGRES_PASSWORD_FILE"}
    for value in told.values():
        for file in MOUNTED.findall(value):
            assert (secrets / file).is_file()
    assert "trust" not in str(services["postgres"])


def test_who_waits_waits_for_health(services: dict[str, Service]) -> None:
    for service in services.values():
        for other, how in service.get("depends_on", {}).items():
            assert how["condition"] == "service_healthy"
            assert "healthcheck" in services[other]
    assert set(services["centre"]["depends_on"]) == {"postgres", "broker"}
    assert {"site-broker", "centre"} <= set(services["edge"]["depends_on"])


def test_every_secret_is_a_private_file_that_somebody_uses(
    whole: dict[str, Any], services: dict[str, Service], secrets: Path
) -> None:
    used = {secret for service in services.values() for secret in targets(service).values()}
    assert used == set(whole["secrets"])
    for name, secret in whole["secrets"].items():
        path = Path(secret["file"])
        assert path == secrets / name
        assert path.stat().st_mode & 0o777 == 0o600, name
    assert secrets.stat().st_mode & 0o777 == 0o700


def test_the_broker_may_write_down_whom_the_centre_lets_in(services: dict[str, Service], secrets: Path) -> None:
    (kept,) = re.findall(r"^plugin_opt_config_file (.*)$", (secrets / "broker.conf").read_text(), re.MULTILINE)
    (volume,) = services["broker"]["volumes"]
    here, there = volume.split(":")
    assert Path(kept).parent == Path(there)
    assert (Path(here) / Path(kept).name).is_file()
    assert not json.loads((Path(here) / Path(kept).name).read_text())["clients"]
    assert Path(here).stat().st_mode & 0o777 == 0o700
    assert "plugin" not in (secrets / "site-broker.conf").read_text()
    assert "$CONTROL" not in (secrets / "site-broker.acl").read_text()


def test_every_file_that_a_part_is_pointed_to_is_mounted(services: dict[str, Service], secrets: Path) -> None:
    for name, service in services.items():
        mounted = targets(service)
        texts = [str(service["command"]) if "command" in service else "", str(service["healthcheck"]["test"])]
        texts += [str(service.get("environment", {})), *((secrets / source).read_text() for source in mounted.values())]
        pointed = {file for text in texts for file in MOUNTED.findall(text)}
        assert pointed <= set(mounted), name


def test_a_part_sees_only_its_own_secrets(services: dict[str, Service]) -> None:
    keepers = {secret: [name for name, each in services.items() if secret in targets(each).values()]
               for secret in ("centre.json", "centre.key", "box.json", "broker.key", "postgres.password")}  # fmt: skip
    assert all(len(names) == 1 for names in keepers.values()), keepers


def test_every_host_can_be_reached(services: dict[str, Service], secrets: Path) -> None:
    for name, file in {"centre": "centre.json", "edge": "box.json", "simulator": "world.json"}.items():
        text = (secrets / file).read_text()
        hosts = set(re.findall(r'"host": "([^"]+)"', text)) | set(re.findall(r"(?:@|https?://)([\w.-]+):\d", text))
        for host in hosts - {LOOPBACK, "0.0.0.0"}:  # noqa: S104
            assert _networks(services, name) & _networks(services, host), (name, host)


def test_devices_and_box_share_a_loopback(services: dict[str, Service], secrets: Path) -> None:
    assert services["edge"]["network_mode"] == services["simulator"]["network_mode"] == "service:site-broker"
    assert services["edge"]["depends_on"]["site-broker"]["restart"] is True
    box = json.loads((secrets / "box.json").read_text())
    assert box["site_broker"]["host"] == LOOPBACK
    assert "listener 1883 127.0.0.1" in (secrets / "site-broker.conf").read_text()


def test_beyond_loopback_there_is_tls_or_a_password_on_a_closed_network(whole: dict[str, Any], secrets: Path) -> None:
    conf = (secrets / "broker.conf").read_text()
    assert "allow_anonymous false" in conf
    assert "certfile" in conf
    centre = json.loads((secrets / "centre.json").read_text())
    assert centre["certificate"]
    assert centre["broker"]["ca_file"]
    assert whole["networks"]["books"] == {"internal": True}
    assert whole["services"]["postgres"]["networks"] == ["books"]
    assert "scram-sha-256" in whole["services"]["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]


def test_what_is_kept_lies_on_a_volume(whole: dict[str, Any], services: dict[str, Service], secrets: Path) -> None:
    kept = {"centre": json.loads((secrets / "centre.json").read_text())["vault"],
            "edge": json.loads((secrets / "box.json").read_text())["data"],
            "simulator": json.loads((secrets / "world.json").read_text())["truth"],
            "postgres": services["postgres"]["environment"]["PGDATA"]}  # fmt: skip
    for name, path in kept.items():
        volume, _, at = services[name]["volumes"][0].partition(":")
        assert volume in whole["volumes"]
        assert Path(path).is_relative_to(at)
    mounts = {volume for service in services.values() for volume in service.get("volumes", [])}
    assert len(mounts - set(services["broker"]["volumes"])) == len(whole["volumes"]) == 4


def _networks(services: dict[str, Service], name: str) -> set[str]:
    service = services[name]
    other = str(service.get("network_mode", "")).removeprefix("service:")
    return _networks(services, other) if other else set(service["networks"])
