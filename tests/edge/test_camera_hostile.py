"""What a camera, or whoever took it over, may send: the lane goes on, unread; nothing of it is decoded in the box."""

import io
import os
import queue
import random
import resource
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PIL import Image

from edge.config import ReaderConfig
from edge.devices.camera_config import FolderConfig
from edge.devices.folder import File, FolderCamera, is_whole, read_whole
from edge.devices.snapshot import BYTES_MAX, SnapshotCamera
from edge.lanes.approach import Look
from edge.lanes.eyes import LaneEyes
from edge.reader.process import ReaderProcess
from gate.devices.board import DeviceFailed
from gate.messages import ArmRaised, PlateRead, VehiclePassed, VisitOpened
from simulator.devices.camera import CameraTwins, View
from tests.edge.desk import CAR, Desk
from tests.edge.test_camera_conformance import drawn

ROOT = Path(__file__).resolve().parents[2]
RSS_MAX = 512 << 20  # promises.md, row 24
EACH_S = 2.0

# The real worker with its real limits and decoder; only the networks, which see pixels alone, are left out.
WORKER = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import edge.reader.engines as engines
class Nothing:
    def read(self, image, **asked): return []
engines.engine = lambda name, threads: Nothing()
from edge.reader.worker import main
sys.exit(main())
"""


def chunk(kind: bytes, data: bytes) -> bytes:
    """Of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, rows: bytes, *more: bytes) -> bytes:
    """A PNG of one bit a pixel."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def bomb(side: int = 30_000) -> bytes:
    """A whole and correct PNG of 30,000 x 30,000 pixels in some kilobytes."""
    packer, row = zlib.compressobj(1), bytes(1 + side // 8)
    return png(side, side, b"".join(packer.compress(row) for _ in range(side)) + packer.flush())


def zipped(picture: bytes) -> bytes:
    """A picture that is an archive as well."""
    out = io.BytesIO(picture)
    out.seek(0, io.SEEK_END)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("../../etc/passwd", "x")
    return out.getvalue()


def claiming(width: int, height: int) -> bytes:
    """A JPEG that says it is larger than it is."""
    good = drawn(100, 1)
    at = good.index(b"\xff\xc0") + 5
    return good[:at] + struct.pack(">HH", height, width) + good[at + 4 :]


def hostile() -> dict[str, bytes]:
    """What is sent."""
    good, text = drawn(100, 1), zlib.compress(bytes(60_000_000), 9)
    exif = Image.Exif()
    exif[0x010E] = "../../../etc/passwd\x00<script>"
    tagged = io.BytesIO()
    Image.new("RGB", (64, 64)).save(tagged, "JPEG", exif=exif.tobytes() + bytes(40_000))
    chance = random.Random(24)
    return {
        "a bomb of 30,000 x 30,000": bomb(),
        "more pixels than are read": png(8_000, 8_000, zlib.compress(bytes(1_001 * 8_000))),
        "a bomb that claims to be small": png(64, 64, zlib.compress(bytes(60_000_000), 9)),
        "a bomb in its text": png(8, 8, zlib.compress(bytes(16)), chunk(b"zTXt", b"a\0\0" + text)),
        "a JPEG of 65,500 x 65,500": claiming(65_500, 65_500),
        "a JPEG of no size": claiming(0, 0),
        "a JPEG cut in two": good[: len(good) // 2],
        "the head of a JPEG": good[:20],
        "a picture and an archive": zipped(good),
        "a script that begins as a GIF": b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)//",
        "HTML behind a JPEG's first signs": b"\xff\xd8\xff<html><script>alert(1)</script>",
        "a drawing with outside files": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%touch /tmp/x) (w) file\n",
        "EXIF with paths": tagged.getvalue(),
        "chance": chance.randbytes(4_000),
        "chance behind a JPEG's head": good[:200] + chance.randbytes(4_000),
        "chance inside a PNG": png(64, 64, chance.randbytes(900)),
        "one byte": b"\xff",
    }


@pytest.fixture(scope="module")
def reader() -> Iterator[ReaderProcess]:
    """The process that decodes."""
    process = ReaderProcess(command=[sys.executable, "-c", WORKER, "--memory", str(1 << 30)])
    assert process.wait_ready(60)
    yield process
    process.close()


def test_whatever_a_camera_sends_the_box_stays_up_and_the_passage_is_recorded(
    reader: ReaderProcess, desk: Desk
) -> None:
    sent, pid = hostile(), reader.pid
    shown = [drawn(100, 1)]
    twins = CameraTwins(0, {"in-1": View("first", None, lambda: shown[0])})
    twins.start()
    answers: queue.Queue[Look] = queue.Queue()
    camera = SnapshotCamera(f"http://127.0.0.1:{twins.port}/in-1/snapshot.jpg")
    eyes = LaneEyes({"in-1": camera}, reader, ReaderConfig(), lambda work: work())
    before, looks = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, dict[str, Look]()
    for name, picture in sent.items():
        shown[0] = picture
        twins.show("in-1", View(name, None, lambda: shown[0]))
        began = time.monotonic()
        eyes.look("in-1", answers.put)
        looks[name] = answers.get(timeout=20)
        assert time.monotonic() - began < EACH_S, name
        assert psutil.Process(reader.pid).memory_info().rss < RSS_MAX, name
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    twins.show("in-1", View("good", None, lambda: drawn(120, 2)))
    eyes.look("in-1", answers.put)
    good = answers.get(timeout=20)
    eyes.close()
    twins.stop()
    assert grown < 64 << 20, "the box's own process does not decode"
    assert all(look.reading is None for look in looks.values())
    assert (good.error, reader.pid) == ("", pid), "not one of them ended the process"
    decoded = {name for name, look in looks.items() if not look.error}
    assert decoded == {"a picture and an archive", "EXIF with paths", "a bomb that claims to be small"}, "pixels alone"
    assert "too many pixels" in looks["a bomb of 30,000 x 30,000"].error
    _recorded(desk, looks["a bomb of 30,000 x 30,000"])


def _recorded(desk: Desk, look: Look) -> None:
    """The lane lets the vehicle in, unread, and counts it."""
    desk.eyes.will_see("in-1", look)
    desk.rolls_up("in-1", CAR)
    desk.turn(5)
    desk.drives_through("in-1")
    desk.turn(10)
    (read,), (opened,) = desk.facts(PlateRead), desk.facts(VisitOpened)
    assert (read.plate, read.error, opened.read) == ("", look.error[:200], False)
    (passed,), (raised,) = desk.facts(VehiclePassed), desk.facts(ArmRaised)
    assert passed.visit == raised.visit == opened.visit


def test_the_agent_s_side_of_cameras_decodes_nothing() -> None:
    code = "import sys, edge.devices.cameras, edge.lanes.eyes; print({'cv2', 'PIL', 'onnxruntime'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# --- a folder that strangers write into -------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The camera's folder; beside it lies what is nobody's business."""
    made = tmp_path / "upload" / "in-1"
    made.mkdir(parents=True)
    (tmp_path / "secret.jpg").write_bytes(drawn(7, 7))
    return made


