"""Who may know whom, what lies where, and what the repository may not hold."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.sources import PARTS, PRODUCT, ROOT, name

FOLDERS: Final = {*PARTS, "tests", "docs", "deploy", ".ci"}
LOCKS: Final = [
    "requirements.lock",
    "requirements-test.lock",
    "requirements-uv.lock",
    "server/console/assets/node.lock",
]


def tracked() -> list[str]:
    """The files that git keeps; where there is no git, all that it is not told to ignore."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
        return [file for file in listed.stdout.split("\0") if file]
    ignored = {".git", *(line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines())}
    files = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [str(file) for file in files if not ignored & set(file.parts)]


def test_import_rules_hold() -> None:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
        "--no-cache",
        "--no-logo",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_import_rules_know_every_part() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages == set(settings["root_packages"]) == set(PARTS)


def test_a_new_folder_at_the_top_must_be_decided() -> None:
    folders = {file.split("/")[0] for file in tracked() if "/" in file}
    assert folders <= FOLDERS


def test_only_the_command_knows_all_parts() -> None:
    alone = [path for path in PRODUCT if path.name != "barie_cli.py"]
    knowing = [
        name(path)
        for path in alone
        if re.search(r"^\s*(import|from) (barie_cli|tests)\b", path.read_text(), re.MULTILINE)
    ]
    assert not knowing


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_by_hash_and_names_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    pins = re.findall(r"^[a-z0-9][^\n]*==[^\n]*(?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE)) > 0
    assert "://" not in text


def test_the_test_lock_holds_all_of_the_other() -> None:
    pins = {
        lock: set(re.findall(r"^[a-z0-9][^\s]*==[^\s;]+", (ROOT / lock).read_text(), re.MULTILINE)) for lock in LOCKS
    }
    assert pins["requirements.lock"] < pins["requirements-test.lock"]


def test_one_opencv_only() -> None:
    builds = re.findall(r"^opencv-[a-z-]+", (ROOT / "requirements-test.lock").read_text(), re.MULTILINE)
    assert builds == ["opencv-python-headless"]


def test_the_scripts_lock_pins_by_hash_and_names_no_address() -> None:
    text = (ROOT / "server/console/assets/package-lock.json").read_text()
    assert "://" not in text
    assert text.count('"integrity": "sha512-') == text.count('"node_modules/') > 0


def test_the_environment_is_not_kept() -> None:
    kept = [file for file in tracked() if Path(file).parts[0] == ".venv" or "node_modules" in Path(file).parts]
    assert not kept
