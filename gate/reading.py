"""What a plate reader says about one plate in one picture."""

from typing import Final

import msgspec

COLOURS: Final = ("white", "yellow", "blue", "red", "unknown")
PATHS: Final = ("fast", "checked", "slow")


class PlateReading(msgspec.Struct, frozen=True):
    """One plate as read. `confidence` is 0..1, and the weakest character decides it, not the mean."""

    text: str  # normalised (gate.plate.normalise)
    confidence: float
    characters: tuple[tuple[str, float], ...]  # each character of `text` with its own probability
    box: tuple[int, int, int, int]  # x, y, width, height in pixels of the picture as shown (EXIF applied)
    lines: int  # 1 or 2
    colour: str  # of the background: one of COLOURS
    raw: str = ""  # normalised, before the grammar had its say; equal to `text` where nothing was repaired
    path: str = ""  # of a reader with several speeds, the one that gave this: one of PATHS; empty = not known
    alternatives: tuple[tuple[str, float], ...] = ()  # whole texts with their probabilities, `text` first
    kinds: tuple[
        str, ...
    ] = ()  # classes (gate.plate.PlateClass) that text, colour, lines and shape allow, likeliest first
