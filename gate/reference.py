"""A visit's reference: what the transfer note carries and every fact names (vietnam.md 2.2).

Three letters of the site, seven characters that are a keyed permutation of the running visit number
(never twice, not to be guessed from a neighbour) and a check character. 31 characters, none that look alike.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
BASE: Final = len(ALPHABET)
DIGITS: Final = 7
SPACE: Final = BASE**DIGITS
_SIDE: Final = 1 << 18  # two halves of 18 bits hold the space; what falls outside walks on
_ROUNDS: Final = 6
_NUMBERS_A_SECOND: Final = 64
_LENGTH: Final = 3 + DIGITS + 1
_OTHERS: Final = re.compile(r"[^A-Z0-9]")
_FIRST_SECOND: Final = datetime(2026, 1, 1, tzinfo=UTC)


def mint(site: str, number: int, key: bytes) -> str:
    """The reference of the site's visit `number`. The same number gives the same reference, another never does."""
    if not 0 <= number < SPACE:
        raise ValueError(f"visit number {number} is outside 0..{SPACE - 1}")
    hidden = _permuted(number, key)
    while hidden >= SPACE:  # cycle walking keeps it a permutation of the smaller space
        hidden = _permuted(hidden, key)
    digits = [hidden // BASE**place % BASE for place in range(DIGITS)]
    return site + "".join(ALPHABET[digit] for digit in (*digits, _check(digits)))


def is_sound(reference: str) -> bool:
    """Whether the check character agrees; a typing slip nearly always breaks it."""
    token = reference[3:]
    if len(token) != DIGITS + 1 or any(character not in ALPHABET for character in token):
        return False
    digits = [ALPHABET.index(character) for character in token]
    return _check(digits[:DIGITS]) == digits[DIGITS]


def found_in(text: str, sites: frozenset[str]) -> tuple[str, ...]:
    """The sound references of these sites in a transfer's text, whatever banks put around and into it."""
    bare = _OTHERS.sub("", text.upper())
    begins = sorted({at for site in sites for at in _places(bare, site)})
    hits = (window for at in begins if is_sound(window := bare[at : at + _LENGTH]))
    return tuple(dict.fromkeys(hits))


def _places(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def first_number(now: datetime) -> int:
    """Where a new journal begins to count: beyond all that an older one can have given, as long as the site
    made fewer than 64 visits a second."""
    seconds = int((now - _FIRST_SECOND).total_seconds())
    return max(0, seconds) * _NUMBERS_A_SECOND % SPACE


def _check(digits: list[int]) -> int:
    return sum(place * value for place, value in enumerate(digits, 1)) % BASE


def _permuted(number: int, key: bytes) -> int:
    left, right = divmod(number, _SIDE)
    for turn in range(_ROUNDS):
        digest = hmac.digest(key, bytes([turn]) + right.to_bytes(4), hashlib.sha256)
        left, right = right, left ^ int.from_bytes(digest[:4]) % _SIDE
    return left * _SIDE + right
