"""Which camera a lane has: the `camera` of a lane in the box's file. docs/cameras.md says how each is set up."""

import re
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Annotated, Final
from urllib.parse import urlsplit

from msgspec import Meta

from edge import addresses
from gate.wire import Contract

Seconds = Annotated[float, Meta(gt=0, le=3600)]
MaybeSeconds = Annotated[float, Meta(ge=0, le=3600)]
CameraUrl = Annotated[str, Meta(pattern=r"^(https?://|rtsps?://|folder:/)")]

PASSWORD_MIN: Final = 12
SECRET: Final = re.compile(r"[A-Za-z0-9_-]{16,128}")  # it stands in a path, as it is


class HttpConfig(Contract, tag="http", tag_field="driver"):
    """Answers GET with a picture. `frozen_s`: the same bytes for so long are stale; 0: not watched."""

    url: Annotated[str, Meta(pattern="^https?://")]
    user: str = ""
    password: str = ""
    ca_file: str = ""
    frozen_s: MaybeSeconds = 0.0


class RtspConfig(Contract, tag="rtsp", tag_field="driver"):
    """A stream. `stale_s`: how far a picture may lag; `frozen_s`: the same picture for so long is stale, 0: never."""

    url: Annotated[str, Meta(pattern="^rtsps?://")]
    user: str = ""
    password: str = ""
    ca_file: str = ""
    stale_s: Seconds = 2.0
    frozen_s: MaybeSeconds = 10.0


class FolderConfig(Contract, tag="folder", tag_field="driver"):
    """A folder of its own that the camera uploads into. `fresh_s`: how old a picture may be when it is asked for;
    `keep_s`: older ones are deleted."""

    path: str
    fresh_s: Seconds = 3.0
    keep_s: Annotated[float, Meta(ge=10, le=604_800)] = 3600.0


class Maker(StrEnum):
    """Whose words a camera that pushes speaks."""

    HIKVISION = "hikvision"
    DAHUA = "dahua"


class PushConfig(Contract, tag="push", tag_field="driver"):
    """Reads plates itself and says so. Digest by `user` and `password`, or a `secret` in its path; one of them.

    `direction` and `line_direction`: the camera's own word for the lane's direction; events that name another are
    not this lane's. Empty: all are. `fresh_s`: how long what it said waits for its vehicle to be asked about.
    """

    maker: Maker
    user: str = ""
    password: str = ""
    secret: str = ""
    direction: str = ""
    line_direction: str = ""
    fresh_s: Seconds = 5.0


CameraConfig = CameraUrl | HttpConfig | RtspConfig | FolderConfig | PushConfig


def named(camera: CameraConfig) -> HttpConfig | RtspConfig | FolderConfig | PushConfig:
    """The driver of a camera that is given as an address: its scheme says which."""
    if not isinstance(camera, str):
        return camera
    if camera.startswith("folder:"):
        return FolderConfig(path=camera.removeprefix("folder:"))
    return RtspConfig(url=camera) if camera.startswith("rtsp") else HttpConfig(url=camera)


def check(camera: CameraConfig) -> None:
    """What the types do not say. Raises ValueError."""
    config = named(camera)
    if isinstance(config, FolderConfig):
        _check_folder(config.path)
    elif isinstance(config, PushConfig):
        _check_push(config)
    else:
        _check_address(config)


def _check_address(config: HttpConfig | RtspConfig) -> None:
    addresses.check(config.url)
    if "@" in urlsplit(config.url).netloc:
        raise ValueError("url: a name and a password stand in `user` and `password`, not in the address")
    if any(ord(sign) <= 32 or ord(sign) == 127 for sign in config.url):
        raise ValueError(f"url: white space or a control character in {config.url!r}")
    if config.ca_file and not Path(config.ca_file).is_file():
        raise ValueError(f"ca_file: no file {config.ca_file!r}")
    if config.password and not config.user:
        raise ValueError("user: a password without a user")


def _check_folder(path: str) -> None:
    parts = PurePosixPath(path).parts
    if not path.startswith("/") or "\0" in path or ".." in parts or len(parts) < 3:
        raise ValueError(f"path: must be a folder of the camera's own, with its whole path: {path!r}")


def _check_push(config: PushConfig) -> None:
    if bool(config.secret) == bool(config.user or config.password):
        raise ValueError("a camera that pushes needs either `user` and `password` (digest) or a `secret`")
    if config.secret and not SECRET.fullmatch(config.secret):
        raise ValueError("secret: 16 to 128 letters, digits, - and _")
    if not config.secret and (not config.user or len(config.password) < PASSWORD_MIN):
        raise ValueError(f"password: a user, and a password of {PASSWORD_MIN} signs or more")
