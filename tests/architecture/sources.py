"""The files that the rules are about."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PARTS: Final = ("gate", "edge", "server", "simulator")


def _python(*folders: str) -> list[Path]:
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts)
    return sorted(found)


PRODUCT: Final = [*_python(*PARTS), ROOT / "barie_cli.py"]
GATE: Final = _python("gate")
ALL: Final = [*PRODUCT, *_python("tests")]

# A migration is one long list of statements and never changes once it has run somewhere.
SIZED: Final = [path for path in ALL if "migrations" not in path.parts]


def name(path: Path) -> str:
    """How a file is called in a report."""
    return str(path.relative_to(ROOT))
