"""The services of docker-compose.yml, run as processes on one machine's loopback."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final

from simulator.stage.mosquitto import program
from simulator.stage.processes import ROOT, Process, barie
from tests.deploy.loopback import Loopback
from tests.deploy.subscriber import said_within

PATIENCE_S: Final = 60.0


class Running:
    """The services of docker-compose.yml as processes."""

    def __init__(self, at: Loopback) -> None:
        self.at = at
        self.parts: dict[str, Process] = {}

    def start(self, name: str) -> None:
        """Start a service's command."""
        words, told = self.at.command(name), self.at.environment(name)
        if words[0] == "mosquitto":
            self.parts[name] = Process(name, [program("mosquitto"), *words[1:]])
        else:
            self.parts[name] = barie(*words, env=told)

    def stop(self, name: str) -> int:
        """Stop it as compose does, by SIGTERM."""
        return self.parts.pop(name).stop()

    def health(self, name: str) -> bool:
        """What its health check says."""
        words = self.at.health(name)
        if words == ["mosquitto_sub"]:
            return said_within(self.at.environment(name)["XDG_CONFIG_HOME"])
        assert words[0] == "barie"
        command = [sys.executable, "-P", "-m", "barie_cli", *words[1:]]
        told = {**os.environ, "PYTHONPATH": str(ROOT), **self.at.environment(name)}
        return subprocess.run(command, env=told, capture_output=True, check=False, timeout=30).returncode == 0

    def becomes_healthy(self, name: str) -> None:
        """Wait, as `depends_on` would."""
        self.until(lambda: self.health(name), name, "is not healthy")

    def until(self, holds: Callable[[], bool], name: str, otherwise: str) -> None:
        """Wait for something, as long as this part lives."""
        until = time.monotonic() + PATIENCE_S
        while not holds():
            part = self.parts[name]
            assert part.running, f"{name} ended\n{part.log}"
            assert time.monotonic() < until, f"{name} {otherwise}\n{part.log}"
