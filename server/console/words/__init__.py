"""Every word that the console says, in Vietnamese and in English; a file for each page. Findings' words are in
`gate/findings.py`.

A file holds `WORDS`, from a key to its two words. A key is `family.name`; families named after a field (`phase`,
`arm`, `reason`) hold one word a value. No two files may say the same key.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from server.language import Language

Say = Callable[..., str]
Pair = tuple[str, str]


def _every() -> Iterator[tuple[str, Pair]]:
    for file in sorted(each.name for each in iter_modules(__path__)):
        words: dict[str, Pair] = import_module(f"{__name__}.{file}").WORDS
        yield from words.items()


def gathered(words: Iterator[tuple[str, Pair]]) -> dict[str, Pair]:
    """All of them in one. Raises ValueError for a key that is said twice."""
    found: dict[str, Pair] = {}
    for key, pair in words:
        if key in found:
            raise ValueError(f"the console's words say {key} twice")
        found[key] = pair
    return found


WORDS: Final = gathered(_every())


def speaker(language: Language) -> Say:
    """A function that says a key in this language: `say("live.lane")`, `say("box.online", box="sps-1")`.

    It raises KeyError for an unknown key.
    """
    column = list(Language).index(language)

    def say(key: str, **values: object) -> str:
        word = WORDS[key][column]
        return word.format(**values) if values else word

    return say


def named(say: Say, family: str, value: str | None) -> str:
    """The word for a value of a field; a value that the console does not know is shown as it is."""
    key = f"{family}.{value}"
    return say(key) if key in WORDS else value or ""


def language_of(cookie: str | None) -> Language:
    """The language that a cookie asks for, else Vietnamese."""
    return Language.EN if cookie == Language.EN else Language.VI
