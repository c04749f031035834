"""Addresses in a box's file."""

from urllib.parse import urlsplit


def check(address: str) -> None:
    """Refuse an address that leads nowhere. Raises ValueError."""
    try:
        parts = urlsplit(address)
        usable = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError as error:  # a port that is none
        raise ValueError(f"{error}: {address!r}") from error
    if not usable:
        raise ValueError(f"has no host: {address!r}")
