"""Which cameras a file may ask for, and what is said of one that it may not."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.devices.camera_config import (
    CameraConfig,
    FolderConfig,
    HttpConfig,
    Maker,
    PushConfig,
    RtspConfig,
    check,
    named,
)
from edge.devices.cameras import made
from edge.devices.folder import FolderCamera
from edge.devices.push import PushCamera
from edge.devices.rtsp import RtspCamera
from edge.devices.snapshot import SnapshotCamera
from gate.wire import Malformed, decode, encode
from tests.architecture.sources import ROOT
from tests.edge.desk import lane_config

SECRET = "a-secret_of-16-or-more"
GOOD: list[tuple[Any, CameraConfig, type]] = [
    ("http://10.0.0.5/snap.jpg", HttpConfig(url="http://10.0.0.5/snap.jpg"), SnapshotCamera),
    ("https://[fe80::1]:8443/", HttpConfig(url="https://[fe80::1]:8443/"), SnapshotCamera),
    ("rtsp://127.0.0.1:9/live", RtspConfig(url="rtsp://127.0.0.1:9/live"), RtspCamera),
    ("rtsps://127.0.0.1:9/", RtspConfig(url="rtsps://127.0.0.1:9/"), RtspCamera),
    ("folder:/nowhere/in-1", FolderConfig(path="/nowhere/in-1"), FolderCamera),
    (
        {"driver": "http", "url": "http://h/", "user": "admin", "password": "p", "frozen_s": 5},
        HttpConfig(url="http://h/", user="admin", password="p", frozen_s=5),
        SnapshotCamera,
    ),
    (
        {"driver": "push", "maker": "hikvision", "user": "camera", "password": "twelve signs"},
        PushConfig(maker=Maker.HIKVISION, user="camera", password="twelve signs"),
        PushCamera,
    ),
    (
        {"driver": "push", "maker": "dahua", "secret": SECRET},
        PushConfig(maker=Maker.DAHUA, secret=SECRET),
        PushCamera,
    ),
]


@pytest.mark.parametrize(("said", "meant", "driver"), GOOD)
def test_a_camera_that_can_be(said: Any, meant: CameraConfig, driver: type) -> None:
    config: CameraConfig = decode(msgspec.json.encode(said), CameraConfig)  # type: ignore[arg-type]
    check(config)
    assert named(config) == meant
    assert decode(encode(config), CameraConfig) == config  # type: ignore[arg-type]
    camera = made(lane_config("in-1", camera=config))
    assert type(camera) is driver
    camera.stop()


@pytest.mark.parametrize(
    "said",
    [
        "ftp://10.0.0.5/",
        "file:///etc/passwd",
        "FOLDER:/x/y",
        "folder:relative",
        " http://h/",
        "gopher://h/",
        "",
        7,
        None,
        {"driver": "telepathy"},
        {"url": "http://h/"},
        {"driver": "http", "url": "rtsp://h/"},
        {"driver": "rtsp", "url": "http://h/"},
        {"driver": "rtsp", "url": "rtsp://h/", "stale_s": 0},
        {"driver": "http", "url": "http://h/", "colour": "red"},
        {"driver": "push"},
        {"driver": "push", "maker": "pinhole", "secret": SECRET},
        {"driver": "folder", "path": "/a/b", "keep_s": 1},
    ],
)
def test_what_the_types_refuse(said: Any) -> None:
    with pytest.raises(Malformed):
        decode(msgspec.json.encode(said), CameraConfig)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("camera", "why"),
    [
        ("http:///a", "no host"),
        ("http://h:99999/", "out of range"),
        ("rtsp://admin:secret@h/live", "`user` and `password`"),
        ("http://admin@h/", "`user` and `password`"),
        ("http://h/a b", "white space"),
        ("rtsp://h/a\r\nX: y", "white space"),
        ("rtsp://h/\x00", "white space"),
        (HttpConfig(url="http://h/", password="p"), "without a user"),
        ("folder:/", "a folder of the camera's own"),
        ("folder:/etc", "a folder of the camera's own"),
        ("folder:/srv/../etc/x", "a folder of the camera's own"),
        ("folder:/srv/a\x00b", "a folder of the camera's own"),
        (FolderConfig(path="srv/in-1"), "whole path"),
        (PushConfig(maker=Maker.DAHUA), "either"),
        (PushConfig(maker=Maker.DAHUA, secret=SECRET, user="a", password="b" * 12), "either"),
        (PushConfig(maker=Maker.DAHUA, secret="short"), "secret: 16"),
        (PushConfig(maker=Maker.DAHUA, secret="sixteen signs/and"), "secret: 16"),
        (PushConfig(maker=Maker.DAHUA, user="a", password="short"), "password: a user"),
        (PushConfig(maker=Maker.DAHUA, password="b" * 12), "password: a user"),
    ],
)
def test_what_cannot_work_is_named(camera: CameraConfig, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check(camera)


def test_a_ca_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    gone = str(tmp_path / "ca.pem")
    for config in (HttpConfig(url="https://h/", ca_file=gone), RtspConfig(url="rtsps://h/", ca_file=gone)):
        with pytest.raises(ValueError, match="ca_file: no file"):
            check(config)


def test_the_document_has_every_key_and_its_default() -> None:
    text = (ROOT / "docs" / "cameras.md").read_text()
    tables = dict(re.findall(r"<!-- keys: ([\w.]+) -->\n\|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)", text))
    for kind in (HttpConfig, RtspConfig, FolderConfig, PushConfig):
        rows = tables[f"{kind.__module__}.{kind.__name__}"].splitlines()
        said = {row.split("|")[1].strip(): row.split("|")[2].strip() for row in rows}
        assert said == {
            f"`{field.name}`": "required" if field.required else f"`{json.dumps(field.default)}`"
            for field in msgspec.structs.fields(kind)
        }
