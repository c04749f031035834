"""The script at the root, on trees made for it: nothing here reaches a network or installs anything."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
TOOLS: Final = ("cat", "cksum", "dirname", "env", "flock", "id", "readlink", "rm", "sh")
NO_NETWORK: Final = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0", "https_proxy": "http://127.0.0.1:9"}
INSTALLER: Final = """#!/bin/sh
[ "$1" = --version ] && exit
echo "uv asked for: $*, from $UV_DEFAULT_INDEX" >&2
[ -e "${0%/*}/reachable" ]
"""
TELLS: Final = "import os, sys\nprint(*sys.argv[1:], sep='|')\nprint(os.getcwd(), file=sys.stderr)\nsys.exit(7)\n"


class Tree:
    """A checkout that is set up for the first lock, with few programs on its PATH."""

    def __init__(self, root: Path, programs: Path) -> None:
        self.root = root
        self._programs = programs
        shutil.copy(ROOT / "barie", _folder(root))
        for lock in ("requirements.lock", "requirements-test.lock", "requirements-uv.lock"):
            (root / lock).write_text("uv==0.0.0 --hash=sha256:00\n")
        (root / "barie_cli.py").write_text(TELLS)
        _folder(root / ".venv/bin")
        (root / ".venv/bin/python").symlink_to(sys.executable)
        (root / ".venv/bin/uv").write_text(INSTALLER)
        (root / ".venv/bin/uv").chmod(0o755)
        for tool in TOOLS:
            (_folder(programs) / tool).symlink_to(shutil.which(tool) or tool)
        self.stamp("requirements.lock")

    def stamp(self, lock: str) -> None:
        """Say that the lock is installed, as set-up does."""
        content = (self.root / lock).read_text()
        cksum = subprocess.run(["cksum"], input=content, capture_output=True, text=True, check=True)
        (self.root / f".venv/.{lock}").write_text(f"{cksum.stdout.strip()} Python {sys.version.split()[0]}\n")

    def reach(self) -> None:
        """From now on the package index answers."""
        (self.root / ".venv/bin/reachable").touch()

    def barie(self, *arguments: str, script: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the script from another folder."""
        environment = {"PATH": str(self._programs), "HOME": str(self._programs), **NO_NETWORK}
        command = [str(script or self.root / "barie"), *arguments]
        return subprocess.run(
            command, env=environment, cwd=self._programs, capture_output=True, text=True, check=False, timeout=60
        )


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "a check out", tmp_path / "programs")


def test_what_is_set_up_runs_without_a_network_and_says_nothing_of_its_own(tree: Tree) -> None:
    done = tree.barie("read", "--json", "a b.png", "*", "")
    assert done.returncode == 7
    assert done.stdout == "read|--json|a b.png|*|\n"
    assert done.stderr.splitlines() == [str(tree.root.parent / "programs")]


def test_it_finds_its_checkout_through_links(tree: Tree, tmp_path: Path) -> None:
    _folder(tmp_path / "links")
    (tmp_path / "links/relative").symlink_to("../a check out/barie")
    (tmp_path / "links/again").symlink_to(tmp_path / "links/relative")
    assert tree.barie("read", script=tmp_path / "links/again").returncode == 7


def test_a_changed_lock_is_installed_once_before_anything_runs(tree: Tree) -> None:
    (tree.root / "requirements.lock").write_text("other==1\n")
    refused = tree.barie("read")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "once the package index can be reached, run this again" in refused.stderr
    tree.reach()
    installing = tree.barie("read")
    assert (installing.returncode, installing.stdout) == (7, "read\n")
    assert "--require-hashes -r requirements.lock, from http://127.0.0.1:9/\n" in installing.stderr
    assert "uv asked for" not in tree.barie("read").stderr


def test_the_test_lock_holds_the_other_and_not_the_reverse(tree: Tree) -> None:
    assert "-r requirements-test.lock" in tree.barie("test", "--fast").stderr
    (tree.root / ".venv/.requirements.lock").unlink()
    tree.stamp("requirements-test.lock")
    assert tree.barie("test", "--fast").returncode == tree.barie("read").returncode == 7


def test_two_at_once_install_once(tree: Tree) -> None:
    (tree.root / "requirements.lock").write_text("other==1\n")
    tree.reach()
    with ThreadPoolExecutor() as pool:
        done = [each.result() for each in [pool.submit(tree.barie, "read") for _ in range(4)]]
    assert [each.returncode for each in done] == [7] * 4
    assert sum("uv asked for" in each.stderr for each in done) == 1


def test_a_missing_program_is_named_where_it_cannot_be_installed(tree: Tree) -> None:
    tree.stamp("requirements-test.lock")
    done = tree.barie("test")
    assert (done.returncode, done.stdout) == (1, "")
    assert "chromium with your system's package manager, then run this again." in done.stderr


def test_no_python_that_is_new_enough(tree: Tree) -> None:
    (tree.root / ".venv/bin/python").unlink()
    done = tree.barie("read")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "barie: needs Python 3.11 or newer: install python3, then run this again.\n"
