"""Evidence over a real line to the real centre: it goes on where it was cut, in nobody's way, and comes to its end."""

import hashlib
import itertools
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Self

import pytest
from msgspec.structs import replace
from sqlmodel import select

from edge.config import BoxConfig, DiskConfig
from edge.journal import pictures as module
from edge.journal import upload
from edge.journal.pictures import Pictures, Sent
from edge.journal.store import Store
from server.app import application
from server.centre import Centre
from server.config import BoxConfig as Known
from server.config import CentreConfig
from server.db import reading, transaction
from server.setup import prepare
from server.uploads import path_of
from server.vault import VaultPictureRow
from simulator.stage.ports import free_port
from tests.console.conftest import NOBODY
from tests.console.scene import config as centre_config
from tests.console.served import Served
from tests.edge.cut_line import CutLine
from tests.edge.desk import BOX, SECRET, box_config

PATIENCE_S = 20.0


def settings(folder: Path, port: int) -> CentreConfig:
    """A centre that knows one box and nobody else."""
    boxes = (Known(box=BOX, site="SPS", token_sha256=hashlib.sha256(SECRET.encode()).hexdigest()),)
    return replace(centre_config(folder, port, NOBODY), boxes=boxes, users=())


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with its empty books."""
    folder = tmp_path_factory.mktemp("prepared")
    prepare(settings(folder, 1))
    return folder


@pytest.fixture
def centre(prepared: Path, tmp_path: Path) -> Iterator[Centre]:
    """A centre at a port; no broker, which pictures do not need."""
    made = Centre(settings(Path(shutil.copytree(prepared, tmp_path / "centre")), free_port()))
    with Served(application(made), made.config.port):
        yield made
    made.engine.dispose()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A box that is patient for a tenth of a second."""
    monkeypatch.setattr(module, "RETRY_S", 0.1)
    monkeypatch.setattr(module, "LOOK_AGAIN_S", 0.2)


class Camera:
    """A box's pictures and their thread."""

    def __init__(self, folder: Path, port: int, waiting: Callable[[], int] = lambda: 0) -> None:
        config = box_config(folder, centre_url=f"http://127.0.0.1:{port}")
        self.store = Store(folder / "box.db")
        self.pictures = Pictures(config, self.store, folder / "box.db", folder / "pictures", waiting)

    def __enter__(self) -> Self:
        self.pictures.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.pictures.stop()
        self.store.close()

    def states(self) -> dict[str, int]:
        """How far each picture is."""
        return dict(self.store.run("SELECT sha256, sent FROM picture").fetchall())


def jpeg(size: int) -> bytes:
    """So many bytes that begin like a picture."""
    return b"\xff\xd8\xff" + os.urandom(size - 3)


def arrived(centre: Centre) -> dict[str, int]:
    """The centre's pictures by its books, each checked by its content."""
    with reading(centre.engine) as session:
        rows = session.exec(select(VaultPictureRow)).all()
    for row in rows:
        assert hashlib.sha256(path_of(centre.vault, row.sha256).read_bytes()).hexdigest() == row.sha256
    return {row.sha256: row.size for row in rows}


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "did not come about"
        time.sleep(0.01)


def test_a_line_that_breaks_in_mid_picture_loses_what_was_on_it_and_no_more(tmp_path: Path, centre: Centre) -> None:
    size, each = 400_000, 60_000
    with CutLine(centre.config.port, itertools.repeat(each, 12)) as line, Camera(tmp_path, line.port) as box:
        name = box.pictures.keep(jpeg(size))
        assert name
        until(lambda: name in arrived(centre))
        until(lambda: box.states() == {name: Sent.THERE})
        assert line.broken >= 5, "so often it was cut"
        assert line.up < size * 1.7, "as a whole it would never come through"
    assert not list((centre.vault / "partial" / BOX).iterdir())


def test_pictures_wait_while_facts_wait(tmp_path: Path, centre: Centre) -> None:
    facts = [module.FACTS_FIRST + 1]
    with CutLine(centre.config.port, iter(())) as line, Camera(tmp_path, line.port, lambda: facts[0]) as box:
        name = box.pictures.keep(jpeg(5_000))
        until(lambda: bool(box.states()))
        time.sleep(0.3)
        assert line.up == 0
        facts[0] = 0
        until(lambda: name in arrived(centre))


def test_facts_that_come_in_mid_picture_go_first(tmp_path: Path, centre: Centre) -> None:
    facts = [0]
    with CutLine(centre.config.port, iter(())) as line, Camera(tmp_path, line.port, lambda: facts[0]) as box:
        name = box.pictures.keep(jpeg(1_900_000))
        until(lambda: line.up > 20_000)
        facts[0] = 1_000
        time.sleep(0.2)
        stood = line.up
        time.sleep(0.3)
        assert line.up == stood < 1_900_000, "it stands in the middle"
        facts[0] = 0
        until(lambda: name in arrived(centre))
        assert line.up < 2_300_000, "and went on from there"


