"""Hears what mosquitto_sub would, from the same file of options: by itself where it is installed, else with paho."""

import os
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion


def said_within(config_home: str) -> bool:
    """Whether the broker lets the user of the file in and says what the file asks for, in the file's time."""
    found = shutil.which("mosquitto_sub")
    if found:
        told = {**os.environ, "XDG_CONFIG_HOME": config_home}
        return subprocess.run([found], env=told, capture_output=True, check=False, timeout=30).returncode == 0
    return _heard(options(Path(config_home) / "mosquitto_sub"))


def options(file: Path) -> dict[str, str]:
    """One option and its value on a line, as mosquitto_sub reads them."""
    return dict(line.split(" ", 1) for line in file.read_text().splitlines())


def _heard(given: dict[str, str]) -> bool:
    came = threading.Event()

    def connected(*_: Any) -> None:
        client.subscribe(given["-t"])

    def message(_client: Any, _data: Any, _message: Any) -> None:
        came.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(given["-u"], given["-P"])
    if "--cafile" in given:
        client.tls_set(ca_certs=given["--cafile"])
    client.on_connect = connected
    client.on_message = message
    try:
        client.connect(given["-h"], int(given["-p"]))
    except OSError:
        return False
    client.loop_start()
    heard = came.wait(float(given["-W"]))
    client.disconnect()
    client.loop_stop()
    return heard
