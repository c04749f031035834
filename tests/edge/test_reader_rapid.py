"""The bundled networks on plates that the test draws; and `barie read` as a command."""

import json
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.reader.cli import main
from edge.reader.contract import Reader
from edge.reader.decode import greedy
from edge.reader.engines import engine
from edge.reader.layout import Place
from edge.reader.rapid import RapidSymbols
from gate.reading import PATHS

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


@pytest.fixture(scope="module", params=["barie", "rapid"])
def reader(request: pytest.FixtureRequest) -> Reader:
    return engine(request.param)


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
def test_drawn_plates(reader: Reader, rows: tuple[str, ...], text: str, ground: tuple[int, int, int],
                      ink: tuple[int, int, int], colour: str) -> None:  # fmt: skip
    plates = reader.read(scene(*rows, ground=ground, ink=ink))
    assert [plate.text for plate in plates] == [text]
    plate = plates[0]
    assert (plate.lines, plate.colour) == (len(rows), colour)
    assert plate.confidence == min(p for _, p in plate.characters) > 0.5
    assert plate.path in PATHS
    assert plate.alternatives[0] == (text, plate.confidence)
    assert sum(p for _, p in plate.alternatives) <= 1.001
    assert "".join(char for char, _ in plate.characters) == text
    x, y, width, height = plate.box
    assert 130 < x < 300 and 140 < y < 200 and width > 100 and height > 30  # noqa: PT018 - one statement about one box


def test_a_line_reads_the_same_beside_another_as_alone() -> None:
    rows = ("59-T1", "221.89", "30A-123.45", "7")
    picture, places = np.full((60 * len(rows), 420, 3), 235, np.uint8), []
    for number, row in enumerate(rows):
        cv2.putText(picture, row, (12, 60 * number + 45), cv2.FONT_HERSHEY_SIMPLEX, 1.5, BLACK, 3, cv2.LINE_AA)
        (width, _), _ = cv2.getTextSize(row, cv2.FONT_HERSHEY_SIMPLEX, 1.5, 3)
        left, top, right, bottom = 4, 60 * number + 2, width + 20, 60 * number + 56
        quad = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
        places.append(Place(quad))
    symbols = RapidSymbols()
    together = [greedy([matrix]) for matrix in symbols.read_lines(picture, places)]
    assert together == [greedy(symbols.read_lines(picture, [place])) for place in places]
    assert together == ["59T1", "22189", "30A12345", "7"]


def test_no_plate_no_answer(reader: Reader) -> None:
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
    plate = good["plates"][0]
    assert set(plate) >= {"text", "confidence", "box", "lines", "colour"}, "these stay for ever"
    assert set(plate) == {"text", "confidence", "box", "lines", "colour", "path", "class", "alternatives"}
    assert (plate["path"] in PATHS, plate["class"]) == (True, "CAR")
    assert plate["alternatives"][0] == [plate["text"], plate["confidence"]]
    assert good["plates"][0]["text"] == "30A12345"
    assert broken["error"] == "empty: 0 bytes"
    assert missing["error"] == "No such file or directory"
    assert main([str(tmp_path / "a.png")]) == 0
    assert "30A-123.45" in capsys.readouterr().out


def test_a_region_of_interest_is_all_that_is_read(reader: Reader) -> None:
    picture = np.hstack([scene("30A-123.45"), scene("24B-056.78")])
    (plate,) = reader.read(picture, roi=(640, 0, 640, 480))
    assert plate.text == "24B05678"
    assert 640 + 130 < plate.box[0] < 640 + 300, "in pixels of the whole picture"
    assert {plate.text for plate in reader.read(picture)} == {"30A12345", "24B05678"}
    assert reader.read(picture, roi=(0, 300, 1280, 180)) == []
    assert reader.read(picture, roi=(-50, -50, 60, 60)) == []
    assert len(reader.read(picture, roi=(5000, 5000, 10, 10))) == 2, "a region outside: the whole picture"


def test_no_time_still_gets_one_look(reader: Reader) -> None:
    (plate,) = reader.read(scene("30A-123.45"), deadline_ms=0.0)
    assert (plate.text, plate.path) == ("30A12345", "fast")


def film(path: Path, *pictures: NDArray[np.uint8]) -> None:
    """Ten frames a second."""
    video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (640, 480))
    for picture in pictures:
        video.write(picture)
    video.release()


def test_a_video_is_one_line_with_its_vehicles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nobody = np.full((480, 640, 3), 110, np.uint8)
    path = tmp_path / "gate.avi"
    film(path, *[scene("30A-123.45")] * 4, *[nobody] * 30, *[scene("24B-056.78", ground=YELLOW)] * 4)
    assert main([str(path), "--json", "--every", "0.2"]) == 0
    (answer,) = map(json.loads, capsys.readouterr().out.splitlines())
    first, second = answer["plates"]
    assert (first["text"], first["first_s"], first["frames"], first["travel"]) == ("30A12345", 0.0, 2, "still")
    assert (second["text"], second["first_s"], second["colour"]) == ("24B05678", 3.4, "yellow")


def test_a_video_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, data in (("empty.mp4", b""), ("words.avi", b"no video " * 100), ("cut.avi", b"RIFF\x00\x01\x00\x00AVI ")):
        (tmp_path / name).write_bytes(data)
    assert main([str(tmp_path), str(tmp_path / "missing.mp4"), "--json"]) == 1
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(answers) == 4
    assert all(re.search("video|empty|No such file", each["error"]) for each in answers)


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


@pytest.mark.parametrize(
    "arguments",
    [["--threads", "0", "x"], ["--engine", "magic", "x"], ["--deadline", "x", "x"], ["--every", "nan", "x"], []],
)
def test_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "usage: barie read" in capsys.readouterr().err