def test_the_newest_goes_first_and_none_is_forgotten(tmp_path: Path, centre: Centre) -> None:
    with Camera(tmp_path, 1) as box:  # nobody listens
        names = [box.pictures.keep(jpeg(2_000 + number)) for number in range(5)]
        until(lambda: len(box.states()) == 5)
    order: list[str] = []
    with Camera(tmp_path, centre.config.port) as box:
        send = box.pictures._send  # noqa: SLF001

        def seen(name: str) -> Sent:
            order.append(name)
            return send(name)

        box.pictures._send = seen  # type: ignore[method-assign]  # noqa: SLF001
        until(lambda: set(arrived(centre)) == set(names))
        until(lambda: set(box.states().values()) == {Sent.THERE})
    assert order[-5:] == names[::-1]


def test_what_the_centre_will_never_take_stands_in_nobodys_way(tmp_path: Path, centre: Centre) -> None:
    with Camera(tmp_path, centre.config.port) as box:
        good = box.pictures.keep(jpeg(3_000))
        bad = box.pictures.keep(b"no picture at all")
        large = box.pictures.keep(jpeg(2_000_001))
        until(lambda: box.states() == {good: Sent.THERE, bad: Sent.NEVER, large: Sent.NEVER})
    assert set(arrived(centre)) == {good}


def test_a_picture_that_a_power_cut_damaged_is_not_sent(tmp_path: Path, centre: Centre) -> None:
    with Camera(tmp_path, 1) as box:
        name = box.pictures.keep(jpeg(3_000))
        until(lambda: bool(box.states()))
    assert name
    (tmp_path / "pictures" / name).write_bytes(b"")
    with CutLine(centre.config.port, iter(())) as line, Camera(tmp_path, line.port) as box:
        until(lambda: box.states() == {name: Sent.NEVER})
        assert line.up == 0


def test_a_picture_whose_row_was_never_written_is_found_again(tmp_path: Path, centre: Centre) -> None:
    box = Camera(tmp_path, centre.config.port)  # killed before its thread came to it
    name = box.pictures.keep(jpeg(3_000))
    box.store.close()
    with Camera(tmp_path, centre.config.port) as box:
        until(lambda: name in arrived(centre))


def test_a_centre_from_an_older_copy_gets_what_it_lost(tmp_path: Path, centre: Centre) -> None:
    with Camera(tmp_path, centre.config.port) as box:
        name = box.pictures.keep(jpeg(3_000))
        assert name
        until(lambda: box.states() == {name: Sent.THERE})
        path_of(centre.vault, name).unlink()
        with transaction(centre.engine) as session:
            session.delete(session.get_one(VaultPictureRow, name))
        assert arrived(centre) == {}
        box.store.run("UPDATE picture SET sent = 0")  # as the outbox does for a lower mark, see test_outbox.py
        until(lambda: name in arrived(centre))


def test_a_centre_that_knows_the_file_but_not_the_row_enters_it(tmp_path: Path, centre: Centre) -> None:
    body = jpeg(3_000)
    name = hashlib.sha256(body).hexdigest()
    path_of(centre.vault, name).parent.mkdir(parents=True)
    path_of(centre.vault, name).write_bytes(body)
    with CutLine(centre.config.port, iter(())) as line, Camera(tmp_path, line.port) as box:
        box.pictures.keep(body)
        until(lambda: arrived(centre) == {name: 3_000})
        until(lambda: box.states() == {name: Sent.THERE})
        assert line.up < 3_000, "not sent again"


def test_the_thread_ends_in_the_middle_of_a_picture(tmp_path: Path, centre: Centre) -> None:
    with CutLine(centre.config.port, iter(())) as line, Camera(tmp_path, line.port) as box:
        box.pictures.keep(jpeg(1_900_000))
        until(lambda: line.up > 20_000)
        box.pictures.stop()
        assert not [each for each in threading.enumerate() if each.name == "pictures"]


def test_the_last_of_the_disk_is_not_for_pictures(tmp_path: Path) -> None:
    free = 10**12
    config: BoxConfig = box_config(tmp_path, disk=DiskConfig(keep_free_mb=1_000_000))
    assert config.disk.keep_free_mb * 10**6 // 4 < free
    with closing(Store(tmp_path / "box.db")) as store:
        pictures = Pictures(config, store, tmp_path / "box.db", tmp_path / "pictures")
        assert pictures.keep(jpeg(3_000)) is None
    assert list((tmp_path / "pictures").iterdir()) == []


def test_a_slow_line_gets_small_pieces_and_a_fast_one_large(tmp_path: Path) -> None:
    made = upload.Upload(box_config(tmp_path), lambda _seconds: None, lambda: None)
    for _ in range(40):
        made._learn(0.01)  # noqa: SLF001
    assert made._piece == upload.PIECE_MAX  # noqa: SLF001
    for _ in range(10):
        made._learn(9.0)  # noqa: SLF001
    assert made._piece == upload.PIECE_MIN  # noqa: SLF001
