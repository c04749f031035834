"""Pictures at the centre: whole under their hash or not at all, from known boxes only, in bounded room."""

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from msgspec.structs import replace
from sqlmodel import select

from server import uploads
from server.api.pictures import PICTURE_MAX
from server.app import application
from server.centre import Centre
from server.config import BoxConfig
from server.db import reading, transaction
from server.setup import prepare
from server.uploads import KEPT_S, Elsewhere, Uploads, path_of
from server.vault import VaultPictureRow
from simulator.stage.ports import free_port
from tests.console.conftest import NOBODY
from tests.console.scene import config
from tests.console.served import Served

SPS = "sps-1"
TOKEN = "the token of a box"
OTHER = "the token of the other"
MINE = {"X-Barie-Box": "sps-1", "Authorization": f"Bearer {TOKEN}"}
THEIRS = {"X-Barie-Box": "spl-1", "Authorization": f"Bearer {OTHER}"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """A centre at a port that knows two boxes; no broker, which pictures do not need."""
    known = ((SPS, "SPS", TOKEN), ("spl-1", "SPL", OTHER))
    boxes = tuple(BoxConfig(box=box, site=site, token_sha256=_digest(token.encode())) for box, site, token in known)
    settings = replace(config(tmp_path_factory.mktemp("vault"), free_port(), NOBODY), boxes=boxes, users=())
    prepare(settings)
    made = Centre(settings)
    with Served(application(made), settings.port):
        yield made
    made.engine.dispose()


@pytest.fixture
def vault(served: Centre) -> Iterator[Centre]:
    """The same with a vault of its own: what a broken line of another test still writes does not land here."""
    served.vault = served.vault.with_name(f"vault-{uuid4()}")
    yield served
    shutil.rmtree(served.vault, ignore_errors=True)
    with transaction(served.engine) as session:
        for row in session.exec(select(VaultPictureRow)).all():
            session.delete(row)


@pytest.fixture(scope="module")
def http(served: Centre) -> Iterator[httpx.Client]:
    """A line to it."""
    with httpx.Client(base_url=f"http://127.0.0.1:{served.config.port}", trust_env=False) as client:
        yield client


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def jpeg(size: int = 3_000) -> bytes:
    return b"\xff\xd8\xff" + os.urandom(size - 3)


def url(body: bytes) -> str:
    return f"/v1/pictures/{_digest(body)}"


def patch(http: httpx.Client, body: bytes, at: int, to: int, **changes: str) -> tuple[int, str | None]:
    headers = {**MINE, "Upload-Offset": str(at), "Upload-Length": str(len(body)), **changes}
    answer = http.patch(url(body), content=body[at:to], headers=headers)
    return answer.status_code, answer.headers.get("upload-offset")


def here(http: httpx.Client, body: bytes, who: dict[str, str] = MINE) -> tuple[str, str]:
    answer = http.head(url(body), headers=who)
    assert answer.status_code == 200
    return answer.headers["upload-offset"], answer.headers["upload-complete"]


def rows(vault: Centre) -> list[VaultPictureRow]:
    with reading(vault.engine) as session:
        return list(session.exec(select(VaultPictureRow)).all())


def partial(vault: Centre) -> list[Path]:
    return sorted((vault.vault / "partial").glob("*/*"))


def test_a_picture_comes_in_pieces(http: httpx.Client, vault: Centre) -> None:
    body = jpeg()
    assert here(http, body) == ("0", "?0")
    assert patch(http, body, 0, 1_000) == (204, "1000")
    assert here(http, body) == ("1000", "?0")
    assert rows(vault) == []
    assert patch(http, body, 1_000, 2_999) == (204, "2999")
    assert patch(http, body, 2_999, 3_000) == (201, "3000")
    assert here(http, body) == ("3000", "?1")
    assert path_of(vault.vault, _digest(body)).read_bytes() == body
    assert [(row.box, row.size) for row in rows(vault)] == [("sps-1", 3_000)]
    assert partial(vault) == []


def test_a_picture_in_one_piece_as_before(http: httpx.Client, vault: Centre) -> None:
    body = jpeg()
    assert [http.put(url(body), content=body, headers=MINE).status_code for _ in range(2)] == [201, 200]
    assert here(http, body) == ("3000", "?1")
    assert len(rows(vault)) == 1
    assert partial(vault) == []


def test_it_goes_on_at_its_end_and_nowhere_else(http: httpx.Client) -> None:
    body = jpeg()
    assert patch(http, body, 500, 1_000) == (409, "0")
    assert patch(http, body, 0, 1_000) == (204, "1000")
    assert patch(http, body, 0, 1_000) == (409, "1000")
    assert patch(http, body, 2_000, 3_000) == (409, "1000")
    assert here(http, body) == ("1000", "?0")


def test_all_was_here_but_nobody_said_so(http: httpx.Client, vault: Centre) -> None:
    """A centre killed between the last byte and the name."""
    body = jpeg()
    Uploads(vault.vault).append("sps-1", _digest(body), 0, body)
    assert here(http, body) == ("3000", "?0")
    assert patch(http, body, 3_000, 3_000) == (201, "3000")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Upload-Offset": "-1"}, 400),
        ({"Upload-Offset": ""}, 400),
        ({"Upload-Offset": "1e3"}, 400),
        ({"Upload-Offset": "٣"}, 400),
        ({"Upload-Offset": "9" * 400}, 400),
        ({"Upload-Length": "x"}, 400),
        ({"Upload-Length": "0"}, 413),
        ({"Upload-Length": str(PICTURE_MAX + 1)}, 413),
        ({"Upload-Length": "500"}, 413),
        ({"X-Barie-Box": "spl-1"}, 401),
        ({"X-Barie-Box": ""}, 401),
        ({"X-Barie-Box": "../sps-1"}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": f"Bearer {OTHER}"}, 401),
    ],
)
def test_what_is_asked_wrongly_leaves_nothing(
    http: httpx.Client, vault: Centre, changes: dict[str, str], status: int
) -> None:
    body = jpeg()
    headers = {**MINE, "Upload-Offset": "0", "Upload-Length": "3000", **changes}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert http.patch(url(body), content=body, headers=raw).status_code == status
    assert partial(vault) == []
    assert rows(vault) == []


