"""How the process takes memory from the system and gives it back."""

import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1  # M_TRIM_THRESHOLD of glibc's malloc.h
_FREE_MOST: Final = 1 << 20


def give_back() -> None:
    """Free memory at the end of the heap goes back to the system from a megabyte on.

    Left alone, glibc learns from every large picture to keep the next one's memory: after some, a process stays 120 MB
    larger, and so does its next peak. Other C libraries have no such call and are left alone.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, _FREE_MOST)
