"""Why a box did not do as ordered, in the reader's words; what the console does not know is shown as it is."""

import re
from typing import Final

from server.console.words import Say, named

_LANE: Final = re.compile(r"the lane is (\w+)(, or not known to be clear)?")
KNOWN: Final = {
    "no such vehicle stands here": "objection.gone",
    "that vehicle does not wait here any more": "objection.gone",
    "that visit is not inside": "objection.not_inside",
    "that visit stands at another exit": "objection.elsewhere",
    "the arm did not move": "objection.arm",
    "the arm was raised by hand": "objection.by_hand",
    "the arm was raised by fire": "objection.fire",
}


def objection(why: str, say: Say) -> str:
    """What the box objected."""
    if why in KNOWN:
        return say(KNOWN[why])
    lane = _LANE.fullmatch(why)
    if lane is None:
        return why
    key = "objection.unclear" if lane[2] else "objection.phase"
    return say(key, phase=named(say, "phase", lane[1]))
