"""What hangs on a box: boards, cameras and their reader, tag readers, screens; each lane hears its own."""

from pathlib import Path

from edge.config import BoxConfig, Engine
from edge.devices import cameras
from edge.devices.push import PushCamera, push_routes
from edge.devices.site_bus import Post
from edge.devices.site_devices import SiteDevices
from edge.devices.tag_reader import TagReader
from edge.lanes.eyes import LaneEyes
from edge.lanes.lane import LaneKeeper
from edge.parts import Devices
from edge.reader.process import ReaderProcess
from edge.web.server import BoxWeb
from edge.web.wall import Wall, WithScreens
from gate.devices.tag import TagListener


class Gear:
    """The devices of a box. `post` hands work to the deciding thread."""

    def __init__(self, config: BoxConfig, post: Post, pictures: Path) -> None:
        self._post = post
        self._boards = SiteDevices(config, post)
        self._tags: list[TagReader] = []
        self._reader = _reader(config)
        seeing = {lane.lane: cameras.made(lane) for lane in config.lanes}
        pushing = {lane: camera for lane, camera in seeing.items() if isinstance(camera, PushCamera)}
        wall = Wall(seeing, pictures)
        self._web = BoxWeb(config.web, Path(config.data), wall, push_routes(pushing)) if config.web else None
        self.devices: Devices = WithScreens(self._boards, wall) if self._web else self._boards
        rois = {lane.lane: lane.roi for lane in config.lanes}
        self.eyes = LaneEyes(seeing, self._reader, config.reader, post, rois)

    def listen(self, keeper: LaneKeeper) -> None:
        """Let the lane hear what is its own; before `start`."""
        lane = keeper.config
        self._boards.listen(lane.lane, keeper)
        self.eyes.on_line(lane.lane, keeper.line_crossed)
        if lane.tag_reader:
            heard = _Tags(keeper, self._post)
            self._tags.append(TagReader(lane.tag_reader, heard, lost=heard.lost))

    def start(self) -> None:
        """Begin; nothing here waits for a device."""
        self._boards.start()
        for tags in self._tags:
            tags.start()
        if self._web:
            self._web.start()

    def stop(self) -> None:
        """Let go of boards, tags and screens; no relay stays closed."""
        self._boards.stop()
        for tags in self._tags:
            tags.stop()
        if self._web:
            self._web.stop()

    def close(self) -> None:
        """Let go of cameras and reader, which work since they were made."""
        self.eyes.close()
        if self._reader:
            self._reader.close()

    def reader_state(self) -> str:
        """What becomes of pictures: none, starting, ready."""
        if self._reader is None:
            return "none"
        return "ready" if self._reader.wait_ready(0) else "starting"


class _Tags(TagListener):
    """Hands a lane's tags over to the deciding thread."""

    def __init__(self, keeper: LaneKeeper, post: Post) -> None:
        self._keeper, self._post = keeper, post

    def tag_read(self, tag: str) -> None:
        self._post(lambda: self._keeper.tag_read(tag))

    def lost(self, why: str) -> None:
        self._post(lambda: self._keeper.complain("tag reader", why))


def _reader(config: BoxConfig) -> ReaderProcess | None:
    if config.reader.engine is Engine.NONE:
        return None
    return ReaderProcess(engine=config.reader.engine, threads=config.reader.threads)
