"""What an agent says to its supervisor: one byte a sign, over a line whose number is in the environment."""

from typing import Final

VARIABLE: Final = "BARIE_LIFELINE"
TURNS: Final = b"t"  # the deciding thread has come to its beat
HEARS: Final = b"h"  # the same, and every board is heard
TOOK: Final = b"k"  # what was handed over is on disk
LEAVES: Final = b"e"  # it ends because it was told to
BEAT_S: Final = 0.5
ORPHAN_S: Final = 2.5
"""So long an agent whose supervisor is gone may take to end in order; then it ends at once."""
