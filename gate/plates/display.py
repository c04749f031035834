"""How a plate is shown to people; the inverse of `normalise`."""

import re
from typing import Final

from gate.plates.grammar import MOTORBIKES, PlateClass, classes, narrow, normalise

_FORMS: Final = {
    PlateClass.MOTO_EV: (r"(..)MD(.)(\d+)", r"\1MĐ\2-\3"),
    PlateClass.MOTO_NEW: (r"(..)(..)(\d+)", r"\1-\2 \3"),
    PlateClass.MOTO_OLD: (r"(..)(..)(\d+)", r"\1-\2 \3"),
    PlateClass.MOTO_SMALL: (r"(..)(..)(\d+)", r"\1-\2 \3"),
    PlateClass.DIPLO: (r"(..)(...)(..)(\d+)", r"\1-\2-\3-\4"),
    PlateClass.DIPLO_OLD: (r"(..)(..)(\d{3})(\d+)", r"\1-\2-\3-\4"),
    PlateClass.CN: (r"(..)(.+)", r"\1·\2"),
}
# Which reading is shown when the text alone cannot tell: the commoner first.
_FIRST: Final = (
    PlateClass.CAR,
    PlateClass.SPECIAL,
    PlateClass.MOTO_EV,
    PlateClass.DIPLO,
    PlateClass.DIPLO_OLD,
    PlateClass.MOTO_NEW,
    PlateClass.MOTO_OLD,
    *PlateClass,
)
_MOTORBIKES_FIRST: Final = (*(kind for kind in _FIRST if kind in MOTORBIKES), *_FIRST)


def pretty(text: str, *, motorbike: bool = False, colour: str = "unknown", lines: int = 0) -> str:
    """The plate as printed: `30A-123.45`, `24-B1 123.45`, `80-441-NG-02`. Outside the grammar: bare."""
    key = normalise(text)
    kinds = narrow(classes(key), colour=colour, lines=lines)
    kind = next((kind for kind in (_MOTORBIKES_FIRST if motorbike else _FIRST) if kind in kinds), None)
    return key if kind is None else _shown(key, kind)


def _shown(key: str, kind: PlateClass) -> str:
    if kind is PlateClass.MIL:
        digits = key[2:]
        return f"{key[:2]}-{digits[: len(digits) // 2]}-{digits[len(digits) // 2 :]}"
    form, shape = _FORMS.get(kind, (r"(.*?\D)(\d+)", r"\1-\2"))
    if kind is PlateClass.TEMPORARY and key.startswith("T"):
        form = r"(T..)(\d+)"
    shown = re.sub(f"^{form}$", shape, key)
    return shown if kind in {PlateClass.DIPLO, PlateClass.DIPLO_OLD, PlateClass.CN} else _dotted(shown)


def _dotted(shown: str) -> str:
    """A dot before the last two of five digits; four stay together."""
    return re.sub(r"(?<!\d)(\d{3})(\d{2})$", r"\1.\2", shown)
