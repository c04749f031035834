"""What stands on a drawn plate: every printed form, letters evenly spread, so that the network reads shapes.

The reader's grammar says what is usual; a network that had learnt it as well would say it twice.
"""

import random
from dataclasses import dataclass, replace
from typing import Final

from gate.plates.grammar import CHINESE_LETTERS, FORCES, FROM_ONE, LETTERS, MARKS, SERIES, SERIES_SECOND
from gate.plates.provinces import PROVINCES
from simulator.draw.subject import BLUE, RED, WHITE, YELLOW

DIGITS: Final = "0123456789"
STRANGE: Final = "#"  # a glyph that is neither a digit nor a Latin letter
SYMBOLS: Final = DIGITS + LETTERS + STRANGE
"""What the network can say; its class 0 is CTC's blank, so a symbol's class is its place here and one."""
_CODES: Final = sorted(PROVINCES)
_ANY_CODE: Final = 0.25  # share of codes that no province has


@dataclass(frozen=True)
class Writing:
    """Lines as printed, `-`, `.` and space as separators, `#` for a foreign sign; `red` letters of a mission."""

    lines: tuple[str, ...]
    colour: str
    shape: str  # long, short, moto or none
    red: bool = False


def label(line: str) -> str:
    """What the network should say: Đ is D, separators are silent."""
    return "".join(c for c in line.replace("Đ", "D") if (c.isascii() and c.isalnum()) or c == STRANGE)


def numbers(said: str) -> list[int]:
    """The network's classes of a label. Raises ValueError for a symbol that it cannot say."""
    return [SYMBOLS.index(symbol) + 1 for symbol in said]


def writing(rng: random.Random) -> Writing:
    """Any plate, or now and then a line that is none."""
    kind = rng.choices(list(_KINDS), [share for share, _ in _KINDS.values()])[0]
    return _KINDS[kind][1](rng)


def _some(rng: random.Random, signs: str, count: int) -> str:
    return "".join(rng.choice(signs) for _ in range(count))


def _code(rng: random.Random) -> str:
    return _some(rng, DIGITS, 2) if rng.random() < _ANY_CODE else rng.choice(_CODES)


def _letter(rng: random.Random, usual: str = SERIES) -> str:
    return rng.choice(LETTERS) if rng.random() < 0.12 else rng.choice(usual)


def _serial(rng: random.Random) -> str:
    digits = _some(rng, DIGITS, 5)
    if rng.random() < 0.15:  # many of one kind: 999.99
        digits = "".join(rng.choice(digits[:2]) for _ in range(5))
    return f"{digits[:3]}{rng.choice('.......   -')}{digits[3:]}".replace(" ", "")


def _four(rng: random.Random) -> str:
    return _some(rng, DIGITS, 4)


def _dash(rng: random.Random) -> str:
    return rng.choice(("-", "-", "-", "-", " ", "", "."))


def _motorbike(rng: random.Random) -> Writing:
    roll = rng.random()
    if roll < 0.10:
        series = f"MĐ{rng.choice(FROM_ONE)}"
    elif roll < 0.32:
        series = _letter(rng) + _letter(rng, SERIES_SECOND)
    else:
        series = _letter(rng) + rng.choice(FROM_ONE)
    colour = WHITE if rng.random() < 0.94 else BLUE
    tail = _four(rng) if rng.random() < 0.3 else _serial(rng)
    return Writing((f"{_code(rng)}{_dash(rng)}{series}", tail), colour, "moto")


def _car(rng: random.Random) -> Writing:
    colour = rng.choices((WHITE, YELLOW, BLUE), (70, 20, 10))[0]
    head = _code(rng) + _letter(rng)
    tail = _serial(rng) if rng.random() < 0.8 else _four(rng)
    if rng.random() < 0.28:
        return Writing((head, tail), colour, rng.choice(("short", "short", "moto")))
    return Writing((f"{head}{rng.choice('---- .')}{tail}",), colour, "long")


