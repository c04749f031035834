"""A profiler over the lane: measures a vehicle's outline as it stops on the arming loop."""

import msgspec

from gate.vehicle import Profile


def profile_topic(board: str) -> str:
    """Where a profiler that hangs on the site's broker tells what it measured."""
    return f"tele/{board}/PROFILE"


def profile_payload(profile: Profile) -> bytes:
    """What a profiler publishes."""
    return msgspec.json.encode({"length_mm": profile.length_mm, "height_mm": profile.height_mm})


def profile(payload: bytes) -> Profile | None:
    """The outline in a profiler's message; None when it makes no sense."""
    try:
        said = msgspec.json.decode(payload, type=dict[str, int])
        return Profile(said["length_mm"], said["height_mm"])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError):
        return None
