"""Identifiers that sort by the time they were made."""

from datetime import datetime
from uuid import UUID


def uuid7(now: datetime, chance: bytes) -> UUID:
    """A version 7 UUID (RFC 9562, 5.7) from the moment and ten random bytes."""
    if len(chance) != 10:
        raise ValueError(f"ten random bytes are needed, not {len(chance)}")
    milliseconds = max(0, int(now.timestamp() * 1000))
    value = milliseconds << 80 | int.from_bytes(chance)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
