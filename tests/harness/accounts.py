"""A broker that takes accounts while it runs, as one in use: mosquitto's dynamic security beside its files."""

from pathlib import Path
from typing import Final

from gate.broker_rules import centre_rules
from simulator.demo.broker_files import no_accounts
from simulator.stage.mosquitto import Mosquitto

CENTRE: Final = "the centre's secret"
_PLUGIN: Final = "mosquitto_dynamic_security.so"


def accountable(folder: Path, users: dict[str, str] | None = None) -> Mosquitto:
    """The centre's broker: the centre may make accounts, nobody has one but `users`."""
    folder.mkdir(parents=True)
    kept = folder / "dynamic.json"
    kept.write_text(no_accounts())
    extra = [f"plugin {plugin()}", f"plugin_opt_config_file {kept}"]
    return Mosquitto(folder, {"centre": CENTRE, **(users or {})}, centre_rules([]), extra)


def plugin() -> Path:
    """Where the package put it. Raises FileNotFoundError."""
    found = [path for folder in ("/usr/lib", "/usr/local/lib") for path in Path(folder).glob(f"**/{_PLUGIN}")]
    if not found:
        raise FileNotFoundError(f"{_PLUGIN} is missing: apt-get install mosquitto")
    return found[0]
