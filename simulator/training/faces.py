"""Many faces to write plates in: our stroke glyphs varied without end, and condensed faces that this machine has.

A face is a set of masks, one for each character, of one height. Faces of the machine are found by name, never shipped;
`held_out` ones are for the test set alone.
"""

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from simulator.draw.glyphs import GLYPHS, Stroke
from simulator.training.forms import FORMS

Mask = NDArray[np.uint8]

CAPITAL: Final = 44  # pixels from the top of a capital to the base line
MARGIN: Final = 5  # pixels above and below
CHARACTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZĐ"
FOLDER: Final = Path("/usr/share/fonts")
_OPEN: Final = "23569CGS"  # their first stroke begins before a gap that tells them from another
_THIN: Final = 0.095  # of a capital's height: pens up to this leave every gap as it is drawn
_FINE: Final = 2  # strokes are drawn so many times larger

# Stem of the file: licence. Condensed or squeezed until they are.
TRAINED_ON: Final = {
    "DejaVuSansCondensed-Bold": "Bitstream Vera", "DejaVuSansCondensed": "Bitstream Vera",
    "LiberationSansNarrow-Bold": "GPL-2 with font exception",
    "LiberationSansNarrow-Regular": "GPL-2 with font exception",
    "BebasNeue-Bold": "OFL-1.1", "BebasNeue-Book": "OFL-1.1", "Dosis-Bold": "OFL-1.1", "Dosis-SemiBold": "OFL-1.1",
    "Dosis-Medium": "OFL-1.1", "NimbusSansNarrow-Bold": "AGPL-3 with font exception", "RG2014C": "MIT",
    "RG2014D": "MIT", "RG2014E": "MIT", "RG2014EM": "MIT", "routed-gothic": "OFL-1.1",
    "YanoneKaffeesatz-Medium": "OFL-1.1", "RobotoCondensed-Regular": "Apache-2.0", "Play-Bold": "OFL-1.1",
    "B612-Bold": "OFL-1.1, EPL-2.0", "Cabin-Bold": "OFL-1.1", "Lato-Bold": "OFL-1.1", "OpenSans-CondBold": "Apache-2.0",
    "Jura-Bold": "OFL-1.1", "Quicksand-Bold": "OFL-1.1", "Oxygen-Sans-Bold": "OFL-1.1",
    "JetBrainsMono-Bold": "Apache-2.0", "LeagueSpartan-SemiBold": "OFL-1.1", "Tuffy_Bold": "public domain",
}  # fmt: skip
HELD_OUT: Final = {
    "OSP-DIN": "OFL-1.1", "RobotoCondensed-Bold": "Apache-2.0", "routed-gothic-narrow": "OFL-1.1",
    "Manrope-SemiBold": "OFL-1.1", "BebasNeue-Regular": "OFL-1.1", "RG2014F": "MIT",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Face:
    """`masks` maps a character to 0..255 (CAPITAL + 2 MARGIN rows); `gap` is the usual space between two, pixels."""

    name: str
    masks: dict[str, Mask]
    gap: float


def stroke_face(rng: random.Random, *, held_out: bool = False) -> Face:
    """Our own glyphs with a pen, corners, width and forms of their own; held-out ones have the pens between."""
    pen = rng.choice((0.105, 0.125, 0.145)) if held_out else rng.choice((0.085, 0.095, 0.115, 0.135, 0.155, 0.17))
    width, corner = rng.uniform(0.78, 1.3), rng.uniform(0.35, 1.25)
    shake, slant = rng.choice((0.0, 0.0, 0.05, 0.12)), rng.gauss(0, 0.015)
    masks = {}
    for character in CHARACTERS:
        forms = FORMS.get(character, ())
        strokes = rng.choice(forms) if forms and rng.random() < 0.45 else GLYPHS[character].strokes
        if character in _OPEN:
            strokes = tuple(_opened(stroke, pen) for stroke in strokes)
        masks[character] = _drawn(strokes, rng, pen * rng.uniform(0.95, 1.05), (width, corner, shake, slant))
    return Face("strokes", masks, CAPITAL * rng.uniform(0.08, 0.16))


def _opened(stroke: Stroke, pen: float) -> Stroke:
    """The same with its first end drawn back, as far as a bold pen would have closed the gap before it."""
    if stroke.closed or len(stroke.points) < 3:  # a straight line has no gap
        return stroke
    (x, y, radius), (to_x, to_y, _) = stroke.points[:2]
    length = math.hypot(to_x - x, to_y - y)
    back = min(max(0.0, (pen - _THIN) * 10), 0.45 * length) / max(length, 1e-6)
    return Stroke(((x + (to_x - x) * back, y + (to_y - y) * back, radius), *stroke.points[1:]))


def _drawn(strokes: Sequence[Stroke], rng: random.Random, pen: float, shape: tuple[float, float, float, float]) -> Mask:
    width, corner, shake, slant = shape
    scale = np.array((0.098 * width * CAPITAL, (1 - pen) * CAPITAL / 10)) * _FINE
    margin = (MARGIN + pen * CAPITAL / 2) * _FINE
    canvas = np.zeros(((CAPITAL + 2 * MARGIN) * _FINE, round((0.9 * width + 0.4) * CAPITAL * _FINE)), np.uint8)
    thickness = max(2, round(pen * CAPITAL * _FINE))
    for stroke in strokes:
        points = [(x + rng.gauss(0, shake), y + rng.gauss(0, shake), r * corner) for x, y, r in stroke.points]
        path = _rounded(points, closed=stroke.closed)
        path[:, 0] += slant * (5 - path[:, 1]) * 4
        pixels = path * scale + (0.14 * CAPITAL * _FINE + margin / 2, margin)
        fixed = np.round(pixels * 16).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(canvas, [fixed], stroke.closed, 255, thickness, cv2.LINE_AA, 4)
    return _trimmed(np.asarray(cv2.resize(canvas, None, fx=1 / _FINE, fy=1 / _FINE, interpolation=cv2.INTER_AREA)))


def _rounded(points: Sequence[tuple[float, float, float]], *, closed: bool) -> NDArray[np.float64]:
    """The path with each corner replaced by a parabola that begins and ends its radius away."""
    spots = [np.array(point[:2]) for point in points]
    last = len(points) - 1
    path: list[NDArray[np.float64]] = []
    for i, (spot, (_, _, radius)) in enumerate(zip(spots, points, strict=True)):
        if radius <= 0 or (not closed and i in {0, last}):
            path.append(spot)
            continue
        start, end = (_towards(spot, spots[j], radius) for j in (i - 1, (i + 1) % len(spots)))
        path += [(1 - t) ** 2 * start + 2 * t * (1 - t) * spot + t**2 * end for t in (0.0, 0.25, 0.5, 0.75, 1.0)]
    return np.array(path)


def _towards(here: NDArray[np.float64], there: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    way = there - here
    length = float(np.hypot(*way))
    return here + way * min(radius / length, 0.5) if length else here


def _trimmed(mask: Mask) -> Mask:
    columns = np.flatnonzero(mask.max(axis=0) > 40)
    return mask[:, columns[0] : columns[-1] + 1] if columns.size else mask[:, :8]


def font_face(path: Path, rng: random.Random) -> Face:
    """A face of this machine, squeezed, thickened or thinned a little. Raises OSError where it cannot be read."""
    font = ImageFont.truetype(str(path), 2 * CAPITAL)
    top, bottom = font.getbbox("H")[1], font.getbbox("H")[3]
    squeeze = rng.uniform(0.75, 1.05) if _narrow(path.stem) else rng.uniform(0.6, 0.85)
    weight = rng.uniform(-0.9, 1.3)
    masks = {c: _weighed(_written(c, font, (top, bottom), squeeze), weight) for c in CHARACTERS}
    if "Đ" not in _shown(path):
        masks["Đ"] = masks["D"]
    return Face(path.stem, masks, CAPITAL * rng.uniform(0.06, 0.18))


@cache
def _shown(path: Path) -> str:
    """Which characters the face has: those that do not look like a sign that no face has."""
    font = ImageFont.truetype(str(path), CAPITAL)
    lacking = bytes(font.getmask("\uffff"))
    return "".join(c for c in CHARACTERS if bytes(font.getmask(c)) != lacking)


def _narrow(stem: str) -> bool:
    return any(word in stem for word in ("Cond", "Narrow", "narrow", "Bebas", "Yanone", "RG2014", "Title", "DIN"))


def _written(character: str, font: ImageFont.FreeTypeFont, rows: tuple[float, float], squeeze: float) -> Mask:
    """One character as tall as a capital of that font between `rows` (top, bottom)."""
    left, _, right, _ = font.getbbox(character)
    scale = CAPITAL / max(rows[1] - rows[0], 1.0)
    picture = Image.new("L", (int(right - left) + 8, round((CAPITAL + 2 * MARGIN) / scale)))
    ImageDraw.Draw(picture).text((4 - left, MARGIN / scale - rows[0]), character, fill=255, font=font)
    size = (max(4, round(picture.width * scale * squeeze)), CAPITAL + 2 * MARGIN)
    return _trimmed(np.asarray(cv2.resize(np.asarray(picture), size, interpolation=cv2.INTER_AREA), np.uint8))


def _weighed(mask: Mask, weight: float) -> Mask:
    """Bolder (weight above 0) or lighter by so many pixels, with rounder corners."""
    padded = cv2.copyMakeBorder(mask, 0, 0, 3, 3, cv2.BORDER_CONSTANT, value=0)
    soft = cv2.GaussianBlur(padded, (0, 0), 1.3).astype(np.float32)
    hard = np.clip((soft - 127 + 55 * weight) * 2.2 + 127, 0, 255)
    return _trimmed(hard.astype(np.uint8))


def strange_masks(rng: random.Random, fonts: Iterable[Path], count: int) -> list[Mask]:
    """Glyphs that are no Latin letter and no digit: signs of other scripts, and scrawls of a few strokes."""
    masks = [_scrawl(rng) for _ in range(count)]
    for path in fonts:
        font = ImageFont.truetype(str(path), CAPITAL)
        masks += [_sign(chr(rng.choice(_SCRIPTS)(rng)), font, rng) for _ in range(count)]
    return [mask for mask in masks if mask.shape[1] > 8]


_SCRIPTS: Final = (lambda rng: rng.randrange(0x4E00, 0x9FA5), lambda rng: ord(rng.choice(PROVINCE_SIGNS)))
PROVINCE_SIGNS: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼挂学警港澳"


def _sign(sign: str, font: ImageFont.FreeTypeFont, rng: random.Random) -> Mask:
    left, top, right, bottom = font.getbbox(sign)
    picture = Image.new("L", (max(1, int(right - left)), max(1, int(bottom - top))))
    ImageDraw.Draw(picture).text((-left, -top), sign, fill=255, font=font)
    size = (round(CAPITAL * rng.uniform(0.5, 0.95)), CAPITAL)
    small = np.asarray(cv2.resize(np.asarray(picture), size, interpolation=cv2.INTER_AREA), np.uint8)
    framed = cv2.copyMakeBorder(small, MARGIN, MARGIN, 0, 0, cv2.BORDER_CONSTANT, value=0)
    return _weighed(np.asarray(framed, np.uint8), rng.uniform(0, 1.5))


def _scrawl(rng: random.Random) -> Mask:
    """Five to nine strokes at all angles: too many for a letter."""
    strokes = []
    for _ in range(rng.randint(5, 9)):
        x, y = rng.uniform(0, 5), rng.uniform(0.5, 9.5)
        end = (rng.uniform(0, 5), y, 0.0) if rng.random() < 0.5 else (x, rng.uniform(0.5, 9.5), 0.0)
        strokes.append(Stroke(((x, y, 0.0), end)))
    return _drawn(strokes, rng, rng.uniform(0.06, 0.1), (rng.uniform(1.0, 1.5), 1.0, 0.3, 0.0))


def fonts_found(stems: Iterable[str], folder: Path = FOLDER) -> list[Path]:
    """Files of those faces on this machine, sorted; those that it lacks are left out."""
    wanted = set(stems)
    return sorted(path for path in folder.rglob("*.[ot]tf") if path.stem in wanted)


def foreign_fonts(folder: Path = FOLDER) -> list[Path]:
    """Faces with Chinese signs on this machine."""
    return sorted(path for path in folder.rglob("*") if path.stem in {"wqy-microhei", "wqy-zenhei"})
