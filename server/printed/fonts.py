"""Fonts with Vietnamese, fetched at set-up beside the console's scripts."""

from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FOLDER: Final = Path(__file__).parents[1] / "console" / "assets" / "node_modules" / "dejavu-fonts-ttf" / "ttf"


class Fonts(NamedTuple):
    """Names of registered fonts."""

    plain: str
    bold: str


@cache
def fonts() -> Fonts:
    """Register them once. Raises OSError where set-up did not fetch them."""
    for name, file in (("barie", "DejaVuSans.ttf"), ("barie-bold", "DejaVuSans-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(FOLDER / file)))
    return Fonts("barie", "barie-bold")
