"""What can be wrong with a board's line; a twin's ordinary setting."""

from enum import StrEnum


class Trouble(StrEnum):
    """One kind of trouble."""

    NONE = "none"
    CUT = "cut"  # nothing listens any more
    MUTE = "mute"  # it takes what it is told and answers nothing
    JUNK = "junk"  # it answers, and nobody could say what
