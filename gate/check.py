"""What a part finds when it looks at itself or at its surroundings."""

from typing import NamedTuple


class Check(NamedTuple):
    """One thing that was looked at. words: what was found, and where it is not well what to do."""

    what: str
    well: bool
    words: str


def well(what: str, words: str) -> Check:
    """It is as it should be."""
    return Check(what, well=True, words=words)


def wrong(what: str, words: str) -> Check:
    """It is not."""
    return Check(what, well=False, words=words)
