"""Moved to `edge.devices.snapshot`."""

from edge.devices.snapshot import BYTES_MAX, SnapshotCamera

__all__ = ["BYTES_MAX", "SnapshotCamera"]
