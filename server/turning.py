"""Characters that turn the direction of text: with them a note shows other words, or another order, than it holds."""

from typing import Final

_TURNING: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""The marks, embeddings, overrides and isolates of the bidirectional algorithm (UAX #9, 2)."""
TURNS: Final = "the text holds hidden characters that turn its direction: type it anew"
TURNS_VI: Final = "chữ có ký tự ẩn làm đảo chiều: hãy gõ lại"


def straight(text: str) -> str:
    """What a stranger wrote, with a replacement sign where any was: it reads in the order in which it was written."""
    return "".join("\ufffd" if each in _TURNING else each for each in text)


def turns(text: str) -> bool:
    """Whether any is in it."""
    return not _TURNING.isdisjoint(text)
