"""Loopback ports that nothing else takes between choosing and listening."""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path
from typing import Final

# Below the range from which the kernel picks the near ends of connections, so none of those can land here.
PORTS: Final = range(20_000, 32_000)

_held: Final[dict[int, int]] = {}


def free_port() -> int:
    """A TCP port free on 127.0.0.1, kept from all other callers on this machine while this process lives."""
    chance = random.Random(os.urandom(8))
    start = chance.randrange(len(PORTS))
    for step in range(len(PORTS)):
        port = PORTS[(start + step) % len(PORTS)]
        if _reserve(port):
            return port
    raise OSError(f"no free port on 127.0.0.1 from {PORTS.start} to {PORTS.stop - 1}")


def _reserve(port: int) -> bool:
    lock = os.open(_folder() / str(port), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except OSError:
        os.close(lock)
        return False
    _held[port] = lock
    return True


def _folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"barie-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def listening(port: int) -> bool:
    """Whether something accepts connections at this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