@pytest.mark.parametrize(
    "name", ["A" * 64, "g" * 64, "0" * 63, "0" * 65, "..%2f" + "0" * 59, "%2e%2e", "0" * 64 + "%0a"]
)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD"])
def test_a_name_that_is_no_hash(http: httpx.Client, vault: Centre, name: str, method: str) -> None:
    headers = {**MINE, "Upload-Offset": "0", "Upload-Length": "3"}
    assert http.request(method, f"/v1/pictures/{name}", headers=headers).status_code in {400, 404, 405}
    assert not vault.vault.exists()


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(("status", "wrong"), [(422, jpeg()), (415, b"GIF89a" + b"x" * 2_994)])
def test_what_is_not_what_it_says_is_not_kept(
    http: httpx.Client, vault: Centre, method: str, status: int, wrong: bytes
) -> None:
    named = url(wrong) if status == 415 else url(jpeg())
    headers = {**MINE, "Upload-Offset": "0", "Upload-Length": str(len(wrong))}
    assert http.request(method, named, content=wrong, headers=headers).status_code == status
    assert partial(vault) == []
    assert rows(vault) == []
    assert not list(vault.vault.glob("[0-9a-f][0-9a-f]/*"))


def test_a_body_beyond_the_largest_picture(http: httpx.Client, vault: Centre) -> None:
    body = jpeg(PICTURE_MAX + 1)
    assert http.put(url(body), content=body, headers=MINE).status_code == 413
    assert sum(file.stat().st_size for file in partial(vault)) <= PICTURE_MAX
    assert rows(vault) == []


