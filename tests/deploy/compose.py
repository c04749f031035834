"""docker-compose.yml as compose would see it, without compose: read, and its variables filled in."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from tests.harness.suite import ROOT

FILE: Final = ROOT / "docker-compose.yml"
_VARIABLE: Final = re.compile(r"\$\{(\w+)(?::\?([^}]*))?\}")

Service = dict[str, Any]


class Unset(KeyError):
    """A variable that compose would refuse to start without."""


def environment(secrets: Path) -> dict[str, str]:
    """The variables in the file that `--env-file` names."""
    lines = (secrets / "compose.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def compose(variables: Mapping[str, str]) -> dict[str, Any]:
    """The whole file. Raises Unset with compose's own words."""
    parsed: dict[str, Any] = _filled(yaml.safe_load(FILE.read_text()), variables)
    return parsed


def targets(service: Service) -> dict[str, str]:
    """Name below /run/secrets -> name of the secret."""
    listed = [{"source": each} if isinstance(each, str) else each for each in service.get("secrets", [])]
    return {each.get("target", each["source"]): each["source"] for each in listed}


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, variables) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, variables) for each in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _value(found, variables), value)
    return value


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if not variables.get(found[1]):
        raise Unset(f"required variable {found[1]} is missing a value: {found[2] or ''}")
    return variables[found[1]]
