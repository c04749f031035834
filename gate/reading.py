"""What a plate reader says about one plate in one picture."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

COLOURS: Final = ("white", "yellow", "blue", "red", "unknown")
PATHS: Final = ("fast", "checked", "slow")
OTHERS_MOST: Final = 4
"""Other texts that a read is told with."""
TEXT_MAX: Final = 16
"""Characters of a plate that a fact tells."""
_DIGITS: Final = 4  # of a probability that is told
_ROUNDED: Final = 0.001  # what rounding may add to a sum of them


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

    @property
    def others(self) -> tuple[tuple[str, float], ...]:
        """What else the plate may be: `alternatives` without `text`, the likeliest few, as a fact tells them."""
        return likeliest((text, share) for text, share in self.alternatives if text != self.text)


def likeliest(texts: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """The likeliest `OTHERS_MOST` of some texts that are not too long, each once, together no more than 1."""
    best: dict[str, float] = {}
    for text, share in texts:
        if 0 < len(text) <= TEXT_MAX:
            best[text] = max(share, best.get(text, 0.0))
    ranked = sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))[:OTHERS_MOST]
    whole = max(1.0, sum(share for _, share in ranked))
    told = ((text, round(share / whole, _DIGITS)) for text, share in ranked)
    return tuple((text, share) for text, share in told if share > 0)


def flaw_of(plate: str, others: Sequence[tuple[str, float]]) -> str:
    """What is wrong with a list of other texts that is told with a plate, "" for nothing; no text is in the words, for
    plates are for the vault alone."""
    texts = [plate, *(text for text, _ in others)]
    for place, text in enumerate(texts):
        if text in texts[:place]:
            return f"others[{place - 1}]: the text stands before, or is the plate itself"
    whole = sum(share for _, share in others)
    return f"others: probabilities of {whole:.3f} together are more than 1" if whole > 1 + _ROUNDED else ""
