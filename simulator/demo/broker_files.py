"""A broker's files for a machine where mosquitto's own tools need not be: passwords hashed as mosquitto does."""

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from typing import Final

HEALTH_USER: Final = "health"
HEALTH_TOPIC: Final = "$SYS/broker/uptime"
PLUGIN: Final = "/usr/lib/mosquitto_dynamic_security.so"
"""Where mosquitto's own image has its dynamic security."""
_ROUNDS: Final = 1_000
_SALT_BYTES: Final = 12
_HASH_BYTES: Final = 64


def passwords(users: Mapping[str, str]) -> str:
    """The text of mosquitto's password_file: `name:$7$rounds$salt$hash`, PBKDF2 with HMAC-SHA-512.

    The rounds are few because each secret here is random and long; whoever types one of their own raises them.
    """
    return "".join(f"{name}:{_hashed(secret)}\n" for name, secret in users.items())


def _hashed(secret: str) -> str:
    salt = os.urandom(_SALT_BYTES)
    made = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt, _ROUNDS, _HASH_BYTES)
    return f"$7${_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(made).decode()}"


def with_health(rules: str) -> str:
    """The rules and one more user, who may hear that the broker is up and nothing else."""
    return f"{rules}\nuser {HEALTH_USER}\ntopic read {HEALTH_TOPIC}\n"


def no_accounts() -> str:
    """What dynamic security begins with: nobody, and whoever is added may do what their role says."""
    nothing = dict.fromkeys(("publishClientSend", "publishClientReceive", "subscribe"), False)
    told = {"defaultACLAccess": {**nothing, "unsubscribe": True}, "clients": [], "groups": [], "roles": []}
    return json.dumps(told, indent=1) + "\n"


def listener(folder: str, name: str, where: str, *, certified: bool, accounts: str = "") -> str:
    """The text of mosquitto.conf for one listener, `where`: port and perhaps address. `accounts`: the file that keeps
    whom the centre lets in while it runs, in a folder that the broker may write.

    It stores nothing else: boxes keep what is not acknowledged, and the centre gives a lease anew to whoever is behind.
    """
    lines = [f"listener {where}"]
    if certified:
        lines += [
            f"certfile {folder}/{name}.pem",
            f"keyfile {folder}/{name}.key",
            "tls_version tlsv1.2",  # and newer
        ]
    lines += [
        "allow_anonymous false",
        f"password_file {folder}/{name}.passwd",
        f"acl_file {folder}/{name}.acl",
        "persistence false",
        "set_tcp_nodelay true",  # without it a reply waits 40 ms for an acknowledgement, twice
        "max_queued_messages 1000000",  # the default of 1000 drops silently
        "max_packet_size 2000000",  # a lease with all its lists, and nothing larger
        "sys_interval 5",
        "log_dest stdout",
        *([f"plugin {PLUGIN}", f"plugin_opt_config_file {accounts}"] if accounts else []),
        "",
    ]
    return "\n".join(lines)


def health_options(port: int, secret: str, ca_file: str = "") -> str:
    """What mosquitto_sub reads from its own file, so that no command line shows the password."""
    lines = ["-h 127.0.0.1", f"-p {port}", f"-u {HEALTH_USER}", f"-P {secret}", f"-t {HEALTH_TOPIC}", "-C 1", "-W 8"]
    return "\n".join([*lines, *([f"--cafile {ca_file}"] if ca_file else []), ""])