def taken(folder: Path, **settings: float) -> bytes | str:
    """The picture, or why there is none."""
    camera = FolderCamera(FolderConfig(path=str(folder), **settings))
    try:
        return camera.snapshot(0.2)
    except DeviceFailed as failed:
        return str(failed)
    finally:
        camera.stop()


def test_a_link_out_of_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (folder / "a.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "day").symlink_to(tmp_path)
    assert "stale" in taken(folder)
    (folder / "b.jpg").write_bytes(good := drawn(9, 9))
    assert taken(folder) == good
    assert (tmp_path / "secret.jpg").exists()


def test_what_becomes_a_link_after_it_was_seen_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (folder / "a.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "day").symlink_to(tmp_path)
    for path in ("a.jpg", "day/secret.jpg"):
        with pytest.raises(OSError, match=path.partition("/")[0]):
            read_whole(str(folder), File(0, 0, 100, path))


def test_what_is_no_plain_file_holds_nobody_up(folder: Path) -> None:
    os.mkfifo(folder / "a.jpg")
    (folder / "b.jpg").mkdir()
    began = time.monotonic()
    assert "stale" in taken(folder)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "name", ["..jpg", "-rf.jpg", "a\nb.jpg", "a;rm -rf $HOME`.jpg", "\udcff.jpg", "Đ.JPG", "x" * 250 + ".jpg"]
)
def test_names_mean_nothing(folder: Path, name: str) -> None:
    (folder / name).write_bytes(good := drawn(9, 9))
    assert taken(folder) == good


@pytest.mark.parametrize("name", ["a.jpg.tmp", "a.txt", "a", "jpg"])
def test_only_pictures_by_name(folder: Path, name: str) -> None:
    (folder / name).write_bytes(drawn(9, 9))
    assert "stale" in taken(folder)


def test_half_an_upload_is_waited_for_and_never_given(folder: Path) -> None:
    (folder / "a.jpg").write_bytes(drawn(9, 9)[:-2])
    assert "not whole" in taken(folder)
    (folder / "b.jpg").write_bytes(good := drawn(9, 9))
    assert taken(folder) == good


def test_more_than_a_picture_is_not_read(folder: Path) -> None:
    (folder / "a.jpg").write_bytes(b"\xff\xd8\xff" + bytes(BYTES_MAX) + b"\xff\xd9")
    assert f"up to {BYTES_MAX} are a picture" in taken(folder)


def test_an_old_picture_is_another_vehicle_s(folder: Path) -> None:
    (folder / "a.jpg").write_bytes(drawn(9, 9))
    time.sleep(0.1)
    assert "stale" in taken(folder, fresh_s=0.05)


def test_one_upload_is_one_picture(folder: Path) -> None:
    camera = FolderCamera(FolderConfig(path=str(folder)))
    (folder / "a.jpg").write_bytes(first := drawn(9, 9))
    assert camera.snapshot(0.2) == first
    with pytest.raises(DeviceFailed, match="stale"):
        camera.snapshot(0.1)
    (folder / "b.jpg").write_bytes(second := drawn(8, 8))
    assert camera.snapshot(0.2) == second
    camera.stop()


def test_old_pictures_are_deleted_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    (folder / "day" / "hour").mkdir(parents=True)
    for path in (folder / "day" / "hour" / "a.jpg", folder / "b.png", folder / "notes.txt"):
        path.write_bytes(b"x")
    (folder / "c.jpg").symlink_to(tmp_path / "secret.jpg")
    camera = FolderCamera(FolderConfig(path=str(folder), keep_s=3600))
    assert camera.tidy() == 0
    camera.stop()
    time.sleep(0.02)
    camera = FolderCamera(FolderConfig(path=str(folder), keep_s=0.01))
    camera.stop()
    assert sorted(path.name for path in folder.rglob("*")) == ["c.jpg", "notes.txt"]
    assert (tmp_path / "secret.jpg").exists()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert "No such file" in str(taken(tmp_path / "gone" / "in-1"))


def test_whole_pictures() -> None:
    good = drawn(1, 1)
    assert is_whole(good)
    assert is_whole(good + bytes(30)), "some cameras fill up to a block"
    assert not any(is_whole(good[:cut]) for cut in range(0, len(good) - 1, 7))
    assert not is_whole(b"")
