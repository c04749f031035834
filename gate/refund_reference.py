"""A refund's reference: what the outgoing transfer's note carries and the bank's debit line shows.

`RF`, three letters of the site, seven characters drawn from the decision and a check character that no visit's
reference has: a refund that comes back can never be taken for a payment.
"""

import hashlib
import re
from typing import Final

from gate.reference import ALPHABET, BASE, DIGITS

PREFIX: Final = "RF"
_SHIFT: Final = 17
"""Between the check character of a refund and that of a visit."""
_LENGTH: Final = len(PREFIX) + 3 + DIGITS + 1


def mint(site: str, decision: str, attempt: int = 0) -> str:
    """The reference of the refund that a decision leads to; the next attempt gives another."""
    digest = hashlib.sha256(f"{decision}\n{attempt}".encode()).digest()
    number = int.from_bytes(digest[:8])
    digits = [number // BASE**place % BASE for place in range(DIGITS)]
    return PREFIX + site + "".join(ALPHABET[digit] for digit in (*digits, _check(digits)))


def is_sound(reference: str) -> bool:
    """Whether it is one and its check character agrees."""
    token = reference[len(PREFIX) + 3 :]
    if not reference.startswith(PREFIX) or len(reference) != _LENGTH or any(each not in ALPHABET for each in token):
        return False
    digits = [ALPHABET.index(character) for character in token]
    return _check(digits[:DIGITS]) == digits[DIGITS]


def found_in(text: str) -> tuple[str, ...]:
    """The sound refund references in a bank line's text, whatever banks put around and into it."""
    bare = re.sub(r"[^A-Z0-9]", "", text.upper())
    windows = (bare[at : at + _LENGTH] for at in range(len(bare) - _LENGTH + 1))
    return tuple(dict.fromkeys(window for window in windows if is_sound(window)))


def _check(digits: list[int]) -> int:
    return (_SHIFT + sum(place * value for place, value in enumerate(digits, 1))) % BASE