def test_each_box_has_its_own_part_of_a_picture(http: httpx.Client, vault: Centre) -> None:
    body = jpeg()
    assert patch(http, body, 0, 1_000) == (204, "1000")
    assert here(http, body, THEIRS) == ("0", "?0")
    assert patch(http, body, 0, 3_000, **THEIRS) == (201, "3000")
    assert here(http, body) == ("3000", "?1")
    assert [row.box for row in rows(vault)] == ["spl-1"]
    assert patch(http, body, 1_000, 3_000) == (200, "3000"), "it is here: no more is asked"
    assert partial(vault) == []


def test_a_box_begins_so_many_and_no_more(http: httpx.Client, vault: Centre) -> None:
    bodies = [jpeg() for _ in range(uploads.AT_ONCE + 4)]
    for number, body in enumerate(bodies):
        assert patch(http, body, 0, 100) == (204, "100")
        name = vault.vault / "partial" / "sps-1" / _digest(body)
        os.utime(name, (1_000_000_000 + number + time.time() - 1_000_000_100,) * 2)
    assert len(partial(vault)) == uploads.AT_ONCE
    assert here(http, bodies[0]) == ("0", "?0"), "the oldest went"
    assert here(http, bodies[-1]) == ("100", "?0")


def test_what_does_not_go_on_for_a_day_is_given_up(http: httpx.Client, vault: Centre) -> None:
    old, new = jpeg(), jpeg()
    assert patch(http, old, 0, 1_000) == (204, "1000")
    (file,) = partial(vault)
    os.utime(file, (time.time() - KEPT_S - 1,) * 2)
    assert patch(http, new, 0, 1_000, **THEIRS) == (204, "1000"), "any box's beginning sweeps"
    assert here(http, old) == ("0", "?0")
    assert here(http, new, THEIRS) == ("1000", "?0")


def test_a_disk_that_the_books_need_takes_no_pictures(
    http: httpx.Client, vault: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = jpeg()
    monkeypatch.setattr(uploads, "KEEP_FREE", 10**18)
    assert patch(http, body, 0, 1_000)[0] == 507
    assert _digest(body) not in {file.name for file in partial(vault)}  # whose line broke before may still be written
    monkeypatch.undo()
    assert patch(http, body, 0, 1_000)[0] == 204


def test_a_row_that_older_books_lack_is_written_again(http: httpx.Client, vault: Centre) -> None:
    body = jpeg()
    assert patch(http, body, 0, 3_000) == (201, "3000")
    with transaction(vault.engine) as session:
        session.delete(session.get_one(VaultPictureRow, _digest(body)))
    assert here(http, body) == ("3000", "?1")
    assert len(rows(vault)) == 1


def test_a_box_sees_no_picture(http: httpx.Client) -> None:
    body = jpeg()
    assert patch(http, body, 0, 3_000) == (201, "3000")
    assert http.get(url(body), headers=MINE).status_code == 401


def test_the_same_piece_by_two_lines_at_once_is_there_once(tmp_path: Path) -> None:
    """A half-open line still brings what its box sends again by another."""
    body = jpeg(300_000)
    name = _digest(body)
    made = Uploads(tmp_path)

    def send(_: int) -> int:
        for at in range(0, len(body), 10_000):
            made.append("sps-1", name, at, body[at : at + 10_000])
        return made.size("sps-1", name)

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(send, range(4))) == {len(body)}
    assert made.finish("sps-1", name).read_bytes() == body


def test_nothing_is_written_to_a_picture_that_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A late piece has opened the file and waits for its turn while the picture is finished."""
    body = jpeg()
    name = _digest(body)
    made = Uploads(tmp_path)
    made.append(SPS, name, 0, body)

    def turn(handle: int, how: int) -> None:
        monkeypatch.undo()
        made.finish(SPS, name)
        fcntl.flock(handle, how)

    monkeypatch.setattr(uploads.fcntl, "flock", turn)  # type: ignore[attr-defined]
    with pytest.raises(Elsewhere):
        made.append(SPS, name, len(body), b"more")
    assert path_of(tmp_path, name).read_bytes() == body
