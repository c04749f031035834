import subprocess
import sys
from pathlib import Path

import pytest

import barie_cli
from tests.harness import suite


def test_the_list_of_commands_imports_no_part() -> None:
    code = (
        "import sys, barie_cli\n"
        "sys.argv = ['barie', '--help']\n"
        "try: barie_cli.main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'gate', 'edge', 'server', 'simulator', 'tests', 'cv2', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=suite.ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "Check and test this checkout." in done.stdout


@pytest.mark.parametrize("name", barie_cli.COMMANDS)
def test_every_command_has_a_help(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "barie_cli", name, "--help"], cwd=suite.ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"usage: barie {name}" in done.stdout.replace("Usage", "usage")


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        barie_cli.main(["raed"])
    assert ended.value.code == 2
    assert "No such command 'raed'" in capsys.readouterr().err


def test_a_typer_command_gets_its_arguments(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lot_commands.py").write_text("def count(gates: int) -> None:\n    print(gates + 1)\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(barie_cli, "COMMANDS", {"count": barie_cli.Command("lot_commands:count", "Count gates.")})
    with pytest.raises(SystemExit) as ended:
        barie_cli.main(["count", "2"])
    assert (ended.value.code, capsys.readouterr().out) == (0, "3\n")


def test_a_failing_check_fails() -> None:
    assert suite.check("good", ("-c", "pass"))
    assert not suite.check("bad", ("-c", "raise SystemExit(1)"))


def test_paths_are_seen_from_where_the_caller_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test_x.py").touch()
    given = ["test_x.py::test_a", "test_x.py", "-k", "nothing_here", ""]
    there = tmp_path / "test_x.py"
    assert suite.absolute(given) == [f"{there}::test_a", str(there), "-k", "nothing_here", ""]
