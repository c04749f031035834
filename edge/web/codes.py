"""One-time codes that a person reads off one screen and types into another."""

import hashlib
import secrets
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""32 characters that cannot be mistaken for one another: no I, L, O, U."""
LENGTH: Final = 9
BITS: Final = 5 * LENGTH
_MEANT: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def new() -> str:
    """A code by chance, in three groups of three."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(drawn[at : at + 3] for at in range(0, LENGTH, 3))


def normal(typed: str) -> str:
    """What was meant: any case, with or without dashes. Raises ValueError for what is no code."""
    meant = typed.strip().upper().translate(_MEANT)
    if len(meant) != LENGTH or not set(ALPHABET).issuperset(meant):
        raise ValueError("no code")
    return meant


def hashed(code: str, salt: bytes) -> bytes:
    """What is kept of a normal code: slow on purpose, for a copied file must not give it away within its life."""
    return hashlib.scrypt(code.encode(), salt=salt, n=2**13, r=8, p=1, dklen=32)