def _marked(rng: random.Random) -> Writing:
    mark = rng.choice((*MARKS, "MĐ", "TĐ", "LD", "NN"))
    tail = _serial(rng) if rng.random() < 0.8 else _four(rng)
    head = f"{_code(rng)}{rng.choice(('', '', '-'))}{mark}"
    colour = rng.choice((WHITE, WHITE, YELLOW))
    return _one_or_two(rng, (head, "-", tail), colour, 0.3)


def _mission(rng: random.Random) -> Writing:
    order = rng.choice(("NG", "NG", "QT", "CV", "NN"))
    red = order in {"NG", "QT"} or rng.random() < 0.2
    country, number = _some(rng, DIGITS, 3), _some(rng, DIGITS, rng.choice((2, 2, 3)))
    head, tail = (f"{_code(rng)}-{country}", f"{order}-{number}")
    if rng.random() < 0.5:
        head, tail = f"{_code(rng)}-{order}", f"{country}-{number}"
    shape = rng.choice(("long", "long", "short"))
    lines = (head, tail) if shape == "short" else (f"{head}-{tail}",)
    return Writing(lines, WHITE, shape, red)


def _one_or_two(rng: random.Random, parts: tuple[str, str, str], colour: str, two: float) -> Writing:
    """Head, separator and tail on one line, or, in a share of `two`, head above tail."""
    if rng.random() < two:
        return Writing((parts[0], parts[2]), colour, rng.choice(("short", "moto")))
    return Writing(("".join(parts),), colour, "long")


def _military(rng: random.Random) -> Writing:
    unit = rng.choice(FORCES + "QOD") + rng.choice(LETTERS)
    first, second = _some(rng, DIGITS, 2), _some(rng, DIGITS, rng.choice((2, 2, 2, 3, 4)))
    if rng.random() < 0.35:
        return Writing((unit, f"{first}-{second}"), RED, rng.choice(("short", "moto")))
    line = f"{unit}{rng.choice('---- ')}{first}{rng.choice('--- ')}{second}"
    return Writing((line,), RED, rng.choice(("long", "short")))


def _temporary(rng: random.Random) -> Writing:
    code = f"T{_code(rng)}" if rng.random() < 0.5 else f"{_code(rng)}T"
    return _one_or_two(rng, (code, "-", _serial(rng)), WHITE, 0.4)


def _foreign(rng: random.Random) -> Writing:
    signs = DIGITS + CHINESE_LETTERS
    colour = rng.choice((BLUE, YELLOW, WHITE, RED))
    if rng.random() < 0.6:
        end = STRANGE if rng.random() < 0.2 else rng.choice(signs)
        head, tail = f"{STRANGE}{rng.choice(CHINESE_LETTERS)}", _some(rng, signs, rng.choice((4, 4, 5))) + end
        return _one_or_two(rng, (head, ".", tail), colour, 0.25)
    mixed = "".join(STRANGE if rng.random() < 0.35 else rng.choice(signs) for _ in range(rng.randint(4, 8)))
    return Writing((mixed,), colour, "long")


def word(rng: random.Random) -> Writing:
    """No plate: a word or a number on a wall, on a car."""
    return replace(_other(rng), shape="none")


def _other(rng: random.Random) -> Writing:
    """No plate: words, telephone numbers, a single sign."""
    mixed = DIGITS + CHINESE_LETTERS  # among digits nobody can tell an O from a nought
    signs = rng.choice((LETTERS, LETTERS, DIGITS, mixed))
    words = "".join(rng.choice(signs) if rng.random() < 0.92 else " " for _ in range(rng.randint(1, 10)))
    return Writing((words.strip() or "A",), rng.choice((WHITE, YELLOW, BLUE, RED)), rng.choice(("none", "long")))


def _nothing(rng: random.Random) -> Writing:
    return Writing(("",), rng.choice((WHITE, YELLOW, BLUE, RED)), rng.choice(("none", "long", "moto")))


_KINDS: Final = {
    "motorbike": (46, _motorbike),
    "car": (27, _car),
    "marked": (5, _marked),
    "mission": (4, _mission),
    "military": (8, _military),
    "temporary": (2, _temporary),
    "foreign": (4, _foreign),
    "other": (4, _other),
    "nothing": (2, _nothing),
}
