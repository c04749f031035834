"""Where the hyphens, dots and the line break of a plate go (QCVN 08:2024/BCA, and older forms still on the road)."""

import re

from simulator.draw.face import known
from simulator.draw.subject import MOTO, RED, Subject

MAX_LENGTH = 14
_SEPARATORS = re.compile(r"[\s.\-]+")
_DIPLOMATIC = re.compile(r"(\d\d)(\d{3})(NG|QT|CV|NN)(\d{2,3})")
_DIPLOMATIC_OLD = re.compile(r"(\d\d)(NG|QT|CV|NN)(\d{3})(\d{2,3})")
_MILITARY = re.compile(r"([A-Z]{2})(\d\d)(\d{2,4})")
_MOTO = re.compile(r"(\d\d)(MD[1-9](?=\d{5}$)|MĐ[1-9]|[A-Z]{2}|[A-Z][1-9])(\d{4,5})")
_MARKED = re.compile(r"(\d\d[A-Z]{1,2}|\d\d[TM]Đ)(\d{4,5})")
_TEMPORARY = re.compile(r"(T\d\d)(\d{4,5})")


def printed_lines(subject: Subject) -> tuple[str, ...]:
    """The one or two lines as they stand on the metal, for example ("24-B1", "123.45").

    Raises ValueError, naming the text, when it is empty, too long, in lower case or has a character without a glyph.
    A text outside the Vietnamese forms is shown as it is, broken in the middle when it needs two lines.
    """
    text = _checked(subject.plate_text)
    bare = _SEPARATORS.sub("", text)
    groups = _groups(bare, subject)
    if groups is None:
        middle = (len(bare) + 1) // 2
        return (text,) if subject.lines == 1 else (bare[:middle], bare[middle:])
    head, tail = groups
    return (f"{head}-{tail}",) if subject.lines == 1 else (head, tail)


def _checked(text: str) -> str:
    shown = text if len(text) <= MAX_LENGTH else text[:MAX_LENGTH] + "..."
    bare = _SEPARATORS.sub("", text)
    if len(bare) < 2:
        raise ValueError(f"plate text {shown!r} has fewer than two characters")
    if len(text) > MAX_LENGTH:
        raise ValueError(f"plate text {shown!r} has {len(text)} characters, at most {MAX_LENGTH} fit")
    for character in bare:
        if not known(character):
            raise ValueError(f"plate text {shown!r}: no glyph for {character!r} (capital letters A-Z, Đ and digits)")
    return text


def _groups(bare: str, subject: Subject) -> tuple[str, str] | None:
    """Head and tail on either side of the line break, or None outside the known forms."""
    if subject.colour == RED and (found := _MILITARY.fullmatch(bare)):
        return found[1], f"{found[2]}-{found[3]}"
    if found := _DIPLOMATIC.fullmatch(bare):
        return f"{found[1]}-{found[2]}", f"{found[3]}-{found[4]}"
    if found := _DIPLOMATIC_OLD.fullmatch(bare):
        return f"{found[1]}-{found[2]}", f"{found[3]}-{found[4]}"
    if subject.vehicle_class == MOTO and (found := _MOTO.fullmatch(bare)):
        return f"{found[1]}-{found[2].replace('MD', 'MĐ') if len(found[2]) == 3 else found[2]}", _dotted(found[3])
    if found := _MARKED.fullmatch(bare) or _TEMPORARY.fullmatch(bare):
        return found[1].replace("TD", "TĐ"), _dotted(found[2])
    return None


def _dotted(digits: str) -> str:
    """Five digits have a dot since 2010, the older four have none."""
    return f"{digits[:3]}.{digits[3:]}" if len(digits) == 5 else digits
