"""The camera that a lane's configuration asks for."""

from edge.devices.camera_config import FolderConfig, HttpConfig, RtspConfig, named
from edge.devices.folder import FolderCamera
from edge.devices.push import PushCamera
from edge.devices.rtsp import RtspCamera
from edge.devices.snapshot import SnapshotCamera
from edge.lanes.lane_config import LaneConfig
from gate.devices.camera import Camera


def made(lane: LaneConfig) -> Camera | PushCamera:
    """The lane's camera, at work from now on; `stop` lets it go."""
    config = named(lane.camera)
    if isinstance(config, HttpConfig):
        return SnapshotCamera(config)
    if isinstance(config, RtspConfig):
        return RtspCamera(config)
    if isinstance(config, FolderConfig):
        return FolderCamera(config)
    return PushCamera(config)
