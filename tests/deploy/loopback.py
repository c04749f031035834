"""An installation's files as they are, but for where things lie: one machine's loopback in place of containers."""

import getpass
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from simulator.demo.broker_files import PLUGIN
from simulator.demo.installation import ACCOUNTS, BROKER_PORT, CAMERA_PORT, CENTRE_PORT, DATA, SECRETS, SITE_BROKER_PORT
from simulator.stage.ports import free_port
from tests.deploy.compose import Service, targets
from tests.harness.accounts import plugin

HOST: Final = "127.0.0.1"
NAMED: Final = (CENTRE_PORT, BROKER_PORT, SITE_BROKER_PORT, CAMERA_PORT)


class Loopback:
    """Each service gets a folder with what compose would mount into it, ports and hosts replaced."""

    def __init__(self, folder: Path, secrets: Path, services: Mapping[str, Service]) -> None:
        self.folder, self._secrets, self._services = folder, secrets, services
        self.ports = {port: free_port() for port in NAMED}
        for name, service in services.items():
            (self.mount(name)).mkdir(parents=True)
            (folder / name / "data").mkdir()
            for target, source in targets(service).items():
                self._put(name, target, (secrets / source).read_text())
        shutil.copytree(secrets / "broker.accounts", folder / "broker" / "accounts")

    def mount(self, name: str) -> Path:
        """A service's own /run/secrets."""
        return self.folder / name / "secrets"

    def command(self, name: str) -> list[str]:
        """A service's command."""
        return [self._here(name, word) for word in self._services[name]["command"]]

    def health(self, name: str) -> list[str]:
        """A service's health check, without CMD."""
        return [self._here(name, word) for word in self._services[name]["healthcheck"]["test"][1:]]

    def environment(self, name: str) -> dict[str, str]:
        """What compose would set."""
        told: dict[str, str] = self._services[name].get("environment", {})
        return {key: self._here(name, value) for key, value in told.items()}

    def change(self, name: str, file: str, **values: Any) -> None:
        """Set keys of a JSON file."""
        path = self.mount(name) / file
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}))

    def _put(self, name: str, target: str, text: str) -> None:
        text = self._here(name, text)
        text = re.sub(r'"host": "(?:broker|0\.0\.0\.0)"', f'"host": "{HOST}"', text)
        text = text.replace("https://centre:", f"https://{HOST}:")
        for port, here in self.ports.items():
            text = re.sub(rf"(?<![\w+/-]){port}(?![\w+/-])|(?<=:){port}(?=/)", str(here), text)
        if target.endswith(".conf"):
            text = re.sub(r"^(listener \d+)$", rf"\1 {HOST}", text, flags=re.MULTILINE)
            text += f"user {getpass.getuser()}\n"  # a container's user is nobody's root; here it may be
        path = self.mount(name) / target
        path.touch(mode=0o600)
        path.write_text(text)

    def _here(self, name: str, text: str) -> str:
        text = text.replace(SECRETS, str(self.mount(name))).replace(DATA, str(self.folder / name / "data"))
        return text.replace(ACCOUNTS, str(self.folder / name / "accounts")).replace(PLUGIN, str(plugin()))
