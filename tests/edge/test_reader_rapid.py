"""The bundled networks on plates that the test draws; and `barie read` as a command."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.reader.cli import main
from edge.reader.rapid import RapidReader

pytestmark = pytest.mark.slow

WHITE, BLACK, RED, YELLOW, BLUE = (245, 245, 245), (15, 15, 15), (40, 20, 190), (20, 190, 240), (150, 70, 20)


def scene(*rows: str, ground: tuple[int, int, int] = WHITE, ink: tuple[int, int, int] = BLACK) -> NDArray[np.uint8]:
    """A plate on a grey street, 640 x 480."""
    picture = np.full((480, 640, 3), 110, np.uint8)
    width, height = (330, 70) if len(rows) == 1 else (200, 150)
    x, y = 150, 160
    cv2.rectangle(picture, (x, y), (x + width, y + height), ground, -1)
    for number, row in enumerate(rows):
        (text_width, _), _ = cv2.getTextSize(row, cv2.FONT_HERSHEY_SIMPLEX, 1.7, 4)
        left = x + (width - text_width) // 2
        cv2.putText(picture, row, (left, y + 53 + 68 * number), cv2.FONT_HERSHEY_SIMPLEX, 1.7, ink, 4, cv2.LINE_AA)
    return picture


@pytest.fixture(scope="module")
def reader() -> RapidReader:
    return RapidReader()


@pytest.mark.parametrize(
    ("rows", "text", "ground", "ink", "colour"),
    [
        (("30A-123.45",), "30A12345", WHITE, BLACK, "white"),
        (("24B-056.78",), "24B05678", YELLOW, BLACK, "yellow"),
        (("24-B1", "678.92"), "24B167892", WHITE, BLACK, "white"),
        (("80B", "034.56"), "80B03456", BLUE, WHITE, "blue"),
        (("KB-25-91",), "KB2591", RED, WHITE, "red"),
    ],
)
def test_drawn_plates(reader: RapidReader, rows: tuple[str, ...], text: str, ground: tuple[int, int, int],
                      ink: tuple[int, int, int], colour: str) -> None:  # fmt: skip
    plates = reader.read(scene(*rows, ground=ground, ink=ink))
    assert [plate.text for plate in plates] == [text]
    plate = plates[0]
    assert (plate.lines, plate.colour) == (len(rows), colour)
    assert plate.confidence == min(p for _, p in plate.characters) > 0.5
    assert "".join(char for char, _ in plate.characters) == text
    x, y, width, height = plate.box
    assert 140 < x < 300 and 150 < y < 200 and width > 100 and height > 30  # noqa: PT018 - one statement about one box


def test_no_plate_no_answer(reader: RapidReader) -> None:
    assert reader.read(np.full((480, 640, 3), 128, np.uint8)) == []
    assert reader.read(np.zeros((1, 1, 3), np.uint8)) == []
    assert reader.read(np.zeros((20, 3000, 3), np.uint8)) == []


def test_read_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder expands to its pictures, a broken file is a line, the rest is read, the exit status is 1."""
    cv2.imwrite(str(tmp_path / "a.png"), scene("30A-123.45"))
    (tmp_path / "b.jpg").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("no picture, and not asked for")
    assert main([str(tmp_path), str(tmp_path / "missing.jpg"), "--json"]) == 1
    good, broken, missing = map(json.loads, capsys.readouterr().out.splitlines())
    assert set(good) == {"file", "plates", "ms"}
    assert set(good["plates"][0]) == {"text", "confidence", "box", "lines", "colour"}
    assert good["plates"][0]["text"] == "30A12345"
    assert broken["error"] == "empty: 0 bytes"
    assert missing["error"] == "No such file or directory"
    assert main([str(tmp_path / "a.png")]) == 0
    assert "30A-123.45" in capsys.readouterr().out


def test_read_command_runs_alone(tmp_path: Path) -> None:
    """From any folder, without a line on the error output, and with no network to ask."""
    cv2.imwrite(str(tmp_path / "a.png"), scene("30A-123.45"))
    root = Path(__file__).resolve().parents[2]
    code = f"""
import socket, sys
sys.path.insert(0, {str(root)!r})
def no(*_): raise AssertionError("the reader wants a network")
socket.socket.connect = socket.getaddrinfo = no
from edge.reader.cli import main
sys.exit(main(["a.png", "--json"]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["plates"][0]["text"] == "30A12345"


@pytest.mark.parametrize("arguments", [["--threads", "0", "x"], ["--engine", "magic", "x"], []])
def test_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "usage: barie read" in capsys.readouterr().err
