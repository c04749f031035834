"""EasyOCR stays out of the default installation, says what it lacks, and opens no pickle that was not checked.

What needs torch is in `tests/edge/easyocr_extra.py`.
"""

import hashlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from edge.reader import cli
from edge.reader.easy import stock
from edge.reader.easy.pickles import checked, only_weights
from edge.reader.engines import EASY, EASY_STOCK, engine
from edge.reader.networks import WeightsMissingError

ROOT = Path(__file__).parents[2]
HEAVY = ("easyocr", "onnx", "torch", "torchvision")
ASKED = f"""
import pkgutil, sys
from importlib import import_module
class Heavy:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {HEAVY!r}:
            raise AssertionError("imports " + name)
sys.meta_path.insert(0, Heavy())
import edge.reader
from edge.reader.engines import engine
for found in pkgutil.walk_packages(edge.reader.__path__, "edge.reader."):
    if not found.name.startswith("edge.reader.easy"):
        import_module(found.name)
engine("barie").read
engine("rapid").read
"""


def test_no_other_engine_asks_for_torch() -> None:
    done = subprocess.run([sys.executable, "-c", ASKED], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_default_installation_has_none_of_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert not set(HEAVY) & set(project["dependencies"])
    assert set(project["optional-dependencies"]["easyocr"]) == {"easyocr", "onnx"}
    locks = sorted(ROOT.glob("requirements*.lock"))
    assert locks
    for lock in locks:
        names = {line.split("==")[0] for line in lock.read_text().splitlines()}
        assert not names & {*HEAVY, "nvidia-cublas"}, lock.name


@pytest.mark.parametrize("name", [EASY, EASY_STOCK])
def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, "easyocr", None)
    with pytest.raises(WeightsMissingError, match=r"not installed: easyocr.*barie\[easyocr\]"):
        engine(name)


def test_weights_that_are_not_there_are_all_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stock, "present", lambda: None)
    (tmp_path / "english_g2.pth").mkdir()
    assert cli.main(["--engine", EASY_STOCK, "--weights", str(tmp_path), "nothing.png"]) == 1
    said = capsys.readouterr().err
    assert str(tmp_path) in said
    assert "no craft_mlt_25k.pth, no english_g2.pth" in said
    assert said.count("\n") == 1


def test_weights_are_looked_for_where_easyocr_keeps_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EASYOCR_MODULE_PATH", str(tmp_path))
    with pytest.raises(WeightsMissingError, match=str(tmp_path / "model")):
        stock.checked_folder(None)


def test_a_pickle_of_another_hash_is_not_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    digests = {}
    for name in stock.WEIGHTS:
        (tmp_path / name).write_bytes(name.encode())
        digests[name] = hashlib.sha256(name.encode()).hexdigest()
    with pytest.raises(WeightsMissingError, match=r"craft_mlt_25k\.pth: its SHA-256 is .* not opened"):
        stock.checked_folder(tmp_path)
    monkeypatch.setattr(stock, "WEIGHTS", digests)
    assert stock.checked_folder(tmp_path) == tmp_path
    (tmp_path / "english_g2.pth").write_bytes(b"english_g3")
    with pytest.raises(WeightsMissingError, match=r"english_g2\.pth"):
        stock.checked_folder(tmp_path)


def test_a_pickle_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissingError, match=r"net\.pth: No such file"):
        checked(tmp_path / "net.pth", "0" * 64)


@pytest.mark.parametrize("before", [None, "0"])
def test_only_weights_holds_for_one_load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, before: str | None) -> None:
    name = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
    if before is None:
        monkeypatch.delenv(name, raising=False)
    else:
        monkeypatch.setenv(name, before)
    with only_weights():
        assert os.environ[name] == "1"
    assert os.environ.get(name) == before
    with pytest.raises(WeightsMissingError), only_weights():
        checked(tmp_path / "net.pth", "")
    assert os.environ.get(name) == before
