"""A real mosquitto for a test or a demo: its own port, people, rules and store, and an end whenever that wants one."""

import getpass
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from simulator.stage.ports import free_port
from simulator.stage.processes import Process

# Debian keeps it where only root's PATH looks.
_PATH: Final = f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin"

EVERYTHING: Final = "pattern readwrite #"


def program(name: str) -> str:
    """Where a program of mosquitto's is. Raises FileNotFoundError with what to install."""
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise FileNotFoundError(f"{name} is missing: apt-get install mosquitto")
    return found


class Mosquitto:
    """A broker on a loopback port that knows these users and rules, and nobody else.

    users: name -> password; acl: the text of mosquitto's acl_file; extra: more lines of configuration.
    `stop` keeps the store, `kill` is a power cut, `start` comes back on the same port with the same store.
    """

    host: Final = "127.0.0.1"

    def __init__(
        self, folder: Path, users: Mapping[str, str], acl: str = EVERYTHING, extra: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: Process | None = None
        self._earlier = ""
        self._write(users, acl, extra)

    def _write(self, users: Mapping[str, str], acl: str, extra: Sequence[str]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        passwords = self.folder / "passwords"
        _private(passwords, "".join(f"{name}:{password}\n" for name, password in users.items()))
        if users:
            subprocess.run([program("mosquitto_passwd"), "-U", str(passwords)], check=True, capture_output=True)
        _private(self.folder / "acl", f"{acl}\n")
        _private(self.config, "\n".join([*self._settings(), *extra, ""]))

    @property
    def config(self) -> Path:
        """The file it is started with."""
        return self.folder / "mosquitto.conf"

    def _settings(self) -> list[str]:
        return [
            f"listener {self.port} {self.host}",
            "allow_anonymous false",
            f"password_file {self.folder}/passwords",
            f"acl_file {self.folder}/acl",
            f"user {getpass.getuser()}",  # started by root it would become another, who may not read the folder
            "persistence true",
            f"persistence_location {self.folder}/",
            "set_tcp_nodelay true",  # without it a reply waits 40 ms for an acknowledgement, twice
            "max_queued_messages 1000000",  # the default of 1000 drops silently
            "max_packet_size 2000000",  # a lease with all its lists, and nothing larger
            "log_dest stdout",
        ]

    @property
    def log(self) -> str:
        """All it has said, over all its lives."""
        return self._earlier + (self._process.log if self._process else "")

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.running

    def start(self) -> None:
        """Start it and wait until it accepts connections. Raises ProcessEnded with its log."""
        assert not self.running, "it runs already"
        self._process = Process("mosquitto", [program("mosquitto"), "-c", str(self.config)])
        try:
            self._process.wait_for_port(self.port)
        except BaseException:
            self._process.kill()
            raise

    def stop(self) -> None:
        """Let it end, its store written."""
        if self._process:
            self._process.stop()
            self._forget()

    def kill(self) -> None:
        """A power cut: what it had not written is gone."""
        if self._process:
            self._process.kill()
            self._forget()

    def _forget(self) -> None:
        self._earlier, self._process = self.log, None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
