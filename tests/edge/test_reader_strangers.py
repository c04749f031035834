"""`barie read` and what strangers give it: names, folders, videos that are none, listeners that leave."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.reader import cli, video
from edge.reader.cli import main
from edge.reader.engines import engine
from edge.reader.image import UnreadableImage
from edge.reader.video import frames

ROOT = Path(__file__).resolve().parents[2]
GREY = np.full((48, 64, 3), 128, np.uint8)
PICTURE = cv2.imencode(".png", GREY)[1].tobytes()


def film(path: Path, fourcc: str, size: tuple[int, int] = (64, 48), count: int = 3) -> bytes:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*fourcc), 25.0, size)
    if not writer.isOpened():
        pytest.skip(f"no encoder of {fourcc} here")
    noise = np.random.default_rng(1)
    for _ in range(count):  # what is small FFmpeg does not take for a transport stream
        writer.write(noise.integers(0, 255, (size[1], size[0], 3), np.uint8))
    writer.release()
    return path.read_bytes()


def answers(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {Path(each["file"]).name: each.get("error", "") for each in lines}


@pytest.fixture(scope="module", autouse=True)
def one_reader() -> Iterator[None]:
    """Loading the networks is not what is tested here."""
    held = engine("barie", 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "engine", lambda *_: held)
        yield


def test_every_kind_of_name_has_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    (tmp_path / "gone.png").symlink_to("nowhere")
    (tmp_path / "back.mp4").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.jpg")
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "good.png").write_bytes(PICTURE)
    assert main(["--json", str(tmp_path), str(tmp_path / ("x" * 300)), str(tmp_path / "folder.jpg")]) == 1
    found = answers(capsys)
    assert "symbolic links" in found.pop("loop.jpg")
    assert "No such file" in found.pop("gone.png")
    assert "name too long" in found.pop("x" * 300)
    assert "no picture and no video in this folder" in found.pop("folder.jpg")
    assert found == {"pipe.jpg": "not a regular file", "pipe.mp4": "not a regular file", "good.png": ""}


def test_a_name_that_is_no_utf_8_is_json_all_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = os.fsencode(tmp_path) + b"/m\xf9a\n\x1b[31m.png"
    Path(os.fsdecode(name)).write_bytes(PICTURE)
    assert main(["--json", os.fsdecode(name)]) == 0
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    line.encode("utf-8")
    assert os.fsencode(json.loads(line)["file"]) == name
    assert main([os.fsdecode(name)]) == 0
    shown = capsys.readouterr().out
    assert "m?a??[31m.png" in shown


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_what_may_not_be_read_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.png", "b.mp4"):
        (tmp_path / name).write_bytes(PICTURE)
        (tmp_path / name).chmod(0)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    assert main(["--json", str(tmp_path), str(closed)]) == 1
    assert set(answers(capsys).values()) == {"Permission denied"}


def test_a_listener_that_leaves_and_a_ctrl_c_end_it_quietly(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PICTURE)
    (tmp_path / "b.png").write_bytes(PICTURE)
    ends, begins = os.pipe()
    os.close(ends)
    command = [sys.executable, "-m", "edge.reader.cli", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, stdout=begins, stderr=subprocess.PIPE, text=True, check=False)
    os.close(begins)
    assert (done.returncode, done.stderr) == (1, "")
    stop = "import edge.reader.cli as cli; cli._answer = lambda *_: (_ for _ in ()).throw(KeyboardInterrupt())"
    code = f"{stop}\nimport sys\nsys.exit(cli.main([{str(tmp_path)!r}]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")


@pytest.mark.parametrize(
    ("name", "fourcc"),
    [("a.mp4", "mp4v"), ("a.mov", "mp4v"), ("a.3gp", "mp4v"), ("a.avi", "MJPG"), ("a.mkv", "MJPG"), ("a.webm", "VP80"),
     ("a.ts", "PIM1"), ("a.mpg", "PIM1")],
)  # fmt: skip
def test_videos_of_all_formats_give_their_frames(tmp_path: Path, name: str, fourcc: str) -> None:
    film(tmp_path / name, fourcc)
    assert [frame.image.shape for frame in frames(tmp_path / name, 0.0)] == [(48, 64, 3)] * 3


@pytest.mark.parametrize(
    "data",
    [
        b"ffconcat version 1.0\nfile inner.mp4\n",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\ninner.mp4\n#EXT-X-ENDLIST\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        PICTURE,
        b"30A-123.45\n" * 50,
    ],
    ids=["list of files", "playlist", "session", "picture", "words"],
)
def test_a_video_that_names_other_files_or_is_none_is_not_opened(
    tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    film(tmp_path / "inner.mp4", "mp4v")
    (tmp_path / "a.mp4").write_bytes(data)
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(UnreadableImage, match=r"not a video of a known format \(MP4"):
        next(frames(tmp_path / "a.mp4", 0.0))


def lies(data: bytes) -> bytes:
    """An AVI whose every number of frames, bytes and pixels is the largest."""
    header = bytearray(data)
    for tag, size in ((b"avih", 56), (b"strh", 56)):
        at = header.index(tag) + 8
        header[at + 16 : at + size] = b"\x7f" * (size - 16)
    return bytes(header)


@pytest.mark.parametrize(
    "spoil",
    [lies, lambda data: data[: len(data) // 3], lambda data: data[:4] + bytes(len(data) - 4), lambda data: data[:300]],
    ids=["lies", "cut", "zeros", "head"],
)
def test_a_spoilt_video_is_a_line_and_nothing_else(
    tmp_path: Path, spoil: Callable[[bytes], bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    """FFmpeg says nothing on the error output."""
    for name, fourcc in (("a.avi", "MJPG"), ("b.mp4", "mp4v")):
        data = film(tmp_path / name, fourcc, count=1)
        (tmp_path / name).write_bytes(spoil(data) if name == "a.avi" or spoil is not lies else data[:-200])
    capfd.readouterr()
    main(["--json", str(tmp_path)])
    out, err = capfd.readouterr()
    assert [set(json.loads(line)) >= {"file", "plates", "ms"} for line in out.splitlines()] == [True, True]
    assert err == ""


def test_a_video_of_too_many_pixels_says_how_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film(tmp_path / "a.avi", "MJPG")
    monkeypatch.setattr(video, "PIXELS_MAX", 64 * 48 - 1)
    with pytest.raises(UnreadableImage, match="too many pixels: 64 x 48, at most 3,071"):
        next(frames(tmp_path / "a.avi", 0.0))
